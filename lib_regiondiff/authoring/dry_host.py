"""A host that encodes nothing and knows no network: enough of one to plan by, and to count what a plan asks."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from PIL import Image

from lib_regiondiff.geometry import LATENT_CELL
from lib_regiondiff.host import Cond, LatentSpec, Part, Parts, Prompt
from lib_regiondiff.planning.attention.bias import holds
from lib_regiondiff.planning.prompt_words import AND
from lib_regiondiff.planning.refusals import METHODS


@dataclass(frozen=True, eq=False)
class _Said:
    """A prompt that is only looked at."""

    text: str
    group: int = 0

    def spans(self, phrase: str) -> list[slice]:
        """Its words, which stand for tokens."""
        return [slice(0, 1)] if self.says(phrase) else []

    def says(self, phrase: str) -> bool:
        """Whether it has these words."""
        return holds(self.text, phrase)


@dataclass(frozen=True)
class Sketch:
    """A host to plan with, which has no network; it passes for one whose model was trained at `native` pixels."""

    native: int
    methods: frozenset[str] = frozenset(METHODS)
    """All: whoever is to draw refuses by itself what it can't do."""

    @property
    def latent(self) -> LatentSpec:
        """A latent space of four channels and 8 pixels a cell, with the model's native side, float32 on the CPU."""
        return LatentSpec(4, LATENT_CELL, self.native, torch.device("cpu"), torch.float32)

    def encode(self, prompt: Prompt) -> Parts:
        """The parts of a prompt that AND joins, or a whole negative as one part; nothing is really encoded."""
        parts = [prompt.text] if prompt.negative else AND.split(prompt.text)
        return tuple(Part(_Said(part.strip())) for part in parts)

    def encode_image(self, image: Image.Image) -> torch.Tensor:
        """Zeros [1, 4, h, w] in place of a picture's latents."""
        return torch.zeros(1, self.latent.channels, image.height // LATENT_CELL, image.width // LATENT_CELL)

    def lerp(self, a: Cond, b: Cond, t: float) -> Cond:
        """A stand-in for the condition between a (t = 0) and b (t = 1)."""
        return _Said(f"between {t}")
