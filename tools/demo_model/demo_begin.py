"""The demo model's shipped networks, with which the training of another world begins."""

from __future__ import annotations

from typing import Any

import torch

from lib_regiondiff.demo import make_checkpoint
from lib_regiondiff.hosts.diffusers.checkpoints.loader import load_pipeline


def _load() -> Any:
    return load_pipeline(make_checkpoint(), torch.device("cpu"), torch.float32)


def take_vae() -> Any:
    """The shipped autoencoder, its weights to be trained."""
    return _load().vae.train().requires_grad_(True)


def take_text() -> Any:
    """The shipped text encoder, its weights to be trained."""
    return _load().text_encoder.train().requires_grad_(True)


def take_unet() -> Any:
    """The shipped denoiser, its weights to be trained."""
    return _load().unet.train().requires_grad_(True)
