"""A host that encodes nothing and knows no network: enough of one to plan by, and to count what a plan asks."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from PIL import Image

from lib_regiondiff.geometry import LATENT_CELL, Size
from lib_regiondiff.host import Cond, LatentSpec, Part, Parts
from lib_regiondiff.planning.prompt_suffix import AND


@dataclass(frozen=True, eq=False)
class _Said:
    """A prompt that is only looked at."""

    text: str
    group: int = 0


@dataclass(frozen=True)
class Sketch:
    """The host; its model was trained at `native` pixels."""

    native: int

    @property
    def latent(self) -> LatentSpec:
        """Four channels, 8 pixels a cell, the native side of the model."""
        return LatentSpec(4, LATENT_CELL, self.native, torch.device("cpu"), torch.float32)

    def encode(self, prompt: str, negative: bool, size: Size) -> Parts:
        """The parts that AND joins."""
        parts = [prompt] if negative else AND.split(prompt)
        return tuple(Part(_Said(part.strip())) for part in parts)

    def encode_image(self, image: Image.Image) -> torch.Tensor:
        """Latents of the right size."""
        return torch.zeros(1, self.latent.channels, image.height // LATENT_CELL, image.width // LATENT_CELL)

    def lerp(self, a: Cond, b: Cond, t: float) -> Cond:
        """Something between the two."""
        return _Said(f"between {t}")
