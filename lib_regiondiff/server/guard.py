"""The guard: whether a request or a socket may pass, by its Host, its origin and what it shows of itself."""

from __future__ import annotations

import base64
import binascii
import enum
import hmac
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from lib_regiondiff.server.answers import Refused
from lib_regiondiff.server.tickets import Tickets

HEADER = "x-regiondiff-ticket"
SUBPROTOCOL = "regiondiff.1"
TICKET = "ticket."
"""What a socket offers as subprotocols: SUBPROTOCOL, and its ticket after this word. Headers of its own it has none."""
CHALLENGE = {"www-authenticate": 'Basic realm="Region Diffusion", charset="UTF-8"'}
PORTS: Mapping[str, int] = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Need(enum.Enum):
    """What a route asks for: `PAGE` for credentials where there are any, `OURS` for these or a ticket.

    `NAMED` is for pictures: an element of a page that shows one sends no ticket, but nobody guesses its name.
    """

    PAGE = "page"
    OURS = "ours"
    NAMED = "named"


@dataclass(frozen=True)
class Guard:
    """Who may ask: those with `credentials` (user, password) if any are set, or with one of our `tickets`.

    `reach` says by which names the server may be called: `loopback` by this machine's alone, `local` by addresses and
    this machine's own names too, `any` by all. A page of a stranger could give its own name to our address.
    """

    tickets: Tickets = field(default_factory=Tickets)
    credentials: tuple[str, str] | None = field(default=None, repr=False)
    reach: str = "loopback"

    def check(self, asking: HTTPConnection, need: Need) -> None:
        """Raise Refused unless a request or socket may have what needs `need`."""
        self._check_host(asking.headers.get("host", ""))
        check_site(asking, need)
        if self._is_known(asking, need):
            return
        if self.credentials is None:
            raise Refused(401, HEADER, "expected the ticket of a page that is open; reload the page")
        raise Refused(
            401, "authorization", "expected the user and password that the server was started with", CHALLENGE
        )

    def _check_host(self, host: str) -> None:
        name = _split_host(host)[0]
        if not name or not (self.reach == "any" or is_own_name(name, self.reach)):
            raise Refused(403, "host", "expected a name of this machine; open the address that the server has printed")

    def _is_known(self, asking: HTTPConnection, need: Need) -> bool:
        if self.credentials is None and need is not Need.OURS:
            return True
        if self.credentials is not None and _shows(asking.headers.get("authorization", ""), self.credentials):
            return True
        return need is not Need.PAGE and self.tickets.accept(find_ticket(asking))


def find_ticket(asking: HTTPConnection) -> str:
    """The ticket that a request or socket shows, "" where it shows none."""
    offered = asking.headers.get("sec-websocket-protocol", "").split(",")
    shown = [each.strip().removeprefix(TICKET) for each in offered if each.strip().startswith(TICKET)]
    return asking.headers.get(HEADER, "") or (shown[0] if shown else "")


def is_own_name(name: str, reach: str) -> bool:
    """Whether a host's name can only mean this machine: localhost and, beyond `loopback`, addresses and own names."""
    if name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        own = {socket.gethostname().lower(), socket.getfqdn().lower()}
        return reach == "local" and name in own | {f"{each}.local" for each in own}
    return address.is_loopback or reach == "local"


def check_site(asking: HTTPConnection, need: Need) -> None:
    """Raise Refused where another site asks; only the page itself may be gone to from anywhere."""
    origin, site = asking.headers.get("origin"), asking.headers.get("sec-fetch-site", "")
    goes = need is Need.PAGE and asking.headers.get("sec-fetch-mode") == "navigate"
    if site in ("cross-site", "same-site") and not goes:
        raise Refused(403, "origin", "expected our own page, got a request from another site")
    if origin is None or (origin == "null" and site == "same-origin"):
        return  # as browsers send them for reading, and with a policy of no referrer
    if not _is_same(origin, asking.headers.get("host", "")):
        raise Refused(403, "origin", "expected our own page's origin, got another")


def _is_same(origin: str, host: str) -> bool:
    """Whether an origin is the one that a Host header names; what stands before a server may speak https for it."""
    try:
        parts = urlsplit(origin)
        usual = PORTS.get(parts.scheme)
        name, port = _split_host(host)
        return usual is not None and parts.hostname == name and (parts.port or usual) == (port or usual)
    except ValueError:
        return False


def _split_host(host: str) -> tuple[str, int | None]:
    """Name and port of a Host header, in small letters and without brackets; ("", None) for a malformed one."""
    try:
        parts = urlsplit(f"//{host}")
        if parts.netloc != host or parts.username is not None or parts.path:
            return "", None
        return (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return "", None


def _shows(header: str, credentials: tuple[str, str]) -> bool:
    """Whether an Authorization header holds user and password; the time that it takes tells nothing of them."""
    scheme, _, word = header.partition(" ")
    try:
        said = base64.b64decode(word.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(said, ":".join(credentials).encode())
