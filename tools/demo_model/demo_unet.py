"""The stage `unet`: text encoder and denoiser of the demo model, trained together on latents made once.

Beside the noise, a layer in the denoiser's upper half has to tell the class and colour of each cell, which the toy
world knows exactly: so shapes are learned in a fraction of the steps. That head is not part of the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import demo_vae
import numpy as np
import torch
import torch.nn.functional as F
from demo_loop import (
    CACHE,
    Stage,
    choose_device,
    find_place,
    load_trained,
    make_generator,
    make_sheet,
    mix_precision,
    split_batches,
    to_tensor,
)
from demo_networks import SCALE, SIDE, UNET_WIDTHS, make_scheduler, make_seeded, make_text
from demo_sample import Model, Sampling, draw_pictures, tokenize
from demo_speed import hasten
from torch import Tensor, nn
from toyworld_captions import caption, caption_briefly
from toyworld_scenes import TRAINING, draw, make_scene
from tqdm import tqdm

from lib_regiondiff.demo.world import BACKGROUNDS, CLASSES, COLOURS, OBJECTS

SEED = 12
POOL, BATCH = 8192, 16
DROPPED, BRIEF = 0.1, 0.1  # captions left out, and captions without their background
TELLING = 0.2  # weight of telling classes and colours
OBJECTS_WEIGHT = 3.0
COMPOSED_FROM, COMPOSED = 5400, 0.5  # from this step on, this share of the pictures has a part of another one in it
PAIRS_FROM, PAIRS_WEIGHT = 3600, 3.0  # from this step on, scenes with two objects are drawn so much more often
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
    """The stage that trains on latents of POOL scenes, with captions drawn anew each time; token embeddings stay."""
    pool = Pool(prepare(), read_labels(range(POOL)), make_scheduler().alphas_cumprod, count_things())
    vae = demo_vae.load_finished().to(choose_device())
    unet = hasten(make_seeded("unet", SEED)).to(memory_format=torch.channels_last)
    nn.init.zeros_(unet.conv_out.weight)
    text = load_trained("text", "text", make_text()).requires_grad_(True)
    text.get_input_embeddings().requires_grad_(False)
    teller = Teller(unet)

    def loss(step: int) -> Tensor:
        return batch_loss(Model(unet, text, None), pool, teller, step)

    def preview(networks: Mapping[str, nn.Module]) -> np.ndarray:
        model = Model(networks["unet"], networks["text"], vae)
        return make_sheet(draw_pictures(model, PROMPTS, Sampling(steps=12)), 6)

    networks = {"unet": unet, "text": text, "teller": teller.head}
    return Stage("unet", networks, loss, preview, rate=1e-3, averaging=0.995, decay=0.4, every=200)


@dataclass(frozen=True)
class Pool:
    """The pool of training scenes, and alpha-bar (`kept`) [1000].

    Latents are [n, 4, 16, 16], labels (class and colour of each cell) [n, 2, 16, 16]; `things` [n] counts objects.
    """

    latents: Tensor
    labels: Tensor
    kept: Tensor
    things: Tensor

    def draw(self, step: int, generator: torch.Generator) -> Tensor:
        """The indices of a training step's batch."""
        weights = torch.where((self.things == 2) & (step >= PAIRS_FROM), PAIRS_WEIGHT, 1.0)
        return torch.multinomial(weights, BATCH, replacement=True, generator=generator)


class Teller:
    """A head that tells class and colour of each cell from the middle level of the denoiser's upper half."""

    def __init__(self, unet: Any) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            self.head = nn.Conv2d(UNET_WIDTHS[1], len(CLASSES) + len(COLOURS), 1)
        self.weight = torch.tensor([1.0] * len(BACKGROUNDS) + [OBJECTS_WEIGHT] * len(OBJECTS)).to(choose_device())
        self.tints = torch.ones(
            len(CLASSES), device=choose_device()
        )  # how much the colour of a cell of each class counts
        self.features = torch.empty(0)
        unet.up_blocks[1].register_forward_hook(self._keep)

    def _keep(self, module: nn.Module, given: Any, made: Tensor) -> None:
        self.features = made

    def loss(self, truth: Tensor) -> Tensor:
        """Cross-entropy, against labels [n, 2, 16, 16], of what the denoiser's last call left."""
        classes, colours = self.head(self.features.float()).split((len(CLASSES), len(COLOURS)), dim=1)
        self.features = torch.empty(0)
        weights = self.tints[truth[:, 0]]
        tints = F.cross_entropy(colours, truth[:, 1], reduction="none")
        return F.cross_entropy(classes, truth[:, 0], self.weight) + (weights * tints).sum() / weights.sum()


