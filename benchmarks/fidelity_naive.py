"""MultiDiffusion with an LCM, written as plainly as can be: every region in every tile, nothing of our core's loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lib_regiondiff.geometry import Box

Eps = Callable[[Tensor, int, Sequence[int]], Tensor]
"""x [n, C, h, w], a time and the region of each row -> predicted noise."""

SIGMA_DATA, TIMES_SCALE = 0.5, 10.0  # of LCM's boundary condition


@dataclass(frozen=True)
class Tile:
    """A tile of the canvas in cells, and its weights [h, w]."""

    box: Box
    weights: Tensor


@dataclass(frozen=True)
class Moment:
    """What one tile shows in a step: the step's number and time, where the tile is, its x [1, C, h, w], its regions."""

    step: int
    t: int
    box: Box
    x: Tensor
    regions: Sequence[int]


Surround = Callable[[Moment, torch.Generator], Tensor]
"""A moment -> what each region sees instead of what it does not own, [n, C, h, w] at the moment's noise level."""


@dataclass(frozen=True)
class Bootstrap:
    """The first `steps`, in which regions do not see one another.

    If `centred`, each view is rolled so that its region is in the middle. With a `sensitivity` a region weighs less
    where what it drew is what had been put around it.
    """

    steps: int
    surround: Surround
    centred: bool = False
    sensitivity: float | None = None


@dataclass(frozen=True)
class Naive:
    """A naive run: tiles, masks [R, h, w] of the regions at each step, times, alpha-bar (`kept`).

    `early` averages the clean predictions of all views and adds noise once (latent pre-averaging); otherwise each
    view takes the whole step with noise of its own, and the noisy results are averaged. `ground`, clean latents
    [1, C, h, w], is what shows where no region is.
    """

    eps: Eps
    tiles: Sequence[Tile]
    masks: Sequence[Tensor]
    times: Sequence[int]
    kept: Tensor
    early: bool
    bootstrap: Bootstrap | None = None
    ground: Tensor | None = None

    @property
    def rows(self) -> int:
        """How many rows the run asks of the network; those of weight zero change nothing: counted, but not run."""
        return sum(len(masks) * len(self.tiles) for masks in self.masks)


@dataclass(frozen=True)
class Views:
    """The regions of a tile in a step: x [n, C, h, w], masks [n, 1, h, w], what is around them, how they are rolled."""

    tile: Tile
    regions: Sequence[int]
    x: Tensor
    masks: Tensor
    around: Tensor | None
    moves: Sequence[tuple[int, int]]


def sample(job: Naive, x: Tensor, generator: torch.Generator) -> Tensor:
    """Clean latents [1, C, h, w] of a run, from noise x of that shape; the generator goes on where it stands."""
    for step, (t, then) in enumerate(zip(job.times, [*job.times[1:], None], strict=True)):
        views = [each for tile in job.tiles if (each := see(job, step, tile, x, generator)) is not None]
        rows, regions = torch.cat([each.x for each in views]), [r for each in views for r in each.regions]
        results = clean(rows, job.eps(rows, t, regions), t, job.kept).split([len(each.regions) for each in views])
        total, count = torch.zeros_like(x), torch.zeros_like(x)
        for each, made in zip(views, results, strict=True):
            back = roll(made, [(-down, -right) for down, right in each.moves])
            weights = weigh(job, each, back)
            if not job.early:
                back = torch.cat([add_noise(part[None], then, job.kept, generator) for part in back])
            each.tile.box.crop(total).add_((back * weights).sum(0, keepdim=True))
            each.tile.box.crop(count).add_(weights.sum(0, keepdim=True))
        x = fill(torch.where(count > 0, total / count, total), count, job.ground)
        if job.early:
            x = add_noise(x, then, job.kept, generator)
    return x


def see(job: Naive, step: int, tile: Tile, x: Tensor, generator: torch.Generator) -> Views | None:
    """What the regions see in a tile, without those that are not in it; None if there are none."""
    masks, crop = tile.box.crop(job.masks[step])[:, None], tile.box.crop(x)
    first = job.bootstrap if job.bootstrap is not None and step < job.bootstrap.steps else None
    regions = [region for region, mask in enumerate(masks) if mask.any()]
    moment = Moment(step, job.times[step], tile.box, crop, regions)
    around = first.surround(moment, generator) if first else None
    if not regions:
        return None
    masks, moves = masks[regions], [(0, 0)] * len(regions)
    seen = crop.expand(len(regions), -1, -1, -1)
    if around is not None:
        seen = masks * seen + (1 - masks) * around
    if first is not None and first.centred:
        moves = [find_move(mask[0]) for mask in masks]
    return Views(tile, regions, roll(seen, moves), masks, around, moves)


def find_move(mask: Tensor) -> tuple[int, int]:
    """How far down and right a mask [h, w] that is not empty has to go, so that its box is in the middle."""
    moves = []
    for axis in (1, 0):
        there = torch.nonzero(mask.any(dim=axis)).ravel()
        moves.append(mask.shape[1 - axis] // 2 - (int(there[0]) + int(there[-1]) + 1) // 2)
    return moves[0], moves[1]


def roll(x: Tensor, moves: Sequence[tuple[int, int]]) -> Tensor:
    """Views [n, C, h, w], each rolled down and right by its move."""
    return torch.stack([each.roll(move, (1, 2)) for each, move in zip(x, moves, strict=True)])


def weigh(job: Naive, views: Views, x0: Tensor) -> Tensor:
    """The weights [n, 1, h, w] of what views have drawn, x0 [n, C, h, w]."""
    weights = views.masks * views.tile.weights
    if views.around is None or job.bootstrap is None or job.bootstrap.sensitivity is None:
        return weights
    return weights * measure_difference(x0, views.around, job.bootstrap.sensitivity)


def measure_difference(x0: Tensor, around: Tensor, sensitivity: float) -> Tensor:
    """How far x0 differs from what was around a region, [n, 1, h, w]: 0 where it is the same, 1 far from it."""
    return torch.tanh((x0 - around).pow(2).mean(dim=1, keepdim=True) / (2 * sensitivity))


def fill(x: Tensor, count: Tensor, ground: Tensor | None) -> Tensor:
    """x, and the ground where there is less than a whole weight, if there is a ground."""
    return x if ground is None else torch.lerp(ground, x, count.clamp(0, 1))


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
