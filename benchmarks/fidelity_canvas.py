"""The canvas of Mixture of Diffusers: boxes with prompts, whose predicted noise is averaged by Gaussian windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from fidelity_naive import Eps, add_noise, clean
from fidelity_stream import weigh_gaussian
from torch import Tensor

from lib_regiondiff.geometry import Box


@dataclass(frozen=True)
class Canvas:
    """A run: a box in cells for each region, times, alpha-bar (`kept`); guidance is 1."""

    eps: Eps
    boxes: Sequence[Box]
    times: Sequence[int]
    kept: Tensor

    @property
    def rows(self) -> int:
        """How many rows the run asks of the network."""
        return len(self.boxes) * len(self.times)

    @property
    def cells(self) -> int:
        """How many latent cells they have."""
        return len(self.times) * sum(box.size.area for box in self.boxes)


def sample(job: Canvas, x: Tensor, generator: torch.Generator) -> Tensor:
    """Clean latents [1, C, h, w] from noise x of that shape: one step of LCM for the whole canvas at a time."""
    for t, then in zip(job.times, [*job.times[1:], None], strict=True):
        x = add_noise(clean(x, mix(job, x, t), t, job.kept), then, job.kept, generator)
    return x


def mix(job: Canvas, x: Tensor, t: int) -> Tensor:
    """The predicted noise of all boxes, each seen alone, averaged by their windows; 0 where there is no box."""
    total, count = torch.zeros_like(x, dtype=torch.float64), torch.zeros_like(x, dtype=torch.float64)
    for region, box in enumerate(job.boxes):
        weights = weigh_gaussian(box.size)
        box.crop(total).add_(weights * job.eps(box.crop(x), t, [region]))
        box.crop(count).add_(weights)
    return torch.where(count > 0, total / count, torch.zeros_like(total)).to(x)
