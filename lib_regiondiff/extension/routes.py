"""Our routes on a WebUI's application: the painting surface's modules, for whoever may see the WebUI's page."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from lib_regiondiff import __version__
from lib_regiondiff.authoring.presets import copy_preset, list_presets
from lib_regiondiff.authoring.typed_controls import LAYOUTS, SPLITS
from lib_regiondiff.document.json_text import MAX_BYTES
from lib_regiondiff.document.palette import make_schema
from lib_regiondiff.hosts.webui.modules import module
from lib_regiondiff.hosts.webui.program.rivals import list_switches
from lib_regiondiff.server.answers import Refused, answer, answer_error
from lib_regiondiff.server.guard import Need, check_site
from lib_regiondiff.server.modules import Modules, find_folder

PREFIX = "regiondiff"
"""Where our routes are, below the page's own address."""
METHODS = ("GET", "HEAD")


def add_routes(demo: Any, app: Any) -> None:
    """Mount our routes on the host's application; one that serves no page (`demo` is None) needs none."""
    if demo is not None:
        app.mount(f"/{PREFIX}", make_router(app, Modules(find_folder())))


def find_modules() -> str:
    """The address of the modules as they are now, relative to the page."""
    return f"{PREFIX}/static/{Modules(find_folder()).compute_version()}/regiondiff/"


def make_router(app: Any, modules: Modules) -> Router:
    """The routes, each behind the guard. They hold nothing of anybody's: the program's own files and facts."""

    def show_module(request: Request) -> Response:
        return modules.serve(request.path_params["version"], request.path_params["name"])

    def show_start(request: Request) -> Response:
        return answer(describe_start())

    def miss(request: Request) -> Response:
        raise Refused(404, "path", "expected a file of the painting surface, got another name")

    routes = {"/static/{version}/{name:path}": show_module, "/start": show_start, "/{rest:path}": miss}
    return Router([Route(path, Endpoint(app, give)) for path, give in routes.items()], redirect_slashes=False)


def describe_start() -> dict[str, Any]:
    """What the surface starts with: schema, presets, limits, choices of typed regions; the page's language; rivals."""
    scripts = module("scripts")
    runners = {tab: getattr(scripts, f"scripts_{tab}", None) for tab in ("txt2img", "img2img")}
    rivals = [each for tab, runner in runners.items() for each in list_switches(runner, tab)]
    presets = [{"name": name, "palette": copy_preset(name)} for name in list_presets()]
    typed = {"split": list(SPLITS), "layout": list(LAYOUTS)}
    known = {"schema": make_schema(), "presets": presets, "limits": {"bytes": MAX_BYTES}, "rivals": rivals}
    language = str(getattr(module("shared").opts, "localization", ""))
    return {"version": __version__, "language": language, "typed": typed, **known}


@dataclass(frozen=True, eq=False)
class Endpoint:
    """A route as an ASGI application that answers those who may see the page of `app`, the host's application."""

    app: Any
    give: Callable[[Request], Response]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            if request.method not in METHODS:
                raise Refused(405, "method", f"expected GET, got {request.method}", {"allow": ", ".join(METHODS)})
            check_site(request, Need.OURS)
            await check_user(self.app, request)
            response = await run_in_threadpool(self.give, request)
        except Exception as error:  # noqa: BLE001 - the last resort: one clear line, and the host goes on
            response = answer_error(error)
        await response(scope, receive, send)


async def check_user(app: Any, request: Request) -> None:
    """Raise Refused unless the host's page is open to all, or gradio knows who asks."""
    if getattr(app, "auth", None) is None and getattr(app, "auth_dependency", None) is None:
        return
    ask = next((route.endpoint for route in app.routes if getattr(route, "path", "") == "/user"), None)
    user = ask(request) if ask is not None else None
    if inspect.isawaitable(user):
        user = await user
    if not user:
        raise Refused(401, "cookie", "expected somebody who has logged in; log in to the WebUI and reload the page")
