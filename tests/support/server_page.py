"""A server on a port of its own, whose model is a fake that tests hold back and let go, and a page that asks it."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import uvicorn
from PIL import Image
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from lib_regiondiff.document import png
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.hosts.renderer import Renderer
from lib_regiondiff.server.checking import Checker
from lib_regiondiff.server.desk import Desk
from lib_regiondiff.server.guard import HEADER, SUBPROTOCOL, TICKET, Guard
from lib_regiondiff.server.models import Models
from lib_regiondiff.server.modules import PAGE, Modules
from lib_regiondiff.server.router import Service, make_router
from lib_regiondiff.server.starting import Start

HTML = (
    '<meta name="regiondiff-ticket" content="{{ticket}}"><script src="static/{{version}}/regiondiff/app.mjs"></script>'
)
BRUSH: dict[str, Any] = {"id": "a", "prompt": "a tree", "mask": {"rectangle": [0, 0, 0.5, 1]}}
PALETTE: dict[str, Any] = {
    "version": 1,
    "size": {"width": 128, "height": 64},
    "seed": 3,
    "steps": 4,
    "background": {"prompt": "grass"},
    "brushes": [BRUSH],
}
JSON = {"content-type": "application/json"}


@dataclass
class FakeModel:
    """Draws grey pictures, their shade is the seed; steps wait for `go` and pause, the last one raises `fault`."""

    go: threading.Event = field(default_factory=threading.Event)
    fault: Exception | None = None
    pause: float = 0.0
    drawn: list[Palette] = field(default_factory=list)
    reached: threading.Event = field(default_factory=threading.Event)

    def watch(
        self, palette: Palette, seeds: Sequence[int], told: Callable[[Any], Any], batch: int
    ) -> Iterator[SimpleNamespace]:
        self.drawn.append(palette)
        total = palette.steps * len(seeds)
        for number, seed in enumerate(seeds):
            image = Image.new("L", (palette.size.width, palette.size.height), seed % 256)
            for step in range(1, palette.steps + 1):
                self.reached.set()
                assert self.go.wait(20)
                time.sleep(self.pause)
                told(
                    SimpleNamespace(
                        done=number * palette.steps + step, total=total, previews=lambda cells, i=image: [i]
                    )
                )
            if self.fault:
                raise self.fault
            yield SimpleNamespace(image=image, palette=replace(palette, seed=seed), chosen={})


@dataclass
class Page:
    """Asks a server at a port as a browser would: with its ticket, or whatever headers a test gives."""

    port: int
    model: FakeModel
    service: Service | None = None
    ticket: str = ""
    shown: Mapping[str, str] = field(default_factory=dict)
    """Headers that it sends with everything, such as a password."""
    prefix: str = ""
    """The path that the server's routes lie under."""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def ask(
        self, path: str, body: Any = None, headers: Mapping[str, str] | None = None, method: str = ""
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        shown = {**self.shown, **({HEADER: self.ticket} if self.ticket else {})}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        with contextlib.closing(line):
            line.request(
                method or ("GET" if body is None else "POST"), self.prefix + path, data, {**shown, **(headers or {})}
            )
            answer = line.getresponse()
            return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()

    def get(self, path: str, body: Any = None, status: int = 200) -> Any:
        """The JSON of an answer that has this status."""
        found, _, data = self.ask(path, body)
        assert found == status, (found, data[:500])
        return json.loads(data)

    def open(self) -> str:
        """Load the page and take its ticket."""
        status, _, data = self.ask("/")
        assert status == 200, data
        self.ticket = data.decode().split('content="')[1].split('"')[0]
        return data.decode()

    def render(self, palette: Any = None, count: int = 1) -> str:
        """The name of a new job."""
        return self.get("/api/render", {"palette": palette or PALETTE, "count": count}, 202)["job"]

    def follow(self, job: str, **more: Any) -> Any:
        """The open socket of a job."""
        offered = [Subprotocol(SUBPROTOCOL), *([Subprotocol(TICKET + self.ticket)] if self.ticket else [])]
        address = f"ws://{self.host}{self.prefix}/api/jobs/{job}/events"
        given = {"origin": Origin(f"http://{self.host}"), "open_timeout": 20, **more}
        return connect(address, subprotocols=offered, additional_headers=self.shown, **given)

    def watch(self, job: str) -> list[dict[str, Any]]:
        """All states of a job until it has ended."""
        with self.follow(job) as socket:
            return [json.loads(message) for message in socket]

    def wait(self, job: str, state: str, seconds: float = 20) -> dict[str, Any]:
        """A job's description once it is in a state."""
        end = time.monotonic() + seconds
        while True:
            said = self.get(f"/api/jobs/{job}")
            if said["state"] == state:
                return said
            assert time.monotonic() < end, said
            time.sleep(0.02)


def basic(user: str, password: str) -> dict[str, str]:
    """The header of user and password."""
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@contextlib.contextmanager
def serve(
    folder: Path, guard: Guard | None = None, grace: float = 10.0, around: Callable[[Any], Any] = lambda app: app
) -> Iterator[Page]:
    """A server with a fake model, whose page is in `folder`; `around` puts its router into another application."""
    fake = FakeModel()
    page = folder / PAGE
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(HTML, encoding="utf-8")
    (folder / "regiondiff" / "app.mjs").write_text("export {};\n", encoding="utf-8")
    made = png.MadeWith("cpu", "float32", {})
    renderer = Renderer(lambda *_: iter(()), made, native=64, watch=fake.watch, count=len)
    models = Models("demo", lambda palette: renderer, frozenset({"demo-lcm"}))
    desk = Desk(models, grace=grace)
    first = parse({"version": 1, "size": {"width": 128, "height": 64}})
    service = Service(
        guard or Guard(), Modules(folder), Start("demo", renderer, first), Checker(models, renderer), desk
    )
    with _run(around(make_router(service)), desk) as port:
        yield Page(port, fake, service)
        fake.go.set()


@contextlib.contextmanager
def _run(app: Any, desk: Desk) -> Iterator[int]:
    """The port of an application that is served in a thread."""
    taken = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1, ws_max_size=2**16)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
    thread.start()
    worker = desk.open()
    try:
        yield taken.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        desk.close()
        worker.join(20)
        taken.close()
