"""The stage `tiny`: a small autoencoder in TAESD's layout that shares the big one's latents, for streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import demo_vae
import numpy as np
import torch
import torch.nn.functional as F
from demo_loop import Stage, choose_device, load_trained, make_sheet, mix_precision, to_pictures, to_tensor
from demo_networks import SCALE, make_seeded, make_tiny
from demo_speed import widen
from torch import Tensor, nn
from world_scenes import HELD_OUT, TRAINING
from worlds import World

SEED = 15
BATCH = 3
START = 2 * 10**6


def stage(world: World) -> Stage:
    """The stage that trains the encoder to give the big one's latents, and the decoder to give the pictures."""
    vae: Any = widen(demo_vae.load_finished(world)).to(choose_device(), memory_format=torch.channels_last)
    tiny = make_seeded("tiny", SEED).to(memory_format=torch.channels_last)

    def loss(step: int) -> Tensor:
        x = to_tensor(draw_batch(world, START + step * BATCH))
        x = x.to(choose_device(), memory_format=torch.channels_last)
        with torch.no_grad(), mix_precision():
            z = vae.encode(x).latent_dist.mean.float() * SCALE
        with mix_precision():
            guess, y = tiny.encoder(x).float(), tiny.decoder(z).float()
        return F.mse_loss(guess, z) + F.l1_loss(y, x) + 0.5 * demo_vae.edges(y, x)

    def sheet(networks: Mapping[str, nn.Module]) -> np.ndarray:
        return preview(world, networks["tiny"])

    return Stage("tiny", world.folder, {"tiny": tiny}, loss, sheet, rate=2e-3, averaging=0.98, decay=0.5, every=100)


def draw_batch(world: World, start: int) -> np.ndarray:
    """Square pictures uint8 [BATCH, h, w, 3] of the training seeds from `start` on."""
    return np.stack([drawing.picture for drawing in world.draw_alike(TRAINING[start:], BATCH)])


def preview(world: World, tiny: Any) -> np.ndarray:
    """Held-out pictures above what the small autoencoder makes of them, as one sheet [h, w, 3]."""
    drawn = np.stack([drawing.picture for drawing in world.draw_alike(HELD_OUT, 12)])
    back = to_pictures(tiny.decoder(tiny.encoder(to_tensor(drawn).to(choose_device()))))
    return make_sheet(np.concatenate([drawn, back]), 12)


def load_finished(world: World) -> Any:
    """The trained small autoencoder."""
    return load_trained(world.checkpoint("tiny"), "tiny", make_tiny())
