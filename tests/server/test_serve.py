"""`regiondiff serve` as people start it: what it says, whom it lets in, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import pytest

from cli_stub import run
from lib_regiondiff.command import serve
from lib_regiondiff.document import png
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.renderer import Renderer
from lib_regiondiff.server import running
from places import ROOT
from server_page import BRUSH, FakeModel, Page, basic

MADE = png.MadeWith("cpu", "float32", {})


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was loaded and served, by a stub that loads nothing and ends at once."""
    found: list[Any] = []

    def load(palette: Any, *how: str) -> Renderer:
        found.append((palette, *how))
        fake = FakeModel()
        return Renderer(lambda *_: iter(()), MADE, native=64, watch=fake.watch)

    def serve_it(app: Any, desk: Any, taken: socket.socket, ready: Any) -> None:
        found.append(app)
        ready()
        taken.close()

    monkeypatch.setattr(serve, "load_renderer", load)
    monkeypatch.setattr(running, "run", serve_it)
    monkeypatch.delenv("REGIONDIFF_MODEL", raising=False)
    monkeypatch.delenv("REGIONDIFF_AUTH", raising=False)
    return found


def test_it_says_where_it_is(started: list[Any]) -> None:
    result = run("serve", "--port", "0")
    assert re.fullmatch(r"Region Diffusion is at http://127\.0\.0\.1:\d+/ \(Ctrl-C ends it\)\n", result.stdout)
    assert result.stderr == "loading demo ...\n"
    assert started[0][1:] == ("demo", "auto", "auto")


def test_options_are_what_an_empty_page_begins_with(started: list[Any]) -> None:
    words = ["--width", "640", "--height", "320", "--seed", "5", "--bootstrap_steps", "2", "--model", "m.safetensors"]
    run("serve", "--port", "0", "--device", "cpu", "--dtype", "bfloat16", *words)
    palette, *how = started[0]
    assert how == ["m.safetensors", "cpu", "bfloat16"] and palette.model.loras == ()
    first, _ = serve.load_first(
        {"model": "m", "device": "cpu", "dtype": "auto", "seed": 5, "width": 640, "height": None, "bootstrap_steps": 2}
    )
    assert [first.size.width, first.size.height, first.seed, first.bootstrap.levels] == [640, 64, 5, 2]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--listen"], "give --auth USER:PASSWORD, or --open"),
        (["--listen", "--auth", "ana"], "expected USER:PASSWORD"),
        (["--auth", ":x"], "expected USER:PASSWORD"),
        (["--auth", "ana:"], "expected USER:PASSWORD"),
        (["--open"], "--open goes with --listen"),
        (["--listen", "--open", "--auth", "a:b"], "contradict"),
        (["--width", "3"], "--width"),
        (["--port", "65536"], "--port"),
        (["--bootstrap_steps", "x"], "--bootstrap_steps"),
    ],
)
def test_what_does_not_go_together_is_told_before_anything_is_loaded(
    started: list[Any], words: list[str], told: str
) -> None:
    assert told in run("serve", *words, code=2).stderr
    assert not started


def test_others_are_let_in_loudly(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_find_own_addresses", lambda: ["192.0.2.7"])
    told = run("serve", "--port", "0", "--listen", "--open").stdout
    assert re.search(r"^from other machines: http://192\.0\.2\.7:\d+/$", told, re.MULTILINE)
    assert re.search(r"^WARNING: everybody who reaches this machine", told, re.MULTILINE)
    guard = started[-1].routes[0].app.service.guard
    assert guard.credentials is None and guard.reach == "local"
    monkeypatch.setenv("REGIONDIFF_AUTH", "ana:pass:word")
    told = run("serve", "--port", "0", "--listen").stdout
    assert "WARNING" not in told and "without TLS" in told and "word" not in told.replace("password", "")
    guard = started[-1].routes[0].app.service.guard
    assert guard.credentials == ("ana", "pass:word") and guard.reach == "any" and "word" not in repr(guard)


def test_a_port_that_is_taken(started: list[Any]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        told = run("serve", "--port", str(port), code=1).stderr
    assert told == (
        f"port {port}: expected a free one, got one that another program uses; "
        "--port with another number, or 0 for any; or end the program that has it\n"
    )
    assert not started


def test_a_missing_package_is_told(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "NEEDED", ("no_such_package",))
    assert "expected the package no_such_package, got nothing; pip install" in run("serve", code=1).stderr
    assert not started


def test_a_model_that_cannot_be_loaded(started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*how: Any) -> Renderer:
        raise HostError("/cache/x", "a file that can be written", "No space left on device")

    monkeypatch.setattr(serve, "load_renderer", fail)
    told = run("serve", "--port", "0", code=1).stderr
    assert told.splitlines()[-1] == "/cache/x: expected a file that can be written, got No space left on device"


def test_the_command_loads_neither_torch_nor_starlette_before_it_runs() -> None:
    heavy = ("torch", "starlette", "uvicorn", "cv2")
    code = f"import sys, lib_regiondiff.command.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def _hear_ctrl_c() -> None:
    """Undo what a shell does to programs that it starts in the background: these ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def program(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and the address that it prints."""
    environment: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "lib_regiondiff", "serve", "--port", "0", *words],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=_hear_ctrl_c if os.name == "posix" else None,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().split(" is at ")[1].split()[0]
        finally:
            process.kill()


@pytest.mark.diffusers
def test_the_demo_model_draws_on_a_page_and_ctrl_c_ends_it() -> None:
    """The whole way, in a process of its own: load, paint, watch, read the picture back, end while it draws."""
    pytest.importorskip("diffusers")
    with program("--auth", "ana:x") as (process, address):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(address + "api/about")
        port = int(address.rstrip("/").rpartition(":")[2])
        page = Page(port, FakeModel(), shown=basic("ana", "x"))
        first = page.get("/api/about")["defaults"]["palette"]
        brush = {**BRUSH, "prompt": "a red house on grass"}
        palette = {**first, "seed": 1, "size": {"width": 128, "height": 128}, "brushes": [brush]}
        states = page.watch(page.render(palette))
        assert states[-1]["state"] == "done", states[-1]
        shown = [each for state in states for each in state.get("pictures", ())][-1]
        assert any(state.get("preview") for state in states)
        again = page.get("/api/read", page.ask("/" + shown["url"])[2])
        assert again["palette"] == shown["palette"] and shown["palette"]["model"]["name"] == "demo"
        page.render({**palette, "steps": 900}, count=16)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr is not None and "Traceback" not in process.stderr.read()
