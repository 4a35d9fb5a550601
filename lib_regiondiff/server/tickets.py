"""Tickets: what the page is given with its HTML and shows with each request, since only our own page can read that."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

SECONDS = 24 * 3600
"""How long a ticket is valid; the page gets another with its HTML."""


@dataclass(frozen=True)
class Tickets:
    """Tickets of one server: the time at which each ends, signed with a key that nobody else has."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    now: Callable[[], float] = time.time

    def issue(self) -> str:
        """A new ticket, of letters that a header, an HTML attribute and a subprotocol of a socket may hold."""
        end = str(int(self.now()) + SECONDS)
        return f"{end}.{self._sign(end)}"

    def accept(self, ticket: str) -> bool:
        """Whether a text is a ticket of this server that has not ended."""
        end, _, signature = ticket.partition(".")
        if not (end.isascii() and end.isdigit() and len(end) < 16 and signature.isascii()):
            return False
        return hmac.compare_digest(self._sign(end), signature) and self.now() < int(end)

    def _sign(self, end: str) -> str:
        return hmac.new(self.key, end.encode(), hashlib.sha256).hexdigest()
