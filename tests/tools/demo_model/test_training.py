"""The demo model's training: what its helpers are told agrees with the scenes."""

from __future__ import annotations

import pytest
import torch

pytest.importorskip("diffusers")

from demo_text import PLACES, SIZES, list_facts
from demo_unet import PAIRS_FROM, PAIRS_WEIGHT, Pool
from toyworld_scenes import TRAINING, make_scene

from lib_regiondiff.demo.world import BACKGROUNDS, COLOURS, OBJECTS

pytestmark = pytest.mark.diffusers
SCENES = [make_scene(seed) for seed in TRAINING[:200]]


def test_facts_answer_every_question_within_its_range() -> None:
    for scene in SCENES:
        known = list_facts(scene)
        assert len(known) == len(SIZES) and all(0 <= answer < size for answer, size in zip(known, SIZES, strict=True))


def test_facts_name_background_and_each_thing_at_its_place() -> None:
    for scene in SCENES:
        known = list_facts(scene)
        assert BACKGROUNDS[known[0]] == scene.backdrop.kind and COLOURS[known[1]] == scene.backdrop.colour
        there = {place: known[2 + 2 * i : 4 + 2 * i] for i, place in enumerate(PLACES)}
        assert sum(any(pair) for pair in there.values()) == len(scene.things)
        if scene.things:
            first = scene.things[0]
            kind, colour = there[scene.relation]
            assert (OBJECTS[kind - 1], COLOURS[colour - 1]) == (first.kind, first.colour)


def test_scenes_with_two_objects_are_drawn_more_often_later() -> None:
    things = torch.tensor([len(scene.things) for scene in SCENES])
    pool, pairs = Pool(torch.empty(0), torch.empty(0), torch.empty(0), things), things == 2
    share = float(pairs.float().mean())
    later = PAIRS_WEIGHT * share / (1 - share + PAIRS_WEIGHT * share)
    for step, expected in ((0, share), (PAIRS_FROM, later)):
        generator = torch.Generator().manual_seed(step)
        drawn = torch.cat([pairs[pool.draw(step, generator)] for _ in range(300)])
        assert abs(float(drawn.float().mean()) - expected) < 0.03
