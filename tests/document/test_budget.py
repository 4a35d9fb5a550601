"""The budget: what people do passes, what is too much is refused in one line before any of it is done."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bounded import bounded
from fakes import GaussianHost
from lib_regiondiff.authoring import presets
from lib_regiondiff.authoring.preflight import JobContext, preflight
from lib_regiondiff.authoring.preview import render_html
from lib_regiondiff.document import budget
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.errors import HostError, PaletteError
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning import crop
from lib_regiondiff.planning.plan import Job, make_plan
from lib_regiondiff.planning.weights import masks
from palettes import data_url, encoded, palettes
from places import ROOT

PAINTED = {"background": {"colour": "#203040"}}


def canvas(width: int, height: int = 0, **more: Any) -> dict[str, Any]:
    return {"version": 1, "size": {"width": width, "height": height or width}} | more


def brushes(count: int, mask: Any, **more: Any) -> dict[str, Any]:
    """So many brushes; a mask may be a function of a brush's number."""
    made = [{"id": str(n), "prompt": f"thing {n}", "mask": mask(n) if callable(mask) else mask} for n in range(count)]
    return {"brushes": [each | more for each in made]}


def zigzag(corners: int) -> dict[str, Any]:
    return {"polygon": [[n / corners, n % 2] for n in range(corners)]}


def lasso(index: int) -> dict[str, Any]:
    """What a hand draws: a hundred corners around a part of the canvas."""
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    radius = 0.2 + 0.05 * np.cos(7 * angle + index)
    points = np.stack([0.5 + radius * np.cos(angle), 0.5 + radius * np.sin(angle)], axis=1)
    return {"polygon": points.round(4).tolist()}


def painted(width: int, height: int, mode: str = "L") -> str:
    return data_url(encoded(Image.new(mode, (width, height), "white")))


DISC = {"ellipse": [0, 0, 1, 1]}
SPOT = {"ellipse": [0.2, 0.2, 0.5, 0.5]}
USUAL: dict[str, Callable[[], dict[str, Any]]] = {
    "64 brushes on 2048x2048": lambda: canvas(2048) | brushes(64, DISC, feather=16),
    "64 small ones over a picture": lambda: canvas(2048) | PAINTED | brushes(64, SPOT, feather=4),
    "64 lassos": lambda: canvas(2048) | brushes(64, lasso, feather=8),
    "64 painted ones": lambda: canvas(1024) | brushes(64, painted(1024, 1024, "RGBA")),
    "64 painted ones in grey": lambda: canvas(1536, 1024) | brushes(64, painted(1536, 1024)),
    "a panorama": lambda: canvas(8192, 2048, tiles={"width": 512, "height": 512, "overlap": 128}) | brushes(32, SPOT),
    "a panorama of the closest tiles": lambda: (
        canvas(2560, 1024, tiles={"width": 512, "height": 512, "overlap": 384}) | brushes(16, SPOT)
    ),
    "a panorama over a picture": lambda: canvas(8192, 2048) | PAINTED | brushes(8, DISC, feather=16),
    "quantized": lambda: canvas(2048, quantization="continuous", steps=30) | brushes(20, DISC, feather=60),
    "twenty kinds of noise": lambda: canvas(1024, noise=[{"mask": DISC, "seed": n} for n in range(20)]),
    "long prompts": lambda: (
        canvas(1024, suffix=", background is {background}") | brushes(64, SPOT, negative="no " * 99)
    ),
    "the largest canvas": lambda: canvas(16384, 4096) | brushes(8, DISC, feather=16),
}


@pytest.mark.parametrize("name", USUAL)
def test_what_people_do_passes(name: str) -> None:
    palette = parse(json.dumps(USUAL[name]()))
    assert not budget.find_problems(palette, palette.size, 50)


