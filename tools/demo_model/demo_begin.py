"""The demo model's shipped networks, with which the training of another world begins."""

from __future__ import annotations

from typing import Any

import torch
from demo_lora import name_layer
from safetensors.torch import load_file
from torch import nn

from lib_regiondiff.demo import LORA, make_checkpoint
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


@torch.no_grad()
def take_lora(additions: nn.ModuleDict) -> None:
    """Give new additions to a denoiser what the shipped LCM LoRA has for their layers; what it lacks stays zero."""
    tensors = load_file(LORA)
    for name, addition in additions.items():
        key, own = name_layer(name.replace("/", ".")), dict(addition.named_parameters())
        if f"{key}.alpha" in tensors:
            up, down = (tensors[f"{key}.lora_{part}.weight"].float() for part in ("up", "down"))
            own["up"][:, : len(down)] = up * (float(tensors[f"{key}.alpha"]) / len(down))
            own["down"][: len(down)] = down
