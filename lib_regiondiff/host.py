"""What the core asks of a host: the program that owns weights and text encoder."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor

from lib_regiondiff.document.palette import Nag
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


LONGEST, LONGEST_NOTE = 2.0, "regiondiff.longest"
"""How many times as long as wide the longest pictures are that models were trained on, and the note that tells it."""
ModelFunction = Callable[[Tensor, Level], Tensor]


class Cond(Protocol):
    """An encoded prompt, opaque but for its group: only conds of equal groups fit in one network batch.

    Where prompts change while sampling (prompt editing), group and spans may change from call to call. One object
    stands for one meaning, since rows of the same object are asked once.
    """

    @property
    def group(self) -> Hashable:
        """What conds must have in common to share a batch at this moment, such as the number of tokens."""
        ...

    def spans(self, phrase: str) -> list[slice]:
        """Where the tokens of a phrase stand among those of the prompt as it is encoded now, every time it occurs."""
        ...

    def says(self, phrase: str) -> bool:
        """Whether the tokens of a phrase stand in the prompt at any moment of a run."""
        ...


@dataclass(frozen=True)
class Part:
    """One of the prompts that AND joins, encoded, and its weight; most prompts are one part of weight 1."""

    cond: Cond
    weight: float = 1.0


Parts = tuple[Part, ...]


def is_composed(parts: Parts) -> bool:
    """Whether a prompt is more than one part of weight 1, so that it is guided around the negative at any scale."""
    return len(parts) != 1 or parts[0].weight != 1


@dataclass(frozen=True)
class Adapter:
    """A LoRA that acts beside those of the whole picture: its name, its weights in the network and the text encoder."""

    name: str
    weight: float = 1.0
    text_weight: float = 1.0


Adapters = tuple[Adapter, ...]


@dataclass(frozen=True)
class Prompt:
    """What is to be encoded: a text, whether as a negative, for a frame of `size` pixels, under `adapters`."""

    text: str
    negative: bool
    size: Size
    adapters: Adapters = ()


@dataclass(frozen=True, eq=False)
class Against:
    """What the features of a row's prompt are pushed away from in cross-attention, and how (NAG).

    `contexts` are the same for each of the row's contexts; a row without contexts has none.
    """

    cond: Cond
    nag: Nag
    contexts: tuple[Cond, ...] = ()


@dataclass(frozen=True, eq=False)
class Bias:
    """Tokens of a row's own prompt whose attention is raised, by how much at each cell [h, w] (Paint with Words);
    `scores` is what of the scores QK^T it is measured in, max or std, or makes of weight and scores what is added to
    them; `layers` are all, the fine or the coarse ones."""

    spans: tuple[slice, ...]
    weight: Tensor
    scores: str | Callable[[Tensor, Tensor], Tensor] = "max"
    layers: str = "all"


@dataclass(frozen=True, eq=False)
class Attention:
    """What acts in the cross-attention of one row; a negative's row has a record of the same form as its positive's.

    `contexts` are the conds of further regions that the row shows beside its own (Attention Couple), `weights`
    float32 [1 + contexts, h, w] how much each of them counts at each cell, the row's own first; they sum to 1. None of
    them without contexts.
    """

    contexts: tuple[Cond, ...] = ()
    weights: Tensor | None = None
    biases: tuple[Bias, ...] = ()
    nag: Against | None = None

    @property
    def group(self) -> Hashable:
        """What rows of one network call have in common; those with contexts or biases go along with those without."""
        return None if self.nag is None else (self.nag.cond.group, self.nag.nag)

    @property
    def identity(self) -> Hashable:
        """Equal for records that do the same, as far as their conds and weights are the same objects."""
        nag = self.nag and (id(self.nag.cond), tuple(map(id, self.nag.contexts)), self.nag.nag)
        return tuple(map(id, self.contexts)), id(self.weights), tuple(map(id, self.biases)), nag


PLAIN = Attention()
"""The network's own."""


@dataclass(frozen=True, eq=False)
class Zoom:
    """A row that is drawn at another scale: noise [C, h, w] of its own, and the x0 [C, h, w] it drew last, if any."""

    noise: Tensor
    x0: Tensor | None = None

    @property
    def size(self) -> Size:
        """Cells that the network sees."""
        return Size(self.noise.shape[-2], self.noise.shape[-1])


