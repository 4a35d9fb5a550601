"""What looks like a mistake in a palette is told under a job's pictures and in the API's answer, on both hosts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from PIL import Image

from fake_sampler import Job, drawn, halves
from fake_webui import WebUI
from lib_regiondiff.extension import jobs
from lib_regiondiff.hosts.webui.program.notices import KEY, MOST, SEPARATOR

THIN, FAINT = "too thin for whole things", "too thin to show much"


def brush(**more: Any) -> dict[str, Any]:
    """A palette of one brush, the left half where nothing else is said."""
    given = {"id": "one", "prompt": "red", "mask": {"rectangle": [0, 0, 0.5, 1]}, **more}
    return {"version": 1, "brushes": [given]}


def told(p: Job) -> list[str]:
    """What the API answers, which is also what stands under the pictures."""
    lines = p.extra_generation_params.get(KEY, "").split(SEPARATOR)
    assert [line for line in lines if line] == p.comments
    return p.comments


PIXEL = 1 / 128
STROKE = {"rectangle": [0.25, 0, 0.25 + 4 * PIXEL, 1]}
DOUBTS = {
    "stroke of 4 px": (brush(mask=STROKE), [f"brush 1 (one): {THIN}"]),
    "one pixel": (brush(mask={"rectangle": [0.5, 0.5, 0.5 + PIXEL, 0.5 + PIXEL]}), [f"brush 1 (one): {FAINT}"]),
    "nothing": (brush(mask={"rectangle": [1.2, 1.2, 1.5, 1.5]}), ["brush 1 (one): its mask is empty"]),
    "strength 0": (brush(strength=0), ["brush 1 (one): never acts (strength 0)"]),
    "no prompt": (brush(prompt=""), ["brush 1 (one): its prompt is empty"]),
    "two": (
        {"version": 1, "brushes": [*brush(strength=0)["brushes"], *brush(id="b", mask=STROKE)["brushes"]]},
        [f"brush 2 (b): {THIN}", "brush 1 (one): never acts (strength 0)"],
    ),
    "a name of two lines": (brush(name="a\nb", strength=0), ["brush 1 (a b): never acts (strength 0)"]),
    "one typed part": ({"typed": {}}, ["The prompt is one part, so there is one region"]),
}


@pytest.mark.parametrize("case", DOUBTS)
def test_a_doubt_is_told_beside_the_pictures_and_the_job_goes_on(webui: WebUI, case: str) -> None:
    palette, starts = DOUBTS[case]
    p = Job(webui, ["green"])
    drawn(p, json.dumps(palette))
    assert len(told(p)) == len(starts)
    assert all(line.startswith(start) for line, start in zip(told(p), starts, strict=True))


def test_it_is_told_where_nobody_draws_after_a_brush_stops(webui: WebUI) -> None:
    p = Job(webui, [""])
    drawn(p, brush(stop=0.5, mask={"rectangle": [0, 0, 1, 1]}))
    assert any("it stops at 0.5, and nothing says what is there afterwards" in line for line in told(p))
    p = Job(webui, ["green"])
    drawn(p, brush(stop=0.5))
    assert told(p) == []


def test_nothing_is_told_of_what_is_well_or_off(webui: WebUI) -> None:
    for palette in (halves("red", "green"), None, {"typed": {}}):
        p = Job(webui, ["red\ngreen"] if palette and "typed" in palette else ["green"])
        drawn(p, palette)
        assert told(p) == [] and KEY not in p.extra_generation_params


def test_what_was_told_of_another_job_is_forgotten(webui: WebUI) -> None:
    for on in (True, False):
        p = Job(webui, ["green"], extra_generation_params={KEY: "old"})
        jobs.begin(p, on, halves("red", "green"))
        assert KEY not in p.extra_generation_params


def test_the_same_is_told_once_however_many_batches_and_passes(webui: WebUI) -> None:
    p = Job(webui, ["green", "green"])
    drawn(p, brush(strength=0))
    x = p.noise()
    jobs.sample(p, x, x)
    assert told(p)[0] == p.extra_generation_params[KEY]
    assert p.extra_generation_params[KEY].count("never acts") == 1


def test_a_part_of_a_picture_is_not_called_thin_but_what_never_acts_is(webui: WebUI) -> None:
    """Inpainting "only masked" enlarges what is thin, and does not see what lies elsewhere."""
    lines = [*brush(strength=0)["brushes"], *brush(id="b", mask=STROKE)["brushes"]]
    image = Image.new("RGB", (256, 256))
    more: dict[str, Any] = {"init_images": [image], "image_mask": image, "inpaint_full_res": True}
    p = Job(webui, ["green"], paste_to=(0, 0, 128, 128), **more)
    drawn(p, {"version": 1, "size": {"width": 256, "height": 256}, "brushes": lines})
    assert [line.partition(":")[0] for line in told(p)] == ["brush 1 (one)"] and "never acts" in told(p)[0]


def test_many_doubts_are_cut_short(webui: WebUI) -> None:
    brushes = [{**brush(strength=0)["brushes"][0], "id": f"b{number}"} for number in range(MOST + 5)]
    p = Job(webui, ["green"])
    drawn(p, {"version": 1, "brushes": brushes})
    assert len(p.extra_generation_params[KEY].split(SEPARATOR)) == MOST


def test_what_the_model_makes_of_it_is_told_to_the_api_too(webui: WebUI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib_regiondiff.hosts.webui.families.describe_unknown", lambda model: ("nobody knows it",))
    p = Job(webui, ["green"])
    drawn(p, halves("red", "green"))
    assert told(p) == ["nobody knows it"]
