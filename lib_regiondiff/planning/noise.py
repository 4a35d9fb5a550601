"""Initial latents: the noise of each image, and other noise where brushes or noise operations ask for it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lib_regiondiff.document.palette import Noise, Palette
from lib_regiondiff.document.records import make_record
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.store import Store

FURTHER = 2**21
"""The first number of brushes' noise; those below are for what a picture has once, and for regions."""


def make_generator(seed: int) -> torch.Generator:
    """A CPU generator of our own, so that a seed means the same noise on every device."""
    return torch.Generator("cpu").manual_seed(seed)


def derive_seed(seed: int, number: int) -> int:
    """The seed of further noise of a picture: another for each number from 0 on, none of them the picture's own."""
    return (seed * 1_000_003 + number + 1) % 2**53


def number_brush(brush: str, piece: int = 0) -> int:
    """The number of the noise of what is drawn apart for a piece of a brush, by the brush's id.

    It does not depend on the brush's place in the palette, so that what is drawn stays as it is when others come, go,
    or change places.
    """
    return FURTHER + zlib.crc32(f"{piece} {brush}".encode())


def draw_unit(generators: Sequence[torch.Generator], shape: tuple[int, int, int]) -> Tensor:
    """Unit noise float32 [B, C, h, w] of `shape` [C, h, w], one generator an image: it depends on no other image."""
    return torch.cat([torch.randn((1, *shape), generator=each) for each in generators])


def apply(noise: Tensor, palette: Palette, size: Size, pixels_per_cell: int, store: Store | None = None) -> Tensor:
    """The noise [B, C, h, w] of a picture of `size` pixels after brush seeds and noise operations, in their order."""
    for operation in list_operations(palette):
        coverage = masks.measure_cells(operation.mask, size, pixels_per_cell, store)
        noise = mix(noise, operation.seed, torch.from_numpy(np.array(coverage)) * operation.amount)
    return noise


def list_operations(palette: Palette) -> list[Noise]:
    """All changes of the initial noise: the seeds of brushes from the lowest up, then the palette's own list."""
    seeded = [brush for brush in palette.brushes if brush.seed is not None]
    return [make_record(Noise, {"mask": brush.mask, "seed": brush.seed or 0}) for brush in seeded] + list(palette.noise)


def mix(noise: Tensor, seed: int, share: Tensor) -> Tensor:
    """Blend noise of a seed into unit noise [B, C, h, w] by a share [h, w] in [0, 1]; the variance stays 1."""
    other = draw_unit([make_generator(seed)], (noise.shape[1], noise.shape[2], noise.shape[3])).to(noise)
    share = share.to(noise)
    return noise * (1 - share * share).clamp(min=0).sqrt() + other * share
