"""The stage `pairs`: low-rank additions to the trained denoiser, learned on scenes with two objects.

One picture in five of the toy world has two objects, too few to learn which is which. This stage shows two in three of
four, and half of the heads must look at the tokens that tell what is on their side of the picture. What it changes is
small and ships as a file of its own: the additions, and the text encoder's few layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import demo_vae
import numpy as np
import torch
from demo_looking import find_sides, watch_attention
from demo_loop import Stage, choose_device, load_trained, make_generator, make_sheet
from demo_lora import attach
from demo_networks import UNET_WIDTHS, make_text, make_unet
from demo_rank import read_additions, shorten
from demo_sample import Model, Sampling, draw_pictures
from demo_speed import hasten
from demo_unet import (
    Examples,
    Pool,
    Teller,
    draw_strips,
    encode,
    examples_loss,
    make_pools,
    read_labels,
    write_caption,
)
from torch import Tensor, nn
from world_captions import caption_plainly
from world_scenes import HELD_OUT, TRAINING
from worlds import World

SEED, RANK = 17, 24
BUDGET = 550_000  # numbers of the additions that ship
FIRST, PAIRS = 4 * 10**6, 4096
LOOKING, LOOKING_UNTIL = 0.3, 1600  # weight of looking at the right side; from this step on it is not asked for
BATCH, TOGETHER = 16, 12  # of a batch, scenes with two objects; the others are of any kind
SETTLED, FEWER = 5400, 6  # from this step on only so many
STRIPS = ((6200, 0.0), (SETTLED, 0.1), (0, 0.5))
"""From which step on which share of examples has strips: the denoiser had begun to draw them unasked."""


def stage(world: World) -> Stage:
    """The stage that trains additions and teller; the denoiser stays, the text encoder begins as `bind` left it."""
    samples = write_prompts(world)
    vae = demo_vae.load_finished(world).to(choose_device())
    (usual,), (seeds, latents) = make_pools(world, vae), find_pairs(world, vae)
    scenes = Scenes(world, usual, seeds, latents, read_labels(world, seeds))
    unet: Any = load_trained(world.checkpoint("unet"), "unet", make_unet()).to(memory_format=torch.channels_last)
    additions = attach(hasten(unet), SEED, RANK)
    unet.to(choose_device())
    text = load_trained(world.checkpoint("bind"), "text", make_text()).to(choose_device())
    teller = take_teller(world, unet)

    watches = watch_attention(unet, TOGETHER)

    def loss(step: int) -> Tensor:
        generator = make_generator(SEED, step)
        examples, sides = scenes.draw(step, generator)
        for watch in watches.values():
            watch.asleep = step >= LOOKING_UNTIL
        error = examples_loss(Model(unet, text, None), teller, examples, generator)
        if step >= LOOKING_UNTIL:
            return error
        return error + LOOKING * torch.stack([watch.error(sides) for watch in watches.values()]).mean()

    def preview(networks: Mapping[str, nn.Module]) -> np.ndarray:
        return make_sheet(draw_pictures(Model(unet, text, vae), samples, Sampling(steps=12)), 6)

    places = nn.ModuleDict({name: watch.place for name, watch in watches.items()})
    networks = {"lora": additions, "teller": teller.head, "places": places}
    return Stage("pairs", world.folder, networks, loss, preview, rate=1.5e-3, averaging=0.99, decay=0.4, every=200)


def take_teller(world: World, unet: Any) -> Teller:
    """A teller of a denoiser with what the stage `unet` taught it; colours of objects count more."""
    teller = Teller(unet, world)
    teller.tints = teller.weight
    head = nn.Conv2d(UNET_WIDTHS[1], sum(world.labels), 1)
    teller.head.load_state_dict(load_trained(world.checkpoint("unet"), "teller", head).state_dict())
    return teller


@dataclass(frozen=True)
class Scenes:
    """Scenes of any kind (`usual`), and those with two objects: their seeds, latents and labels."""

    world: World
    usual: Pool
    seeds: list[int]
    latents: Tensor
    labels: Tensor

    def draw(self, step: int, generator: torch.Generator) -> tuple[Examples, Tensor]:
        """A batch of examples, and the `sides` of those with two objects, which come last.

        Examples of any kind now and then have a strip of another.
        """
        two = TOGETHER if step < SETTLED else FEWER
        some = torch.randint(len(self.usual.latents), (BATCH - two,), generator=generator)
        pairs = torch.randint(len(self.seeds), (two,), generator=generator)
        foreign = draw_strips(
            self.usual.things[some], generator, next(share for first, share in STRIPS if step >= first)
        )
        x0, labels = (
            torch.where(foreign, part.roll(1, 0), part) for part in (self.usual.latents[some], self.usual.labels[some])
        )
        seeds = [*some.tolist(), *(self.seeds[each] for each in pairs.tolist())]
        captions = [write_caption(self.world, seed, step) for seed in seeds]
        x0, labels = torch.cat([x0, self.latents[pairs]]), torch.cat([labels, self.labels[pairs]])
        order = torch.randperm(len(seeds), generator=generator)
        both = zip(seeds[-two:], captions[-two:], strict=True)
        told = [self.world.make_scene(TRAINING[seed]).relation if words else "" for seed, words in both]
        return Examples(x0.float(), labels.long(), captions, self.usual.kept, order), find_sides(told)


def find_pairs(world: World, vae: Any) -> tuple[list[int], Tensor]:
    """Seeds of scenes with two objects, the first from FIRST on, and their latents, which are made once."""
    found = (seed for seed in range(FIRST, TRAINING.stop) if len(world.make_scene(seed).things) == 2)
    seeds = [next(found) for _ in range(PAIRS)]
    path = world.folder / f"latents-pairs-{PAIRS}.pt"
    if not path.exists():
        torch.save(encode(world, vae, seeds), path.with_suffix(".unfinished"))
        path.with_suffix(".unfinished").replace(path)
    return seeds, torch.load(path, weights_only=True)


def write_prompts(world: World) -> list[str]:
    """Captions of held-out scenes with two objects, for the sample sheet."""
    scenes = (world.make_scene(seed) for seed in HELD_OUT[7 * 10**5 :])
    return list(islice((caption_plainly(world.words, scene) for scene in scenes if len(scene.things) == 2), 24))


@torch.no_grad()
def load_finished(world: World) -> tuple[Any, Any]:
    """A world's trained denoiser with its additions as they ship, and the text encoder."""
    unet = load_trained(world.checkpoint("unet"), "unet", make_unet())
    if not world.recipe.pairs:
        return unet, load_trained(world.checkpoint("unet"), "text", make_text())
    for name, (up, down) in shorten(read_additions(world.checkpoint("pairs")), BUDGET).items():
        weight = unet.get_submodule(name).weight
        weight += (up.flatten(1) @ down.flatten(1)).view_as(weight)
    return unet, load_trained(world.checkpoint("bind"), "text", make_text())
