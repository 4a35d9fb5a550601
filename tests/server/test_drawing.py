"""Drawing on the server: the queue, what a page hears of it, and how a job ends."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("websockets")

from lib_regiondiff.document import png
from lib_regiondiff.errors import HostError
from server_page import BRUSH, PALETTE, Page, serve


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A page that is open, with a server whose jobs end soon after their pages."""
    with serve(tmp_path, grace=0.5) as page:
        page.open()
        yield page


def test_a_job_tells_its_steps_and_gives_its_pictures(page: Page) -> None:
    page.model.go.set()
    page.model.pause = 0.1
    states = page.watch(page.render(count=2))
    last = states[-1]
    assert [last["state"], last["step"], last["steps"], last["position"], last["eta"]] == ["done", 8, 8, 0, 0]
    shown = [each for state in states for each in state.get("pictures", ())]
    assert {each["seed"] for each in shown} == {3, 4}
    assert any(state.get("preview", "").startswith("data:image/jpeg;base64,") for state in states)
    status, headers, data = page.ask("/" + shown[-1]["url"])
    assert (status, headers["content-type"]) == (200, "image/png")
    palette, made = png.read(io.BytesIO(data), "picture")
    assert palette.seed == shown[-1]["seed"] and made.device == "cpu"
    assert page.get("/api/read", data)["palette"] == shown[-1]["palette"]
