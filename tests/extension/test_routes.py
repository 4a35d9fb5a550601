"""Our routes on a WebUI's application: whoever may see its page may have the surface's modules, and nobody else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from fake_webui import put
from lib_regiondiff.extension import routes

COOKIE = {"cookie": "access-token=known"}
MAIN = "webui/main.mjs"


async def tell_user(request: Request) -> Any:
    return "somebody" if request.cookies.get("access-token") == "known" else None


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The host's scripts, of which one is a rival."""
    rival = SimpleNamespace(title=lambda: "Forge Couple", controls=[SimpleNamespace(elem_id="couple")])
    put(monkeypatch, "modules")
    put(monkeypatch, "modules.shared", opts=SimpleNamespace(localization="ja_JP"))
    return put(monkeypatch, "modules.scripts", scripts_txt2img=SimpleNamespace(alwayson_scripts=[rival]))


def make_host(auth: Any = None, **more: Any) -> TestClient:
    """A host's application, whose page gradio's users may see if there is `auth`."""
    app: Any = Starlette(routes=[Route("/user", lambda request: JSONResponse(None))])
    app.auth = auth
    for name, value in more.items():
        setattr(app, name, value)
    user = next(route for route in app.routes if route.path == "/user")
    user.endpoint = tell_user
    routes.add_routes(SimpleNamespace(), app)
    return TestClient(app, base_url="http://127.0.0.1:7860")


def address() -> str:
    return f"/{routes.find_modules()}{MAIN}"


def test_modules_are_served_for_ever_under_their_version_and_what_they_start_with() -> None:
    host = make_host()
    found = host.get(address())
    assert found.status_code == 200 and "export async function openSurface" in found.text
    assert "immutable" in found.headers["cache-control"] and found.headers["content-type"].startswith("text/javascript")
    old = host.get(f"/regiondiff/static/0-old/regiondiff/{MAIN}")
    assert old.status_code == 200 and old.headers["cache-control"] == "no-cache"
    start = host.get("/regiondiff/start").json()
    assert [(each["tab"], each["name"]) for each in start["rivals"]] == [("txt2img", "Forge Couple")]
    assert start["language"] == "ja_JP"
    assert "brushes" in start["schema"]["properties"] and start["presets"] and start["limits"]["bytes"] > 0


@pytest.mark.parametrize("auth", [{"auth": {"g": "h"}}, {"auth_dependency": tell_user}])
def test_where_gradio_has_users_only_these_are_answered(auth: dict[str, Any]) -> None:
    host = make_host(**auth)
    for path in (address(), "/regiondiff/start", "/regiondiff/no"):
        assert host.get(path).status_code == 401
        assert host.get(path, headers={"cookie": "access-token=other"}).status_code == 401
    assert host.get(address(), headers=COOKIE).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_gets_nothing(site: str) -> None:
    host = make_host()
    headers = {"sec-fetch-site": site, "sec-fetch-mode": "cors"}
    assert host.get(address(), headers=headers).status_code == 403
    assert host.get("/regiondiff/start", headers={**headers, "sec-fetch-mode": "navigate"}).status_code == 403
    assert host.get("/regiondiff/start", headers={"origin": "http://evil.example"}).status_code == 403
    assert host.get("/regiondiff/start", headers={"origin": "http://127.0.0.1:7860"}).status_code == 200


def test_nothing_else_is_there() -> None:
    host = make_host()
    version = routes.find_modules()
    for path in (
        "/regiondiff/",
        "/regiondiff/static/1/..%2f..%2fREADME.md",
        f"/{version}../../README.md",
        "/regiondiff/x",
    ):
        assert host.get(path).status_code == 404
    assert host.post("/regiondiff/start").status_code == 405


def test_a_host_without_a_page_gets_no_routes() -> None:
    app = Starlette()
    routes.add_routes(None, app)
    assert app.routes == []
