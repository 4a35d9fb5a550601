"""The stage `text`: the text encoder alone, taught to tell what a caption says before it has to steer pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from demo_loop import Stage, choose_device
from demo_networks import TEXT_WIDTH, make_seeded
from demo_sample import tokenize
from torch import Tensor, nn
from toyworld_captions import caption
from toyworld_scenes import TRAINING, Scene, make_scene

from lib_regiondiff.demo.world import BACKGROUNDS, COLOURS, OBJECTS

SEED, BATCH = 16, 32
START = 3 * 10**6
PLACES = ("", "left", "right", "above", "below")
OPPOSITE: Mapping[str, str] = {"left": "right", "right": "left", "above": "below", "below": "above"}
SIZES = (len(BACKGROUNDS), len(COLOURS)) + (len(OBJECTS) + 1, len(COLOURS) + 1) * len(PLACES)
"""How many answers each question has: background, its colour, and for each place object and colour, 0 for none."""


def stage() -> Stage:
    """The stage that trains on captions; answers are read off the last token, which has seen all others."""
    text = make_seeded("text", SEED)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        head = nn.Linear(TEXT_WIDTH, sum(SIZES))

    def loss(step: int) -> Tensor:
        found, truth = _answers(text, head, step)
        return torch.stack([F.cross_entropy(a, b) for a, b in zip(found, truth.T, strict=True)]).sum()

    def preview(networks: Mapping[str, nn.Module]) -> np.ndarray:
        found, truth = _answers(networks["text"], networks["head"], 10**5)
        right = torch.stack([a.argmax(1) == b for a, b in zip(found, truth.T, strict=True)], dim=1)
        return np.repeat((right.cpu().numpy() * 255).astype(np.uint8)[..., None], 3, axis=2)

    return Stage("text", {"text": text, "head": head}, loss, preview, rate=2e-3, averaging=0.98, every=500)


def _answers(text: Any, head: Any, step: int) -> tuple[list[Tensor], Tensor]:
    """Scores of each question, and what is right [n, questions]."""
    rng = np.random.default_rng((SEED, step))
    scenes = [make_scene(TRAINING[START + step * BATCH + i]) for i in range(BATCH)]
    states = text(tokenize([caption(scene, rng) for scene in scenes]).to(choose_device()))[0]
    truth = torch.tensor([list_facts(scene) for scene in scenes]).to(choose_device())
    return list(head(states[:, -1]).split(SIZES, dim=1)), truth


def list_facts(scene: Scene) -> list[int]:
    """The right answer about a scene to each question of SIZES."""
    known = [BACKGROUNDS.index(scene.backdrop.kind), COLOURS.index(scene.backdrop.colour)]
    places = (scene.relation, OPPOSITE.get(scene.relation, ""))
    there = dict(zip(places, scene.things, strict=False))
    for place in PLACES:
        thing = there.get(place)
        known += [OBJECTS.index(thing.kind) + 1, COLOURS.index(thing.colour) + 1] if thing else [0, 0]
    return known
