"""The end of a picture: pixel by pixel what brushes do not cover is what was there before, however it is worked out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from blur_definition import definition
from lib_regiondiff.denoising.pixels.composite import WIDE, measure_brush_shares, restore_uncovered
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.weights import masks, shapes
from palettes import data_url, encoded

SIZE = Size(64, 136)
PAINTED = np.pad(np.full((30, 60), 255, np.uint8), ((20, 14), (50, 26)))
DISC = {"ellipse": [0.1, 0.1, 0.7, 0.8]}


def document(*feathers: float, size: Size = SIZE, **values: Any) -> Palette:
    """Brushes of these feathers on a plain colour: shapes and painted masks by turns."""
    shapes = [DISC, data_url(encoded(Image.fromarray(PAINTED))), {"rectangle": [0.6, 0, 1, 0.6]}]
    brushes = [
        {"id": str(index), "prompt": "1", "mask": shapes[index % 3], "feather": each}
        for index, each in enumerate(feathers)
    ]
    head = {"version": 1, "size": {"width": size.width, "height": size.height}}
    return parse(head | {"background": {"colour": "#203040"}, "brushes": brushes} | values)


def together(palette: Palette, size: Size) -> np.ndarray:
    """The share of all brushes, each blurred cell by cell on the whole canvas."""
    scale = (size.area / palette.size.area) ** 0.5
    layers = [masks.BrushLayer(masks.rasterise(brush.mask, size), weight=brush.weight) for brush in palette.brushes]
    stack = masks.partition_hard(layers, size, palette.overlap)
    feathers = [brush.feather * scale for brush in palette.brushes]
    soft = sum(
        definition(each, feather, palette.wraps) if feather else each.astype(float)
        for each, feather in zip(stack[1:], feathers, strict=True)
    )
    longest = max(feathers)
    under = definition(stack[0], longest, palette.wraps) if longest else stack[0]
    return soft / (soft + np.minimum(under, np.clip(1 - soft, 0, None)))


@pytest.mark.parametrize(
    "feathers",
    [
        *[(0, 0), (3, 3), (0, 4), (3, 1.5, 5), (9, 9, 9), (7, 40, 14), (0, 12), (4, 0, 30), (700, 900), (2, 500)],
        *[(WIDE,), (WIDE, 2), (12, WIDE)],
    ],
)
@pytest.mark.parametrize("wrap", [False, True])
def test_the_share_of_brushes_is_that_of_each_pixel(feathers: tuple[float, ...], wrap: bool) -> None:
    palette = document(*feathers, tiles={"wrap": wrap})
    found = measure_brush_shares(palette, SIZE)(0, 64)
    assert np.abs(found - together(palette, SIZE)).max() < (1e-4 if max(feathers) <= WIDE else 0.02)


@pytest.mark.parametrize("feathers", [(8,), (20, 50), (3, 26), (60, 0, 9)])
def test_so_it_is_where_a_grid_of_several_pixels_is_blurred(feathers: tuple[float, ...]) -> None:
    size = Size(256, 320)
    palette = document(*feathers, size=size)
    found = measure_brush_shares(palette, size)
    assert np.abs(found(0, 256) - together(palette, size)).max() < 0.03
    assert np.abs(found(37, 201) - found(0, 256)[37:201]).max() < 1e-6


@pytest.mark.parametrize("size", [Size(20, 30), Size(9, 70)])
def test_so_it_is_in_a_picture_of_a_few_pixels(size: Size) -> None:
    palette = document(30, 40)
    assert np.abs(measure_brush_shares(palette, size)(0, size.height) - together(palette, size)).max() < 0.03


@given(st.lists(st.sampled_from([0, 0.5, 2, 5, 7, 20, 90]), min_size=1, max_size=4), st.integers(1, 64))
@settings(max_examples=25, deadline=None)
def test_rows_are_the_same_whatever_part_is_asked(feathers: list[float], row: int) -> None:
    palette = document(*feathers, overlap={"cover_alpha": 0.25})
    share = measure_brush_shares(palette, SIZE)
    assert np.abs(np.concatenate([share(0, row), share(row, 64)]) - share(0, 64)).max() < 1e-6 if row < 64 else True


@pytest.mark.parametrize("area", [136, 136 * 5, 2**30])
def test_parts_of_a_large_picture_make_the_same_picture(monkeypatch: pytest.MonkeyPatch, area: int) -> None:
    palettes = [document(3, 1), document(0, 20)]
    drawn = Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 136, 3), np.uint8))
    whole = [np.asarray(restore_uncovered(drawn, palette), int) for palette in palettes]
    cells = [masks.measure_cells(brush.mask, Size(61, 136), 8) for brush in palettes[0].brushes]
    for module, name in ((masks, "PART"), (shapes, "STRIP"), (shapes, "CROSSINGS")):
        monkeypatch.setattr(module, name, area)
    for palette, picture in zip(palettes, whole, strict=True):
        assert np.abs(np.asarray(restore_uncovered(drawn, palette), int) - picture).max() <= 1
    for brush, wanted in zip(palettes[0].brushes, cells, strict=True):
        assert np.allclose(masks.measure_cells(brush.mask, Size(61, 136), 8), wanted, atol=1e-6)


def test_a_picture_is_left_as_it_was_where_no_brush_is_and_taken_where_one_is() -> None:
    palette = document(0, background={"colour": "#0000ff"})
    made = np.asarray(restore_uncovered(Image.new("RGB", (136, 64), "red"), palette))
    share = masks.rasterise(palette.brushes[0].mask, SIZE)
    assert (made[share == 0] == (0, 0, 255)).all() and (made[share == 1] == (255, 0, 0)).all()


def test_outside_of_its_mask_the_picture_that_was_painted_over_is_as_it_was() -> None:
    under = np.random.default_rng(2).integers(0, 256, (64, 136, 3), np.uint8)
    picture, mask = (data_url(encoded(Image.fromarray(pixels))) for pixels in (under, PAINTED))
    drawn = Image.new("RGB", (136, 64), "red")
    brush = {"id": "a", "prompt": "1", "mask": {"rectangle": [0, 0, 1, 1]}}
    head = {"version": 1, "size": {"width": 136, "height": 64}, "brushes": [brush]}
    made = np.asarray(restore_uncovered(drawn, parse(head | {"init": {"image": picture, "mask": mask}})))
    assert np.array_equal(made, np.where(PAINTED[..., None] > 0, np.asarray(drawn), under))
    whole = restore_uncovered(drawn, parse(head | {"init": {"image": picture}}))
    assert np.array_equal(np.asarray(whole), np.asarray(drawn)), "without a mask all of it was"
