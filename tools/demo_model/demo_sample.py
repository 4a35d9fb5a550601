"""Pictures from the demo model while it is trained: prompts -> tokens -> latents -> pixels."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from demo_loop import mix_precision, to_pictures
from demo_networks import SCALE, SIDE, make_scheduler
from diffusers import LCMScheduler
from torch import Tensor

from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import make_clip_tokenizer


@dataclass(frozen=True)
class Sampling:
    """How pictures are drawn: steps, guidance scale, seed, whether with the LCM's scheduler, size."""

    steps: int = 20
    guidance: float = 4.0
    seed: int = 1
    lcm: bool = False
    shape: tuple[int, int] = (SIDE, SIDE)
    """Height and width in latent cells."""


@dataclass(frozen=True)
class Model:
    """The networks that draw: denoiser, text encoder, autoencoder."""

    unet: Any
    text: Any
    vae: Any


@functools.cache
def load_tokenizer() -> Any:
    """CLIP's tokenizer."""
    return make_clip_tokenizer()


def tokenize(prompts: Sequence[str]) -> Tensor:
    """Token ids [n, 77] of prompts, padded as the hosts pad them."""
    made = load_tokenizer()(list(prompts), padding="max_length", max_length=77, truncation=True, return_tensors="pt")
    return made.input_ids


@torch.no_grad()
def embed(text: Any, prompts: Sequence[str]) -> Tensor:
    """The text encoder's embeddings [n, 77, width] of prompts."""
    return text(tokenize(prompts).to(text.device))[0]


@torch.no_grad()
def sample(model: Model, prompts: Sequence[str], how: Sampling) -> Tensor:
    """Clean latents [n, 4, h, w] of prompts; the noise of each depends on seed and number alone."""
    scheduler: Any = LCMScheduler.from_config(make_scheduler().config) if how.lcm else make_scheduler()
    scheduler.set_timesteps(how.steps)
    generator = torch.Generator().manual_seed(how.seed)
    x = torch.randn(len(prompts), 4, *how.shape, generator=generator).to(model.unet.device)
    cond, uncond = embed(model.text, prompts), embed(model.text, [""])
    extra = {"generator": generator} if how.lcm else {}
    for t in scheduler.timesteps:
        eps = guide(model.unet, x, t, (cond, uncond), how.guidance)
        x = scheduler.step(eps, t, x, return_dict=False, **extra)[0]
    return x


def guide(unet: Any, x: Tensor, t: Tensor, conds: tuple[Tensor, Tensor], guidance: float) -> Tensor:
    """The noise eps in x by classifier-free guidance; `conds` are prompt and negative, not run at guidance 1."""
    cond, uncond = conds
    with mix_precision():
        if guidance == 1:
            return unet(x, t, encoder_hidden_states=cond).sample.float()
        both = torch.cat([cond, uncond.expand_as(cond)])
        repeated = t.repeat(2) if t.ndim else t
        a, b = unet(torch.cat([x, x]), repeated, encoder_hidden_states=both).sample.float().chunk(2)
    return b + guidance * (a - b)


@torch.no_grad()
def decode(vae: Any, latents: Tensor) -> np.ndarray:
    """Pictures uint8 [n, h, w, 3] of clean latents [n, 4, h/8, w/8]."""
    parts = [vae.decode(part / SCALE).sample for part in latents.to(vae.device).split(4)]
    return to_pictures(torch.cat(parts))


def draw_pictures(model: Model, prompts: Sequence[str], how: Sampling) -> np.ndarray:
    """Pictures uint8 [n, h, w, 3] of prompts, drawn a few at a time; the noise depends on seed and number alone."""
    made = []
    for start in range(0, len(prompts), 16):
        part = replace(how, seed=how.seed * 100_003 + start)
        made.append(decode(model.vae, sample(model, prompts[start : start + 16], part)))
    return np.concatenate(made)
