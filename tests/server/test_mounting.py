"""The router inside another application, as WebUIs will have it: under a prefix, behind middleware of theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount

from server_page import PALETTE, serve


async def hand_on(request: Any, call_next: Any) -> Any:
    return await call_next(request)


def mount(router: Any) -> Any:
    """An application with the middleware that WebUIs have."""
    around = [Middleware(GZipMiddleware, minimum_size=1000), Middleware(BaseHTTPMiddleware, dispatch=hand_on)]
    return Starlette(routes=[Mount("/other/regiondiff", router)], middleware=around)


def test_under_a_prefix(tmp_path: Path) -> None:
    with serve(tmp_path, around=mount) as page:
        page.prefix = "/other/regiondiff"
        html = page.open()
        module = html.split('src="')[1].split('"')[0]
        assert page.ask("/" + module)[0] == 200
        assert page.get("/api/about")["model"] == "demo"
        assert page.get("/api/nothing", status=404)["error"]["path"] == "path"
        assert page.get("/api/check", {"palette": PALETTE})["problems"] == []
        page.model.pause = 0.1
        page.model.go.set()
        states = page.watch(page.render())
        assert states[-1]["state"] == "done" and len(states) > 3
        shown = [each for state in states for each in state.get("pictures", ())]
        assert page.ask("/" + shown[-1]["url"])[0] == 200
        stranger = {"origin": "http://evil.example"}
        for path in ("/", "/api/about", "/" + module):
            assert page.ask(path, None, stranger)[0] == 403
        page.ticket = ""
        assert page.get("/api/about", status=401)["error"]
        page.prefix = ""
        assert page.ask("/api/about")[0] == 404, "outside it nothing is ours"


def test_a_body_that_is_too_large_behind_middleware(tmp_path: Path) -> None:
    with serve(tmp_path, around=mount) as page:
        page.prefix = "/other/regiondiff"
        page.open()
        assert page.get("/api/read", bytes(66 * 2**20), 413)["error"]["path"] == "body"


@pytest.mark.parametrize("path", ["/other/regiondiff", "/other/regiondiff/"])
def test_the_page_with_and_without_a_slash(tmp_path: Path, path: str) -> None:
    with serve(tmp_path, around=mount) as page:
        status, headers, data = page.ask(path)
        assert (status == 200 and b"ticket" in data) or (status == 307 and headers["location"].endswith("/regiondiff/"))
