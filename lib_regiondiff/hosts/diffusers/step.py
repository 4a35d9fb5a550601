"""A step of sampling, as those who follow it see it: how far it is, and what the pictures will be."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image
from torch import Tensor
from torch.nn import functional

PREVIEW = 32
"""Latent cells of the longer side of a preview."""


@dataclass(frozen=True, eq=False)
class Step:
    """A step that is done: its number from 1, of `total` in all, and what the pictures are expected to become.

    `latents` float32 [B, C, h, w] are the clean pictures of `seeds` as predicted now; `decode` makes a picture of
    latents [1, C, h, w]. Whatever a progress function raises ends the drawing and leaves `render`.
    """

    done: int
    total: int
    seeds: tuple[int, ...]
    latents: Tensor
    decode: Callable[[Tensor], Image.Image] = field(repr=False)

    def previews(self, cells: int = PREVIEW) -> list[Image.Image]:
        """A small picture for each seed, decoded from latents shrunk to at most `cells` at the longer side.

        Raises HostError where the VAE answers with NaN or infinity, or memory runs out.
        """
        height, width = self.latents.shape[-2:]
        shrink = min(1.0, cells / max(height, width))
        size = max(1, round(height * shrink)), max(1, round(width * shrink))
        small = functional.interpolate(self.latents, size=size, mode="area")
        return [self.decode(each) for each in small.split(1)]


Progress = Callable[[Step], Any]


def listen_to_steps(scheduler: Any) -> list[Tensor]:
    """A list that from now on holds the network's output and x that `scheduler.step` was last given; empty until then.

    Replaces the method of this one scheduler, which nobody else may use.
    """
    heard: list[Tensor] = []
    step = scheduler.step

    @functools.wraps(step)  # pipelines look at what it takes
    def listening(output: Tensor, t: Any, x: Tensor, *rest: Any, **more: Any) -> Any:
        heard[:] = output, x
        return step(output, t, x, *rest, **more)

    scheduler.step = listening
    return heard
