"""Quilting: a picture goes on in its own pattern, in every direction, with nothing of a figure in it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib_regiondiff.denoising.pixels.quilt import INSET, LOOKED, OVERLAP, PATCHES, quilt
from lib_regiondiff.geometry import Box, Size

Pattern = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Values 0 or 1 by rows and columns [h, w], which may be below 0."""


def checks(side: int) -> Pattern:
    return lambda y, x: (y // side + x // side) % 2


def stripes(down: int, across: int, wide: int) -> Pattern:
    return lambda y, x: (down * y + across * x) // wide % 2


def draw(pattern: Pattern, size: Size, origin: tuple[int, int] = (0, 0)) -> np.ndarray:
    """A pattern uint8 [h, w, 3] in dark blue and light yellow, whose row and column 0 are at an origin."""
    y, x = np.mgrid[: size.height, : size.width]
    shown = pattern(y - origin[0], x - origin[1])[..., None]
    return np.where(shown, np.array([250, 240, 160]), np.array([20, 30, 90])).astype(np.uint8)


def put_figure(pixels: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """Where [h, w] a red figure is that is painted into pixels [h, w, 3]: top, left, bottom, right as shares."""
    high, wide = pixels.shape[:2]
    busy = np.zeros((high, wide), bool)
    busy[round(box[0] * high) : round(box[2] * high), round(box[1] * wide) : round(box[3] * wide)] = True
    pixels[busy] = (230, 20, 20)
    return busy


ENDS = {
    "above": (Box(150, 0, 278, 128), Size(278, 128)),
    "below": (Box(0, 0, 128, 128), Size(278, 128)),
    "both": (Box(70, 0, 198, 128), Size(268, 128)),
    "left": (Box(0, 140, 128, 268), Size(128, 268)),
    "right": (Box(0, 0, 128, 128), Size(128, 300)),
    "all": (Box(40, 50, 168, 178), Size(200, 220)),
}
PATTERNS = {
    "checks": checks(9),
    "rows": stripes(1, 0, 7),
    "columns": stripes(0, 1, 8),
    "falling": stripes(1, 1, 12),
    "rising": stripes(1, -1, 10),
}


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("end", ENDS)
def test_a_pattern_goes_on_in_its_period_and_direction(pattern: str, end: str) -> None:
    core, size = ENDS[end]
    wanted = draw(PATTERNS[pattern], size, (core.top, core.left))
    pixels = draw(PATTERNS[pattern], core.size)
    busy = put_figure(pixels, (0.3, 0.3, 0.7, 0.7))
    made = quilt(pixels, busy, core, size)
    assert made is not None and made.shape == wanted.shape and made.dtype == np.uint8
    core.crop(wanted.transpose(2, 0, 1))[:, busy] = np.array([[230], [20], [20]])
    assert np.array_equal(made, wanted)


@pytest.mark.parametrize("times", [2, 3])
def test_large_pictures_are_searched_in_small_and_go_on_to_the_pixel(times: int) -> None:
    side = times * LOOKED
    core, size, pattern = Box(0, 0, side, side), Size(side + side // 2, side), stripes(1, 1, 12 * times)
    pixels = draw(pattern, core.size)
    busy = put_figure(pixels, (0.3, 0.3, 0.7, 0.7))
    made = quilt(pixels, busy, core, size)
    assert made is not None
    wrong = np.abs(made[side:].astype(int) - draw(pattern, size)[side:]).max(axis=2) > 40
    assert wrong.mean() < 0.05, "a pixel beside an edge"


@given(st.tuples(*[st.floats(0.1, 0.9)] * 4), st.integers(40, 90), st.integers(40, 90), st.integers(0, 99))
@settings(max_examples=12, deadline=None)
def test_no_figure_is_shown_beyond_and_the_picture_stays(
    box: tuple[float, float, float, float], high: int, wide: int, seed: int
) -> None:
    """Whatever noise lies around it; where there is too little of that, nothing is made."""
    top, bottom = sorted(box[:2])
    left, right = sorted(box[2:])
    pixels = np.random.default_rng(seed).integers(0, 120, (high, wide, 3)).astype(np.uint8)
    busy = put_figure(pixels, (top, left, bottom, right))
    made = quilt(pixels, busy, Box(30, 0, 30 + high, wide), Size(high + 70, wide))
    if made is None:
        return
    rim = max(1, round(INSET * min(high, wide)))
    lap = rim + round(PATCHES[0] * OVERLAP * min(high, wide)) + 1  # a seam goes through it
    assert np.array_equal(made[30 + lap : 30 + high - lap], pixels[lap:-lap])
    beyond = np.concatenate([made[: 30 + rim], made[30 + high - rim :]])
    kept = np.concatenate([pixels[:lap], pixels[-lap:]])
    assert not (beyond[..., 0] > 200).any() or (kept[..., 0] > 200).any(), "only where it touches the border"


def test_a_picture_that_is_all_figure_has_nothing_to_go_on_with() -> None:
    pixels = np.full((64, 64, 3), 200, np.uint8)
    core, size = Box(0, 0, 64, 64), Size(128, 64)
    assert quilt(pixels, np.ones((64, 64), bool), core, size) is None
    plain = quilt(pixels, np.zeros((64, 64), bool), core, size)
    assert plain is not None and (plain == 200).all() and plain.shape == (128, 64, 3)
