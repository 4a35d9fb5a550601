"""Pictures under the brushes described by a WebUI's interrogator: at the press of a button, and as a job begins."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from desk_page import Asking
from fake_gradio import Page
from fake_gradio import install as install_page
from fake_sampler import Job, drawn
from fake_webui import WebUI, put
from lib_regiondiff.document.palette import parse
from lib_regiondiff.extension import accordion, captioning, jobs
from lib_regiondiff.formats import infotext
from lib_regiondiff.hosts.webui.program.error_display import RequestError
from lib_regiondiff.hosts.webui.program.notices import KEY
from palettes import data_url, encoded

LEFT = {"id": "a", "prompt": "red", "mask": {"rectangle": [0, 0, 0.5, 1]}, "prompt_strength": 0.5}
URL = data_url(encoded(Image.new("RGB", (40, 20), "blue")))
BLUE = {"version": 1, "background": {"image": URL}, "brushes": [LEFT]}
OTHER = {**BLUE, "background": {"image": data_url(encoded(Image.new("RGB", (2, 2), "red")))}}
ON = "by the WebUI's interrogator"
SLEEPS = "expected an interrogator that has all it needs, got one that was not used since the start; press 'Caption"
NONE = "expected an interrogator, got a WebUI that has none; say in background.prompt"


class Interrogator:
    """The host's: it begins and ends a job of its own, and never raises; `answer` is what it says."""

    blip_model: Any = None
    clip_model: Any = None

    def __init__(self, state: Any, folder: Path, answer: str = "green, by (nobody:1.1)") -> None:
        self.state, self.answer, self.seen = state, answer, []
        self.content_dir = str(folder)
        self.meanwhile: Callable[[], None] = lambda: None

    def interrogate(self, image: Image.Image) -> str:
        """What a picture shows."""
        vars(self.state).update(job="interrogate", job_count=-1, interrupted=False, skipped=False, time_start=1.0)
        self.seen.append((image.mode, image.size, image.getpixel((0, 0))))
        self.blip_model = self.clip_model = object()
        self.meanwhile()
        vars(self.state).update(job="", job_count=0)
        return self.answer


@pytest.fixture
def webui(webui: WebUI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WebUI:
    vars(webui.shared.state).update(job="txt2img", job_count=3, stopping_generation=False)
    webui.shared.interrogator = Interrogator(webui.shared.state, tmp_path)
    put(monkeypatch, "modules.call_queue", queue_lock=threading.Lock())
    return webui


@pytest.fixture
def page(webui: WebUI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Page:
    """A page with the accordion."""
    page = install_page(monkeypatch)
    accordion.build_accordion("Region Diffusion", lambda name: f"script_{name}", {}, tmp_path)
    return page


def caption(page: Page, text: str) -> tuple[str, str]:
    """A palette's text after a press of the button, as the page's script does it, and what is told."""
    page.enter("palette", text)
    ask = Asking(page)
    said = ask("caption", slow=True, text=text)
    if said["words"] is None:
        assert said["notice"]["level"] == "error"
        return page.of("palette").value, said["notice"]["message"]
    now = page.of("palette").value
    written = ask("insert", text=now, words=said["words"], then=text)
    return written["text"] or now, (written["notice"] or said["notice"])["message"]


def test_the_button_shows_only_where_it_can_do_something(webui: WebUI, page: Page) -> None:
    def shows(text: str) -> bool:
        return Asking(page)("read", text=text)["caption"]

    assert shows(json.dumps(BLUE))
    assert not shows(json.dumps(BLUE | {"background": {"image": URL, "prompt": "sea"}}))
    assert not shows(json.dumps({"version": 1, "brushes": [LEFT]})) and not shows("{") and not shows("")
    assert shows(json.dumps({"typed": {}, "background": {"image": URL}}))
    del webui.shared.interrogator
    assert not shows(json.dumps(OTHER))


@pytest.mark.parametrize("document", [BLUE, {"typed": {"layout": "rows"}, "background": {"image": URL}}])
def test_the_button_writes_what_the_picture_shows(webui: WebUI, page: Page, document: dict[str, Any]) -> None:
    before = dict(vars(webui.shared.state))
    text, told = caption(page, json.dumps(document))
    assert json.loads(text) == {**document, "background": {"image": URL, "prompt": "green, by (nobody:1.1)"}}
    assert "prompt: green, by (nobody:1.1)" in told
    assert webui.shared.interrogator.seen == [("RGB", (40, 20), (0, 0, 255))]
    assert vars(webui.shared.state) == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (json.dumps({**BLUE, "background": {}}), "no picture under the brushes"),
        (json.dumps({**BLUE, "background": {"image": URL, "prompt": "a sea"}}), "has a prompt already"),
        ("{", "palette: expected"),
        ("", "palette: expected a palette, got nothing"),
        (json.dumps({"typed": {}, "background": {"image": "x.png"}}), "background.image"),
    ],
)
def test_nobody_is_asked_where_nothing_is_to_be_described(webui: WebUI, page: Page, text: str, told: str) -> None:
    after, said = caption(page, text)
    assert after == text and webui.shared.interrogator.seen == [] and told in said


