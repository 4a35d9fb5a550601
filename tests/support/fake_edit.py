"""Forge Neo's editing models: the picture that is edited is noted as it is encoded, used up by the first prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import fake_forge
import fake_webui
from fake_forge import with_unet
from fake_sampler import Job
from fake_webui import Checkpoint, WebUI


class Editing(Checkpoint):
    """A model that sees pictures beside x: their latents in the network, and in its prompts if its `text` sees them."""

    text = False
    arguments: Any = None
    ini_latent: Tensor | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ref_latents: list[Tensor] = []

    def get_learned_conditioning(self, texts: Any) -> Any:
        """A positive prompt takes the picture, and says anew what the network sees."""
        made = super().get_learned_conditioning(texts)
        if texts.is_negative_prompt:
            return made
        found = [*self.ref_latents]
        if self.ini_latent is not None:
            found.insert(0, self.ini_latent)
            self.ini_latent = None
        if not found:
            self.arguments.ref_latents.clear()
            return made
        self.arguments.ref_latents = found.copy()
        return made + sum(each.mean(dim=(0, 2, 3)) for each in found) if self.text else made

    def x0(self, x: Tensor, scaling: tuple[float, float], number: float, text: Tensor, **beside: Any) -> Tensor:
        """The answer, moved by the pictures, which are as large as x and belong to one row."""
        made = super().x0(x, scaling, number, text, **beside)
        for each in self.arguments.ref_latents:
            assert each.shape == x.shape, "one row, the whole picture"
            made = made + 0.3 * each
        return made


class EditJob(Job):
    """A job in img2img; with `cached` prompts the program has encoded them for an earlier one."""

    cached: Any = None

    def init(self, *given: Any) -> None:
        """Encodes the picture."""
        if self.init_images:
            self.webui.common.images_tensor_to_samples(self.init_images[0])

    def setup_conds(self) -> None:
        """Unless they are known."""
        if self.cached is None:
            super().setup_conds()
        else:
            self.c, self.uc = self.cached


def install(monkeypatch: pytest.MonkeyPatch, folder: Path, text: bool = False, native: int = 64) -> WebUI:
    """The program with an editing model loaded."""
    webui = fake_forge.install(monkeypatch, folder)

    class dynamic_args:  # noqa: N801 - its name there
        ref_latents: list[Tensor] = []  # noqa: RUF012 - as it is there
        last_extra_generation_params: dict[str, Any] = {}  # noqa: RUF012

    fake_webui.put(monkeypatch, "backend.args", dynamic_args=dynamic_args)
    made: Any = with_unet(Editing(native=native))
    made.text, made.arguments = text, dynamic_args
    made.forge_objects.unet.model.together = False
    webui.load(made)

    def encoded(pixels: Tensor, approximation: Any = None, model: Any = None) -> Tensor:
        made.ini_latent = fake_webui.encoded(pixels)
        return made.ini_latent

    webui.common.images_tensor_to_samples = encoded
    return webui


def picture(side: int, seed: int = 1) -> Tensor:
    """Pixels [1, 3, h, w] in [0, 1] of so many cells a side."""
    return torch.rand(1, 3, 8 * side, 8 * side, generator=torch.Generator().manual_seed(seed))
