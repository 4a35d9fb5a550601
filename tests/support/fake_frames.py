"""Models of Forge Neo whose latents have an axis of frames, such as Qwen-Image: the same answers in one axis more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

import fake_forge
import fake_webui
from fake_forge import KModel
from fake_sampler import Job
from fake_webui import Checkpoint, WebUI


class FramedModel(KModel):
    """The model below the UNet's options: it takes nothing but frames, and knows pictures of one."""

    def apply_model(self, x: Tensor, t: Tensor, c_crossattn: Tensor, **more: Any) -> Tensor:
        """Rows in one call."""
        assert x.ndim == 5 and x.shape[2] == 1, x.shape
        if "c_concat" in more:
            more["c_concat"] = more["c_concat"].squeeze(2)
        return super().apply_model(x.squeeze(2), t, c_crossattn, **more).unsqueeze(2)


class FramedJob(Job):
    """A job whose noise has an axis of so many frames."""

    frames = 1

    def noise(self) -> Tensor:
        """Unit noise [B, 3, frames, h, w]; that of one frame is that of a picture."""
        return super().noise().unsqueeze(2).expand(-1, -1, self.frames, -1, -1).clone()


def with_frames(checkpoint: Checkpoint) -> Any:
    """A checkpoint as this program loads it."""
    loaded = fake_forge.with_unet(checkpoint)
    loaded.forge_objects.unet.model = FramedModel(checkpoint)
    return loaded


def install(monkeypatch: pytest.MonkeyPatch, folder: Path) -> WebUI:
    """The program with such a checkpoint loaded."""
    webui = fake_forge.install(monkeypatch, folder)
    webui.common.images_tensor_to_samples = encoded
    webui.load(with_frames(Checkpoint()))
    return webui


def encoded(pixels: Tensor, approximation: Any = None, model: Any = None) -> Tensor:
    """Latents of one frame."""
    return fake_webui.encoded(pixels).unsqueeze(2)
