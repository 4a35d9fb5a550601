"""Figures: what differs in its middle by more than it varies is an object rather than a texture."""

from __future__ import annotations

import pytest
import torch

from figures import checks, disc
from lib_regiondiff.denoising.texture_memory import is_figure
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


@pytest.mark.parametrize("size", [(16, 16), (24, 40), (6, 7), (5, 4)])
def test_a_figure_differs_by_more_than_it_varies(size: tuple[int, int]) -> None:
    """Between the middle half and the outermost eighth, at least a cell, anything may be."""
    high, wide = size
    inner = torch.zeros(size, dtype=torch.bool)
    inner[high // 4 : high - high // 4, wide // 4 : wide - wide // 4] = True
    outer = torch.ones(size, dtype=torch.bool)
    rows, columns = max(1, high // 8), max(1, wide // 8)
    outer[rows : high - rows, columns : wide - columns] = False
    grain = torch.randn(3, *size, generator=noise.make_generator(1), dtype=torch.float64)
    plain = torch.where(inner | outer, grain, 50.0)
    for part in (inner, outer):
        plain[:, part] -= plain[:, part].mean(dim=1, keepdim=True)
    varied = sum(float(plain[:, part].square().mean(dim=1).sum()) for part in (inner, outer)) / 2
    for share in (0.999, 1.001):
        lifted = plain + inner * (share * (varied + 0.02) / 3) ** 0.5
        assert is_figure(lifted) == (share > 1)
