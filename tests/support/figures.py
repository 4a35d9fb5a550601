"""A figure and a texture: what has a middle, and what is the same all over."""

from __future__ import annotations

import torch
from torch import Tensor


def disc(high: int, wide: int) -> Tensor:
    """1 within the middle half, [h, w]."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, high), torch.linspace(-1, 1, wide), indexing="ij")
    return (y**2 + x**2 < 0.3).float()


def checks(high: int, wide: int) -> Tensor:
    """1 and -1 in turn, [h, w]."""
    y, x = torch.meshgrid(torch.arange(high), torch.arange(wide), indexing="ij")
    return ((y + x) % 2 * 2 - 1).float()
