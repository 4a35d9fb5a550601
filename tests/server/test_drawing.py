"""Drawing on the server: the queue, what a page hears of it, and how a job ends."""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from lib_regiondiff.document import png
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.server.desk import MOST_KNOWN, MOST_WAITING, Desk
from lib_regiondiff.server.jobs import State
from lib_regiondiff.server.models import Models
from lib_regiondiff.server.pictures import Drawn, Pictures
from server_page import PALETTE, Page, serve


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A page that is open, with a server whose jobs end soon after their pages."""
    with serve(tmp_path, grace=0.5) as page:
        page.open()
        yield page


def heard(socket: Any, state: str) -> dict[str, Any]:
    """What a socket has told together, once a job is in a state."""
    known: dict[str, Any] = {}
    while known.get("state") != state:
        known |= json.loads(socket.recv(10))
    return known


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


def test_two_jobs_are_drawn_one_after_the_other(page: Page) -> None:
    first, second = page.render(), page.render({**PALETTE, "seed": 9}, count=2)
    with page.follow(first) as one, page.follow(second) as two:
        heard(one, "drawing")
        known = heard(two, "queued")
        assert [known["position"], known["eta"]] == [1, None]
        page.model.go.set()
        assert heard(one, "done")["pictures"][0]["seed"] == 3
        assert [each["seed"] for each in heard(two, "done")["pictures"]] == [9, 10]
    page.model.go.clear()
    third, fourth = page.render(), page.render(count=4)
    with page.follow(third), page.follow(fourth):
        eta = [page.get(f"/api/jobs/{job}")["eta"] for job in (third, fourth)]
    assert 0 <= eta[0] <= eta[1], "the model's speed is known now"


def test_a_job_is_cancelled_while_it_waits_and_while_it_is_drawn(page: Page) -> None:
    first, second, third = page.render(), page.render(), page.render()
    with page.follow(first) as one, page.follow(second) as two, page.follow(third) as three:
        assert page.model.reached.wait(10)
        assert page.get(f"/api/jobs/{second}/cancel", {})["state"] == "cancelled"
        heard(two, "cancelled")
        page.get(f"/api/jobs/{first}/cancel", {})
        page.model.go.set()
        heard(one, "cancelled")
        heard(three, "done")
    assert len(page.model.drawn) == 2, "what was cancelled while it waited was never begun"
    assert page.get(f"/api/jobs/{first}/cancel", {})["state"] == "cancelled"


def test_a_job_whose_page_is_gone_is_cancelled(page: Page) -> None:
    first, second = page.render(), page.render()
    with page.follow(first) as socket:
        heard(socket, "drawing")
        socket.socket.close()  # as a computer that sleeps: no farewell
    page.model.pause = 0.2
    page.model.go.set()
    page.wait(first, "cancelled")
    page.wait(second, "cancelled")


def test_a_page_that_comes_back_in_time_hears_all(page: Page) -> None:
    page.model.pause = 0.15
    job = page.render(count=2)
    page.model.go.set()
    with page.follow(job) as socket:
        while not json.loads(socket.recv(10)).get("pictures"):
            pass
    with page.follow(job) as socket:
        said = json.loads(socket.recv(10))
    assert said["state"] == "drawing" and said["step"] >= 4 and [each["seed"] for each in said["pictures"]] == [3]
    assert page.watch(job)[-1]["state"] == "done"
    assert [each["seed"] for each in page.watch(job)[0]["pictures"]] == [3, 4], "and after the end as well"


def test_a_page_that_does_not_listen_holds_nobody_up(page: Page) -> None:
    job = page.render({**PALETTE, "steps": 200})
    with page.follow(job, max_queue=1) as socket:
        page.model.go.set()
        page.wait(job, "done")
        socket.socket.close()


@pytest.mark.parametrize(
    ("fault", "path", "message"),
    [
        (HostError("decoding", "finite numbers", "NaN", "try float32"), "decoding", "expected finite numbers, got NaN"),
        (RuntimeError("CUDA out of memory. Tried"), "memory", "got too little"),
        (ZeroDivisionError("x"), "server", "unexpected: ZeroDivisionError: x"),
    ],
)
def test_what_fails_is_told_and_the_next_job_is_drawn(page: Page, fault: Exception, path: str, message: str) -> None:
    page.model.go.set()
    page.model.fault = fault
    last = page.watch(page.render())[-1]
    assert last["state"] == "failed" and last["error"]["path"] == path and message in last["error"]["message"]
    page.model.fault = None
    assert page.watch(page.render())[-1]["state"] == "done"


def test_the_queue_is_not_endless(page: Page) -> None:
    page.render()
    assert page.model.reached.wait(10)
    for _ in range(MOST_WAITING):
        page.render()
    error = page.get("/api/render", {"palette": PALETTE}, 503)["error"]
    assert error["path"] == "queue" and "try again" in error["message"]


def test_unknown_jobs_and_pictures_are_told(page: Page) -> None:
    for path in ("/api/jobs/x", "/api/pictures/x.png"):
        assert "got one that" in page.get(path, status=404)["error"]["message"]
    with pytest.raises(InvalidStatus) as refused:
        page.follow("x")
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("count", [0, -1, 17, 1.5, True, "2", None, [1]])
def test_how_many_pictures(page: Page, count: Any) -> None:
    error = page.get("/api/render", {"palette": PALETTE, "count": count}, 422)["error"]
    assert error["path"] == "count"


def test_seeds_end(page: Page) -> None:
    error = page.get("/api/render", {"palette": {**PALETTE, "seed": 2**53 - 1}, "count": 2}, 422)["error"]
    assert error["path"] == "seed"


def test_additions_that_the_server_lacks_are_refused_by_their_path(page: Page) -> None:
    model = {"name": "/etc/passwd", "loras": [{"name": "demo-lcm"}, {"name": "../x"}], "vae": "/tmp/y"}
    for path, status in (("/api/render", 422), ("/api/check", 200)):
        said = page.get(path, {"palette": {**PALETTE, "model": model}}, status)
        problems = said["problems"]
        assert [each["path"] for each in problems] == ["model.loras[1].name", "model.vae"]


def test_a_server_that_ends_lets_its_sockets_go(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack, serve(tmp_path) as page:
        page.open()
        socket = stack.enter_context(page.follow(page.render()))
        heard(socket, "drawing")
        page.model.pause = 0.2
        page.model.go.set()
        begin = time.monotonic()
    with contextlib.suppress(ConnectionClosed):  # it is told to go away, or hears the end first
        for message in socket:
            assert json.loads(message)["state"] in ("drawing", "cancelled", "done")
    assert time.monotonic() - begin < 15


def test_old_jobs_and_pictures_go(page: Page) -> None:
    desk = Desk(Models("demo", lambda palette: pytest.fail("nothing is drawn")))
    jobs = [desk.submit(Palette(), [1], 1.0) for _ in range(2)]
    for _ in range(MOST_KNOWN + 5):
        jobs.append(desk.submit(Palette(), [1], 1.0))
        desk.cancel(jobs[-1])
    assert len(desk._jobs) == MOST_KNOWN and [job.state for job in jobs[:2]] == [State.QUEUED] * 2
    pictures = Pictures(most=3, most_bytes=100)
    kept = [Drawn(b"x" * 40, {}, seed) for seed in range(5)]
    for each in kept:
        pictures.keep(each)
    assert [pictures.find(each.id) is not None for each in kept] == [False, False, False, True, True]
    large = Drawn(b"x" * 1000, {}, 9)
    pictures.keep(large)
    assert pictures.find(large.id) and not pictures.find(kept[-1].id)
