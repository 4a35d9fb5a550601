"""What the core asks of a host: the program that owns weights and text encoder."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor

from lib_regiondiff.geometry import Box, Size


@dataclass(frozen=True)
class Level:
    """A noise level with its scaling: x = alpha * x0 + beta * n, in x's own scaling.

    `t` is what the host's network takes for it; `noise` in [0, 1] is the clock: beta where alpha² + beta² = 1,
    sigma / sqrt(1 + sigma²) where alpha = 1, sigma for flow models.
    """

    t: float
    alpha: float
    beta: float
    noise: float

    @staticmethod
    def exploding(t: float, sigma: float) -> Level:
        """x = x0 + sigma * n, as k-diffusion's samplers have it."""
        return Level(t, 1.0, sigma, sigma / (1 + sigma**2) ** 0.5)

    @staticmethod
    def preserving(t: float, sigma: float) -> Level:
        """x = (x0 + sigma * n) / sqrt(1 + sigma²), so that alpha² + beta² = 1, as DDIM has it."""
        norm = (1 + sigma**2) ** 0.5
        return Level(t, 1 / norm, sigma / norm, sigma / norm)


ModelFunction = Callable[[Tensor, Level], Tensor]


class Cond(Protocol):
    """An encoded prompt, opaque but for its group: only conds of equal groups fit in one network batch.

    A host whose prompts change while sampling (prompt editing) resolves a cond when it is used: then the group may
    change from call to call. One object stands for one meaning, since rows of the same object are asked once.
    """

    @property
    def group(self) -> Hashable:
        """What must be equal to share a batch now, such as the number of tokens."""
        ...


@dataclass(frozen=True)
class Part:
    """One of the prompts that AND joins, and its weight; most prompts are one part of weight 1."""

    cond: Cond
    weight: float = 1.0


Parts = tuple[Part, ...]


def composed(parts: Parts) -> bool:
    """Whether a prompt is more than one part of weight 1, so that it is guided around the negative at any scale."""
    return len(parts) != 1 or parts[0].weight != 1


@dataclass(frozen=True)
class Row:
    """One line of a network batch: the box of an image under a condition at a level.

    `frame` is the canvas the box is a part of, for models that are told size and crop: the whole canvas for a tile
    of the grid, the box itself for the window of a region. `negative` tells hosts that mark their rows what it was
    encoded as. `attention` is for attention methods; rows share a call where its group is equal. A box leaves the
    canvas where `surround` says what is seen beyond; hosts crop what belongs to pixels with `Box.padded` and need
    nothing else of it.
    """

    image: int
    box: Box
    frame: Box
    cond: Cond
    level: Level
    negative: bool = False
    attention: Any = None
    surround: Any = None


@dataclass(frozen=True)
class LatentSpec:
    """The latent space of a host: sizes in pixels, the most latent cells that one network call may hold.

    `prediction` is what its network predicts, a key of PARAMETERIZATIONS; only rescaled guidance must know.
    """

    channels: int
    pixels_per_cell: int
    native: int
    device: torch.device
    dtype: torch.dtype
    cells_per_call: int = 2**16
    prediction: str = "epsilon"


class Host(Protocol):
    """A few verbs; adapters act on instances and clones and leave nothing behind.

    An adapter makes one for each sampling and may refresh it before each call of the model with what its program
    hands over only then.
    """

    @property
    def latent(self) -> LatentSpec:
        """The latent space."""
        ...

    def encode(self, prompt: str, negative: bool, size: Size) -> Parts:
        """The parts of one prompt for a frame of `size` pixels; a negative is one part."""
        ...

    def lerp(self, a: Cond, b: Cond, t: float) -> Cond:
        """The condition between a (t = 0) and b (t = 1)."""
        ...

    def token_spans(self, prompt: str, phrase: str) -> list[slice]:
        """Where the tokens of a phrase stand among the tokens of the encoded prompt."""
        ...

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """Predict x0 [N, C, h, w] from x [N, C, h, w], one row each; all rows of equal groups."""
        ...

    def add_noise(self, x0: Tensor, noise: Tensor, level: Level) -> Tensor:
        """x at a level, from clean latents and unit noise."""
        ...

    def encode_image(self, image: Image.Image) -> Tensor:
        """Clean latents [1, C, h, w] of a picture whose sides are multiples of a cell."""
        ...

    def decode(self, latent: Tensor) -> Image.Image:
        """The picture of clean latents [1, C, h, w]."""
        ...
