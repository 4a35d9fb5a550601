"""The stage `unet`: text encoder and denoiser of the demo model, trained together on latents made once.

Beside the noise, a layer in the denoiser's upper half has to tell the class and colour of each cell, which the toy
world knows exactly: so shapes are learned in a fraction of the steps. That head is not part of the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import demo_vae
import numpy as np
import torch
import torch.nn.functional as F
from demo_begin import take_unet
from demo_loop import (
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
from tqdm import tqdm
from world_captions import caption, caption_briefly
from world_scenes import TRAINING
from worlds import World, find_shape, is_square

SEED = 12
BATCH = 16
DROPPED, BRIEF = 0.1, 0.1  # captions left out, and captions without their background
TELLING = 0.2  # weight of telling classes and colours
OBJECTS_WEIGHT = 3.0
PAIRS_FROM, PAIRS_WEIGHT = 3600, 3.0  # from this step on, scenes with two objects are drawn so much more often
TALL = (22, 12)  # latent cells of the tall pictures on sample sheets of worlds that have such


def stage(world: World) -> Stage:
    """The stage that trains on latents of a pool, with captions drawn anew each time; token embeddings stay."""
    vae = demo_vae.load_finished(world).to(choose_device())
    pools = make_pools(world, vae)
    unet = hasten(take_unet() if world.recipe.begins else _make_new()).to(memory_format=torch.channels_last)
    text = load_trained(world.checkpoint("text"), "text", make_text()).requires_grad_(True)
    text.get_input_embeddings().requires_grad_(False)
    teller = Teller(unet, world)

    def loss(step: int) -> Tensor:
        return batch_loss(world, Model(unet, text, None), choose_pool(pools, step), teller, step)

    def preview(networks: Mapping[str, nn.Module]) -> np.ndarray:
        return make_samples(world, Model(networks["unet"], networks["text"], vae), Sampling(steps=12))

    networks = {"unet": unet, "text": text, "teller": teller.head}
    return Stage("unet", world.folder, networks, loss, preview, rate=1e-3, averaging=0.995, decay=0.4, every=200)


def _make_new() -> Any:
    unet = make_seeded("unet", SEED)
    nn.init.zeros_(unet.conv_out.weight)
    return unet


def make_samples(world: World, model: Model, how: Sampling) -> np.ndarray:
    """Pictures of a world's prompts as a sheet: square ones, then tall ones if the world has such."""
    sheet = make_sheet(draw_pictures(model, world.prompts, how), 6)
    if all(is_square(world.make_scene(seed)) for seed in TRAINING[:50]):
        return sheet
    tall = draw_pictures(model, world.prompts[:8], replace(how, shape=TALL))
    return np.concatenate([sheet, make_sheet(tall, 8)])


@dataclass(frozen=True)
class Pool:
    """Training scenes of one shape, and alpha-bar (`kept`) [1000].

    Latents are [n, 4, h, w], labels (class and colour of each cell) [n, 2, h, w]; `things` [n] counts objects.
    """

    latents: Tensor
    labels: Tensor
    kept: Tensor
    things: Tensor
    seeds: Sequence[int]

    def draw(self, step: int, generator: torch.Generator) -> Tensor:
        """The indices of a training step's batch."""
        weights = torch.where((self.things == 2) & (step >= PAIRS_FROM), PAIRS_WEIGHT, 1.0)
        return torch.multinomial(weights, BATCH, replacement=True, generator=generator)


def make_pools(world: World, vae: Any) -> list[Pool]:
    """The pools of a world, one for each shape of its pictures."""
    groups: dict[tuple[int, int], list[int]] = {}
    for seed in range(world.recipe.pool):
        groups.setdefault(find_shape(world.make_scene(TRAINING[seed])), []).append(seed)
    kept = make_scheduler().alphas_cumprod
    return [
        Pool(prepare(world, vae, seeds, shape), read_labels(world, seeds), kept, count_things(world, seeds), seeds)
        for shape, seeds in sorted(groups.items())
    ]


def choose_pool(pools: Sequence[Pool], step: int) -> Pool:
    """The pool of a step's batch, by chance; the larger ones more often."""
    if len(pools) == 1:
        return pools[0]
    counts = np.array([len(pool.seeds) for pool in pools], np.float64)
    return pools[int(np.random.default_rng((SEED, 1, step)).choice(len(pools), p=counts / counts.sum()))]


class Teller:
    """A head that tells class and colour of each cell from the middle level of the denoiser's upper half."""

    def __init__(self, unet: Any, world: World) -> None:
        self.labels = world.labels
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            self.head = nn.Conv2d(UNET_WIDTHS[1], sum(self.labels), 1)
        weights = [1.0] * len(world.backgrounds) + [OBJECTS_WEIGHT] * len(world.objects)
        self.weight = torch.tensor(weights).to(choose_device())
        self.tints = torch.ones_like(self.weight)  # how much the colour of a cell of each class counts
        self.features = torch.empty(0)
        unet.up_blocks[1].register_forward_hook(self._keep)

    def _keep(self, module: nn.Module, given: Any, made: Tensor) -> None:
        self.features = made

    def loss(self, truth: Tensor) -> Tensor:
        """Cross-entropy, against labels [n, 2, h, w], of what the denoiser's last call left."""
        classes, colours = self.head(self.features.float()).split(self.labels, dim=1)
        self.features = torch.empty(0)
        weights = self.tints[truth[:, 0]]
        tints = F.cross_entropy(colours, truth[:, 1], reduction="none")
        return F.cross_entropy(classes, truth[:, 0], self.weight) + (weights * tints).sum() / weights.sum()


