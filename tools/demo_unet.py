"""The stage `unet`: text encoder and denoiser of the demo model, trained together on latents made once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import demo_vae
import numpy as np
import torch
from demo_loop import CACHE, Stage, batches, fast, generator_of, place, sheet, to_tensor
from demo_networks import SCALE, new_scheduler, seeded
from demo_sample import Model, Sampling, pictures, tokens
from demo_speed import hasten
from torch import Tensor, nn
from toyworld_captions import brief, caption
from toyworld_scenes import TRAINING, draw, scene_of
from tqdm import tqdm

SEED = 12
POOL, BATCH = 6144, 16
DROPPED, BRIEF = 0.1, 0.1  # captions left out, and captions without their background
PROMPTS = (
    "a red circle on grass",
    "blue sky",
    "a yellow star on a night sky",
    "a brick wall",
    "a green tree on snow",
    "the sea",
    "a purple house on sand",
    "red heart left of a blue star on a white background",
    "an orange fish on blue sea",
    "pink dots",
    "a white moon on a purple background",
    "a black boat above a yellow sun on blue stripes",
)


def stage() -> Stage:
    """Train on the latents of POOL scenes, with captions drawn anew each time."""
    latents, vae = prepared(), demo_vae.finished()
    unet = hasten(seeded("unet", SEED)).to(memory_format=torch.channels_last)
    nn.init.zeros_(unet.conv_out.weight)
    text = seeded("text", SEED)
    kept = new_scheduler().alphas_cumprod

    def loss(step: int) -> Tensor:
        return batch_loss(Model(unet, text, None), latents, kept, step)

    def preview(networks: Mapping[str, nn.Module]) -> np.ndarray:
        model = Model(networks["unet"], networks["text"], vae)
        return sheet(pictures(model, PROMPTS, Sampling(steps=12)), 6)

    return Stage("unet", {"unet": unet, "text": text}, loss, preview, rate=1e-3, averaging=0.995, decay=0.4, every=100)


def batch_loss(model: Model, latents: Tensor, kept: Tensor, step: int) -> Tensor:
    """Weighted squared error of the noise for one batch."""
    generator = generator_of(SEED, step)
    index = torch.randint(len(latents), (BATCH,), generator=generator)
    x0 = latents[index].float()
    t = (torch.arange(BATCH) + torch.rand(BATCH, generator=generator)) / BATCH * 1000
    t = t.long()
    alpha = kept[t].reshape(-1, 1, 1, 1)
    noise = torch.randn(x0.shape, generator=generator)
    x = alpha.sqrt() * x0 + (1 - alpha).sqrt() * noise
    captions = [caption_of(int(seed), step) for seed in index]
    with fast():
        embedding = model.text(tokens(captions))[0]
        eps = model.unet(x.contiguous(memory_format=torch.channels_last), t, encoder_hidden_states=embedding).sample
    errors = (eps.float() - noise).square().mean(dim=(1, 2, 3))
    return (weights(kept[t]) * errors).mean()


def weights(kept: Tensor) -> Tensor:
    """Weights of eps errors: min-SNR, and more where there is much noise, since there the prompt is learned."""
    snr = kept / (1 - kept)
    return ((snr.clamp(max=5) + 0.25) / snr).clamp(max=8)


def caption_of(seed: int, step: int) -> str:
    """A caption of the scene in other words at each step; now and then none, or one that leaves the background open."""
    rng = np.random.default_rng((SEED, seed, step))
    scene, chance = scene_of(TRAINING[seed]), rng.random()
    if chance < DROPPED:
        return ""
    return brief(scene, rng) if chance < DROPPED + BRIEF else caption(scene, rng)


def prepared() -> Tensor:
    """Latents float16 [POOL, 4, 16, 16] of the first training scenes, white; made once, by all workers together."""
    rank, workers = place()
    mine, whole = CACHE / f"latents-{POOL}-{rank}of{workers}.pt", CACHE / f"latents-{POOL}.pt"
    if not whole.exists():
        torch.save(_encoded(demo_vae.finished(), range(rank, POOL, workers)), mine)
        if workers > 1:
            torch.distributed.barrier()
        if rank == 0:
            _join([CACHE / f"latents-{POOL}-{each}of{workers}.pt" for each in range(workers)], whole)
        if workers > 1:
            torch.distributed.barrier()
    return torch.load(whole, weights_only=True)


@torch.no_grad()
def _encoded(vae: Any, seeds: range) -> Tensor:
    vae = vae.to(memory_format=torch.channels_last)
    parts = []
    for part in tqdm(list(batches(len(seeds), 8)), desc="latents", mininterval=10):
        x = to_tensor(np.stack([draw(scene_of(TRAINING[seeds[i]])).picture for i in part]))
        parts.append((vae.encode(x.contiguous(memory_format=torch.channels_last)).latent_dist.mean * SCALE).half())
    return torch.cat(parts)


def _join(paths: list[Path], whole: Path) -> None:
    parts = [torch.load(path, weights_only=True) for path in paths]
    joined = torch.empty(sum(map(len, parts)), *parts[0].shape[1:], dtype=parts[0].dtype)
    for number, part in enumerate(parts):
        joined[number :: len(parts)] = part
    torch.save(joined, whole.with_suffix(".unfinished"))
    whole.with_suffix(".unfinished").replace(whole)
    for path in paths:
        path.unlink()
