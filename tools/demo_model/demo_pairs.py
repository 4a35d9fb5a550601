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
from demo_loop import CACHE, Stage, choose_device, load_trained, make_generator, make_sheet
from demo_lora import attach
from demo_networks import UNET_WIDTHS, make_scheduler, make_text, make_unet
from demo_rank import read_additions, shorten
from demo_sample import Model, Sampling, draw_pictures
from demo_speed import hasten
from demo_unet import (
    COMPOSED,
    POOL,
    Examples,
    Pool,
    Teller,
    count_things,
    draw_strips,
    encode,
    examples_loss,
    prepare,
    read_labels,
    write_caption,
)
from torch import Tensor, nn
from toyworld_captions import caption_plainly
from toyworld_scenes import HELD_OUT, TRAINING, make_scene

from lib_regiondiff.demo.world import CLASSES, COLOURS

SEED, RANK = 17, 24
BUDGET = 550_000  # numbers of the additions that ship
FIRST, PAIRS = 4 * 10**6, 4096
LOOKING, LOOKING_UNTIL = 0.3, 1600  # weight of looking at the right side; from this step on it is not asked for
BATCH, TOGETHER = 16, 12  # of a batch, scenes with two objects; the others are of any kind
SETTLED, FEWER = 5400, 6  # from this step on only so many
STRIPS = ((6200, 0.0), (SETTLED, 0.1), (0, COMPOSED))
"""From which step on which share of examples has strips: the denoiser had begun to draw them unasked."""


def stage() -> Stage:
    """The stage that trains additions and teller; the denoiser stays, the text encoder begins as `bind` left it."""
    samples = write_prompts()
    vae, kept = demo_vae.load_finished().to(choose_device()), make_scheduler().alphas_cumprod
    usual = Pool(prepare(), read_labels(range(POOL)), kept, count_things())
    seeds, latents = find_pairs(vae)
    scenes = Scenes(usual, seeds, latents, read_labels(seeds))
    unet: Any = load_trained("unet", "unet", make_unet()).to(memory_format=torch.channels_last)
    additions = attach(hasten(unet), SEED, RANK)
    unet.to(choose_device())
    text = load_trained("bind", "text", make_text()).to(choose_device())
    teller = Teller(unet)
    teller.tints = teller.weight
    head = nn.Conv2d(UNET_WIDTHS[1], len(CLASSES) + len(COLOURS), 1)
    teller.head.load_state_dict(load_trained("unet", "teller", head).state_dict())

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
    return Stage("pairs", networks, loss, preview, rate=1.5e-3, averaging=0.99, decay=0.4, every=200)


@dataclass(frozen=True)
class Scenes:
    """Scenes of any kind (`usual`), and those with two objects: their seeds, latents and labels."""

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
        captions = [write_caption(seed, step) for seed in seeds]
        x0, labels = torch.cat([x0, self.latents[pairs]]), torch.cat([labels, self.labels[pairs]])
        order = torch.randperm(len(seeds), generator=generator)
        both = zip(seeds[-two:], captions[-two:], strict=True)
        told = [make_scene(TRAINING[seed]).relation if words else "" for seed, words in both]
        return Examples(x0.float(), labels.long(), captions, self.usual.kept, order), find_sides(told)


def find_pairs(vae: Any) -> tuple[list[int], Tensor]:
    """Seeds of scenes with two objects, the first from FIRST on, and their latents, which are made once."""
    found = (seed for seed in range(FIRST, TRAINING.stop) if len(make_scene(seed).things) == 2)
    seeds = [next(found) for _ in range(PAIRS)]
    path = CACHE / f"latents-pairs-{PAIRS}.pt"
    if not path.exists():
        torch.save(encode(vae, seeds), path.with_suffix(".unfinished"))
        path.with_suffix(".unfinished").replace(path)
    return seeds, torch.load(path, weights_only=True)


def write_prompts() -> list[str]:
    """Captions of held-out scenes with two objects, for the sample sheet."""
    scenes = (make_scene(seed) for seed in HELD_OUT[7 * 10**5 :])
    return list(islice((caption_plainly(scene) for scene in scenes if len(scene.things) == 2), 24))


@torch.no_grad()
def load_finished() -> tuple[Any, Any]:
    """The trained denoiser with its additions as they ship, and the text encoder."""
    unet = load_trained("unet", "unet", make_unet())
    for name, (up, down) in shorten(read_additions("pairs"), BUDGET).items():
        weight = unet.get_submodule(name).weight
        weight += (up.flatten(1) @ down.flatten(1)).view_as(weight)
    return unet, load_trained("bind", "text", make_text())