def failing(interrogator: Interrogator) -> None:
    def fail() -> None:
        raise OSError("no network\nat all")

    interrogator.meanwhile = fail


def silent(interrogator: Interrogator) -> None:
    interrogator.answer = "<error>"


def wordless(interrogator: Interrogator) -> None:
    interrogator.answer = " "


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (failing, "got OSError: no network at all; the first use downloads BLIP and CLIP"),
        (silent, "got an error, which the console tells; the first use downloads BLIP and CLIP"),
        (wordless, "got no words; "),
        (None, NONE),
    ],
)
def test_a_press_in_vain_is_told_and_changes_nothing(webui: WebUI, page: Page, how: Any, told: str) -> None:
    if how is None:
        del webui.shared.interrogator
    else:
        how(webui.shared.interrogator)
    before, text = dict(vars(webui.shared.state)), json.dumps(BLUE)
    after, said = caption(page, text)
    assert after == text and vars(webui.shared.state) == before and told in said


def test_words_of_a_half_failure_count(webui: WebUI, page: Page) -> None:
    webui.shared.interrogator.answer = "a green wall<error>"
    assert json.loads(caption(page, json.dumps(BLUE))[0])["background"]["prompt"] == "a green wall"


@pytest.mark.parametrize("now", [OTHER, {**BLUE, "background": {"image": URL, "prompt": "a sea"}}, {"version": 2}])
def test_what_was_written_while_it_was_looked_at_stays(webui: WebUI, page: Page, now: dict[str, Any]) -> None:
    webui.shared.interrogator.meanwhile = lambda: page.enter("palette", json.dumps(now))
    text, told = caption(page, json.dumps(BLUE))
    assert text == json.dumps(now) and "its former picture shows: green, by (nobody:1.1)" in told


def test_brushes_that_were_added_meanwhile_stay(webui: WebUI, page: Page) -> None:
    more = {**BLUE, "brushes": [LEFT, {**LEFT, "id": "b"}]}
    webui.shared.interrogator.meanwhile = lambda: page.enter("palette", json.dumps(more))
    found = parse(caption(page, json.dumps(BLUE))[0])
    assert [brush.id for brush in found.brushes] == ["a", "b"] and found.background.prompt == "green, by (nobody:1.1)"


def test_a_press_waits_for_the_job_that_runs_and_keeps_what_was_pressed(webui: WebUI) -> None:
    state, pressed = webui.shared.state, {"interrupted": True, "_server_command": "restart"}
    webui.shared.interrogator.meanwhile = lambda: vars(state).update(pressed)
    lock: Any = captioning.interrogator.module("call_queue").queue_lock
    done: list[Any] = []
    thread = threading.Thread(target=lambda: done.append(captioning.caption_picture(json.dumps(BLUE))))
    with lock:
        thread.start()
        thread.join(0.05)
        assert thread.is_alive() and not done
    thread.join(10)
    assert done[0][0] == "green, by (nobody:1.1)" and not lock.locked()
    assert (state.job, state.job_count) == ("txt2img", 3) and not hasattr(state, "time_start")
    assert pressed.items() <= vars(state).items()


