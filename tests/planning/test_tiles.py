"""Tiles and windows: everything covered, nothing larger than asked, profiles that never vanish."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.planning import tiles

SIDE = st.integers(1, 300)
OFFSET = st.tuples(st.integers(0, 50), st.integers(0, 50))


@given(SIDE, SIDE, st.integers(0, 300))
def test_starts_cover_evenly_with_at_least_the_overlap(length: int, tile: int, overlap: int) -> None:
    found = tiles.place_tiles(length, tile, overlap)
    wide = min(tile, length)
    assert found[0] == 0 and found[-1] + wide == length
    steps = np.diff(found)
    if len(steps):
        assert steps.min() >= 1 and steps.max() - steps.min() <= 1
        assert wide - steps.max() >= min(overlap, tile - 1)


@given(SIDE, SIDE, st.integers(0, 300))
def test_no_tile_is_more_than_needed(length: int, tile: int, overlap: int) -> None:
    count = len(tiles.place_tiles(length, tile, overlap))
    reach = tile + (count - 2) * max(1, tile - overlap)
    assert count == 1 or reach < length


def test_reference_scene_needs_four_tiles() -> None:
    assert tiles.place_tiles(240, 96, 48) == [0, 48, 96, 144]
    assert len(tiles.place_tiles(384, 64, 16)) == 8


@settings(max_examples=settings.default.max_examples // 2)  # type: ignore[union-attr]
@given(st.builds(Size, SIDE, SIDE), st.builds(Size, st.integers(1, 80), st.integers(1, 80)), st.integers(0, 60), OFFSET)
def test_grid_covers_its_box(size: Size, tile: Size, overlap: int, offset: tuple[int, int]) -> None:
    top, left = offset
    box = Box(top, left, top + size.height, left + size.width)
    seen = np.zeros((box.bottom, box.right), int)
    for each in tiles.list_tiles(box, tile, overlap):
        assert each.size.height <= tile.height and each.size.width <= tile.width
        each.crop(seen)[...] += 1
    assert box.crop(seen).min() >= 1 and seen.sum() == box.crop(seen).sum()


@given(st.data(), st.integers(1, 200), st.integers(1, 200), st.integers(1, 80))
def test_window_holds_its_region_and_lies_on_the_canvas(data: st.DataObject, h: int, w: int, least: int) -> None:
    top, left = data.draw(st.integers(0, h - 1)), data.draw(st.integers(0, w - 1))
    inner = Box(top, left, data.draw(st.integers(top + 1, h)), data.draw(st.integers(left + 1, w)))
    found = tiles.fit_window(inner, Size(h, w), least, 8)
    assert found.union(inner) == found and found.union(Box(0, 0, h, w)) == Box(0, 0, h, w)
    assert found.size.height >= min(h, least) and found.size.width >= min(w, least)
    assert found.size.height == h or found.size.height % 8 == 0 or found.size.height == least


@pytest.mark.parametrize("kind", tiles.CURVES)
@given(SIDE, SIDE)
def test_profiles_are_symmetric_positive_and_at_most_one(kind: str, h: int, w: int) -> None:
    weight = tiles.make_profile(kind, Size(h, w))
    assert weight.shape == (h, w) and weight.dtype == np.float32
    assert weight.min() >= np.float32(tiles.FLOOR) and weight.max() <= 1
    assert np.allclose(weight, weight[::-1, ::-1])


def test_gaussian_is_that_of_mixture_of_diffusers() -> None:
    x = np.arange(64)
    wanted = np.exp(-((x - 31.5) ** 2) / 64**2 / (2 * 0.01))
    assert np.allclose(tiles.make_profile("gaussian", Size(1, 64))[0], np.maximum(wanted, tiles.FLOOR), rtol=1e-5)


def test_bounds_of_nothing_is_none() -> None:
    assert tiles.find_bounds(np.zeros((3, 4), bool)) is None
    spot = np.zeros((3, 4), bool)
    spot[1, 2] = True
    assert tiles.find_bounds(spot) == Box(1, 2, 2, 3)


@given(st.data(), st.builds(Size, st.integers(1, 30), st.integers(1, 30)), st.booleans())
def test_tiles_are_occupied_where_any_cell_of_them_is(data: st.DataObject, canvas: Size, ring: bool) -> None:
    cells = np.random.default_rng(data.draw(st.integers(0, 99))).random((canvas.height, canvas.width)) > 0.97
    top, left = data.draw(st.integers(0, canvas.height - 1)), data.draw(st.integers(0, canvas.width - 1))
    high, wide = data.draw(st.integers(1, canvas.height - top)), data.draw(st.integers(1, canvas.width - left))
    aside = data.draw(st.integers(-left, canvas.width)) if ring else 0  # a box of a ring may cross its border
    box = Box(top, left + aside, top + high, left + aside + wide, ring)
    grid = tiles.Grid.of(box, Size(data.draw(st.integers(1, 12)), data.draw(st.integers(1, 12))), 2)
    every = grid.boxes(np.ones((len(grid.tops), len(grid.lefts)), bool))
    assert grid.boxes(grid.occupied(cells)) == [each for each in every if each.padded(cells).any()]


def test_a_grid_of_thousands_of_tiles_is_looked_through_at_once() -> None:
    grid = tiles.Grid.of(Box(0, 0, 256, 256), Size(8, 8), 7)
    cells = np.zeros((256, 256), bool)
    cells[100, 30] = True
    assert len(grid.tops) * len(grid.lefts) == 249**2 and grid.occupied(cells).sum() == 64
