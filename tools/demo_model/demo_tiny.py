"""The stage `tiny`: a small autoencoder in TAESD's layout that shares the big one's latents, for streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import demo_vae
import numpy as np
import torch
import torch.nn.functional as F
from demo_loop import Stage, device, fast, sheet, to_pictures, to_tensor, trained
from demo_networks import SCALE, new_tiny, seeded
from demo_speed import widen
from torch import Tensor, nn
from toyworld_scenes import HELD_OUT, TRAINING, draw, scene_of

SEED = 15
BATCH = 3
START = 2 * 10**6


def stage() -> Stage:
    """The stage that trains the encoder to give the big one's latents, and the decoder to give the pictures."""
    vae: Any = widen(demo_vae.finished()).to(device(), memory_format=torch.channels_last)
    tiny = seeded("tiny", SEED).to(memory_format=torch.channels_last)

    def loss(step: int) -> Tensor:
        seeds = range(START + step * BATCH, START + (step + 1) * BATCH)
        x = to_tensor(np.stack([draw(scene_of(TRAINING[seed])).picture for seed in seeds]))
        x = x.to(device(), memory_format=torch.channels_last)
        with torch.no_grad(), fast():
            z = vae.encode(x).latent_dist.mean.float() * SCALE
        with fast():
            guess, y = tiny.encoder(x).float(), tiny.decoder(z).float()
        return F.mse_loss(guess, z) + F.l1_loss(y, x) + 0.5 * demo_vae.edges(y, x)

    return Stage("tiny", {"tiny": tiny}, loss, preview, rate=2e-3, averaging=0.98, decay=0.5, every=100)


def preview(networks: Mapping[str, nn.Module]) -> np.ndarray:
    """Held-out pictures above what the small autoencoder makes of them, as one sheet [h, w, 3]."""
    tiny: Any = networks["tiny"]
    drawn = np.stack([draw(scene_of(seed)).picture for seed in HELD_OUT[:12]])
    back = to_pictures(tiny.decoder(tiny.encoder(to_tensor(drawn).to(device()))))
    return sheet(np.concatenate([drawn, back]), 12)


def finished() -> Any:
    """The trained small autoencoder."""
    return trained("tiny", "tiny", new_tiny())
