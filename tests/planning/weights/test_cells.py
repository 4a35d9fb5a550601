"""Cells: means of a mask's pixels, whose pictures are stretched by the definition, in parts that nobody sees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.document.pictures import Mask, Picture, Shape
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.weights import masks, partition
from palettes import encoded

SIDE = st.integers(1, 70)


def painted(height: int, width: int, seed: int = 1) -> tuple[Picture, np.ndarray]:
    """A picture of random greys, and its coverage."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    return Picture.of(encoded(Image.fromarray(pixels))), pixels / 255


def stretched(array: np.ndarray, length: int) -> np.ndarray:
    """The first axis of an array, linear between the middles of its rows, which go on to the border."""
    middles = (np.arange(length) + 0.5) * len(array) / length
    columns = array.reshape(len(array), -1).T
    made = [np.interp(middles, np.arange(len(array)) + 0.5, column) for column in columns]
    return np.array(made).T.reshape(length, *array.shape[1:])


@given(st.integers(1, 9), st.integers(1, 9), SIDE, SIDE)
@settings(max_examples=60, deadline=None)
def test_a_painted_mask_grows_linearly(height: int, width: int, more: int, wider: int) -> None:
    mask, coverage = painted(height, width)
    size = Size(height + more, width + wider)
    wanted = stretched(stretched(coverage, size.height).T, size.width).T
    found = masks.rasterise(mask, size)
    assert found.dtype == np.float32 and np.abs(found - wanted).max() <= 0.51 / 255
    assert np.array_equal(masks.open_rows(mask, size)(1, size.height), found[1:])


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6), st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_a_painted_mask_shrinks_by_means(height: int, width: int, down: int, across: int) -> None:
    mask, coverage = painted(height * down, width * across)
    wanted = coverage.reshape(height, down, width, across).mean(axis=(1, 3))
    assert np.abs(masks.rasterise(mask, Size(height, width)) - wanted).max() <= 0.51 / 255


@pytest.mark.parametrize(
    "mask", [painted(6, 7)[0], Shape("rectangle", (0.2, 0.1, 1, 1)), Shape("ellipse", (0, 0, 2, 2))]
)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 2, 8, 16]))
@settings(max_examples=20, deadline=None)
def test_a_cell_is_the_mean_of_its_pixels_and_the_border_goes_on_in_it(mask: Mask, h: int, w: int, cell: int) -> None:
    size = Size(h, w)
    whole = np.pad(masks.rasterise(mask, size), ((0, -h % cell), (0, -w % cell)), mode="edge")
    wanted = whole.reshape(whole.shape[0] // cell, cell, -1, cell).mean(axis=(1, 3))
    assert np.abs(masks.measure_cells(mask, size, cell) - wanted).max() < 1e-6


@given(st.integers(0, 40), st.integers(1, 60), st.integers(1, 50), st.integers(1, 400), st.sampled_from([1, 3, 8]))
def test_parts_follow_one_another_and_are_no_larger_than_they_must_be(
    top: int, count: int, width: int, area: int, multiple: int
) -> None:
    found = list(masks.split_rows(top, top + count, width, area, multiple))
    assert [row for first, last in found for row in range(first, last)] == list(range(top, top + count))
    for first, last in found:
        assert (last - first) * width <= max(area, width * multiple)
        assert (last - first) % multiple == 0 or last == top + count
    assert len(found) <= 1 or (found[0][1] - top + multiple) * width > area, "nor smaller"


def crowd(brushes: int, side: int) -> Palette:
    mask = {"rectangle": [0, 0, 1, 1]}
    listed = [{"id": str(index), "prompt": "1", "mask": mask} for index in range(brushes)]
    return parse({"version": 1, "size": {"width": side, "height": side}, "brushes": listed})


@pytest.mark.parametrize(
    ("brushes", "side", "finest"), [(0, 512, 1), (3, 512, 1), (15, 4096, 1), (40, 2048, 8), (1, 4096, 1)]
)
def test_people_are_shown_as_fine_a_grid_as_there_is_room_for(brushes: int, side: int, finest: int) -> None:
    palette = crowd(brushes, side)
    cell = partition.choose_cell(palette, finest)

    def numbers(cell: int) -> int:
        return palette.size.cells(cell).area * (1 + brushes)

    assert cell >= finest and numbers(cell) <= partition.MOST_NUMBERS
    assert cell == finest or numbers(cell // 2) > partition.MOST_NUMBERS
