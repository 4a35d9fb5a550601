"""Crops of pictures, pixel by pixel: the background's, painted masks, and both ways around."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.document.pictures import Picture, decode
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.crop import crop_palette
from lib_regiondiff.planning.weights import masks
from palettes import data_url, encoded

FRAME = Size(24, 36)
SPAN = st.tuples(st.integers(-40, 40), st.integers(1, 60)).map(lambda pair: (pair[0], sum(pair)))


def pixels(height: int, width: int, channels: int) -> np.ndarray:
    made = np.random.default_rng(5).integers(0, 256, (height, width, channels), np.uint8)
    return made[..., 0] if channels == 1 else made


def palette(mask: np.ndarray | None = None, ground: np.ndarray | None = None) -> Palette:
    """A brush of a painted mask, over a picture."""
    brush = {"id": "a", "prompt": "1", "mask": data_url(encoded(Image.fromarray(mask)))} if mask is not None else None
    under = {"image": data_url(encoded(Image.fromarray(ground)))} if ground is not None else {}
    size = {"width": 64, "height": 64}
    return parse({"version": 1, "size": size, "background": under, "brushes": [brush] if brush else []})


def shown(cropped: Palette) -> np.ndarray:
    picture = cropped.background.image
    assert isinstance(picture, Picture)
    return np.asarray(decode(picture).convert("RGBA"))


@pytest.mark.parametrize("channels", [3, 4])
@given(SPAN, SPAN, st.sampled_from([Size(24, 36), Size(48, 36), Size(5, 9)]), st.sampled_from([1, 2]))
@settings(max_examples=40, deadline=None)
def test_a_picture_under_the_brushes_shows_what_the_box_shows(
    channels: int, across: tuple[int, int], down: tuple[int, int], size: Size, finer: int
) -> None:
    """Each pixel is the one below its first corner; beyond the canvas the border goes on."""
    under = pixels(FRAME.height * finer, FRAME.width * finer, channels)
    box = (across[0], down[0], across[1], down[1])
    made = crop_palette(palette(ground=under), FRAME, box, size)
    if box == (0, 0, FRAME.width, FRAME.height):
        assert made.background == palette(ground=under).background
        return
    steps = [
        np.floor((first + np.arange(count) * (last - first) / count) * finer + 1e-9).astype(int).clip(0, most - 1)
        for (first, last), count, most in ((down, size.height, len(under)), (across, size.width, under.shape[1]))
    ]
    found = shown(made)[..., :channels].astype(int)
    assert (np.abs(found - under[np.ix_(*steps)]) > 0).mean() < 0.02, "but for what lies on the border of two pixels"


def test_a_background_without_a_picture_stays_as_it_is() -> None:
    plain = palette(mask=pixels(24, 36, 1))
    coloured = dataclasses.replace(plain, background=dataclasses.replace(plain.background, colour="#102030"))
    for each in (plain, coloured):
        assert crop_palette(each, FRAME, (3, 3, 20, 20), Size(64, 64)).background == each.background


@pytest.mark.parametrize("part", [1, 100, 500])
@pytest.mark.parametrize("size", [Size(70, 80), Size(9, 8)])
def test_parts_of_a_large_crop_make_the_same_crop(monkeypatch: pytest.MonkeyPatch, part: int, size: Size) -> None:
    def cropped() -> Palette:
        return crop_palette(palette(pixels(24, 36, 1)), FRAME, (-3, 5, 31, 20), size)

    whole = cropped()
    monkeypatch.setattr(masks, "PART", part)
    assert cropped() == whole and len(whole.brushes) == 1


@given(SPAN, SPAN, st.sampled_from([Size(24, 36), Size(48, 70), Size(9, 8)]))
@settings(max_examples=60, deadline=None)
def test_a_crop_of_what_is_turned_around_is_turned_around(
    across: tuple[int, int], down: tuple[int, int], size: Size
) -> None:
    """No side of a box is another one than that opposite of it."""

    def cropped(mask: np.ndarray, left: float, top: float, right: float, bottom: float) -> np.ndarray:
        made = crop_palette(palette(mask), FRAME, (left, top, right, bottom), size)
        found = [masks.rasterise(brush.mask, size) for brush in made.brushes]
        return found[0] if found else np.zeros((size.height, size.width), np.float32)

    mask = np.maximum(pixels(FRAME.height, FRAME.width, 1), 1)
    left, right, top, bottom = (side / 2 for side in (*across, *down))  # on pixels and in their middle
    found = cropped(mask, left, top, right, bottom)
    away = FRAME.width - right, FRAME.height - bottom, FRAME.width - left, FRAME.height - top
    turned = cropped(mask[::-1, ::-1].copy(), *away)
    assert np.abs(found - turned[::-1, ::-1]).max() <= 1.01 / 255
