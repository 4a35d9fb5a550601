"""A brush that is hardly larger than what a model draws at once is seen in one view, or its object repeats."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import GaussianHost, clock_of, exploding, schedule
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import LatentSpec
from lib_regiondiff.planning.crop import crop_palette
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.tiles import LARGE
from lib_regiondiff.planning.weights.blends import BLENDS
from lib_regiondiff.planning.weights.masks import OVERLAP_RULES, QUANTIZATIONS

LEVELS = tuple(exploding(sigma) for sigma in schedule(5))


@dataclass
class Cells(GaussianHost):
    """The same host with another number of pixels in a cell."""

    cell: int = 8

    @property
    def latent(self) -> LatentSpec:
        """Three channels."""
        return LatentSpec(3, self.cell, self.native, torch.device("cpu"), torch.float64)


def planned(palette: Palette, native: int, cell: int) -> Plan:
    return make_plan(palette, Job(palette.size, clock_of(LEVELS), (1,)), Cells(native=native, cell=cell))


def most_views(plan: Plan) -> dict[str, int]:
    """The most views of a level in which each brush is, those of the background's meaning left out."""
    found: dict[str, int] = {}
    for level in LEVELS[:-1]:
        names = [name for view in plan.views(level) if not view.region.background for name in view.region.names]
        found = {name: max(found.get(name, 0), names.count(name)) for name in {*found, *names}}
    return found


def goes_around(plan: Plan, name: str) -> bool:
    """Whether a brush has more than half of its greatest weight in every column: it has no ends then."""
    weight = torch.zeros(plan.size.height, plan.size.width, dtype=torch.float64)
    for level in LEVELS[:-1]:
        here = torch.zeros_like(weight)
        for view in plan.views(level):
            for inside, place in view.box.pieces(plan.size) if name in view.names else ():
                inside.crop(here).add_(place.crop(view.weight))
        weight = torch.maximum(weight, here)
    return bool((weight.amax(dim=0) > weight.max() / 2).all())


def seen_often(palette: Palette, native: int, cell: int) -> dict[str, int]:
    """The brushes that have several views, but for those that go all around a picture whose borders meet."""
    plan = planned(palette, native, cell)
    found = {name: count for name, count in most_views(plan).items() if count > 1}
    return {name: count for name, count in found.items() if not (palette.wraps and goes_around(plan, name))}