def batch_loss(world: World, model: Model, pool: Pool, teller: Teller, step: int) -> Tensor:
    """The weighted squared error of the noise for a training step's batch, plus the teller's loss."""
    generator = make_generator(SEED, step)
    index = pool.draw(step // find_place()[1], generator)
    x0, labels = pool.latents[index].float(), pool.labels[index].long()
    if step // find_place()[1] >= world.recipe.composed_from:
        foreign = draw_strips(pool.things[index], generator, world.recipe.composed, find_cells(x0))
        x0, labels = (torch.where(foreign, part.roll(1, 0), part) for part in (x0, labels))
    captions = [write_caption(world, pool.seeds[each], step) for each in index.tolist()]
    return examples_loss(model, teller, Examples(x0, labels, captions, pool.kept, torch.arange(BATCH)), generator)


@dataclass(frozen=True)
class Examples:
    """Latents [n, 4, h, w], the labels of their cells [n, 2, h, w], their captions, and alpha-bar [1000]."""

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


def write_caption(world: World, seed: int, step: int) -> str:
    """A caption of the scene in other words at each step; now and then none, or one that leaves the background open."""
    rng = np.random.default_rng((SEED, seed, step))
    scene, chance = world.make_scene(TRAINING[seed]), rng.random()
    if chance < DROPPED:
        return ""
    return (caption_briefly if chance < DROPPED + BRIEF else caption)(world.words, scene, rng)


def read_labels(world: World, seeds: Sequence[int]) -> Tensor:
    """Class and colour uint8 [n, 2, h, w] at the middle of each latent cell of scenes of one shape."""
    drawings = (world.draw(world.make_scene(TRAINING[seed])) for seed in seeds)
    cells = [np.stack([each.classes[4::8, 4::8], each.colours[4::8, 4::8]]) for each in drawings]
    return torch.from_numpy(np.stack(cells))


def count_things(world: World, seeds: Sequence[int]) -> Tensor:
    """How many objects each of these training scenes has, [n]."""
    return torch.tensor([len(world.make_scene(TRAINING[seed]).things) for seed in seeds])


def find_cells(x: Tensor) -> tuple[int, int]:
    """Height and width of latents or labels [n, c, h, w]."""
    return x.shape[2], x.shape[3]


def draw_strips(
    things: Tensor, generator: torch.Generator, share: float, cells: tuple[int, int] = (SIDE, SIDE)
) -> Tensor:
    """Where a picture shows another, bool [n, 1, h, w]: in a share, a strip at one side, wider without an object.

    Regions and tiles of a larger canvas see such pictures: what their prompt names, and something else beside it.
    """
    count = len(things)
    chosen = torch.rand(count, generator=generator) < share
    width = 3 + (torch.where(things > 0, 3, 9) * torch.rand(count, generator=generator)).long()
    side = torch.randint(4, (count,), generator=generator)
    rows, columns = (torch.arange(length) for length in cells)
    down, across = (
        torch.stack([line, len(line) - 1 - line])[side % 2] < (width * chosen)[:, None] for line in (rows, columns)
    )
    whole = torch.where((side < 2)[:, None, None, None], down[:, None, :, None], across[:, None, None, :])
    return whole.expand(count, 1, *cells)


def prepare(world: World, vae: Any, seeds: Sequence[int], shape: tuple[int, int]) -> Tensor:
    """Latents float16 [n, 4, h, w] of training scenes of one shape, whitened; made once, by all workers together."""
    rank, workers = find_place()
    name = f"latents-{len(seeds)}-{shape[0]}x{shape[1]}"
    parts, whole = (
        [world.folder / f"{name}-{each}of{workers}.pt" for each in range(workers)],
        world.folder / f"{name}.pt",
    )
    if not whole.exists():
        torch.save(encode(world, vae, seeds[rank::workers]), parts[rank])
        if workers > 1:
            torch.distributed.barrier()
        if rank == 0:
            _join(parts, whole)
        if workers > 1:
            torch.distributed.barrier()
    return torch.load(whole, weights_only=True)


@torch.no_grad()
def encode(world: World, vae: Any, seeds: Sequence[int]) -> Tensor:
    """The latents float16 [n, 4, h, w] of the training scenes of one shape with these seeds."""
    vae = vae.to(choose_device(), memory_format=torch.channels_last)
    parts = []
    for part in tqdm(list(split_batches(len(seeds), 8)), desc="latents", mininterval=10):
        x = to_tensor(np.stack([world.draw(world.make_scene(TRAINING[seeds[i]])).picture for i in part]))
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
