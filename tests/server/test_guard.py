"""Who may ask: routes x credentials x origins, for requests and sockets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route, Router, WebSocketRoute
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from lib_regiondiff.server.guard import HEADER, SUBPROTOCOL, TICKET, Guard, is_own_name
from lib_regiondiff.server.router import ROUTES, SOCKET, make_router
from lib_regiondiff.server.tickets import SECONDS, Tickets
from server_page import PALETTE, Page, basic, serve

USER, PASSWORD = "ana", "pä:ss"
KINDS = ("nothing", "basic", "ticket", "wrong password", "wrong ticket", "old ticket", "bearer")
ORIGINS: Mapping[str, tuple[Mapping[str, str], bool]] = {
    "a script": ({}, True),
    "a fetch of ours": ({"origin": "{own}", "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, True),
    "a fetch of ours for reading": ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, True),
    "a form of ours, no referrer": ({"origin": "null", "sec-fetch-site": "same-origin"}, True),
    "an older browser": ({"origin": "{own}"}, True),
    "the address bar": ({"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, True),
    "https before us": ({"origin": "https://{host}"}, True),
    "a stranger": ({"origin": "http://evil.example", "sec-fetch-site": "cross-site"}, False),
    "a stranger in an older browser": ({"origin": "http://evil.example"}, False),
    "a stranger's picture": ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, False),
    "a sandbox": ({"origin": "null", "sec-fetch-site": "cross-site"}, False),
    "a sandbox in an older browser": ({"origin": "null"}, False),
    "another port": ({"origin": "http://127.0.0.1:1", "sec-fetch-site": "same-site"}, False),
    "another port, for reading": ({"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}, False),
    "a longer name": ({"origin": "http://{host}.evil.example"}, False),
    "a user in it": ({"origin": "http://{host}@evil.example"}, False),
    "no origin at all": ({"origin": "file://"}, False),
    "nonsense": ({"origin": "http://[::1"}, False),
}
"""Headers by which a browser says where a request comes from, and whether it may."""
PATHS = {
    "/": "/",
    "/static/{version}/{name:path}": "/static/x/regiondiff/app.mjs",
    "/api/examples/{name}": "/api/examples/Landscape",
    "/api/jobs/{job}": "/api/jobs/none",
    "/api/jobs/{job}/cancel": "/api/jobs/none/cancel",
    "/api/pictures/{name}.png": "/api/pictures/none.png",
}
BODIES: Mapping[str, Any] = {"/api/render": {"palette": PALETTE}, "/api/psd": {"palette": PALETTE}}
PUBLIC = ("/", "/static/{version}/{name:path}", "/api/pictures/{name}.png")
"""Routes that need nothing where no credentials are set."""


@pytest.fixture(scope="module", params=["open", "credentials"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A server without credentials, and one with."""
    guard = Guard(credentials=(USER, PASSWORD) if request.param == "credentials" else None)
    with serve(tmp_path_factory.mktemp("page"), guard) as page:
        page.model.go.set()
        yield page


def guard_of(page: Page) -> Guard:
    assert page.service is not None
    return page.service.guard


def show(page: Page, kind: str) -> dict[str, str]:
    """The headers with which somebody shows who they are."""
    tickets = guard_of(page).tickets
    old = Tickets(tickets.key, lambda: tickets.now() - SECONDS - 1).issue()
    return {
        "nothing": {},
        "basic": basic(USER, PASSWORD),
        "ticket": {HEADER: tickets.issue()},
        "wrong password": basic(USER, PASSWORD + "x"),
        "wrong ticket": {HEADER: Tickets().issue()},
        "old ticket": {HEADER: old},
        "bearer": {"authorization": "Bearer " + basic(USER, PASSWORD)["authorization"][6:]},
    }[kind]


def expected(page: Page, path: str, kind: str) -> bool:
    """Whether who shows `kind` may have a route."""
    if guard_of(page).credentials is None:
        return path in PUBLIC or kind == "ticket"
    return kind == "basic" or (kind == "ticket" and path not in PUBLIC[:2])


def headers_of(page: Page, origin: str) -> dict[str, str]:
    return {key: value.format(own=f"http://{page.host}", host=page.host) for key, value in ORIGINS[origin][0].items()}


def test_the_table_knows_every_route(page: Page) -> None:
    assert page.service is not None
    routes = make_router(page.service).routes
    paths = [route.path for route in routes if isinstance(route, Route | WebSocketRoute)]
    assert sorted(paths) == sorted([*ROUTES, SOCKET, "/{rest:path}"])
    assert isinstance(make_router(page.service), Router) and len(routes) == len(paths)


