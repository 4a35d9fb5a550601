"""What the originals put into their loops: tiles, masks over the noise levels, what surrounds a region at first.

MultiDiffusion: Bar-Tal et al. 2023. StreamMultiDiffusion: Lee et al. 2024. Mixture of Diffusers: Barbero Jiménez 2023.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import torch
from fidelity_naive import Moment, Surround, Tile, add_noise
from numpy.typing import NDArray
from torch import Tensor

from lib_regiondiff.geometry import Box, Size

COVERED = 0.3  # what later masks leave of an earlier one
VARIANCE = 0.01  # of a Gaussian window, by the square of its side


def list_plain_tiles(canvas: Size, side: int) -> list[Tile]:
    """Square tiles, half a side apart, that weigh the same everywhere."""
    return [Tile(each.box, torch.ones_like(each.weights)) for each in list_fading_tiles(canvas, side)]


def list_fading_tiles(canvas: Size, side: int) -> list[Tile]:
    """Square tiles of an even side, half of it apart, that fade linearly into one another; together they weigh 1."""
    down, across = (list_ramps(length, side) for length in (canvas.height, canvas.width))
    return [
        Tile(Box(top, left, top + len(rows), left + len(columns)), rows[:, None] * columns)
        for top, rows in down
        for left, columns in across
    ]


def list_ramps(length: int, side: int) -> list[tuple[int, Tensor]]:
    """Where the tiles of an axis begin, and their weights along it; the last one may be shorter."""
    step = side // 2
    count = max(1, math.ceil((length - side) / step) + 1)
    rise = torch.linspace(0, 1, step)
    found = []
    for index in range(count):
        halves = rise if index else torch.ones(step), rise.flip(0) if index < count - 1 else torch.ones(step)
        found.append((index * step, torch.cat(halves)[: length - index * step]))
    return found


def spread_masks(
    covered: NDArray[np.bool_], levels: Sequence[float], cell: int, std: float = 0, strength: float = 1
) -> list[Tensor]:
    """The masks [1 + P, h, w] in cells at each level: what is left free, then the brushes, `covered` [P, H, W].

    Each is weakened where a later one lies, blurred by `std` pixels, and multiplied by `strength`. A region acts
    where that is above the noise level, so a blurred one grows from its core to its edge.
    """
    masks = np.concatenate([~np.logical_or.reduce(covered)[None], covered]).astype(np.float32)
    for index in range(len(masks) - 1):
        masks[index][np.logical_or.reduce(covered[index:])] *= COVERED
    soft = [strength * blur(mask, std)[::cell, ::cell] for mask in masks]
    return [torch.from_numpy(np.stack([mask > level for mask in soft]).astype(np.float32)) for level in levels]


def blur(mask: NDArray[np.float32], std: float) -> NDArray[np.float32]:
    """A mask [h, w], blurred by so many pixels, as if its border went on outside."""
    if std <= 0:
        return mask
    side = 2 * math.ceil(3 * std) + 1
    return np.asarray(cv2.GaussianBlur(mask, (side, side), std, borderType=cv2.BORDER_REPLICATE), np.float32)


def surround_white(white: Tensor, kept: Tensor, mix: float, ground: Tensor | None = None) -> Surround:
    """White latents [1, C, h, w] for `mix` steps, then the ground or, without one, the noisy canvas; noised anew."""

    def surround(now: Moment, generator: torch.Generator) -> Tensor:
        share = min(1.0, max(0.0, mix - now.step))
        other = now.x if ground is None else now.box.crop(ground)
        around = add_noise(share * now.box.crop(white) + (1 - share) * other, now.t, kept, generator)
        return around.expand(len(now.regions), -1, -1, -1)

    return surround


def surround_coloured(colours: Tensor, start: Tensor, kept: Tensor) -> Surround:
    """One of some colours' latents [N, C, 1, 1] at random, with the noise of the start; the first region sees all."""

    def surround(now: Moment, generator: torch.Generator) -> Tensor:
        chosen = colours[torch.randint(len(colours), (len(now.regions),), generator=generator)]
        around = kept[now.t].sqrt() * chosen + (1 - kept[now.t]).sqrt() * now.box.crop(start)
        sees_all = torch.tensor([region == 0 for region in now.regions]).reshape(-1, 1, 1, 1)
        return torch.where(sees_all, now.x, around)

    return surround


def weigh_gaussian(size: Size) -> Tensor:
    """The weights [h, w] of a Gaussian window, the same at opposite borders; float64, for its corners are tiny."""
    down, across = (
        torch.exp(-(((torch.arange(side).double() - (side - 1) / 2) / side) ** 2) / (2 * VARIANCE))
        for side in (size.height, size.width)
    )
    return down[:, None] * across / (2 * math.pi * VARIANCE)
