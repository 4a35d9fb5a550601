"""The matte of a thing depends on what differs from what, and on no unit of the latents."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lib_regiondiff.denoising.thing_memory import ALIKE, Kept, make_matte
from lib_regiondiff.planning import noise


def spot(seed: int, contrast: float) -> Tensor:
    """Differences [12, 16] that are greater, by this factor, in a square, and rough everywhere."""
    values = 1 + 0.2 * torch.rand(12, 16, generator=noise.make_generator(seed), dtype=torch.float64)
    values[3:9, 4:11] *= contrast
    return values


@given(st.integers(0, 99), st.floats(1, 20), st.integers(-20, 20))
def test_a_matte_keeps_when_its_values_are_scaled(seed: int, contrast: float, power: int) -> None:
    values = spot(seed, contrast)
    assert torch.equal(make_matte(values * 2.0**power), make_matte(values)), "such a factor rounds nothing"


@given(st.integers(0, 99), st.floats(1e-3, 1e3))
def test_any_factor_changes_no_more_than_rounding_does(seed: int, factor: float) -> None:
    values = spot(seed, 5.0)
    matte = make_matte(values)
    assert torch.allclose(make_matte(factor * values), matte, atol=1e-6)
    assert matte[5, 7] == 1 and matte[0, 0] == 0, "it tells the square from the rest"


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_what_is_alike_but_for_a_few_percent_is_all_thing_at_any_scale(scale: float) -> None:
    values = torch.full((12, 16), scale, dtype=torch.float64)
    values[3:9, 4:11] *= 0.99 / ALIKE
    assert torch.equal(make_matte(values), torch.ones(12, 16, dtype=torch.float64))
    values[3:9, 4:11] = 2 * scale
    assert not torch.equal(make_matte(values), torch.ones(12, 16, dtype=torch.float64))


@pytest.mark.parametrize("scale", [0.25, 8.0])
def test_so_does_the_matte_of_latents_in_another_unit(scale: float) -> None:
    """What is kept are sums of squares."""
    x0, unit = torch.zeros(4, 12, 16), torch.zeros(4, 12, 16)
    own, other = (Kept(x0, unit, (factor * spot(1, 5.0)).square()).measure_matte() for factor in (1.0, scale))
    assert own is not None and other is not None and torch.equal(own, other)
