"""A moment of sampling, as whoever follows it sees it: how far it is, and what the pictures will be."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image
from torch import Tensor
from torch.nn import functional

PREVIEW = 32
"""Latent cells of a preview's longer side."""


@dataclass(frozen=True, eq=False)
class Step:
    """A step that is done, of `total` in all. What `progress` raises ends the drawing and comes out of `render`.

    `latents` [B, C, h, w], float32, are the clean pictures of `seeds` as the network expects them now.
    """

    done: int
    total: int
    seeds: tuple[int, ...]
    latents: Tensor
    decode: Callable[[Tensor], Image.Image] = field(repr=False)

    def previews(self, cells: int = PREVIEW) -> list[Image.Image]:
        """A small picture for each seed, decoded from latents that are shrunk to so many cells at the longer side."""
        height, width = self.latents.shape[-2:]
        shrink = min(1.0, cells / max(height, width))
        size = max(1, round(height * shrink)), max(1, round(width * shrink))
        small = functional.interpolate(self.latents, size=size, mode="area")
        return [self.decode(each) for each in small.split(1)]


Progress = Callable[[Step], Any]


def overheard(scheduler: Any) -> list[Tensor]:
    """The network's output and x that a scheduler was last handed, from now on; for one that nobody else uses."""
    heard: list[Tensor] = []
    step = scheduler.step

    @functools.wraps(step)  # pipelines look at what it takes
    def listening(output: Tensor, t: Any, x: Tensor, *rest: Any, **more: Any) -> Any:
        heard[:] = output, x
        return step(output, t, x, *rest, **more)

    scheduler.step = listening
    return heard
