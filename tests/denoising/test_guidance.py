"""Guidance: what is composed and guided is what the formulas say, and what needs neither stays as it is to the bit."""

from __future__ import annotations

import pytest
import torch

from lib_regiondiff.denoising import guidance
from lib_regiondiff.planning import noise

ONE, TWO, NONE = torch.randn(3, 4, 8, 8, generator=noise.make_generator(1))


def test_a_prompt_of_one_part_is_itself_to_the_bit() -> None:
    assert torch.equal(guidance.compose([ONE], [1.0], NONE), ONE)
    assert torch.equal(guidance.compose([ONE], [0.3], None), ONE)


@pytest.mark.parametrize("weights", [(1.0, 1.0), (0.5, -2.0), (0.0, 3.0)])
def test_parts_are_added_around_the_negative_or_the_first(weights: tuple[float, float]) -> None:
    a, b = weights
    around = NONE + a * (ONE - NONE) + b * (TWO - NONE)
    assert torch.allclose(guidance.compose([ONE, TWO], [a, b], NONE), around, atol=1e-5)
    assert torch.allclose(guidance.compose([ONE, TWO], [a, b], None), ONE + b * (TWO - ONE), atol=1e-5)
    assert torch.allclose(guidance.compose([ONE], [b], NONE), NONE + b * (ONE - NONE), atol=1e-5)


def test_scale_one_is_the_prompt_and_scale_nought_the_negative() -> None:
    assert torch.allclose(guidance.cfg(ONE, NONE, 1), ONE, atol=1e-6) and torch.equal(guidance.cfg(ONE, NONE, 0), NONE)
    assert torch.allclose(guidance.cfg(ONE, NONE, 7), 7 * ONE - 6 * NONE, atol=1e-5)
