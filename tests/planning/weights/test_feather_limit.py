"""Soft edges that fit: a feather makes no brush larger than what the network sees at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib_regiondiff.document.palette import Overlap
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.planning import tiles
from lib_regiondiff.planning.weights import feather_limit, masks

CANVAS, SIDES = Size(24, 40), (16, 20)


def box(top: int, left: int, height: int, width: int) -> np.ndarray:
    found = np.zeros((CANVAS.height, CANVAS.width), np.float32)
    found[top : top + height, left : left + width] = 1
    return found


def stack_of(layers: list[masks.BrushLayer], ring: bool = False) -> np.ndarray:
    return masks.partition(layers, CANVAS, Overlap(), ring)


def sizes(weight: np.ndarray, ring: bool = False) -> Any:
    found = tiles.find_bounds(weight > 0, ring)
    return found.size if found else None


boxes = st.tuples(st.integers(0, 12), st.integers(0, 28), st.integers(2, 16), st.integers(2, 16)).map(lambda b: box(*b))
layers = st.lists(
    st.builds(masks.BrushLayer, boxes, st.sampled_from([0.0, 0.5, 1.0, 2.0, 4.0])), min_size=1, max_size=4
)


def painted_by(given_layers: list[masks.BrushLayer], ring: bool = False) -> list[Box | None]:
    return [tiles.find_bounds(layer.coverage > 0, ring) if layer.feather else None for layer in given_layers]


def fits(box: Box, side: int) -> bool:
    return max(box.size.height, box.size.width) <= side


@given(layers, st.booleans())
def test_what_was_within_a_window_stays_within_it(given_layers: list[masks.BrushLayer], ring: bool) -> None:
    stack, painted = stack_of(given_layers, ring), painted_by(given_layers, ring)
    made = feather_limit.fit_feathers(stack, painted, SIDES, ring)
    np.testing.assert_allclose(made.sum(axis=0), 1, atol=1e-5)
    assert made.min() >= 0 and np.isfinite(made).all()
    for index, own in enumerate(painted, start=1):
        inner, before = tiles.find_bounds(stack[index] > feather_limit.MIDDLE, ring), sizes(stack[index], ring)
        side = next((side for side in SIDES for box in (inner, own) if own and box and fits(box, side)), None)
        if side is None or before is None:
            continue
        after = sizes(made[index], ring)
        assert after.height <= side and after.width <= side
        assert after.height <= before.height and after.width <= before.width


@given(layers)
def test_brushes_that_fit_are_left_as_they_are(given_layers: list[masks.BrushLayer]) -> None:
    stack = stack_of(given_layers)
    assert feather_limit.fit_feathers(stack, painted_by(given_layers), [CANVAS.width]) is stack
    assert feather_limit.fit_feathers(stack, [None] * len(given_layers), SIDES) is stack


@pytest.mark.parametrize("ring", [False, True])
def test_an_edge_keeps_its_middle_and_falls_evenly(ring: bool) -> None:
    single = [masks.BrushLayer(box(5, 14, 14, 14), 2.0)]
    made = feather_limit.fit_feathers(stack_of(single, ring), painted_by(single), SIDES, ring)[1]
    assert made[12, 20] == pytest.approx(1, abs=1e-3)
    row = made[12]
    assert np.array_equal(np.flatnonzero(row > 0), np.arange(13, 29))
    assert (np.diff(row[12:21]) >= 0).all() and (np.diff(row[20:30]) <= 0).all()
    assert abs(row[13] - row[28]) < 1e-6 and 0 < row[13] < row[14] < row[15]


def test_what_a_brush_loses_goes_to_its_neighbours_in_their_proportion() -> None:
    pair = [masks.BrushLayer(box(4, 0, 16, 14), 2.0), masks.BrushLayer(box(4, 14, 16, 26), 0.5)]
    stack = stack_of(pair)
    made = feather_limit.fit_feathers(stack, painted_by(pair), SIDES)
    lost = (made[1] == 0) & (stack[1] > 0)
    assert lost.any()
    others = stack[[0, 2]][:, lost]
    np.testing.assert_allclose(made[[0, 2]][:, lost], others / others.sum(axis=0), atol=1e-5)


def test_too_large_brushes_keep_their_edges() -> None:
    large = [masks.BrushLayer(box(2, 4, 20, 30), 2.0)]
    stack = stack_of(large)
    assert feather_limit.fit_feathers(stack, painted_by(large), SIDES) is stack


def test_a_brush_that_is_nowhere_a_half_is_narrowed_around_what_is_painted() -> None:
    faint = [masks.BrushLayer(box(10, 18, 3, 3), 4.0)]
    stack = stack_of(faint)
    assert sizes(stack[1]).width > 20 and stack[1].max() < feather_limit.MIDDLE
    made = feather_limit.fit_feathers(stack, painted_by(faint), SIDES)
    assert 12 <= sizes(made[1]).width <= 16 and made[1].max() > 0.9 * stack[1].max()


@pytest.mark.parametrize("beyond", [1.0, 0.75])
def test_a_brush_that_is_greatest_where_it_is_not_painted_leaves_nothing_undivided(beyond: float) -> None:
    """A great weight can give a soft brush all of the canvas: what it loses is the background's."""
    stack = np.stack([np.zeros((24, 40), np.float32), np.full((24, 40), beyond, np.float32)])
    stack[1, 10:13, 18:21] = 0.75
    made = feather_limit.fit_feathers(stack, [Box(10, 18, 13, 21)], SIDES)
    window = box(3, 11, 16, 16)  # the first of the sides, around what is painted
    assert np.array_equal(made, [1 - window, window])
