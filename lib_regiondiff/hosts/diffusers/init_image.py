"""Where sampling begins on diffusers: at pure noise, or at a noised init picture with a share of the levels to go."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lib_regiondiff.document import pictures
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.host import Host, Level, ModelFunction
from lib_regiondiff.planning.intervals import round_levels
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.store import Store


@dataclass(frozen=True, eq=False)
class InitLatents:
    """An init picture as sampling begins at it.

    `x0` float32 [1, C, h, w] are its clean latents; `mask` [h, w] in [0, 1] is how far a cell is painted anew, None for
    all of them.
    """

    x0: Tensor
    mask: Tensor | None

    @staticmethod
    def of(palette: Palette, host: Host, store: Store | None = None) -> InitLatents | None:
        """The beginning that a palette's `init` asks for; None for a palette without one.

        Raises HostError where the VAE cannot encode the picture.
        """
        if palette.init is None:
            return None
        picture = pictures.draw_ground(palette.init.image, None, palette.size, store)
        assert picture is not None
        cell, painted = host.latent.pixels_per_cell, palette.init.mask
        mask = None if painted is None else masks.measure_cells(painted, palette.size, cell, store)
        x0 = host.encode_image(pictures.pad_border(picture, cell)).float()
        return InitLatents(x0, None if mask is None else torch.from_numpy(mask.copy()).to(x0))

    def noised(self, noise: Tensor, level: Level) -> Tensor:
        """x [B, C, h, w] at the level where sampling begins, from unit noise [B, C, h, w]."""
        return level.alpha * self.x0 + level.beta * noise

    def inside(self, model: ModelFunction) -> ModelFunction:
        """A model that predicts as `model` does inside the mask and the init picture outside of it."""
        mask = self.mask
        if mask is None:
            return model
        return lambda x, level: torch.lerp(self.x0.to(x), model(x, level), mask.to(x))


def count_skipped_steps(palette: Palette) -> int:
    """How many of a palette's steps, the first ones, its init picture saves; 0 without one."""
    return 0 if palette.init is None else palette.steps - round_levels(palette.init.strength * palette.steps)