def job(webui: WebUI, prompt: str = "", setting: str | None = ON) -> tuple[Job, list[str]]:
    """A job, and what is told under its pictures."""
    p, told = Job(webui, [prompt]), []
    p.comment = told.append  # type: ignore[attr-defined]
    if setting is not None:
        webui.shared.opts.regiondiff_caption = setting
    return p, told


def test_a_job_describes_what_nothing_is_said_of_and_its_infotext_keeps_it(webui: WebUI) -> None:
    interrogator = webui.shared.interrogator
    interrogator.blip_model = interrogator.clip_model = object()
    before = dict(vars(webui.shared.state))
    p, told = job(webui)
    jobs.begin(p, True, BLUE)
    jobs.begin_batch(p)
    kept = infotext.read(p.extra_generation_params[jobs.KEY], None)
    assert kept.background.prompt == "green, by (nobody:1.1)" and told == []
    assert vars(webui.shared.state) == before and len(interrogator.seen) == 1
    written = {**BLUE, "background": {"image": URL, "prompt": interrogator.answer}}
    assert torch.equal(drawn(job(webui)[0], BLUE), drawn(job(webui)[0], written))
    assert len(interrogator.seen) == 2  # what has words is not described again


@pytest.mark.parametrize(
    ("prompt", "setting", "document"),
    [
        ("a sea", ON, BLUE),
        ("", None, BLUE),
        ("", "by nobody", BLUE),
        ("", ON, {**BLUE, "background": {"image": URL, "prompt": "a sea"}}),
        ("", ON, {**BLUE, "background": {}}),
        ("red BREAK blue", ON, {"typed": {}, "background": {"image": URL}}),
    ],
)
def test_a_job_asks_nobody_otherwise(webui: WebUI, prompt: str, setting: str | None, document: Any) -> None:
    webui.shared.interrogator.blip_model = webui.shared.interrogator.clip_model = object()
    p, told = job(webui, prompt, setting)
    jobs.begin(p, True, document)
    assert webui.shared.interrogator.seen == [] == told and p.regiondiff is not None


def sleeping(interrogator: Interrogator) -> None:
    """As it is after the start."""


def half_awake(interrogator: Interrogator) -> None:
    interrogator.blip_model = object()


def without_lists(interrogator: Interrogator) -> None:
    interrogator.blip_model = interrogator.clip_model = object()
    interrogator.content_dir += "/none"


def awake_and_failing(interrogator: Interrogator) -> None:
    interrogator.blip_model = interrogator.clip_model = object()
    failing(interrogator)


@pytest.mark.parametrize(
    ("how", "told", "asked"),
    [(sleeping, SLEEPS, 0), (half_awake, SLEEPS, 0), (without_lists, SLEEPS, 0), (awake_and_failing, "OSError", 1)],
)
def test_a_job_goes_on_without_words_and_says_so(webui: WebUI, how: Any, told: str, asked: int) -> None:
    how(webui.shared.interrogator)
    p, said = job(webui)
    picture = drawn(p, BLUE)
    assert len(said) == 1 and told in said[0] and len(webui.shared.interrogator.seen) == asked
    assert p.extra_generation_params[KEY] == said[0]
    assert torch.equal(picture, drawn(job(webui, setting="by nobody")[0], BLUE))


def test_a_webui_without_an_interrogator_draws_all_the_same(webui: WebUI) -> None:
    del webui.shared.interrogator
    p, said = job(webui)
    assert drawn(p, BLUE).isfinite().all()
    assert len(said) == 1 and NONE in said[0]


def test_a_setting_that_cannot_be_ends_the_job(webui: WebUI) -> None:
    p, _ = job(webui, setting="perhaps")
    jobs.begin(p, True, BLUE)
    with pytest.raises(RequestError, match="the setting regiondiff_caption: expected"):
        p.init()
    assert p.regiondiff is None
