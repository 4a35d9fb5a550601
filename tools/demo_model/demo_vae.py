"""The stage `vae`: the autoencoder of the demo model, and latents of zero mean and unit variance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from demo_begin import take_vae
from demo_loop import (
    Stage,
    choose_device,
    is_shipped,
    load_trained,
    make_generator,
    make_sheet,
    mix_precision,
    to_pictures,
    to_tensor,
)
from demo_networks import SCALE, ease, make_seeded, make_vae
from demo_speed import widen
from torch import Tensor, nn
from world_scenes import HELD_OUT, TRAINING
from worlds import World

SEED = 11
PICTURES, CROPS, CROP = 4, 2, 64
KL, EDGES, BLUR, SHAKE = 2e-6, 0.5, 1.0, 0.05
EPSILON = 0.1


def stage(world: World) -> Stage:
    """The stage that trains on crops; the network is convolutional but for one attention at the coarsest level."""
    new = unsettle(take_vae()) if world.recipe.begins else ease(_spread(make_seeded("vae", SEED)), EPSILON)
    vae = widen(new).to(memory_format=torch.channels_last)

    def error(step: int) -> Tensor:
        return loss(vae, draw_crops(world, step), step)

    def sheet(networks: Mapping[str, nn.Module]) -> np.ndarray:
        return preview(world, networks["vae"])

    return Stage("vae", world.folder, {"vae": vae}, error, sheet, rate=2e-3, decay=0.4, every=100)


@torch.no_grad()
def _spread(vae: Any) -> Any:
    """First weights that keep the strength of a signal; residual branches start weak."""
    for name, module in vae.named_modules():
        if isinstance(module, nn.Conv2d):
            module.weight *= 0.5 if name.endswith("conv2") else 3**0.5
    return vae


def draw_crops(world: World, step: int) -> Tensor:
    """A batch [n, 3, 64, 64] in [-1, 1]: crops of pictures that no other step sees."""
    rng = np.random.default_rng((SEED, step))
    parts = []
    for index in range(PICTURES):
        picture = world.draw(world.make_scene(TRAINING[step * PICTURES + index])).picture
        limits = [picture.shape[0] - CROP + 1, picture.shape[1] - CROP + 1]
        for y, x in rng.integers(0, limits, (CROPS, 2)):
            parts.append(picture[y : y + CROP, x : x + CROP])
    return to_tensor(np.stack(parts))


def loss(vae: Any, crops: Tensor, step: int) -> Tensor:
    """The error of a step's batch: of pixels and edges, absolute, and a weak pull of latents towards the normal."""
    x = crops.to(choose_device(), memory_format=torch.channels_last)
    with mix_precision():
        moments = vae.quant_conv(vae.encoder(x))
    mean, log_variance = moments.float().chunk(2, dim=1)
    log_variance = log_variance.clamp(-30, 20)
    noise = torch.randn(mean.shape, generator=make_generator(SEED, step)).to(choose_device())
    spread = mean.detach().std()
    z = mean + noise * (log_variance.mul(0.5).exp() + SHAKE * spread)
    with mix_precision():
        y = vae.decoder(vae.post_quant_conv(z)).float()
    kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=(1, 2, 3)).mean()
    return F.l1_loss(y, x) + EDGES * edges(y, x) + BLUR * F.l1_loss(F.avg_pool2d(y, 8), F.avg_pool2d(x, 8)) + KL * kl


def edges(y: Tensor, x: Tensor) -> Tensor:
    """The absolute error of the differences between neighbouring pixels, both ways."""
    d = y - x
    return 0.5 * (d.diff(dim=2).abs().mean() + d.diff(dim=3).abs().mean())


def preview(world: World, vae: Any) -> np.ndarray:
    """Held-out pictures above their reconstructions, as one sheet [h, w, 3]."""
    pictures = np.stack([drawing.picture for drawing in world.draw_alike(HELD_OUT, 12)])
    back = vae(to_tensor(pictures).to(choose_device())).sample
    rows = [part for start in (0, 6) for part in (pictures[start : start + 6], to_pictures(back[start : start + 6]))]
    return make_sheet(np.concatenate(rows), 6)


@torch.no_grad()
def whiten(world: World, vae: Any, count: int = 96) -> None:
    """Turn and scale the latents, within the two 1x1 convolutions, so that SCALE times them is white with mean zero.

    The decoder undoes it: the pictures stay as they are.
    """
    pictures = np.stack([drawing.picture for drawing in world.draw_alike(TRAINING[::-1], count)][::-1])
    means = torch.cat([vae.encode(part).latent_dist.mean for part in to_tensor(pictures).split(8)])
    cells = means.permute(0, 2, 3, 1).reshape(-1, 4).double()
    middle = cells.mean(0)
    values, axes = torch.linalg.eigh(torch.cov(cells.T))
    forward = axes / values.sqrt() @ axes.T / SCALE
    _apply(vae, forward.float(), middle.float())


def _apply(vae: Any, forward: Tensor, middle: Tensor) -> None:
    """z -> forward (z - middle) after the encoder, its inverse before the decoder; variances follow the diagonal."""
    enter, leave = vae.quant_conv, vae.post_quant_conv
    w, b = enter.weight[:4, :, 0, 0].clone(), enter.bias[:4].clone()
    enter.weight[:4, :, 0, 0] = forward @ w
    enter.bias[:4] = forward @ (b - middle)
    enter.bias[4:] += 2 * forward.diagonal().abs().log()
    weight = leave.weight[:, :, 0, 0].clone()
    leave.weight[:, :, 0, 0] = weight @ torch.linalg.inv(forward)
    leave.bias += weight @ middle


def psnr(world: World, vae: Any, count: int = 32) -> float:
    """The peak signal-to-noise ratio, in decibels, of reconstructions of held-out pictures."""
    pictures = to_tensor(np.stack([drawing.picture for drawing in world.draw_alike(HELD_OUT, count)]))
    with torch.no_grad():
        errors = [F.mse_loss(vae(part).sample.clamp(-1, 1), part).item() for part in pictures.split(4)]
    return float(-10 * np.log10(np.mean(errors) / 4))


@torch.no_grad()
def settle(vae: Any) -> Any:
    """An autoencoder with the usual epsilon in its norms that computes what the trained one does.

    GroupNorm with epsilon e of x equals GroupNorm with epsilon e k^2 of k x; so whatever a norm reads is scaled by k.
    """
    return ease(_scale(vae, (1e-6 / EPSILON) ** 0.5), 1e-6)


@torch.no_grad()
def unsettle(vae: Any) -> Any:
    """The reverse of `settle`: a finished autoencoder as it can be trained further."""
    return ease(_scale(vae, (EPSILON / 1e-6) ** 0.5), EPSILON)


@torch.no_grad()
def _scale(vae: Any, k: float) -> Any:
    """The same autoencoder with all that its norms read scaled by k."""
    for name, module in vae.named_modules():
        if not isinstance(module, nn.Conv2d | nn.Linear) or "quant_conv" in name or name.endswith("conv_out"):
            continue
        assert module.bias is not None
        if name.endswith((".conv1", ".conv2", "conv_in", "to_out.0")):
            module.weight.mul_(k)
            module.bias.mul_(k)
        elif "sampler" in name:
            module.bias.mul_(k)
    return vae


def load_finished(world: World) -> Any:
    """The trained autoencoder as the demo model has it: white latents, the usual epsilon."""
    vae = load_trained(world.checkpoint("vae"), "vae", ease(make_vae(), EPSILON))
    if not is_shipped(world.checkpoint("vae")):  # what ships is white
        whiten(world, vae)
    return settle(vae)
