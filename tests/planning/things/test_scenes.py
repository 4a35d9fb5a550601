"""Scenes: one window as long and wide as the brush, at about the native area."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import GaussianHost
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.planning.things.scenes import NEAR, SLACK, STRETCH, find_scene, list_scene_keys

LATENT = GaussianHost(native=256).latent  # 32 cells


@given(st.integers(3, 120), st.integers(3, 120), st.floats(0, 1), st.floats(0, 1), st.sampled_from([1.0, 1.5, 2.0]))
@settings(max_examples=300, deadline=None)
def test_a_window_holds_its_brush_at_the_native_area(
    high: int, wide: int, down: float, across: float, longest: float
) -> None:
    canvas = Size(128, 128)
    top, left = round(down * (128 - high)), round(across * (128 - wide))
    inner = Box(top, left, top + high, left + wide)
    weight = np.zeros((canvas.height, canvas.width), np.float32)
    inner.paste(weight, 1)
    window = find_scene(weight, replace(LATENT, longest=longest))
    assert window is not None
    assert window.frame.union(inner) == window.frame == window.frame.union(window.box)
    long, short = max(window.size.height, window.size.width), min(window.size.height, window.size.width)
    assert long <= longest * SLACK * short * 1.5 + 4, "no longer than what the model was trained on, up to rounding"
    if not window.zoomed:
        assert NEAR[0] * 0.99 <= high * wide / 32**2 <= NEAR[1] * 1.01 and window.box.within(canvas) == window.box
    else:
        assert 0.5 <= window.size.area / 32**2 <= 1.9
        stretch = window.size.height / window.size.width * window.box.size.width / window.box.size.height
        rounding = 1 + 1 / window.box.size.height + 1 / window.box.size.width
        assert 1 / (STRETCH * rounding) < stretch < STRETCH * rounding, "no more than anybody sees"
    if max(high, wide) <= longest * min(high, wide):
        assert window.box.union(inner) == window.box, "the whole brush is drawn"
    if window.zoomed:
        box = window.box
        assert abs(box.top + box.bottom - inner.top - inner.bottom) <= 2, "what is cut off is cut off on both sides"
        assert abs(box.left + box.right - inner.left - inner.right) <= 2


def test_an_empty_brush_has_none() -> None:
    assert find_scene(np.zeros((8, 8), np.float32), LATENT) is None


def test_a_scene_at_the_border_of_a_ring_crosses_it() -> None:
    weight = np.zeros((64, 64), np.float32)
    weight[10:26, 10:26] = 1
    here, there = (find_scene(np.roll(weight, turn, axis=1), LATENT, True) for turn in (0, 50))
    assert here is not None and there is not None
    assert here.size == there.size and (there.box.left - here.box.left - 50) % 64 == 0


def test_the_last_levels_see_beyond_the_border() -> None:
    keys = list_scene_keys(20)
    assert [key.last for key in keys] == [False] * 19 + [True]
    assert sum(key.joined for key in keys) == 5, "what is kept at a level is seen at the next"
    assert list_scene_keys(1)[0].last
