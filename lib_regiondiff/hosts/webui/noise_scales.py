"""In which numbers a WebUI's sampler counts noise, and how predictions in them become x0 and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from lib_regiondiff.host import Level

NEAR = 1e-4


class Scale(Protocol):
    """The numbers that one kind of sampler hands to its denoiser."""

    def level(self, number: float) -> Level:
        """The level of a number."""
        ...

    def to_denoised(self, made: Tensor, x: Tensor, level: Level) -> Tensor:
        """x0 from what the host's model answers."""
        ...

    def from_denoised(self, x0: Tensor, x: Tensor, level: Level) -> Tensor:
        """What the sampler expects for an x0."""
        ...

    def clock(self, schedule: Sequence[float], first: float) -> tuple[float, ...]:
        """The noises of the levels from the first number called with down to 0, out of a descending schedule."""
        ...


@dataclass(frozen=True)
class Sigmas:
    """k-diffusion and LCM: sigma, x = x0 + sigma n, the answer is x0. `flow`: x = (1 - sigma) x0 + sigma n."""

    flow: bool = False

    def level(self, number: float) -> Level:
        """The level of a sigma."""
        return Level(number, 1 - number, number, number) if self.flow else Level.exploding(number, number)

    def to_denoised(self, made: Tensor, x: Tensor, level: Level) -> Tensor:
        """What the model answers, which is x0 already."""
        return made

    def from_denoised(self, x0: Tensor, x: Tensor, level: Level) -> Tensor:
        """x0 itself, which is what the sampler expects."""
        return x0

    def clock(self, schedule: Sequence[float], first: float) -> tuple[float, ...]:
        """The noises of sigmas."""
        rest = [each for each in schedule if 0 < each < first * (1 - NEAR)]
        return (*(self.level(each).noise for each in (first, *rest)), 0.0)


@dataclass(frozen=True)
class Timesteps:
    """DDIM, PLMS and UniPC: training steps, also between two, x = a x0 + b n with a² + b² = 1; the answer is n."""

    alphas_cumprod: tuple[float, ...]  # alpha-bar of each training step

    def level(self, number: float) -> Level:
        """The level of a step; between two, the logarithm of signal to noise is interpolated."""
        low = min(max(0, math.floor(number)), len(self.alphas_cumprod) - 1)
        high, share = min(low + 1, len(self.alphas_cumprod) - 1), number - low
        odds = [math.log(kept / (1 - kept)) for kept in (self.alphas_cumprod[low], self.alphas_cumprod[high])]
        kept = 1 / (1 + math.exp(-(odds[0] + share * (odds[1] - odds[0]))))
        return Level(number, kept**0.5, (1 - kept) ** 0.5, (1 - kept) ** 0.5)

    def to_denoised(self, made: Tensor, x: Tensor, level: Level) -> Tensor:
        """x0 from the noise that the model answers."""
        return (x - level.beta * made) / level.alpha

    def from_denoised(self, x0: Tensor, x: Tensor, level: Level) -> Tensor:
        """The noise that x0 leaves of x."""
        return (x - level.alpha * x0) / level.beta

    def clock(self, schedule: Sequence[float], first: float) -> tuple[float, ...]:
        """The noises of training steps; the last one is the end, whatever little noise it has."""
        numbers = [first, *(each for each in schedule if each < first * (1 - NEAR))]
        return (*(self.level(each).noise for each in (numbers[:-1] or numbers)), 0.0)


def find_scale(denoiser: Any, model: Any) -> Scale:
    """The scale of an AUTOMATIC1111 denoiser."""
    if hasattr(denoiser, "alphas"):
        return Timesteps(tuple(map(float, denoiser.alphas)))
    return Sigmas(flow=bool(getattr(model, "is_sd3", False)))
