"""The stage `text`: the text encoder alone, taught to tell what a caption says before it has to steer pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from demo_begin import take_text
from demo_loop import Stage, choose_device
from demo_networks import TEXT_WIDTH, make_seeded
from demo_sample import tokenize
from torch import Tensor, nn
from world_captions import caption
from world_scenes import TRAINING, Scene
from worlds import World

from lib_regiondiff.demo.world import COLOURS

SEED, BATCH = 16, 32
START = 3 * 10**6
PLACES = ("", "left", "right", "above", "below")
OPPOSITE: Mapping[str, str] = {"left": "right", "right": "left", "above": "below", "below": "above"}


def count_answers(world: World) -> tuple[int, ...]:
    """How many answers each question has: background, its colour, and for each place object and colour, 0 for none."""
    things = (len(world.objects) + 1, len(COLOURS) + 1)
    return (len(world.backgrounds), len(COLOURS)) + things * len(PLACES)


def stage(world: World) -> Stage:
    """The stage that trains on captions; answers are read off the last token, which has seen all others."""
    text = take_text() if world.recipe.begins else make_seeded("text", SEED)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        head = nn.Linear(TEXT_WIDTH, sum(count_answers(world)))

    def loss(step: int) -> Tensor:
        found, truth = _answers(world, text, head, step)
        return torch.stack([F.cross_entropy(a, b) for a, b in zip(found, truth.T, strict=True)]).sum()

    def preview(networks: Mapping[str, nn.Module]) -> np.ndarray:
        found, truth = _answers(world, networks["text"], networks["head"], 10**5)
        right = torch.stack([a.argmax(1) == b for a, b in zip(found, truth.T, strict=True)], dim=1)
        return np.repeat((right.cpu().numpy() * 255).astype(np.uint8)[..., None], 3, axis=2)

    networks = {"text": text, "head": head}
    return Stage("text", world.folder, networks, loss, preview, rate=2e-3, averaging=0.98, every=500)


def _answers(world: World, text: Any, head: Any, step: int) -> tuple[list[Tensor], Tensor]:
    """Scores of each question, and what is right [n, questions]."""
    rng = np.random.default_rng((SEED, step))
    scenes = [world.make_scene(TRAINING[START + step * BATCH + i]) for i in range(BATCH)]
    states = text(tokenize([caption(world.words, scene, rng) for scene in scenes]).to(choose_device()))[0]
    truth = torch.tensor([list_facts(world, scene) for scene in scenes]).to(choose_device())
    return list(head(states[:, -1]).split(count_answers(world), dim=1)), truth


def list_facts(world: World, scene: Scene) -> list[int]:
    """The right answer about a scene to each question that `count_answers` counts."""
    known = [world.backgrounds.index(scene.backdrop.kind), COLOURS.index(scene.backdrop.colour)]
    places = (scene.relation, OPPOSITE.get(scene.relation, ""))
    there = dict(zip(places, scene.things, strict=False))
    for place in PLACES:
        thing = there.get(place)
        known += [world.objects.index(thing.kind) + 1, COLOURS.index(thing.colour) + 1] if thing else [0, 0]
    return known
