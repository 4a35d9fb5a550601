"""What strangers and accidents send: one clear answer each, and the server goes on."""

from __future__ import annotations

import asyncio
import base64
import builtins
import errno
import io
import json
import socket
import struct
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from starlette.requests import Request

from bounded import bounded
from lib_regiondiff.document import png
from lib_regiondiff.document.json_text import MAX_BYTES
from lib_regiondiff.server.answers import Refused
from lib_regiondiff.server.bodies import read_body
from lib_regiondiff.server.guard import HEADER
from server_page import BRUSH, PALETTE, Page, serve


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page that is open, with a server."""
    with serve(tmp_path_factory.mktemp("page")) as page:
        page.open()
        page.model.go.set()
        yield page


def alive(page: Page) -> bool:
    """Whether the server still draws."""
    return page.watch(page.render())[-1]["state"] == "done"


@pytest.mark.parametrize("route", ["/api/check", "/api/read", "/api/render", "/api/psd"])
@pytest.mark.parametrize("told", [True, False])
def test_an_upload_of_200_megabytes(page: Page, route: str, told: bool) -> None:
    """A browser sees the answer only once it has sent all."""
    size, part = 200 * 2**20, bytes(2**20)
    length = f"Content-Length: {size}" if told else "Transfer-Encoding: chunked"
    head = f"POST {route} HTTP/1.1\r\nHost: {page.host}\r\n{HEADER}: {page.ticket}\r\n{length}\r\n\r\n"
    with bounded(10, 150), socket.create_connection(("127.0.0.1", page.port), timeout=60) as line:
        line.sendall(head.encode())
        for _ in range(200):
            line.sendall(part if told else b"%x\r\n%b\r\n" % (len(part), part))
        if not told:
            line.sendall(b"0\r\n\r\n")
        answer = line.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    error = json.loads(answer.split(b"\r\n\r\n", 1)[1])["error"]
    assert error == {"path": "body", "message": f"expected at most {MAX_BYTES // 2**20 + 1} MB, got more"}


def make_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_decompression_bombs(page: Page) -> None:
    head = make_chunk(b"IHDR", struct.pack(">IIBBBBB", 16000, 16000, 8, 6, 0, 0, 0))
    engine = zlib.compressobj(9)
    zeros = b"".join(engine.compress(bytes(2**20)) for _ in range(300)) + engine.flush()
    picture = png.SIGNATURE + head + make_chunk(b"IDAT", zeros) + make_chunk(b"IEND", b"")
    url = "data:image/png;base64," + base64.b64encode(picture).decode()
    text = make_chunk(b"iTXt", b"regiondiff\0\x01\0\0\0" + zeros)
    with bounded(6, 700):
        said = page.get("/api/check", {"palette": {**PALETTE, "brushes": [{**BRUSH, "mask": url}]}})
        assert said["problems"][0]["path"].startswith("brushes[0].mask")
        page.get("/api/render", {"palette": {**PALETTE, "background": {"image": url}}}, 422)
        page.get("/api/read", picture, 422)
        page.get("/api/read", png.SIGNATURE + head + text + make_chunk(b"IEND", b""), 422)
    assert alive(page)


def test_a_palette_from_a_newer_version(page: Page) -> None:
    newer = {**PALETTE, "version": 2, "shimmer": 3}
    for said in (
        page.get("/api/check", {"palette": newer})["problems"],
        [page.get("/api/render", {"palette": newer}, 422)["error"]],
        [page.get("/api/read", json.dumps(newer).encode(), 422)["error"]],
    ):
        assert [each["path"] for each in said] == ["version"]
        assert "expected 1" in said[0]["message"] and "got 2" in said[0]["message"]


HOSTILE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"3",
    b'"palette"',
    b"\xff\xfe\x00",
    b"\xff\xff",
    b"[" * 100_000,
    b'{"palette":' * 50_000,
    b'{"palette": {}, "palette": {}}',
    b'{"palette": NaN}',
    b'{"palette": {"version": 1e999}}',
    b'{"palette": {"version": ' + b"9" * 5000 + b"}}",
    b'{"palette": {"version": 1, "seed": -' + b"9" * 39 + b"}}",
    b'{"palette": {"version": 1}, "__proto__": {}}',
    b'{"palette": {"version": 1, "brushes": [{"id": "\\ud800", "mask": {"rectangle": [0,0,1,1]}}]}}',
    b'{"palette": {"version": 1, "brushes": [{"id": "a", "mask": {"file": "/etc/passwd"}}]}}',
    b'{"palette": {"version": 1, "background": {"image": "http://evil.example/x.png"}}}',
    b'{"palette": {"version": 1, "brushes": [' + b"{}," * 300_000 + b"{}]}}",
    b'{"palette": {"version": 1, "size": {"width": 16384, "height": 16384}}}',
    b"\0" * 100_000,
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_bodies(page: Page, body: bytes) -> None:
    for route in ("/api/check", "/api/render", "/api/read", "/api/psd"):
        status, _, data = page.ask(route, body)
        said = json.loads(data)
        verdict = route == "/api/check" and status == 200
        assert verdict or status == 422, (route, status, data[:300])
        for each in said["problems"] if verdict else [said["error"]]:
            assert each["path"] and each["message"] and len(each["message"]) < 1000
            assert "unexpected" not in each["message"]


def test_long_prompts(page: Page) -> None:
    long = "tree, " * 3333 + "ab"
    said = page.get("/api/check", {"palette": {**PALETTE, "brushes": [{**BRUSH, "prompt": long}]}})
    assert said["tokens"]["brushes"] == [{"count": 20000, "limit": 75}] and not said["problems"]
    palette = {**PALETTE, "brushes": [{**BRUSH, "prompt": long + "c"}]}
    assert [each["path"] for each in page.get("/api/check", {"palette": palette})["problems"]] == ["brushes[0].prompt"]
    suffixed = {**PALETTE, "suffix": ", on grass", "brushes": [{**BRUSH, "prompt": long}]}
    assert [each["path"] for each in page.get("/api/check", {"palette": suffixed})["problems"]] == ["suffix"]


@pytest.mark.parametrize(
    "path",
    ["../../pyproject.toml", "..%2f..%2fpyproject.toml", "%2e%2e/%2e%2e/x", "/etc/passwd", "regiondiff/.hidden.mjs",
     "regiondiff/app.mjs%00", "regiondiff", "regiondiff/page/../app.mjs", "C:%5Cx", "regiondiff//app.mjs"],
)  # fmt: skip
def test_no_path_from_a_client(page: Page, path: str) -> None:
    assert page.ask(f"/static/x/{path}")[0] in (401, 404)


def test_a_body_that_does_not_come(page: Page) -> None:
    async def read(parts: list[float], **limits: Any) -> bytes:
        waits = iter(parts)

        async def receive() -> dict[str, Any]:
            wait = next(waits, None)
            await asyncio.sleep(wait or 0)
            return {"type": "http.request", "body": b"x", "more_body": wait is not None}

        return await read_body(Request({"type": "http", "headers": []}, receive), **limits)

    assert asyncio.run(read([0.0, 0.0])) == b"xxx"
    for parts, limits in (([0.5], {"idle": 0.05}), ([0.03] * 20, {"idle": 1, "whole": 0.1})):
        with pytest.raises(Refused) as refused:
            asyncio.run(read(parts, **limits))
        assert refused.value.status == 408


def test_clients_that_leave_in_the_middle(page: Page) -> None:
    head = f"POST /api/check HTTP/1.1\r\nHost: {page.host}\r\n{HEADER}: {page.ticket}\r\nContent-Length: 1000\r\n\r\n{{"
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", page.port)) as line:
            line.sendall(head.encode())
    with socket.create_connection(("127.0.0.1", page.port)) as line:
        line.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 nonsense\r\n\r\n")
    assert alive(page)


def test_a_slow_client_holds_nobody_up(page: Page) -> None:
    """It asks for pictures of megabytes, and takes none."""
    noise = io.BytesIO()
    Image.effect_noise((2048, 2048), 100).save(noise, "PNG")
    url = "data:image/png;base64," + base64.b64encode(noise.getvalue()).decode()
    page.render({**PALETTE, "size": {"width": 2048, "height": 2048}, "background": {"image": url}})
    ask = f"GET /api/schema HTTP/1.1\r\nHost: {page.host}\r\n{HEADER}: {page.ticket}\r\n\r\n".encode()
    lines = [socket.create_connection(("127.0.0.1", page.port)) for _ in range(8)]
    for line in lines:
        line.sendall(ask * 200)
    begin = time.monotonic()
    assert alive(page)
    assert time.monotonic() - begin < 20
    for line in lines:
        line.close()


def test_a_full_disk_stops_nothing(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of what pages ask for is written anywhere."""
    whole = builtins.open

    def full(file: Any, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if set(mode) & set("wax+"):
            raise OSError(errno.ENOSPC, "No space left on device", file)
        return whole(file, mode, *rest, **more)

    monkeypatch.setattr(builtins, "open", full)
    monkeypatch.setattr(io, "open", full)
    last = page.watch(page.render(count=2))
    shown = [each for state in last for each in state.get("pictures", ())]
    assert page.get("/api/read", page.ask("/" + shown[-1]["url"])[2])["palette"]["seed"] == 4


def test_a_disk_that_fails_is_told(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    page.model.fault = OSError(errno.ENOSPC, "No space left on device", "/cache/x")
    try:
        error = page.watch(page.render())[-1]["error"]
    finally:
        page.model.fault = None
    assert error == {"path": "/cache/x", "message": "No space left on device"}
