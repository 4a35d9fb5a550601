"""The plan: only evaluations that matter, at the right places, and nothing that cannot be honoured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import GaussianHost, clock_of
from lib_regiondiff.denoising.model import region_model
from lib_regiondiff.denoising.rows import Call, Frame, ask, batch_rows
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Level
from lib_regiondiff.planning.brush_texts import BrushText
from lib_regiondiff.planning.plan import Job, find_step, make_plan
from plan_cases import LEVELS, brush, palette, palettes, plan

LEFT, RIGHT = {"rectangle": [0, 0, 0.5, 1]}, {"rectangle": [0.5, 0, 1, 1]}


@given(palettes(), st.booleans())
@settings(max_examples=80, deadline=None)
def test_weights_of_every_level_sum_to_one_and_no_view_is_in_vain(document: Palette, merge: bool) -> None:
    made = plan(document, merge=merge)
    for level in LEVELS[:-1]:
        total = np.zeros((made.size.height, made.size.width), np.float64)
        for view in made.views(level):
            weight = view.weight.numpy()
            assert weight.shape == (view.box.size.height, view.box.size.width)
            assert weight.min() >= 0 and weight.max() > 0
            assert view.frame.union(view.box) == view.frame
            if view.zoom is None:  # others lie above
                view.box.crop(total)[...] += weight
        assert np.abs(total - 1).max() < 1e-5


@given(palettes())
@settings(max_examples=40, deadline=None)
def test_a_constant_model_passes_through_unchanged(document: Palette) -> None:
    """Every meaning the same number: any blend of it is that number."""

    class Constant(GaussianHost):
        def denoise(self, x: torch.Tensor, rows: Any) -> torch.Tensor:
            return torch.full_like(x, 0.375)

    host = Constant()
    made = plan(document, host)
    x = torch.zeros(1, 3, made.size.height, made.size.width)
    for level in LEVELS[:-1:4]:
        assert (region_model(host, made)(x, level) - 0.375).abs().max() < 1e-5


def test_no_brushes_and_equal_brushes_are_one_full_view() -> None:
    same = [brush("a", LEFT, "0"), brush("b", {"ellipse": [0.2, 0.2, 0.9, 0.7]}, "0", feather=9, strength=0.5)]
    for document in (palette(), palette(brushes=same), palette(1024, 256, brushes=same)):
        single = plan(document).single
        assert single is not None and bool((single.weight == 1).all())
    started = palette(brushes=same, bootstrap={"levels": 3, "mix": 1})
    assert plan(started).single is not None, "there is nothing to keep to itself"
    assert plan(palette(brushes=same), merge=False).single is None


def test_equal_brushes_become_one_region() -> None:
    document = palette(brushes=[brush("a", LEFT), brush("b", RIGHT, "2"), brush("c", {"rectangle": [0.6, 0, 0.7, 1]})])
    views = plan(document).views(LEVELS[0])
    assert sorted(view.region.names for view in views) == [("a", "c"), ("b",)]


def test_brushes_that_differ_in_one_image_of_a_batch_stay_apart() -> None:
    document = palette(brushes=[brush("a", LEFT), brush("b", RIGHT)])
    texts = ({}, {"b": BrushText("3", "")})
    made = make_plan(document, Job(document.size, clock_of(LEVELS), (1, 2), texts), GaussianHost())
    assert [view.region.names for view in made.views(LEVELS[0])] == [("a",), ("b",)]


def test_a_hidden_brush_is_neither_encoded_nor_run() -> None:
    host = GaussianHost()
    brushes = [brush("under", LEFT, "7"), brush("over", {"rectangle": [0, 0, 1, 1]}, "2")]
    plan(palette(guidance=1, brushes=brushes), host)
    assert host.encoded == ["2"]


def test_two_halves_cost_three_rows_a_step_not_four() -> None:
    document = palette(guidance=7, brushes=[brush("a", LEFT, "1"), brush("b", RIGHT, "2")])
    rows, (asked,) = ask([Frame.of(plan(document, GaussianHost(native=128)), LEVELS[0])], Call(7))
    assert len(asked) == 2 and len(rows) == 3 and asked[0].uncond == asked[1].uncond


def test_the_negative_is_not_run_at_guidance_one() -> None:
    host = GaussianHost()
    document = palette(guidance=1, brushes=[brush("a", LEFT, "1", negative="5")])
    made = plan(document, host)
    region_model(host, made)(torch.zeros(1, 3, 16, 16), LEVELS[0])
    assert "5" not in host.encoded and sum(len(rows) for rows in host.calls) == len(made.views(LEVELS[0])) == 2


def test_windows_are_native_boxes_around_small_brushes() -> None:
    document = palette(512, 384, guidance=1, brushes=[brush("a", {"rectangle": [0.9, 0.1, 0.95, 0.15]})])
    view = next(view for view in plan(document).views(LEVELS[0]) if view.region.names == ("a",))
    assert view.box.size.height == view.box.size.width == 8 and view.box.right <= 64 and view.frame == view.box
    whole = next(view for view in plan(document).views(LEVELS[0]) if view.region.names == ("background",))
    assert whole.box == Box(0, 0, 48, 64)


def test_rows_of_one_shape_share_calls_under_the_budget() -> None:
    brushes = [brush(str(i), {"rectangle": [i / 8, 0, (i + 1) / 8, 1]}, str(i + 1)) for i in range(8)]
    document = palette(512, 64, guidance=3, brushes=brushes)
    for cells, most in ((2**16, 16), (64 * 4, 4), (1, 1)):
        host = GaussianHost(cells_per_call=cells)
        region_model(host, plan(document, host))(torch.zeros(1, 3, 8, 64), LEVELS[0])
        assert max(len(rows) for rows in host.calls) == most and sum(len(rows) for rows in host.calls) == 16


def test_other_token_counts_go_to_another_call() -> None:
    document = palette(guidance=1, brushes=[brush("a", LEFT, "1"), brush("b", RIGHT, "2 long")])
    rows, _ = ask([Frame.of(plan(document), LEVELS[0])], Call(1))
    assert [len(batch) for batch in batch_rows(rows, 2**16)] == [1, 1]


def test_levels_between_two_belong_to_the_noisier() -> None:
    noises = {1.0: 0, 0.9: 0, 0.8999999: 0, 0.7: 0, 0.5: 1, 0.11: 1, 0.1: 2, 0.01: 2}
    assert [find_step([0.9, 0.5, 0.1, 0.0], noise) for noise in noises] == list(noises.values())


def test_feather_scales_with_the_picture() -> None:
    """Hires: a palette rendered twice as large looks like a palette drawn twice as large."""
    small, large = (palette(side, side, brushes=[brush("a", LEFT, feather=side / 16)]) for side in (256, 512))
    job, host = Job(large.size, clock_of(LEVELS), (1,)), GaussianHost()
    views = [make_plan(document, job, host).views(LEVELS[0]) for document in (small, large)]
    assert all(torch.equal(a.weight, b.weight) and a.box == b.box for a, b in zip(*views, strict=True))


def test_clock_holds_for_a_host_whose_levels_are_rounded() -> None:
    made = plan(palette(brushes=[brush("a", LEFT, start=0.5)]))
    for index, level in enumerate(LEVELS[:-1]):
        rounded = Level(level.t, level.alpha, level.beta, float(np.float32(level.noise)))
        assert made.views(rounded) is made.steps[index]


def test_equal_brushes_far_apart_are_seen_apart_where_that_is_cheaper() -> None:
    grid = {"width": 64, "height": 64, "overlap": 32}
    far = [brush("a", {"rectangle": [0, 0, 0.04, 1]}), brush("b", {"rectangle": [0.9, 0, 1, 1]})]
    near = [*far, brush("c", {"rectangle": [0.06, 0, 0.1, 1]})]
    views = plan(palette(640, 64, brushes=near, tiles=grid)).views(LEVELS[0])
    assert {view.region.names for view in views if not view.region.background} == {("a", "c"), ("b",)}
    assert all(view.box.size.area == 64 for view in views)
    ground = [each | {"prompt": "0"} for each in far]
    whole = plan(palette(640, 64, brushes=[*ground, brush("d", LEFT)], tiles=grid)).views(LEVELS[0])
    assert {view.region.names for view in whole if view.region.background} == {("background", "a", "b")}


def test_where_no_level_is_run_there_is_nothing_to_look_at() -> None:
    document = palette(brushes=[brush("a", LEFT)])
    for clock in ((), (0.0,)):
        made = make_plan(document, Job(document.size, clock, (1,)), GaussianHost())
        assert (made.size, made.single, made.plain, list(made.kinds(9))) == (Size(16, 16), None, False, [])


@pytest.mark.parametrize("most", [16, 100])
def test_few_steps_stand_for_all_where_brushes_come_and_go(most: int) -> None:
    """The first step, which is nearly empty, does not say how much there is to look at."""
    spots = [{"ellipse": [x / 8, y / 4, (x + 1) / 8, (y + 1) / 4]} for y in range(4) for x in range(8)]
    brushes = [brush(str(i), spot, str(i + 1), start=i / 64, stop=0.5 + i / 64) for i, spot in enumerate(spots)]
    steps = tuple(1 - step / 200 for step in range(201))
    made = make_plan(palette(512, 512, brushes=brushes), Job(Size(512, 512), steps, (1,)), GaussianHost())
    kinds = made.kinds(most)
    assert len(kinds) >= 2 and sum(often for _, often in kinds) == pytest.approx(200)
    assert sum(len(views) for views, _ in kinds) <= max(most, 2 * 33)
