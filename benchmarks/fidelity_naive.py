"""MultiDiffusion with an LCM, written as plainly as can be: every region in every tile, nothing of our core's loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lib_regiondiff.geometry import Box

Eps = Callable[[Tensor, int, Sequence[int]], Tensor]
"""x [n, C, h, w], a time and the region of each row -> predicted noise."""

SIGMA_DATA, TIMES_SCALE = 0.5, 10.0  # of LCM's boundary condition


@dataclass(frozen=True)
class Naive:
    """What is run: tiles in cells, weights [R, h, w] of the regions at each step, times, the schedule.

    `early` averages the clean predictions of all views and adds noise once (latent pre-averaging); otherwise each view
    takes the whole step with noise of its own, and the noisy results are averaged.
    """

    eps: Eps
    tiles: Sequence[Box]
    weights: Sequence[np.ndarray]
    times: Sequence[int]
    kept: Tensor
    early: bool

    @property
    def rows(self) -> int:
        """Rows that this asks of the network; those of weight zero change nothing and are counted but not run."""
        return sum(len(weights) * len(self.tiles) for weights in self.weights)


def sample(job: Naive, x: Tensor, generator: torch.Generator) -> Tensor:
    """Clean latents [1, C, h, w] from noise of that shape; the generator goes on where it stands."""
    following = [*job.times[1:], None]
    for weights, t, then in zip(job.weights, job.times, following, strict=True):
        views = [(box, r) for box in job.tiles for r in range(len(weights)) if box.crop(weights[r]).any()]
        crops = torch.cat([box.crop(x) for box, _ in views])
        results = clean(crops, job.eps(crops, t, [region for _, region in views]), t, job.kept)
        if not job.early:
            results = torch.cat([noisy(each[None], then, job.kept, generator) for each in results])
        total, count = torch.zeros_like(x), torch.zeros_like(x)
        for (box, region), result in zip(views, results, strict=True):
            weight = torch.from_numpy(np.ascontiguousarray(box.crop(weights[region])))
            box.crop(total).add_(result * weight)
            box.crop(count).add_(weight)
        x = total / count
        if job.early:
            x = noisy(x, then, job.kept, generator)
    return x


def clean(x: Tensor, eps: Tensor, t: int, kept: Tensor) -> Tensor:
    """The consistency function of a latent consistency model (Luo et al. 2023, eq. 9)."""
    x0 = (x - (1 - kept[t]).sqrt() * eps) / kept[t].sqrt()
    scaled = t * TIMES_SCALE
    skip = SIGMA_DATA**2 / (scaled**2 + SIGMA_DATA**2)
    return skip * x + scaled / (scaled**2 + SIGMA_DATA**2) ** 0.5 * x0


def noisy(x0: Tensor, t: int | None, kept: Tensor, generator: torch.Generator) -> Tensor:
    """Clean latents with new noise at a time; None is the end."""
    if t is None:
        return x0
    return kept[t].sqrt() * x0 + (1 - kept[t]).sqrt() * torch.randn(x0.shape, generator=generator)
