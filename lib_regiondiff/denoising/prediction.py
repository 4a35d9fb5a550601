"""Predictions: what a sampler gets for a picture, and the error where it would get no numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from lib_regiondiff.denoising.texture_memory import TextureMemory
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Level
from lib_regiondiff.planning.views import View


@dataclass(frozen=True, eq=False)
class Prediction:
    """Blended x0 [C, h, w] of one picture, guided, and the same of the negatives alone, where all of them were asked.

    `memory` is what the picture's next frame is to see; a prediction of several pictures [B, C, h, w] has none.
    """

    denoised: Tensor
    uncond: Tensor | None
    memory: TextureMemory = field(default_factory=TextureMemory)

    def pair(self, scale: float) -> tuple[Tensor, Tensor]:
        """Positive and negative x0 for a host that guides by its own `scale`, such that the result is `denoised`.

        Guidance is linear and weights sum to 1, so each region keeps the scale it was guided by. Both are `denoised`
        without negatives and at scale 0.
        """
        if self.uncond is None or scale == 0:
            return self.denoised, self.denoised
        return self.uncond + (self.denoised - self.uncond) / scale, self.uncond


def make_error(level: Level, views: Sequence[View], guided: Sequence[Tensor]) -> HostError:
    """The error of a level where what views drew [C, h, w] is not finite; it names their brushes."""
    bad = [view for view, each in zip(views, guided, strict=True) if not torch.isfinite(each).all()]
    names = ", ".join(name for view in bad for name in view.names) or "the blend"
    where = f"prediction of {names} at noise {level.noise:.3f}"
    return HostError(where, "finite numbers", "NaN or infinity", "try a wider dtype (float32 or bfloat16)")
