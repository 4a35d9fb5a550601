"""Things and scenes that say the same are as many as their brushes: each is drawn by itself, in its own close-up."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
import torch

from discs import LEVELS, Figures, make_canvas
from fakes import clock_of
from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.denoising.rows import Call
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.views import View
from palettes import sized

APART = ([0.1, 0.1, 0.35, 0.35], [0.6, 0.55, 0.9, 0.85])
BESIDE = ([0.1, 0.3, 0.45, 0.65], [0.45, 0.3, 0.8, 0.65])
HALVES = ([0.0, 0.0, 0.5, 1.0], [0.5, 0.0, 1.0, 1.0])


def make(boxes: Sequence[Sequence[float]], *kinds: str, ground: str = "0", side: int = 256) -> Palette:
    """Brushes that say the same, but for where they are and of which kind; they are called a, b and so on."""
    brushes = [
        {"id": name, "prompt": "2", "kind": kind, "mask": {"rectangle": [*box]}}
        for name, box, kind in zip("abcd", boxes, kinds, strict=False)
    ]
    return sized(side, side, background={"prompt": ground}, guidance=1, brushes=brushes, tiles=None)


def plan_it(palette: Palette, host: Figures) -> Plan:
    return make_plan(palette, Job(palette.size, clock_of(LEVELS), (1,)), host)


def draw(palette: Palette, host: Figures) -> tuple[Plan, torch.Tensor]:
    """The plan by which a picture is drawn, and the mean of all channels [h, w] of its last x0."""
    images = ImageBatch(host, plan_it(palette, host))
    x = x0 = make_canvas(images.plan)
    for level in LEVELS[:-1]:
        x0 = images.predict(x, level, Call(1)).denoised
    return images.plan_of(0), x0[0].mean(dim=0)


def count_figures(part: torch.Tensor) -> int:
    return cv2.connectedComponents((part > 1).byte().numpy())[0] - 1


def list_closeups(plan: Plan) -> list[View]:
    return [view for view in plan.steps[0] if view.zoom is not None]


@pytest.mark.parametrize("boxes", [APART, BESIDE], ids=["apart", "side by side"])
@pytest.mark.parametrize("kind", ["thing", "auto"])
def test_two_equal_things_are_two(boxes: Sequence[list[float]], kind: str) -> None:
    plan, shown = draw(make(boxes, kind, kind), Figures(native=64))
    assert plan.brush_kinds == ("thing", "thing")
    one, two = list_closeups(plan)
    assert (one.names, two.names) == (("a",), ("b",)) and one.box != two.box
    assert one.zoom is not None and two.zoom is not None
    assert not torch.equal(one.zoom.draw_noise(0, 0), two.zoom.draw_noise(0, 0)), "each has noise of its own"
    for left, top, right, bottom in boxes:
        rows, columns = (slice(round(32 * low), round(32 * high)) for low, high in ((top, bottom), (left, right)))
        assert count_figures(shown[rows, columns]) == 1
    assert count_figures(shown) == 2


def test_things_do_not_join_a_texture_that_says_the_same() -> None:
    boxes = [*APART, [0.05, 0.6, 0.4, 0.95]]
    names = [view.names for view in plan_it(make(boxes, "thing", "stuff", "thing"), Figures(native=64)).steps[0]]
    assert names == [("background",), ("b",), ("a",), ("c",)]


@pytest.mark.parametrize("kind", ["scene", "auto"])
@pytest.mark.parametrize("side", [256, 96])
def test_two_equal_scenes_are_two(kind: str, side: int) -> None:
    """Those of about the native area are drawn on the canvas itself, and larger ones in windows with a zoom."""
    plan, shown = draw(make(HALVES, kind, kind, ground="", side=side), Figures(native=64))
    assert plan.brush_kinds == ("scene", "scene")
    assert {view.names for view in plan.steps[0]} == {("a",), ("b",)}
    assert [view.zoom is not None for view in plan.steps[0]] == [side == 256] * 2
    for part in shown.chunk(2, dim=1):
        assert count_figures(part) == 1
    assert np.isclose(float(shown.max()), 2, atol=0.1)
