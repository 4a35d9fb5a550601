"""Figures: what differs in its middle by more than it varies is an object rather than a texture."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from figures import checks, disc
from lib_regiondiff.denoising.texture_memory import FIGURE, is_figure
from lib_regiondiff.planning import noise


@pytest.mark.parametrize("size", [(16, 16), (8, 24), (64, 40), (1, 1), (2, 3)])
@pytest.mark.parametrize("channels", [4, 16])
def test_what_differs_in_its_middle_is_a_figure(size: tuple[int, int], channels: int) -> None:
    colour = torch.linspace(-1, 1, channels)[:, None, None]
    assert is_figure(colour * disc(*size)) == (min(size) > 3), "there is no border around so few cells"
    grain = torch.randn(channels, *size, generator=torch.Generator().manual_seed(3))
    assert is_figure(5 * colour * disc(*size) + grain) == (min(size) > 3)
    slope = torch.linspace(-1, 1, size[0])[:, None].expand(size)
    for texture in (torch.zeros(size), torch.ones(size), checks(*size), slope, slope + 0.5 * checks(*size)):
        assert not is_figure(colour * texture)
        assert not is_figure(colour * texture + 3)
    if min(size) > 3:
        assert not is_figure(grain)


@given(st.floats(1e-3, 1e3), st.floats(-100, 100), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_the_answer_depends_on_no_unit(scale: float, shift: float, seed: int) -> None:
    grain = torch.randn(4, 16, 16, generator=noise.make_generator(seed), dtype=torch.float64)
    for x0 in (grain, grain + 4 * disc(16, 16), checks(16, 16) + 0.3 * grain, disc(16, 16)[None] + 0 * grain):
        assert is_figure(scale * x0 + shift) == is_figure(x0)


@pytest.mark.parametrize("size", [(16, 16), (24, 40), (12, 20)])
def test_a_figure_stands_out_from_its_border_by_more_than_the_border_varies(size: tuple[int, int]) -> None:
    """The border has the values -1 and 1 in broad halves, whose distance from their mean is 1."""
    high, wide = size
    x0 = torch.ones(1, *size, dtype=torch.float64)
    x0[:, :, : wide // 2] = -1
    middle = torch.zeros(size, dtype=torch.bool)
    middle[high // 4 - 1 : high - high // 4 + 1, wide // 4 - 1 : wide - wide // 4 + 1] = True
    smooth = 1 - 1 / (3 * high)  # the cells beside the border between the halves are averaged
    for lift, figure in ((FIGURE**0.5 * 1.1, True), (FIGURE**0.5 * 0.9 * smooth, False)):
        assert is_figure(torch.where(middle, lift, x0)) == figure
