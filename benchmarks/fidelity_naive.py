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
    """A naive run: tiles in cells, weights [R, h, w] of the regions at each step, times, alpha-bar (`kept`).

    `early` averages the clean predictions of all views and adds noise once (latent pre-averaging); otherwise each
    view takes the whole step with noise of its own, and the noisy results are averaged. In the first `bootstrap`
    steps each view sees noised `white` [C, 1, 1] instead of what its region does not own, and its region rolled to
    the middle.
    """

    eps: Eps
    tiles: Sequence[Box]
    weights: Sequence[np.ndarray]
    times: Sequence[int]
    kept: Tensor
    early: bool
    bootstrap: int = 0
    white: Tensor | None = None

    @property
    def rows(self) -> int:
        """How many rows the run asks of the network; those of weight zero change nothing: counted, but not run."""
        return sum(len(weights) * len(self.tiles) for weights in self.weights)


def sample(job: Naive, x: Tensor, generator: torch.Generator) -> Tensor:
    """Clean latents [1, C, h, w] of a run, from noise x of that shape; the generator goes on where it stands."""
    following = [*job.times[1:], None]
    for step, (weights, t, then) in enumerate(zip(job.weights, job.times, following, strict=True)):
        views = [(box, r) for box in job.tiles for r in range(len(weights)) if box.crop(weights[r]).any()]
        crops, back = torch.cat([box.crop(x) for box, _ in views]), [(0, 0)] * len(views)
        if step < job.bootstrap:
            owned = [box.crop(weights[region]) > 0 for box, region in views]
            crops, back = isolate(job, crops, owned, t, generator)
        results = clean(crops, job.eps(crops, t, [region for _, region in views]), t, job.kept)
        results = torch.stack([each.roll(move, (1, 2)) for each, move in zip(results, back, strict=True)])
        if not job.early:
            results = torch.cat([add_noise(each[None], then, job.kept, generator) for each in results])
        total, count = torch.zeros_like(x), torch.zeros_like(x)
        for (box, region), result in zip(views, results, strict=True):
            weight = torch.from_numpy(np.ascontiguousarray(box.crop(weights[region])))
            box.crop(total).add_(result * weight)
            box.crop(count).add_(weight)
        x = total / count
        if job.early:
            x = add_noise(x, then, job.kept, generator)
    return x


def isolate(
    job: Naive, crops: Tensor, owned: Sequence[np.ndarray], t: int, generator: torch.Generator
) -> tuple[Tensor, list[tuple[int, int]]]:
    """Views [n, C, h, w] at time t, their regions on white and in the middle, and the shifts that roll them back."""
    assert job.white is not None
    seen, back = [], []
    for crop, mask in zip(crops, owned, strict=True):
        around = add_noise(job.white.expand_as(crop)[None], t, job.kept, generator)[0]
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        down, across = (
            len(mask) // 2 - (int(ends[0]) + int(ends[-1]) + 1) // 2 for ends in (rows, columns)
        )  # the views are square
        seen.append(torch.where(torch.from_numpy(mask.copy()), crop, around).roll((down, across), (1, 2)))
        back.append((-down, -across))
    return torch.stack(seen), back


def clean(x: Tensor, eps: Tensor, t: int, kept: Tensor) -> Tensor:
    """x0 of x by the consistency function of a latent consistency model (Luo et al. 2023, eq. 9)."""
    x0 = (x - (1 - kept[t]).sqrt() * eps) / kept[t].sqrt()
    scaled = t * TIMES_SCALE
    skip = SIGMA_DATA**2 / (scaled**2 + SIGMA_DATA**2)
    return skip * x + scaled / (scaled**2 + SIGMA_DATA**2) ** 0.5 * x0


def add_noise(x0: Tensor, t: int | None, kept: Tensor, generator: torch.Generator) -> Tensor:
    """Clean latents with new noise of a time t; without any at the end, where t is None."""
    if t is None:
        return x0
    return kept[t].sqrt() * x0 + (1 - kept[t]).sqrt() * torch.randn(x0.shape, generator=generator)
