"""What a scheduler runs: the timestep and level of each network call, and the clock of its steps."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lib_regiondiff.host import Level
from lib_regiondiff.hosts.diffusers.sampling.samplers import Sampler
from lib_regiondiff.planning import noise

FINAL = Level(0.0, 1.0, 0.0, 0.0)
BROWNIAN = 2**20
"""The number from which the seed of a picture's Brownian path is derived, above those of its other noises."""


@dataclass(frozen=True)
class Schedule:
    """A scheduler that is set, and what it runs: `timesteps` [calls], and a level for each call and a final one at 0.

    `steps` is the number of steps, which may make several calls: schedulers of order 2 make two in each step, PLMS two
    in its first.
    """

    scheduler: Any
    timesteps: Tensor
    levels: tuple[Level, ...]
    steps: int

    @property
    def clock(self) -> tuple[float, ...]:
        """The noise in [0, 1] at which each step begins, descending, and the final 0."""
        return (*(level.noise for level in self.beginnings), FINAL.noise)

    @property
    def beginnings(self) -> tuple[Level, ...]:
        """The level at which each step begins."""
        return tuple({level.noise: level for level in self.levels[:-1][:: self.scheduler.order]}.values())

    def ends_step(self, call: int) -> bool:
        """Whether a step is done after this network call, counted from 0."""
        calls, order = len(self.timesteps), self.scheduler.order
        return call == calls - 1 or (call + 1 > calls - self.steps * order and (call + 1) % order == 0)


def make_schedule(sampler: Sampler, scheduler: Any, steps: int, skipped: int = 0) -> Schedule:
    """The schedule of a scheduler that is set to `steps`, without the first `skipped` ones.

    Tells the scheduler where it begins.
    """
    first = skipped * scheduler.order
    if sampler.scheduler == "PNDMScheduler":
        scheduler.timesteps, first = _skip_plms_steps(scheduler.timesteps, skipped), 0
    elif skipped and hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(first)
    levels = make_levels(sampler, scheduler)[:-1][first:]
    return Schedule(scheduler, scheduler.timesteps[first:], (*levels, FINAL), steps - skipped)


def _skip_plms_steps(timesteps: Tensor, skipped: int) -> Tensor:
    """PLMS's timesteps without the first `skipped` ones; wherever PLMS begins, its second timestep comes twice."""
    distinct = torch.unique(timesteps).flip(0)[skipped:]
    return torch.cat([distinct[:1], distinct[1:2], distinct[1:]])


def make_levels(sampler: Sampler, scheduler: Any) -> tuple[Level, ...]:
    """The level of each network call of a scheduler that is set, and the final level at 0."""
    levels = [_make_level(sampler, scheduler, call, t) for call, t in enumerate(scheduler.timesteps.tolist())]
    return (*levels, FINAL)


def _make_level(sampler: Sampler, scheduler: Any, call: int, t: float) -> Level:
    if not hasattr(scheduler, "sigmas"):
        kept = float(scheduler.alphas_cumprod[int(t)])
        return Level(t, kept**0.5, (1 - kept) ** 0.5, (1 - kept) ** 0.5)
    middle = sampler.between is not None and call % scheduler.order == 1
    sigma = sampler.between(scheduler, call) if middle and sampler.between else float(scheduler.sigmas[call])
    return sampler.level(t, sigma)


def make_own_noise(scheduler: Any, seeds: Sequence[int]) -> None:
    """Have a scheduler that makes its own noise (DPM++ SDE) derive it from the pictures' seeds; others stay as is."""
    if hasattr(scheduler, "noise_sampler_seed"):
        scheduler.noise_sampler_seed = [noise.derive_seed(seed, BROWNIAN) for seed in seeds]


def make_step_options(scheduler: Any, generators: list[torch.Generator], call: int) -> dict[str, Any]:
    """What a scheduler's `step` takes besides the prediction: the pictures' generators, the order reached at `call`.

    LMS counts its past from the schedule's beginning, even where sampling begins later and there is no such past.
    """
    taken = inspect.signature(scheduler.step).parameters
    reached = {"order": min(call + 1, taken["order"].default)} if "order" in taken else {}
    return {**({"generator": generators} if "generator" in taken else {}), **reached}