@dataclass(frozen=True)
class Row:
    """One line of a network batch: the box of a picture under a condition at a level of its own.

    `line` is that of x, `image` says whose are the pixels that the host hands over beside x (masks, hints). `frame` is
    the canvas the box is a part of, for models that are told size and crop: the whole canvas for a tile of the grid,
    the box itself for the window of a region. `negative` tells hosts that mark their rows what it was encoded as. A box
    leaves the canvas where `surround` says what is seen beyond; hosts crop what belongs to pixels with `Box.padded`,
    resample it to `size` under a `zoom`, and need nothing else of either.
    """

    line: int
    image: int
    box: Box
    frame: Box
    cond: Cond
    level: Level
    negative: bool = False
    attention: Attention = PLAIN
    adapters: Adapters = ()
    surround: Any = None
    zoom: Zoom | None = None

    @property
    def size(self) -> Size:
        """Cells that the network sees."""
        return self.box.size if self.zoom is None else self.zoom.size

    @property
    def identity(self) -> Hashable:
        """Equal for rows of equal answers, which are asked once; `negative` is a matter of the cond."""
        where = self.line, self.image, self.box, self.frame, id(self.surround), id(self.zoom)
        return where, id(self.cond), self.level, self.attention.identity, self.adapters


def read_longest(notes: Mapping[str, Any]) -> float:
    """How many times as long as wide the longest pictures of a model are, as the notes in its file say, or LONGEST."""
    told = str(notes.get(LONGEST_NOTE, ""))[:10]
    return float(told) if re.fullmatch(r"[1-9](\.[0-9]+)?", told) else LONGEST


@dataclass(frozen=True)
class LatentSpec:
    """The latent space of a host: channels, pixels along a side of a cell, the model's native side in pixels.

    `cells_per_call` is the most latent cells, over all rows, of a network call. `prediction` is what the network
    predicts, a key of PARAMETERIZATIONS, for rescaled guidance. `longest` is what `read_longest` finds.
    """

    channels: int
    pixels_per_cell: int
    native: int
    device: torch.device
    dtype: torch.dtype
    cells_per_call: int = 2**16
    prediction: str = "epsilon"
    longest: float = LONGEST


class Encoder(Protocol):
    """The half of a host that planning asks: words and pictures become conditions and latents; it leaves no trace."""

    @property
    def latent(self) -> LatentSpec:
        """The latent space."""
        ...

    @property
    def methods(self) -> frozenset[str]:
        """What its network can do beside plain rows: keys of METHODS; a plan refuses what else a palette asks for."""
        ...

    def encode(self, prompt: Prompt) -> Parts:
        """The parts of a prompt; a negative is one part."""
        ...

    def lerp(self, a: Cond, b: Cond, t: float) -> Cond:
        """The condition between a (t = 0) and b (t = 1); a phrase's spans are b's."""
        ...

    def encode_image(self, image: Image.Image) -> Tensor:
        """Clean latents [1, C, h, w] of a picture whose sides are multiples of a cell."""
        ...


class Pictures(Protocol):
    """What turns latents into pictures and back."""

    @property
    def latent(self) -> LatentSpec:
        """The latent space."""
        ...

    def encode_image(self, image: Image.Image) -> Tensor:
        """Clean latents [1, C, h, w] of a picture whose sides are multiples of a cell."""
        ...

    def decode(self, latent: Tensor) -> Image.Image:
        """Decode clean latents [1, C, h, w] to a picture."""
        ...

    def resize(self, x0: Tensor, size: Size) -> Tensor:
        """Clean latents [C, h, w] of what x0 [C, h', w'] shows in `size` cells; sharp, so by way of pixels."""
        ...


class Denoiser(Pictures, Protocol):
    """The half of a host that denoising asks.

    An adapter makes one for each sampling and may refresh it before each call of the model with what its program
    hands over only then. One that changes its network in place for a call lets in one caller at a time.
    """

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """Predict x0 [N, C, h, w] from x [N, C, h, w], one row each; rows of one size and of equal groups."""
        ...


class Host(Encoder, Denoiser, Protocol):
    """All that the core asks of a program."""


def resize_picture(host: Pictures, x0: Tensor, size: Size) -> Tensor:
    """Clean latents [C, h, w] of what x0 [C, h', w'] shows in `size` cells: decoded, resized and encoded again."""
    pixels = size.pixels(host.latent.pixels_per_cell)
    picture = host.decode(x0[None]).resize((pixels.width, pixels.height), Image.Resampling.LANCZOS)
    return host.encode_image(picture)[0].to(x0)
