"""Hosts with known answers: Gaussian data, whose exact denoiser and whose sampling paths have a closed form."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lib_regiondiff.denoising.blend import fit
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import Cond, LatentSpec, Level, ModelFunction, Part, Parts, Prompt, Row


@dataclass(frozen=True)
class MeanCond:
    """Data of this mean; `tokens` only forms groups, `said` are the words, each of which is a token."""

    mean: float
    tokens: int = 77
    said: tuple[str, ...] = ()

    @property
    def group(self) -> int:
        """The token count."""
        return self.tokens

    def spans(self, phrase: str) -> list[slice]:
        """The words of the phrase, wherever they stand one after another."""
        words = tuple(phrase.replace(",", " ").split())
        places = range(len(self.said) - len(words) + 1) if words else ()
        return [slice(at, at + len(words)) for at in places if self.said[at : at + len(words)] == words]

    def says(self, phrase: str) -> bool:
        """Whether the words of the phrase stand there."""
        return bool(self.spans(phrase))


@dataclass
class GaussianHost:
    """Data N(mean of the prompt, deviation²) in every cell, independent: E[x0 | x] is known exactly.

    A prompt is a number, the mean; the empty prompt means 0; "nan" predicts NaN. `calls` records the rows of each call.
    """

    deviation: float = 0.5
    native: int = 64
    cells_per_call: int = 2**16
    calls: list[list[Row]] = field(default_factory=list)
    encoded: list[str] = field(default_factory=list)
    methods: frozenset[str] = frozenset({"nag", "couple", "bias"})

    @property
    def latent(self) -> LatentSpec:
        """Three channels, 8 pixels a cell."""
        return LatentSpec(3, 8, self.native, torch.device("cpu"), torch.float64, self.cells_per_call)

    def encode(self, prompt: Prompt) -> Parts:
        """The mean that the prompt names; a long prompt is another group; "2 AND -1:0.5" has two parts."""
        self.encoded.append(prompt.text)
        parts = [part.strip().partition(":") for part in prompt.text.split("AND")]
        return tuple(Part(_cond(words), float(weight or 1)) for words, _, weight in parts)

    def lerp(self, a: Cond, b: Cond, t: float) -> Cond:
        """Between two means."""
        assert isinstance(a, MeanCond) and isinstance(b, MeanCond)
        return MeanCond(a.mean + (b.mean - a.mean) * t)

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """E[x0 | x] of each row."""
        self.calls.append(list(rows))
        assert len({row.cond.group for row in rows}) == 1 and len(x) == len(rows)
        return torch.stack([self._expected(each, row) for each, row in zip(x, rows, strict=True)])

    def _expected(self, x: Tensor, row: Row) -> Tensor:
        assert isinstance(row.cond, MeanCond) and x.shape[1:] == (row.size.height, row.size.width)
        a, b, v = row.level.alpha, row.level.beta, self.deviation**2
        mean = self._mean(row)
        return mean + a * v / (a * a * v + b * b) * (x - a * mean)

    def _mean(self, row: Row) -> float | Tensor:
        """The mean of a row, of one that shows several regions at each cell [h, w]."""
        means = [cond.mean for cond in (row.cond, *row.attention.contexts) if isinstance(cond, MeanCond)]
        weights = row.attention.weights
        return means[0] if weights is None else (weights.double() * torch.tensor(means)[:, None, None]).sum(dim=0)

    def encode_image(self, image: Image.Image) -> Tensor:
        """The mean of each cell's pixels, -1 for black and 1 for white."""
        pixels = torch.from_numpy(np.asarray(image.convert("RGB"), np.float64)).permute(2, 0, 1) / 127.5 - 1
        height, width = pixels.shape[1] // 8, pixels.shape[2] // 8
        return pixels.reshape(1, 3, height, 8, width, 8).mean(dim=(3, 5))

    def resize(self, x0: Tensor, size: Size) -> Tensor:
        """Cells are the pixels of this host."""
        return fit(x0, size)

    def decode(self, latent: Tensor) -> Image.Image:
        """A cell is 8 x 8 pixels of its means, black for -1 and white for 1."""
        cells = ((latent[0].permute(1, 2, 0) + 1) * 127.5).clamp(0, 255).byte().numpy()
        return Image.fromarray(cells.repeat(8, axis=0).repeat(8, axis=1))


@functools.cache
def _cond(prompt: str) -> MeanCond:
    """One object for each prompt, as a host's cache gives."""
    words = tuple(prompt.replace(",", " ").split())
    return MeanCond(float(words[0]) if words else 0.0, 77 if len(words) < 2 else 154, words)


def exploding(sigma: float) -> Level:
    """A level where x = x0 + sigma * n."""
    return Level.exploding(sigma, sigma)


def clock_of(levels: Sequence[Level]) -> tuple[float, ...]:
    """The noises of levels."""
    return tuple(level.noise for level in levels)


def schedule(count: int, high: float = 14.6, low: float = 0.03) -> list[float]:
    """Descending sigmas, Karras et al. 2022, eq. 5, and the final 0."""
    ramp = torch.linspace(0, 1, count, dtype=torch.float64)
    sigmas = (high ** (1 / 7) + ramp * (low ** (1 / 7) - high ** (1 / 7))) ** 7
    return [*sigmas.tolist(), 0.0]


def heun(model: ModelFunction, x: Tensor, levels: Sequence[Level]) -> Tensor:
    """Karras et al. 2022, algorithm 1 without churn, on levels of the exploding kind."""
    for here, there in itertools.pairwise(levels):
        slope = (x - model(x, here)) / here.beta
        guess = x + (there.beta - here.beta) * slope
        if there.beta > 0:
            slope = (slope + (guess - model(guess, there)) / there.beta) / 2
        x = x + (there.beta - here.beta) * slope
    return x


def end_point(x: Tensor, mean: Tensor | float, deviation: float, sigma: float, last: float = 0.0) -> Tensor:
    """Where the probability-flow ODE takes x from sigma to `last`, for data N(mean, deviation²)."""
    return mean + (x - mean) * ((deviation**2 + last**2) / (deviation**2 + sigma**2)) ** 0.5
