"""The numbers in which a WebUI's sampler counts noise, and how predictions become x0 and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from lib_regiondiff.host import Level, Row
from lib_regiondiff.hosts.webui.families import is_flow

NEAR = 1e-4
"""The share by which two noise numbers may differ and still count as one."""


def join_levels(rows: Sequence[Row], like: Tensor) -> tuple[Tensor, Level]:
    """What the network takes [N] for the levels of rows, and the level of them all, in the type of x [N, C, h, w].

    Of several levels it is one whose numbers are tensors [N, 1, 1, 1].
    """
    levels = [row.level for row in rows]
    numbers = like.new_tensor([level.t for level in levels])
    if len(set(levels)) == 1:
        return numbers, levels[0]
    fields = zip(*((each.t, each.alpha, each.beta, each.noise) for each in levels), strict=True)
    made: Any = Level(*(like.new_tensor(each).reshape(-1, 1, 1, 1) for each in fields))  # type: ignore[arg-type]
    return numbers, made


class NoiseScale(Protocol):
    """The numbers by which one kind of sampler tells its denoiser the noise."""

    def level(self, number: float) -> Level:
        """The level of a number."""
        ...

    def to_denoised(self, made: Tensor, x: Tensor, level: Level) -> Tensor:
        """x0 from what the host's model answers for x, all [B, C, h, w]."""
        ...

    def from_denoised(self, x0: Tensor, x: Tensor, level: Level) -> Tensor:
        """The answer that the sampler expects in the place of x0, all [B, C, h, w]."""
        ...

    def levels(self, schedule: Sequence[float], first: float) -> tuple[Level, ...]:
        """The levels to come, without the final one, descending.

        `schedule` is the sampler's own, descending; `first` is the number of the first call, which may lie within it.
        """
        ...


@dataclass(frozen=True)
class Sigmas:
    """k-diffusion and LCM: sigma, x = x0 + sigma n, the answer is x0. `flow`: x = (1 - sigma) x0 + sigma n."""

    flow: bool = False

    def level(self, number: float) -> Level:
        """The level of a sigma, which the network takes as it is."""
        return Level(number, 1 - number, number, number) if self.flow else Level.exploding(number, number)

    def to_denoised(self, made: Tensor, x: Tensor, level: Level) -> Tensor:
        """What the model answers, [B, C, h, w], which is x0 already."""
        return made

    def from_denoised(self, x0: Tensor, x: Tensor, level: Level) -> Tensor:
        """x0 [B, C, h, w] itself, which is what the sampler expects."""
        return x0

    def levels(self, schedule: Sequence[float], first: float) -> tuple[Level, ...]:
        """The levels of `first` and of the sigmas below it in a descending schedule that are not 0."""
        return tuple(map(self.level, (first, *(each for each in schedule if 0 < each < first * (1 - NEAR)))))


@dataclass(frozen=True)
class Timesteps:
    """DDIM, PLMS and UniPC: training steps, also between two; x = a x0 + b n with a² + b² = 1, the answer is n.

    `alphas_cumprod` has alpha-bar of each training step.
    """

    alphas_cumprod: tuple[float, ...]  # alpha-bar of each training step

    def level(self, number: float) -> Level:
        """The level of a training step; between two, the logarithm of signal to noise is interpolated."""
        low = min(max(0, math.floor(number)), len(self.alphas_cumprod) - 1)
        high, share = min(low + 1, len(self.alphas_cumprod) - 1), number - low
        odds = [math.log(kept / (1 - kept)) for kept in (self.alphas_cumprod[low], self.alphas_cumprod[high])]
        kept = 1 / (1 + math.exp(-(odds[0] + share * (odds[1] - odds[0]))))
        return Level(number, kept**0.5, (1 - kept) ** 0.5, (1 - kept) ** 0.5)

    def to_denoised(self, made: Tensor, x: Tensor, level: Level) -> Tensor:
        """x0 from the noise that the model answers for x, all [B, C, h, w]."""
        return (x - level.beta * made) / level.alpha

    def from_denoised(self, x0: Tensor, x: Tensor, level: Level) -> Tensor:
        """The noise that x0 leaves of x, all [B, C, h, w]."""
        return (x - level.alpha * x0) / level.beta

    def levels(self, schedule: Sequence[float], first: float) -> tuple[Level, ...]:
        """The levels of `first` and of the steps below it but the last, in whose place is the final one."""
        numbers = [first, *(each for each in schedule if each < first * (1 - NEAR))]
        return tuple(map(self.level, numbers[:-1] or numbers))


def make_clock(levels: Sequence[Level]) -> tuple[float, ...]:
    """The noises in [0, 1] of levels [N], descending, and the final 0.

    A sampler that adds noise before its first call (churn) asks a flow model above 1, which counts as 1.
    """
    return (*(min(1.0, level.noise) for level in levels), 0.0)


def find_scale(denoiser: Any, model: Any) -> NoiseScale:
    """The scale in which an AUTOMATIC1111 denoiser counts noise: Timesteps, or Sigmas, as flow for SD3."""
    if hasattr(denoiser, "alphas"):
        return Timesteps(tuple(map(float, denoiser.alphas)))
    return Sigmas(flow=is_flow(model))
