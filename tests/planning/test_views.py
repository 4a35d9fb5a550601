"""Layouts: brushes of one meaning are seen together where that asks for no more cells, found without asking twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.planning import views
from lib_regiondiff.planning.views import Layout


def layout(canvas: Size, tile: Size | None, overlap: int, ring: bool) -> Layout:
    """Windows of at least 6 cells, in steps of 2."""
    return Layout(canvas, 6, 2, tile, overlap, "linear", torch.device("cpu"), ring)


def defined(made: Layout, owners: Sequence[Sequence[int]], peaks: np.ndarray) -> list[list[int]]:
    """Each brush with the first part that it makes no larger, in so many words; what has one view keeps it."""

    def boxes(indices: Sequence[int]) -> Sequence[Box]:
        return made.boxes(peaks[list(indices)].sum(axis=0))

    def cost(indices: Sequence[int]) -> int:
        return sum(box.size.area for box in boxes(indices))

    def fits(part: Sequence[int], index: int) -> bool:
        both = [*part, index]
        once = any(len(boxes([each])) == 1 for each in both)
        return cost(both) <= cost(part) + cost([index]) and not (once and len(boxes(both)) > 1)

    parts = [list(owners[0])]
    for group in owners[1:]:
        mine: list[list[int]] = []
        for index in group:
            near = (part for part in mine if fits(part, index))
            part = next(near, None)
            if part is None:
                mine.append([index])
            else:
                part.append(index)
        parts += mine
    return parts


@given(
    st.lists(st.tuples(st.integers(0, 23), st.integers(0, 39), st.integers(1, 9), st.integers(1, 14)), max_size=9),
    st.sampled_from([None, Size(6, 6), Size(8, 12), Size(40, 40)]),
    st.integers(0, 5),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_brushes_are_parted_by_their_cost(
    places: list[tuple[int, int, int, int]], tile: Size | None, overlap: int, ring: bool
) -> None:
    made = layout(Size(24, 40), tile, overlap, ring)
    peaks = np.zeros((1 + len(places), 24, 40), np.float32)
    for index, (top, left, high, wide) in enumerate(places, start=1):
        Box(top, left, min(24, top + high), min(40, left + wide)).crop(peaks[index])[...] = 0.5
    owners = [[0], list(range(1, len(peaks), 2)), list(range(2, len(peaks), 2))]
    owners = [group for group in owners if group]
    assert made.parted(owners, peaks) == defined(made, owners, peaks)


@pytest.mark.parametrize("ring", [False, True])
def test_boxes_hold_something_of_their_brush_and_all_of_them_hold_it_all(ring: bool) -> None:
    weight = np.zeros((24, 40), np.float32)
    weight[:3, :4] = weight[20:, 36:] = weight[11, 20] = 0.1
    boxes = layout(Size(24, 40), Size(6, 6), 1, ring).boxes(weight)
    assert len(boxes) > 2 and all(box.padded(weight).any() for box in boxes)
    for box in boxes:
        for inside, _ in box.pieces(Size(24, 40)):
            inside.crop(weight)[...] = 0
    assert not weight.any()


def test_each_pair_of_brushes_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made, asked = layout(Size(64, 1024), Size(8, 8), 7, False), []
    peaks = np.zeros((65, 64, 1024), np.float32)
    for index in range(1, 65):
        peaks[index, :4, 16 * index - 16 : 16 * index - 12] = 1
    plain = views.Layout._make_part
    monkeypatch.setattr(views.Layout, "_make_part", lambda self, *what: asked.append(1) or plain(self, *what))
    made.parted([[0], list(range(1, 65))], peaks)
    assert len(asked) <= 64 + 64 * 63 // 2