def test_presets_and_demo_palettes_cost_nothing_beyond_a_picture_s_own_need() -> None:
    files = sorted((ROOT / "lib_regiondiff" / "demo" / "palettes").glob("*.json"))
    documents = [parse(presets.copy_preset(name)) for name in presets.list_presets()] + [
        parse(file.read_text()) for file in files
    ]
    for palette in documents:
        assert sum(item.points for item in budget.make_bill(palette, Size(1024, 2048), 30)) < 20


TOO_MUCH: dict[str, tuple[Callable[[], dict[str, Any]], str, str]] = {
    "corners": (lambda: canvas(2048) | brushes(64, zigzag(1024)), "brushes", "65536 corners of polygons"),
    "tiles": (lambda: canvas(2048, tiles={"width": 64, "height": 64, "overlap": 63}), "tiles", "62001"),
    "canvas": (lambda: canvas(16384), "size", "16384x16384, which is 268435456"),
    "brushes": (lambda: canvas(16384, 4096) | brushes(64, DISC), "brushes", "64 brushes on 1048576 cells"),
    "brushes over a picture": (
        lambda: canvas(4096) | PAINTED | brushes(40, DISC),
        "brushes",
        "of brushes over a picture",
    ),
    "narrow feathers": (
        lambda: (
            canvas(2048)
            | PAINTED
            | {"brushes": [{"id": str(n), "mask": SPOT, "feather": 1 + n / 20} for n in range(64)]}
        ),
        "brushes",
        "64 feathers of up to 6 pixels",
    ),
    "steps": (
        lambda: canvas(2048, quantization="discrete", steps=1000) | brushes(64, DISC),
        "steps",
        "weights of 64 brushes at 1000 kinds of steps",
    ),
    "noise": (
        lambda: canvas(8192, 2048, noise=[{"mask": SPOT, "seed": n} for n in range(256)]),
        "noise",
        "256 changes of the noise",
    ),
    "letters": (lambda: canvas(512) | brushes(64, SPOT, prompt="a" * 20000, negative="b" * 20000), "suffix", "letters"),
    "a suffix": (
        lambda: canvas(512, suffix="{background}" * 1600, background={"prompt": "a" * 20000}) | brushes(1, SPOT),
        "suffix",
        "32000007",
    ),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_is_too_much_is_refused_before_it_is_done(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, path, told = TOO_MUCH[name]
    text = json.dumps(make())
    for work in ("measure_cells", "rasterise"):
        monkeypatch.setattr(masks, work, lambda *given: pytest.fail("work"))
    with bounded(1.0, 100), pytest.raises(PaletteError) as caught:
        parse(text)
    (problem,) = caught.value.problems
    assert problem.path == path and told in problem.got
    assert "at most" in problem.expected and re.search(r"\d", problem.expected)
    assert ("(" in problem.expected) or path in ("size", "suffix")


@settings(max_examples=60, deadline=None)
@given(palettes(), st.integers(1, 8192), st.integers(1, 8192), st.integers(1, 1000))
def test_a_bill_is_never_negative_and_grows_with_brushes(palette: Palette, height: int, width: int, steps: int) -> None:
    size = Size(height, width)
    items = budget.make_bill(palette, size, steps)
    assert all(item.points >= 0 for item in items)
    again = tuple(replace(brush, id=f"{brush.id} again") for brush in palette.brushes)
    more = budget.make_bill(replace(palette, brushes=palette.brushes + again), size, steps)
    assert all(few.points <= many.points for few, many in zip(items, more, strict=True))
    assert len(budget.find_problems(palette, size, steps)) <= 1


SMALL = canvas(512) | brushes(60, DISC)


def test_a_job_that_is_too_large_for_a_palette_is_refused_before_it_is_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    palette = parse(SMALL)
    monkeypatch.setattr(masks, "measure_cells", lambda *given: pytest.fail("work"))
    with pytest.raises(PaletteError, match="brushes: expected at most 1700 points of work"):
        make_plan(palette, Job(Size(8192, 8192), (1.0, 0.5, 0.0), (1,)), GaussianHost(native=512))


def test_the_preview_says_so_at_the_size_of_the_job() -> None:
    around = JobContext("a field", size=Size(8192, 8192))
    (error,) = [notice.text for notice in preflight(parse(SMALL), around) if notice.kind == "error"]
    assert error.startswith("brushes: expected at most 1700 points of work beside the network (fewer brushes")
    assert "points of work" in render_html(json.dumps(SMALL), around)
    assert not [notice for notice in preflight(parse(SMALL), JobContext("a field")) if notice.kind == "error"]


def test_more_views_than_can_be_kept_account_of_are_refused() -> None:
    tiles = {"width": 64, "height": 64, "overlap": 16}
    data = canvas(2048, tiles=tiles, overlap={"rule": "weighted"}) | brushes(3, {"rectangle": [0, 0, 1, 1]})
    palette = parse(data)
    with pytest.raises(
        HostError, match="tiles: expected at most 4096 views of all brushes at a step, got 5547; larger"
    ):
        make_plan(palette, Job(palette.size, (1.0, 0.5, 0.0), (1,)), GaussianHost())
    told = [notice.text for notice in preflight(palette, JobContext("a field")) if notice.kind == "error"]
    assert [text.split(":")[0] for text in told] == ["tiles"]


def test_a_suffix_that_multiplies_the_main_prompt_is_an_error_of_the_preview() -> None:
    palette = parse(canvas(512, suffix="{background}" * 1600) | brushes(1, SPOT))
    notices = preflight(palette, JobContext("word " * 400, count=len))
    (error,) = [notice.text for notice in notices if notice.kind == "error"]
    assert error.startswith("suffix: expected prompts of at most 20000 letters with prefix and suffix, got 31")


def test_a_part_of_a_canvas_is_refused_where_too_many_masks_are_drawn_anew() -> None:
    palette = parse(canvas(512) | brushes(64, lambda n: painted(8, 8 + n)))
    with (
        bounded(0.5, 50),
        pytest.raises(PaletteError, match="at most 1700 points of work for a part"),
    ):
        crop.crop_palette(palette, Size(512, 512), (0, 0, 256, 256), Size(4096, 4096))


@pytest.mark.parametrize(("image", "mode", "count"), [(False, "RGBA", 80), (True, "RGBA", 1), (False, "1", 300)])
def test_pictures_are_refused_by_the_work_of_decoding_them(image: bool, mode: str, count: int) -> None:
    """Their heads are read, no more."""
    side = 5700 if image else 1024
    url = painted(side, side, mode)
    both = {"background": {"image": url}, "init": {"image": url}}
    given = {"noise": [{"mask": url, "seed": 1}] * count} | (both if image else {})
    text = json.dumps(canvas(512) | given)
    expected = "decode" if mode != "1" else "pixels in all"
    with bounded(1.0, 200), pytest.raises(PaletteError, match=f"palette: expected .*{expected}"):
        parse(text)


def answered(*names: str) -> list[dict[str, Any]]:
    """What the benchmark measures of these cases, in a process of its own."""
    words = [sys.executable, str(ROOT / "benchmarks" / "budget.py"), "--here", *names]
    made = subprocess.run(words, check=True, capture_output=True, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})
    return [json.loads(line) for line in made.stdout.splitlines()]


HEAVY = (
    "zigzags 512",
    "wide canvas",
    "merged, hard",
    "merged, narrow feathers",
    "tiles of one meaning",
    "quantized, discrete",
    "noise",
    "corners",
    "painted masks, colour 0, 8 bits, 1 levels",
    "a large picture",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", HEAVY)
def test_the_heaviest_accepted_documents_are_answered_within_the_goal(name: str) -> None:
    """2 s and 500 MB; a machine may be busy, so that twice the time is let pass."""
    (line,) = answered(name)
    for answer in ("check", "preview", "overlay", "draw", "crop"):
        if not isinstance(line[answer], str):
            assert line[answer]["seconds"] < 4 and line[answer]["megabytes"] < 500, (answer, line[answer])
