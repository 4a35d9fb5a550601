"""Noise-level masks for any list of levels: what a plan weighs is what the formulas say, and nothing is left open."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fakes import GaussianHost, exploding, schedule
from lib_regiondiff.denoising.model import region_model
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.weights import masks
from palettes import sized

KINDS = tuple(kind for kind, made in masks.QUANTIZATIONS.items() if made)
SIDES = {"left": [0, 0, 0.5, 1], "right": [0.5, 0, 1, 1], "disc": [0.2, 0.2, 0.8, 0.8]}
CLOCKS = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=8, unique=True).map(
    lambda noises: (*sorted(noises, reverse=True), 0.0)
)


def palette(kind: str, feather: float, *sides: str, ground: str = "0") -> Palette:
    """Brushes whose prompts are 1, 2, … on a background."""
    brushes = [
        {"id": side, "prompt": str(number), "feather": feather, "mask": {"rectangle": SIDES[side]}}
        for number, side in enumerate(sides, start=1)
    ]
    head = {"guidance": 1, "tiles": None, "quantization": kind, "bootstrap": {"levels": 0}}
    return sized(128, 128, **head, background={"prompt": ground}, brushes=brushes)


def planned(document: Palette, clock: tuple[float, ...]) -> Plan:
    return make_plan(document, Job(document.size, clock, (1,)), GaussianHost(native=128))


def weight_of(plan: Plan, step: int, name: str) -> np.ndarray:
    """The weight [h, w] of a brush on the canvas at a step."""
    found = np.zeros((plan.size.height, plan.size.width), np.float32)
    for view in plan.steps[step]:
        if name in view.region.names:
            view.box.crop(found)[...] += view.weight.numpy()
    return found


@given(CLOCKS, st.sampled_from(KINDS), st.sampled_from([0, 12, 40]))
@settings(max_examples=40, deadline=None)
def test_one_brush_follows_its_formula_at_every_level(clock: tuple[float, ...], kind: str, feather: float) -> None:
    document = palette(kind, feather, "disc")
    soft = masks.blur(masks.measure_cells(document.brushes[0].mask, document.size, 8), feather / 8)
    plan, last = planned(document, clock), len(clock) - 2
    for step, (here, then) in enumerate(itertools.pairwise(clock)):
        here = min(here, 0.9999)
        if here > then and (kind == "continuous" or (kind == "semi-continuous" and step == last)):
            wanted = np.clip((soft - then) / (here - then), 0, 1)
        else:
            wanted = (soft > here).astype(np.float32)
        close = np.abs(soft - here) < 1e-5  # where rounding decides
        assert np.abs(weight_of(plan, step, "disc") - wanted)[~close].max(initial=0) < 1e-3


@given(CLOCKS, st.sampled_from(KINDS), st.sampled_from([0, 10, 32]))
@example((1.0, 0.99999, 0.0), "continuous", 32)  # weights sum to 1 but for rounding, which a steep ramp enlarges
@settings(max_examples=30, deadline=None)
def test_feathered_brushes_that_fill_the_canvas_leave_no_gap(
    clock: tuple[float, ...], kind: str, feather: float
) -> None:
    plan = planned(palette(kind, feather, "left", "right"), clock)
    for step in range(len(clock) - 1):
        both = weight_of(plan, step, "left") + weight_of(plan, step, "right")
        assert np.abs(both - 1).max() < 1e-5
        assert not any(view.region.background for view in plan.steps[step])


@pytest.mark.parametrize("kind", KINDS)
def test_the_seam_of_feathered_neighbours_is_painted_by_them(kind: str) -> None:
    """The oracle: with the background's data far away, no cell of the picture comes near them."""
    levels = tuple(exploding(sigma) for sigma in schedule(12))
    document = palette(kind, 24, "left", "right", ground="-50")
    plan = make_plan(document, Job(document.size, tuple(level.noise for level in levels), (1,)), GaussianHost())
    host = GaussianHost(deviation=1e-3)
    for level in levels[:-1]:
        x = noise.draw_unit([noise.make_generator(2)], (3, 16, 16)).double() * level.beta
        x0 = region_model(host, plan)(x, level)
        assert float(x0.min()) > 0.99 and float(x0.max()) < 2.01


@given(CLOCKS, st.sampled_from(KINDS))
@settings(max_examples=30, deadline=None)
def test_masks_of_neighbours_never_shrink_where_they_win(clock: tuple[float, ...], kind: str) -> None:
    plan = planned(palette(kind, 24, "left", "right"), clock)
    covered = [weight_of(plan, step, "left") > 1e-3 for step in range(len(clock) - 1)]
    assert all((after | ~before).all() for before, after in itertools.pairwise(covered))


@pytest.mark.parametrize("kind", KINDS)
def test_a_hard_mask_acts_at_all_levels_also_from_noise_1_on(kind: str) -> None:
    plan = planned(palette(kind, 0, "left"), (1.0, 0.9, 0.5, 0.0))
    for step in range(3):
        assert weight_of(plan, step, "left")[:, :8].min() == 1
