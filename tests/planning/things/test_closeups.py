"""Close-ups: their windows have the aspect of the brush, as far as a model was trained for it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import GaussianHost
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.things.candidates import FINER
from lib_regiondiff.planning.things.closeups import (
    FAINT,
    FILL,
    LATE,
    choose_size,
    enlarge,
    find_window,
    list_fine,
)

LATENT = replace(GaussianHost().latent, native=512, pixels_per_cell=8)


@pytest.mark.parametrize(
    ("native", "high", "wide", "size"),
    [
        (512, 30, 30, Size(64, 64)),
        (512, 60, 30, Size(88, 48)),
        (512, 30, 60, Size(48, 88)),
        (512, 90, 60, Size(72, 48)),
        (1024, 100, 200, Size(88, 176)),
        (1024, 60, 40, Size(160, 104)),
    ],
)
def test_sizes_are_those_that_models_were_trained_on(native: int, high: float, wide: float, size: Size) -> None:
    assert choose_size(high, wide, replace(LATENT, native=native, longest=2.0)) == size


@given(st.floats(1, 2), st.floats(0.05, 20), st.booleans(), st.sampled_from([512, 768, 1024]))
def test_sizes_have_the_native_area_and_the_aspect(aspect: float, scale: float, tall: bool, native: int) -> None:
    high, wide = (aspect * scale, scale) if tall else (scale, aspect * scale)
    size = choose_size(high, wide, replace(LATENT, native=native, longest=2.0))
    assert size.height % 8 == size.width % 8 == 0
    assert 0.8 < size.area / (native // 8) ** 2 < 1.25
    assert abs(math.log(high / wide * size.width / size.height)) < 0.1


@pytest.mark.parametrize("longest", [1.0, 1.5, 2.0])
@pytest.mark.parametrize(("high", "wide"), [(20, 20), (40, 20), (12, 60), (80, 16)])
def test_a_brush_that_is_too_long_has_a_window_around_its_middle(longest: float, high: int, wide: int) -> None:
    coverage = np.zeros((100, 120), np.float32)
    coverage[4 : 4 + high, 30 : 30 + wide] = 1
    box, size = find_window(coverage, replace(LATENT, longest=longest))
    shown = Size(min(high, round(longest * wide)), min(wide, round(longest * high)))
    assert abs((box.top + box.bottom) / 2 - 4 - high / 2) <= 1 and abs((box.left + box.right) / 2 - 30 - wide / 2) <= 1
    assert max(shown.height / box.size.height, shown.width / box.size.width) == pytest.approx(FILL, abs=0.04)
    assert abs(math.log(box.size.height / box.size.width * size.width / size.height)) < 0.08, "nothing is stretched"
    assert longest > 1 or (size == Size(64, 64) and box.size.height == box.size.width)


def test_a_window_in_a_ring_shows_nothing_twice() -> None:
    coverage = np.zeros((64, 48), np.float32)
    coverage[10:40, :46] = 1
    box, _ = find_window(coverage, LATENT, ring=True)
    assert box.size.width <= 49


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=50, unique=True))
def test_finer_steps_are_the_last_ones_and_faint(noises: list[float]) -> None:
    clock = [*sorted(noises, reverse=True), 0.0]
    fine = list_fine(clock)
    assert fine == sorted(fine) and not fine[0]
    assert sum(fine) <= max(1, round(LATE * len(fine))), "a share of the steps, or the last one"
    assert all(noise <= FAINT * (1 - noise**2) ** 0.5 + 1e-9 for noise, each in zip(clock, fine, strict=False) if each)


@given(st.integers(2, 400), st.integers(2, 400), st.floats(0.3, 3), st.sampled_from([128, 512, 1024]), st.floats(1, 4))
def test_a_finer_close_up_fits_in_its_window_and_on_the_canvas(
    high: int, wide: int, share: float, native: int, longest: float
) -> None:
    latent = replace(LATENT, native=native, longest=longest)
    size = choose_size(high, wide, latent)
    canvas = Size(max(1, round(share * high)), max(1, round(share * wide)))
    made = enlarge(size, Size(high, wide), canvas, latent)
    for side, own, most in zip((made.height, made.width), (size.height, size.width), (high, wide), strict=True):
        assert own <= side <= max(own, min(FINER * own, most))
    assert made.area <= max(size.area, canvas.area)


@pytest.mark.parametrize(("longer", "side"), [(64, 64), (72, 72), (80, 80), (96, 96), (300, 96)])
def test_a_larger_window_has_finer_steps_up_to_a_limit(longer: int, side: int) -> None:
    size = Size(64, 64)
    assert enlarge(size, Size(longer, longer), Size(400, 400), LATENT) == Size(side, side)