def grids(native: int) -> list[Any]:
    """Tiles as documents have them: left open, none, of the default size, smaller than native, oblong."""
    small = {"width": native // 2, "height": native // 2, "overlap": native // 8}
    oblong = {"width": native + 8, "height": 3 * native // 4, "overlap": native // 4}
    return ["auto", None, {}, {"width": "auto", "height": "auto", "overlap": "auto"}, small, oblong]


@st.composite
def crowds(draw: st.DrawFn) -> tuple[Palette, int, int]:
    """Brushes of up to 1.5 native sides at any place, on any canvas, with all that changes where a network looks."""
    native, cell = draw(st.sampled_from([128, 512, 1024])), draw(st.sampled_from([8, 16]))
    wide, high = (draw(st.integers(max(64, native // 4), 3 * native)) for _ in range(2))
    tiles = draw(st.sampled_from(grids(native)))
    if isinstance(tiles, dict) and draw(st.booleans()):
        tiles, wide = tiles | {"wrap": True}, wide // 16 * 16
    brushes = []
    for index in range(draw(st.integers(1, 3))):
        sides = [draw(st.integers(32, math.floor(LARGE * native))) for _ in range(2)]
        left, top = (
            draw(st.integers(-side // 2, extent - side // 2)) for side, extent in zip(sides, (wide, high), strict=True)
        )
        corners = [left / wide, top / high, (left + sides[0]) / wide, (top + sides[1]) / high]
        shape = {draw(st.sampled_from(["rectangle", "ellipse"])): [min(2, max(-1, each)) for each in corners]}
        more = {"feather": draw(st.sampled_from([0, 0, 6, native / 8, 200])), "weight": draw(st.sampled_from([1, 20]))}
        more |= {"strength": draw(st.sampled_from([1, 0.5])), "stop": draw(st.sampled_from([1, 0.7]))}
        brushes.append({"id": str(index), "prompt": str(draw(st.integers(0, 2))), "mask": shape} | more)
    more = {"quantization": draw(st.sampled_from([*QUANTIZATIONS])), "guidance": 1}
    more |= {"blend": draw(st.sampled_from(sorted(BLENDS))), "background": {"prompt": "0"}}
    more |= {"overlap": {"rule": draw(st.sampled_from([*OVERLAP_RULES]))}}
    size = {"width": wide, "height": high}
    return parse({"version": 1, "size": size, "tiles": tiles, "brushes": brushes} | more), native, cell


def test_a_brush_whose_soft_ends_meet_goes_around() -> None:
    nearly = {"rectangle": [7 / 1040, 0, 1032 / 1040, 0.125]}
    soft = {"id": "a", "prompt": "1", "mask": nearly, "feather": 128}
    ring = {
        "version": 1,
        "size": {"width": 1040, "height": 256},
        "tiles": {"wrap": True},
        "background": {"prompt": "0"},
    }
    assert most_views(planned(parse(ring | {"brushes": [soft]}), 1024, 8))["a"] > 1
    assert most_views(planned(parse(ring | {"brushes": [soft | {"feather": 0}]}), 1024, 8)) == {"a": 1}


@pytest.mark.parametrize("turn", [0, 8, 24, 136, 328])
def test_a_soft_brush_of_a_narrow_ring_is_parted_opposite_of_its_middle(turn: int) -> None:
    """Its edge meets itself around a picture that one view shows."""
    soft = {"id": "a", "prompt": "1", "mask": {"rectangle": [turn / 640, 0, (304 + turn) / 640, 1]}, "feather": 128}
    head = {"version": 1, "size": {"width": 640, "height": 256}, "background": {"prompt": "0"}}
    views = planned(parse(head | {"tiles": {"wrap": True}, "brushes": [soft]}), 1024, 8).views(LEVELS[0])
    (view,) = (view for view in views if view.region.names == ("a",))
    aside = (view.box.left + view.box.right) / 2 - (152 + turn) / 8
    assert view.box.size.width == 80 and abs((aside + 40) % 80 - 40) <= 1


@given(*[st.integers(8, 640)] * 2, st.sampled_from([(64, 8), (128, 8), (128, 16), (100, 8)]))
@settings(max_examples=40, deadline=None)
def test_windows_grow_in_steps_of_64_pixels(width: int, height: int, model: tuple[int, int]) -> None:
    """Networks halve what they see several times over; a window is at least native, and never more than is needed."""
    native, cell = model
    mask = {"rectangle": [0, 0, width / 640, height / 640]}
    head = {"version": 1, "size": {"width": 640, "height": 640}, "tiles": None, "background": {"prompt": "0"}}
    head |= {"bootstrap": {"levels": 0}}
    made = planned(parse(head | {"brushes": [{"id": "a", "prompt": "1", "mask": mask}]}), native, cell)
    box = made.views(LEVELS[0])[-1].box
    for found, side in ((box.size.width, width), (box.size.height, height)):
        assert found * cell == max(native // cell * cell, math.ceil(math.ceil(side / cell) * cell / 64) * 64)


@given(crowds())
@settings(max_examples=100, deadline=None)
def test_a_brush_of_hardly_more_than_the_native_size_is_seen_once(case: tuple[Palette, int, int]) -> None:
    palette, native, cell = case
    assert seen_often(palette, native, cell) == {}


@given(crowds(), st.tuples(*[st.floats(0, 0.4)] * 4))
@settings(max_examples=40, deadline=None)
def test_so_it_is_in_a_part_of_the_picture(case: tuple[Palette, int, int], cut: tuple[float, ...]) -> None:
    """Inpainting of a part: what a box of the canvas shows, in its own size."""
    palette, native, cell = case
    frame = palette.size
    left, top = math.floor(cut[0] * frame.width), math.floor(cut[1] * frame.height)
    right, bottom = math.ceil((1 - cut[2]) * frame.width), math.ceil((1 - cut[3]) * frame.height)
    size = Size(max(64, bottom - top), max(64, right - left))
    part = crop_palette(palette, frame, (left, top, left + size.width, top + size.height), size)
    assert seen_often(part, native, cell) == {}


@pytest.mark.parametrize("native", [128, 512, 1024])
@pytest.mark.parametrize("cell", [8, 16])
def test_every_size_up_to_one_and_a_half_native_sides(native: int, cell: int) -> None:
    wide = 2 * native
    for side, tiles in itertools.product((native - 4, native + 4, 5 * native // 4, 3 * native // 2), grids(native)):
        for left in (0, 3, wide - side):
            box = [left / wide, 7 / wide, (left + side) / wide, (7 + side) / wide]
            brush = {"id": "a", "prompt": "1", "mask": {"rectangle": box}}
            size = {"width": wide, "height": wide}
            palette = parse({"version": 1, "size": size, "tiles": tiles, "guidance": 1, "brushes": [brush]})
            plan = make_plan(palette, Job(palette.size, (0.5, 0.0), (1,)), Cells(native=native, cell=cell))
            views = [view for view in plan.steps[0] if not view.region.background]
            assert len(views) == 1, (side, left)
