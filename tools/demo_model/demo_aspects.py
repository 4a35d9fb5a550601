"""The stage `aspects`: additions that teach a finished denoiser pictures from 1:2 to 2:1, which real models know.

The toy world's pictures are square. This stage draws the same kinds of scenes in other shapes of the same area; the
additions join those of the stage `pairs` in the file that ships.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import demo_pairs
import demo_unet
import demo_vae
import numpy as np
import torch
from demo_loop import Stage, choose_device, load_trained, make_generator
from demo_lora import attach
from demo_networks import make_text, make_unet
from demo_rank import Halves, read_additions, shorten
from demo_sample import Model, Sampling
from demo_speed import hasten
from demo_unet import Examples, choose_pool, find_cells, make_pools, make_samples, write_caption
from torch import Tensor, nn
from world_aspects import make_aspect_scene
from worlds import World

SEED, RANK = 19, 16
POOL = 6144
STRIPS = 0.1
"""The share of examples that have a strip of another."""


def widen(world: World) -> World:
    """The world with pictures of several shapes."""
    recipe = replace(world.recipe, pool=POOL)
    return replace(world, make_scene=lambda seed: make_aspect_scene(world, seed), recipe=recipe)


def stage(world: World) -> Stage:
    """The stage that trains additions to the denoiser with its earlier ones; the text encoder stays."""
    vae, wide = demo_vae.load_finished(world).to(choose_device()), widen(world)
    pools, (denoiser, text) = make_pools(wide, vae), demo_pairs.load_finished(world)
    unet: Any = denoiser.to(memory_format=torch.channels_last)
    additions = attach(hasten(unet), SEED, RANK)
    unet.to(choose_device())
    model, teller = Model(unet, text.to(choose_device()), vae), demo_pairs.take_teller(world, unet)

    def loss(step: int) -> Tensor:
        generator, pool = make_generator(SEED, step), choose_pool(pools, step)
        index = torch.randint(len(pool.seeds), (demo_unet.BATCH,), generator=generator)
        x0, labels = pool.latents[index].float(), pool.labels[index].long()
        foreign = demo_unet.draw_strips(pool.things[index], generator, STRIPS, find_cells(x0))
        x0, labels = (torch.where(foreign, part.roll(1, 0), part) for part in (x0, labels))
        captions = [write_caption(wide, pool.seeds[each], step) for each in index.tolist()]
        examples = Examples(x0, labels, captions, pool.kept, torch.randperm(len(index), generator=generator))
        return demo_unet.examples_loss(model, teller, examples, generator)

    def preview(networks: Mapping[str, nn.Module]) -> np.ndarray:
        return make_samples(wide, model, Sampling(steps=12))

    networks = {"lora": additions, "teller": teller.head}
    return Stage("aspects", world.folder, networks, loss, preview, rate=1e-3, averaging=0.99, decay=0.5, every=200)


def find_additions(world: World) -> dict[str, Halves]:
    """The additions of the stage `pairs` as they ship, or of both stages where this one has been trained."""
    first = shorten(read_additions(world.checkpoint("pairs")), demo_pairs.BUDGET)
    if not world.checkpoint("aspects").exists():
        return first
    return shorten(join(first, read_additions(world.checkpoint("aspects"))), 2 * demo_pairs.BUDGET)


def join(first: Mapping[str, Halves], second: Mapping[str, Halves]) -> dict[str, Halves]:
    """Additions whose products are the sums of those of both."""
    both = {**second, **first}
    for name in first.keys() & second.keys():
        (up, down), (other_up, other_down) = first[name], second[name]
        both[name] = torch.cat([up, other_up], 1), torch.cat([down, other_down], 0)
    return both


@torch.no_grad()
def load_finished(world: World) -> tuple[Any, Any]:
    """A world's trained denoiser with all of its additions as they ship, and its text encoder."""
    if not world.recipe.pairs:
        return demo_pairs.load_finished(world)
    unet = load_trained(world.checkpoint("unet"), "unet", make_unet())
    for name, (up, down) in find_additions(world).items():
        weight = unet.get_submodule(name).weight
        weight += (up.flatten(1) @ down.flatten(1)).view_as(weight)
    return unet, load_trained(world.checkpoint("bind"), "text", make_text())
