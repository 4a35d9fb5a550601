"""The router: each route and socket behind the guard, errors in one form; WebUIs and our own page mount the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, Router, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from lib_regiondiff.document.palette import make_schema
from lib_regiondiff.server.answers import PRIVATE, Refused, answer, answer_error
from lib_regiondiff.server.bodies import read_body, read_object
from lib_regiondiff.server.checking import Checker
from lib_regiondiff.server.desk import Desk, choose_seeds
from lib_regiondiff.server.guard import Guard, Need
from lib_regiondiff.server.modules import Modules
from lib_regiondiff.server.reading import read_upload, write_psd
from lib_regiondiff.server.sockets import follow
from lib_regiondiff.server.starting import Start

AT_ONCE = 2
"""Requests that are worked on at once."""
WAITING = 32
"""Requests that may wait for that; more are refused."""
REFUSED = 1008
"""Status of a socket that breaks the rules."""

Handler = Callable[["Service", Request], Awaitable[Response]]


@dataclass(eq=False)
class Service:
    """What the routes of one server share."""

    guard: Guard
    modules: Modules
    start: Start
    checker: Checker
    desk: Desk
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE), repr=False)
    _waiting: int = 0

    async def work(self, function: Callable[..., Any], *given: Any) -> Any:
        """What a function returns that takes a while: in another thread, few at once. Refused (503) where many wait."""
        if self._waiting >= WAITING:
            raise Refused(503, "server", "expected fewer requests at once; try again in a while")
        self._waiting += 1
        try:
            async with self._turn:
                return await run_in_threadpool(function, *given)
        finally:
            self._waiting -= 1


@dataclass(frozen=True, eq=False)
class Endpoint:
    """A route as an ASGI application: what it needs of who asks, and its handler for each method of HTTP."""

    service: Service
    need: Need
    handlers: Mapping[str, Handler]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the last resort: one clear line, and the server goes on
            response = answer_error(error)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        self.service.guard.check(request, self.need)
        method = "GET" if request.method == "HEAD" else request.method
        if method not in self.handlers:
            allowed = ", ".join(self.handlers)
            raise Refused(405, "method", f"expected {allowed}, got {request.method}", {"allow": allowed})
        return await self.handlers[method](self.service, request)


@dataclass(frozen=True, eq=False)
class JobSocket:
    """The socket of a job as an ASGI application."""

    service: Service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket; one that may not pass is refused before it opens."""
        socket = WebSocket(scope, receive, send)
        try:
            self.service.guard.check(HTTPConnection(scope), Need.OURS)
            job = self.service.desk.find(socket.path_params["job"])
        except Refused as refused:
            await socket.close(REFUSED, refused.message)
            return
        await follow(socket, self.service.desk, job)


async def show_page(service: Service, request: Request) -> Response:
    """The page, with a ticket of its own."""
    return service.modules.serve_page(service.guard.tickets.issue(), request.headers["host"])


async def show_module(service: Service, request: Request) -> Response:
    """A file of the page."""
    return service.modules.serve(request.path_params["version"], request.path_params["name"])


async def describe(service: Service, request: Request) -> Response:
    """Who draws."""
    return answer(service.start.describe())


async def show_schema(service: Service, request: Request) -> Response:
    """The palette's JSON schema."""
    return answer(make_schema())


async def show_presets(service: Service, request: Request) -> Response:
    """Presets, and the names of the examples."""
    return answer(service.start.list_presets())


async def show_example(service: Service, request: Request) -> Response:
    """The palette of an example."""
    return answer(service.start.make_example(request.path_params["name"]))


async def check(service: Service, request: Request) -> Response:
    """The verdict on a palette."""
    body = await read_body(request)
    data = await service.work(read_object, body, ("palette",))
    return answer(await service.work(service.checker.check, data.get("palette")))


async def render(service: Service, request: Request) -> Response:
    """Put a palette into the queue."""
    data = await service.work(read_object, await read_body(request), ("palette", "count"))
    palette, work = await service.work(service.checker.prepare, data.get("palette"))
    job = service.desk.submit(palette, choose_seeds(palette, data.get("count", 1)), work)
    return answer(service.desk.describe(job), 202)


async def show_job(service: Service, request: Request) -> Response:
    """How far a job is."""
    job = service.desk.find(request.path_params["job"])
    service.desk.sweep()
    return answer(service.desk.describe_news(job, {}))


async def cancel(service: Service, request: Request) -> Response:
    """End a job."""
    job = service.desk.find(request.path_params["job"])
    service.desk.cancel(job)
    return answer(service.desk.describe(job))


async def show_picture(service: Service, request: Request) -> Response:
    """A picture that was drawn."""
    drawn = service.desk.pictures.find(request.path_params["name"])
    if drawn is None:
        raise Refused(404, "picture", "expected one of the last pictures, got one that is not kept (any more)")
    headers = {**PRIVATE, "content-disposition": f'inline; filename="region-diffusion-{drawn.seed}.png"'}
    return Response(drawn.png, 200, headers, "image/png")


async def read(service: Service, request: Request) -> Response:
    """The palette in a file."""
    return answer(await service.work(read_upload, await read_body(request)))


async def psd(service: Service, request: Request) -> Response:
    """A palette as a layered file."""
    data = await service.work(read_object, await read_body(request), ("palette",))
    return Response(await service.work(write_psd, data.get("palette")), 200, PRIVATE, "image/vnd.adobe.photoshop")


async def miss(service: Service, request: Request) -> Response:
    """Nothing is here."""
    raise Refused(404, "path", "expected a route of this server; docs/server.md lists them")


ROUTES: Mapping[str, tuple[Need, Mapping[str, Handler]]] = {
    "/": (Need.PAGE, {"GET": show_page}),
    "/static/{version}/{name:path}": (Need.PAGE, {"GET": show_module}),
    "/api/about": (Need.OURS, {"GET": describe}),
    "/api/schema": (Need.OURS, {"GET": show_schema}),
    "/api/presets": (Need.OURS, {"GET": show_presets}),
    "/api/examples/{name}": (Need.OURS, {"GET": show_example}),
    "/api/check": (Need.OURS, {"POST": check}),
    "/api/render": (Need.OURS, {"POST": render}),
    "/api/jobs/{job}": (Need.OURS, {"GET": show_job}),
    "/api/jobs/{job}/cancel": (Need.OURS, {"POST": cancel}),
    "/api/pictures/{name}.png": (Need.NAMED, {"GET": show_picture}),
    "/api/read": (Need.OURS, {"POST": read}),
    "/api/psd": (Need.OURS, {"POST": psd}),
}
"""Each path below the prefix, what it needs, and its handlers by method."""
SOCKET = "/api/jobs/{job}/events"


def make_router(service: Service) -> Router:
    """The routes and the socket of a service, to be mounted under any prefix."""
    routes: list[BaseRoute] = [WebSocketRoute(SOCKET, JobSocket(service))]
    routes += [Route(path, Endpoint(service, need, handlers)) for path, (need, handlers) in ROUTES.items()]
    rest = Endpoint(service, Need.OURS, dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), miss))
    return Router([*routes, Route("/{rest:path}", rest)], redirect_slashes=False)