@pytest.mark.parametrize("path", [*ROUTES, "/{rest:path}"])
def test_requests(page: Page, path: str) -> None:
    methods = list(ROUTES[path][1]) if path in ROUTES else ["GET", "POST"]
    for method, kind, origin in itertools.product([*methods, "PUT"], KINDS, ORIGINS):
        given = {**show(page, kind), **headers_of(page, origin)}
        body = BODIES.get(path, {}) if method == "POST" else None
        status, headers, data = page.ask(PATHS.get(path, path.replace("{rest:path}", "x")), body, given, method)
        from_us = ORIGINS[origin][1]
        what = (method, kind, origin, status, data[:200])
        if not from_us:
            assert status == 403, what
        elif not expected(page, path, kind):
            assert status == 401, what
            assert ("www-authenticate" in headers) == (guard_of(page).credentials is not None), what
        else:
            assert status not in (401, 403), what
            assert (status == 405) == (path in ROUTES and method not in methods), what
        assert "access-control-allow-origin" not in headers, what
        assert not data.startswith(b"<") or (path == "/" and status == 200), what


def test_only_the_page_itself_is_gone_to_from_elsewhere(page: Page) -> None:
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    shown = show(page, "basic")
    assert page.ask("/", None, {**link, **shown})[0] == 200
    for path in ("/api/about", "/api/pictures/none.png", "/api/schema"):
        assert page.ask(path, None, {**link, **shown, **show(page, "ticket")})[0] == 403


@pytest.mark.parametrize("origin", ORIGINS)
def test_sockets(page: Page, origin: str) -> None:
    page.ticket = guard_of(page).tickets.issue()
    job = page.render()
    for kind in KINDS:
        given = {**show(page, kind), **headers_of(page, origin)}
        ticket = given.pop(HEADER, None)
        offered = [SUBPROTOCOL, *([TICKET + ticket] if ticket else [])]
        allowed = ORIGINS[origin][1] and (
            kind == "ticket" or (kind == "basic" and guard_of(page).credentials is not None)
        )
        sent: Any = given.pop("origin", None)
        address = f"ws://{page.host}{SOCKET.format(job=job)}"
        if not allowed:
            with pytest.raises(InvalidStatus) as refused:
                connect(address, origin=sent, subprotocols=offered, additional_headers=given)  # type: ignore[arg-type]
            assert refused.value.response.status_code == 403
            continue
        with connect(address, origin=sent, subprotocols=offered, additional_headers=given) as socket:  # type: ignore[arg-type]
            assert socket.subprotocol == SUBPROTOCOL and socket.recv()


@pytest.mark.parametrize(
    ("reach", "names", "strange"),
    [
        (
            "loopback",
            ["localhost", "127.0.0.1", "127.9.9.9", "::1"],
            ["evil.example", "10.0.0.1", "localhost.evil", ""],
        ),
        ("local", ["localhost", "10.0.0.1", "fe80::1"], ["evil.example", "10.0.0.1.evil.example"]),
    ],
)
def test_own_names(reach: str, names: list[str], strange: list[str]) -> None:
    assert all(is_own_name(name, reach) for name in names)
    assert not any(is_own_name(name, reach) for name in strange)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST.:80", 200),
        ("[::1]:7870", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("127.0.0.1@evil.example", 403),
        ("127.0.0.1:x", 403),
        ("127.0.0.1/x", 403),
        ("", 403),
    ],
)
def test_a_strangers_name_for_our_address(tmp_path: Path, host: str, status: int) -> None:
    with serve(tmp_path) as page:
        assert page.ask("/", None, {"host": host})[0] == status


def test_names_do_not_matter_where_a_password_is_asked_for(tmp_path: Path) -> None:
    with serve(tmp_path, Guard(credentials=(USER, PASSWORD), reach="any")) as page:
        assert page.ask("/", None, {"host": "canvas.example", **basic(USER, PASSWORD)})[0] == 200
        assert page.ask("/", None, {"host": "canvas.example"})[0] == 401


def test_tickets_end_and_cannot_be_made_up() -> None:
    now = [1000.0]
    tickets = Tickets(now=lambda: now[0])
    ticket = tickets.issue()
    end, signature = ticket.split(".")
    assert tickets.accept(ticket)
    for made_up in ("", ".", "x", f"{int(end) + 1}.{signature}", f"{end}.", f"{end}.é", f"٣.{signature}", "9" * 5000):
        assert not tickets.accept(made_up)
    now[0] += SECONDS
    assert not tickets.accept(ticket)