def batch_loss(model: Model, pool: Pool, teller: Teller, step: int) -> Tensor:
    """The weighted squared error of the noise for a training step's batch, plus the teller's loss."""
    generator = make_generator(SEED, step)
    index = pool.draw(step // find_place()[1], generator)
    x0, labels = pool.latents[index].float(), pool.labels[index].long()
    if step // find_place()[1] >= COMPOSED_FROM:
        foreign = draw_strips(pool.things[index], generator)
        x0, labels = (torch.where(foreign, part.roll(1, 0), part) for part in (x0, labels))
    captions = [write_caption(int(seed), step) for seed in index]
    return examples_loss(model, teller, Examples(x0, labels, captions, pool.kept, torch.arange(BATCH)), generator)


@dataclass(frozen=True)
class Examples:
    """Latents [n, 4, 16, 16], the labels of their cells [n, 2, 16, 16], their captions, and alpha-bar [1000]."""

    x0: Tensor
    labels: Tensor
    captions: Sequence[str]
    kept: Tensor
    order: Tensor
    """Which of the evenly spread noise levels each gets, [n]."""


def examples_loss(model: Model, teller: Teller, examples: Examples, generator: torch.Generator) -> Tensor:
    """The weighted squared error of the noise at one level for each example, spread evenly, plus the teller's loss."""
    x0, kept, count = examples.x0, examples.kept, len(examples.x0)
    t = (torch.arange(count) + torch.rand(count, generator=generator)) / count * 1000
    t = t.long()[examples.order]
    alpha = kept[t].reshape(-1, 1, 1, 1)
    noise = torch.randn(x0.shape, generator=generator)
    x = (alpha.sqrt() * x0 + (1 - alpha).sqrt() * noise).to(choose_device(), memory_format=torch.channels_last)
    with mix_precision():
        embedding = model.text(tokenize(examples.captions).to(choose_device()))[0]
        eps = model.unet(x, t.to(choose_device()), encoder_hidden_states=embedding).sample
    errors = (eps.float() - noise.to(choose_device())).square().mean(dim=(1, 2, 3))
    return (weigh_levels(kept[t]).to(choose_device()) * errors).mean() + TELLING * teller.loss(
        examples.labels.to(choose_device())
    )


def weigh_levels(kept: Tensor) -> Tensor:
    """Weights [1000] of eps errors: min-SNR, and more where there is much noise, since there the prompt is learned."""
    snr = kept / (1 - kept)
    return ((snr.clamp(max=5) + 0.25) / snr).clamp(max=8)


def write_caption(seed: int, step: int) -> str:
    """A caption of the scene in other words at each step; now and then none, or one that leaves the background open."""
    rng = np.random.default_rng((SEED, seed, step))
    scene, chance = make_scene(TRAINING[seed]), rng.random()
    if chance < DROPPED:
        return ""
    return caption_briefly(scene, rng) if chance < DROPPED + BRIEF else caption(scene, rng)


def read_labels(seeds: Sequence[int]) -> Tensor:
    """Class and colour uint8 [n, 2, 16, 16] at the middle of each latent cell."""
    drawings = (draw(make_scene(TRAINING[seed])) for seed in seeds)
    cells = [np.stack([each.classes[4::8, 4::8], each.colours[4::8, 4::8]]) for each in drawings]
    return torch.from_numpy(np.stack(cells))


def count_things() -> Tensor:
    """How many objects each scene of the pool has, [POOL]."""
    return torch.tensor([len(make_scene(TRAINING[seed]).things) for seed in range(POOL)])


def draw_strips(things: Tensor, generator: torch.Generator, share: float = COMPOSED) -> Tensor:
    """Where a picture shows another, bool [n, 1, 16, 16]: in a share, a strip at one side, wider without an object.

    Regions and tiles of a larger canvas see such pictures: what their prompt names, and something else beside it.
    """
    count = len(things)
    chosen = torch.rand(count, generator=generator) < share
    width = 3 + (torch.where(things > 0, 3, 9) * torch.rand(count, generator=generator)).long()
    side = torch.randint(4, (count,), generator=generator)
    cells = torch.arange(SIDE)
    near = torch.stack([cells, SIDE - 1 - cells])[side % 2] < (width * chosen)[:, None]
    down, across = near[:, None, :, None], near[:, None, None, :]
    return torch.where((side < 2)[:, None, None, None], down, across).expand(count, 1, SIDE, SIDE)


def prepare() -> Tensor:
    """Latents float16 [POOL, 4, 16, 16] of the first training scenes, whitened; made once, by all workers together."""
    rank, workers = find_place()
    mine, whole = CACHE / f"latents-{POOL}-{rank}of{workers}.pt", CACHE / f"latents-{POOL}.pt"
    if not whole.exists():
        torch.save(encode(demo_vae.load_finished(), range(rank, POOL, workers)), mine)
        if workers > 1:
            torch.distributed.barrier()
        if rank == 0:
            _join([CACHE / f"latents-{POOL}-{each}of{workers}.pt" for each in range(workers)], whole)
        if workers > 1:
            torch.distributed.barrier()
    return torch.load(whole, weights_only=True)


@torch.no_grad()
def encode(vae: Any, seeds: Sequence[int]) -> Tensor:
    """The latents float16 [n, 4, 16, 16] of the training scenes with these seeds."""
    vae = vae.to(choose_device(), memory_format=torch.channels_last)
    parts = []
    for part in tqdm(list(split_batches(len(seeds), 8)), desc="latents", mininterval=10):
        x = to_tensor(np.stack([draw(make_scene(TRAINING[seeds[i]])).picture for i in part]))
        x = x.to(choose_device(), memory_format=torch.channels_last)
        parts.append((vae.encode(x).latent_dist.mean * SCALE).half().cpu())
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
