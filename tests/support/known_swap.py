"""A LoRA of rank 1 for the known model that makes red blue and blue red, in every form of keys."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from known_unet import AMPLITUDE
from known_weights import TEXT_NORM

LAYER = "up_blocks.3.attentions.2.transformer_blocks.0.attn2.to_v"
FORMS = {
    "kohya": ("lora_unet_" + LAYER.replace(".", "_"), ".lora_up.weight", ".lora_down.weight"),
    "diffusers": ("unet." + LAYER, ".lora.up.weight", ".lora.down.weight"),
    "peft": ("unet." + LAYER, ".lora_B.weight", ".lora_A.weight"),
}


def swap(form: str, heads: int = 8, inner: int = 96, width: int = 768) -> dict[str, Tensor]:
    """The file's tensors: each head's value of red gains what blue is more than red, and blue's loses it."""
    up, down = torch.zeros(inner, 1), torch.zeros(1, width)
    up[0 :: inner // heads] = 1
    up[2 :: inner // heads] = -1
    down[0, 2] = AMPLITUDE / math.sqrt(width / TEXT_NORM)
    down[0, 0] = -down[0, 2]
    name, up_name, down_name = FORMS[form]
    return {name + up_name: up, name + down_name: down}
