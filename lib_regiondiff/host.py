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
        """The level of a variance-exploding model, as k-diffusion's samplers have it: x = x0 + sigma * n."""
        return Level(t, 1.0, sigma, sigma / (1 + sigma**2) ** 0.5)

    @staticmethod
    def preserving(t: float, sigma: float) -> Level:
        """The level of a variance-preserving model, as DDIM has it: x = (x0 + sigma * n) / sqrt(1 + sigma²)."""
        norm = (1 + sigma**2) ** 0.5
        return Level(t, 1 / norm, sigma / norm, sigma / norm)


ModelFunction = Callable[[Tensor, Level], Tensor]
"""The contract between sampler and network: model(x [B, C, h, w], level) -> denoised [B, C, h, w]."""


class Cond(Protocol):
    """An encoded prompt, opaque but for its group: only conds of equal groups fit in one network batch.

    A host whose prompts change while sampling (prompt editing) resolves a cond when it is used, so its group may change
    from call to call. Rows that hold the same object are evaluated once, so one object must stand for one meaning.
    """

    @property
    def group(self) -> Hashable:
        """What conds must have in common to share a batch at this moment, such as the number of tokens."""
        ...


@dataclass(frozen=True)
class Part:
    """One of the prompts that AND joins, encoded, and its weight; most prompts are one part of weight 1."""

    cond: Cond
    weight: float = 1.0


Parts = tuple[Part, ...]
"""An encoded prompt: the parts that AND joins, at least one."""


def is_composed(parts: Parts) -> bool:
    """Whether a prompt is more than one part of weight 1, so that it is guided around the negative at any scale."""
    return len(parts) != 1 or parts[0].weight != 1


@dataclass(frozen=True)
class Row:
    """One line of a network batch: the box of an image under a condition at a level.

    `frame` is the canvas that the box is a part of, for models that are told size and crop: the whole canvas for a tile
    of the grid, the box itself for the window of a region. `negative` says that `cond` was encoded as a negative.
    `attention` is for attention methods; rows share a call where its group is equal. Where `surround` says what is seen
    beyond the canvas, the box may leave it; hosts crop what belongs to pixels with `Box.padded`, which allows for that.
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
    """The latent space of a host: channels, pixels along a side of a cell, the model's native side in pixels.

    `cells_per_call` is the most latent cells, over all rows, that one network call may hold. `prediction` is what the
    network predicts, a key of PARAMETERIZATIONS; only rescaled guidance needs it.
    """

    channels: int
    pixels_per_cell: int
    native: int
    device: torch.device
    dtype: torch.dtype
    cells_per_call: int = 2**16
    prediction: str = "epsilon"


class Host(Protocol):
    """The few verbs that the core asks of a host; adapters act on instances and clones and leave nothing behind.

    An adapter makes one for each sampling and may refresh it before each call of the model with what its program
    hands over only then.
    """

    @property
    def latent(self) -> LatentSpec:
        """The latent space of the host: channels, sizes, device and dtype."""
        ...

    def encode(self, prompt: str, negative: bool, size: Size) -> Parts:
        """Encode one prompt for a frame of `size` pixels: its parts, joined by AND; a negative is always one part."""
        ...

    def lerp(self, a: Cond, b: Cond, t: float) -> Cond:
        """The condition a share `t` in [0, 1] of the way from `a` to `b`."""
        ...

    def token_spans(self, prompt: str, phrase: str) -> list[slice]:
        """Where the tokens of `phrase` stand among the tokens of the encoded `prompt`: a slice for each occurrence."""
        ...

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """Predict x0 [N, C, h, w] from x [N, C, h, w], one row for each; the conds of all rows have equal groups."""
        ...

    def add_noise(self, x0: Tensor, noise: Tensor, level: Level) -> Tensor:
        """Noise clean latents: x [B, C, h, w] at a level, from x0 and unit noise of that shape."""
        ...

    def encode_image(self, image: Image.Image) -> Tensor:
        """Encode a picture whose sides are multiples of a latent cell: clean latents [1, C, h, w]."""
        ...

    def decode(self, latent: Tensor) -> Image.Image:
        """Decode clean latents [1, C, h, w] to a picture."""
        ...
