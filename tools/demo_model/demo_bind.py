"""The stage `bind`: the text encoder learns which of two objects is where, before the denoiser has to draw them.

Asked after the last layer alone, it never learns: both objects are known, and which is which stays a guess. So the
first layer is told too what it has to gather: at the end of each object's words its kind, colour and whether it is the
first or the second, and at the tokens that fill up a caption how they stand. Then it takes a few hundred steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from demo_loop import Stage, choose_device, load_trained
from demo_networks import TEXT_WIDTH, make_text
from demo_sample import load_tokenizer, tokenize
from demo_text import PLACES, list_facts
from torch import Tensor, nn
from world_captions import Words, caption
from world_scenes import TRAINING, Scene, Thing
from worlds import World

from lib_regiondiff.demo.world import COLOURS

SEED, PAIRS, OTHERS = 18, 24, 8  # of a batch: scenes with two objects, and with fewer
START, COUNT, REACH = 5 * 10**6, 30000, 9
SIDES = PLACES[1:]
FILL = range(29, 77)
"""The tokens that pad a caption: each quarter of them answers what is at one of SIDES."""


def stage(world: World) -> Stage:
    """The stage that trains on captions; those of fewer than two objects keep the meaning that the denoiser knows."""
    text, before = (load_trained(world.checkpoint("unet"), "text", make_text()).to(choose_device()) for _ in range(2))
    text.requires_grad_(True)
    text.get_input_embeddings().requires_grad_(False)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        role = nn.Linear(TEXT_WIDTH, sum(count_roles(world)))
        heads = nn.ModuleDict({"answers": _heads(world), "role": role, "how": _how()})
    scenes = [world.make_scene(TRAINING[START + i]) for i in range(COUNT)]
    pairs = [scene for scene in scenes if len(scene.things) == 2]
    others = [scene for scene in scenes[:6000] if len(scene.things) < 2]

    def loss(step: int) -> Tensor:
        rng = np.random.default_rng((SEED, step))
        two, fewer = _some(pairs, PAIRS, rng), _some(others, OTHERS, rng)
        ids = tokenize([caption(world.words, scene, rng) for scene in (*two, *fewer)])
        made = text(ids.to(choose_device()), output_hidden_states=True)
        with torch.no_grad():
            known = before(ids[PAIRS:].to(choose_device()))[0]
        read = Read(world, made[0][:PAIRS], made.hidden_states[1][:PAIRS], ids[:PAIRS], two)
        return measure_told(read, heads) + measure_gathered(read, heads) + F.mse_loss(made[0][PAIRS:], known)

    def preview(networks: Mapping[str, nn.Module]) -> np.ndarray:
        rng = np.random.default_rng(SEED)
        two = _some(pairs, 64, rng)
        ids = tokenize([caption(world.words, scene, rng) for scene in two])
        found = _answers(networks["text"](ids.to(choose_device()))[0], heads)
        right = [
            _right(answer.split(count_answers(world), dim=2), truth)
            for answer, truth in zip(found, _truth(world, two), strict=True)
        ]
        return np.repeat((torch.stack(right, 1).cpu().numpy() * 255).astype(np.uint8)[..., None], 3, axis=2)

    networks = {"text": text, "heads": heads}
    return Stage("bind", world.folder, networks, loss, preview, rate=2e-3, averaging=0.98, decay=0.4, every=500)


def count_answers(world: World) -> tuple[int, int]:
    """How many kinds and colours there are at a side, 0 for nothing there."""
    return len(world.objects) + 1, len(COLOURS) + 1


def count_roles(world: World) -> tuple[int, int, int]:
    """How many kinds, colours and turns an object named in a caption may have."""
    return len(world.objects), len(COLOURS), 2


@dataclass(frozen=True)
class Read:
    """Captions as read: the last layer's states and the first's [n, 77, width], token ids [n, 77], and scenes."""

    world: World
    last: Tensor
    first: Tensor
    ids: Tensor
    scenes: Sequence[Scene]


def measure_told(read: Read, heads: nn.ModuleDict) -> Tensor:
    """Cross-entropy of kind and colour at each side, read off the tokens that pad captions."""
    parts = []
    for answer, truth in zip(_answers(read.last, heads), _truth(read.world, read.scenes), strict=True):
        split = answer.split(count_answers(read.world), dim=2)
        parts += [_error(scores, truth[:, i]) for i, scores in enumerate(split)]
    return torch.stack(parts).sum()


def measure_gathered(read: Read, heads: nn.ModuleDict) -> Tensor:
    """Cross-entropy of what the first layer has to gather: at the objects' words and at the padding."""
    words, objects = read.world.words, read.world.objects
    found = [find_mentioned(words, ids.tolist(), scene) for ids, scene in zip(read.ids, read.scenes, strict=True)]
    rows = torch.arange(len(found), device=choose_device())
    how = torch.tensor([SIDES.index(each.how) for each in found]).to(choose_device())
    parts = [2 * _error(heads["how"](read.first[:, FILL.start : FILL.stop]), how)]
    for turn in range(2):
        ends = torch.tensor([each.ends[turn] for each in found]).to(choose_device())
        things = [each.things[turn] for each in found]
        truth = [[objects.index(thing.kind), COLOURS.index(thing.colour), turn] for thing in things]
        scores = heads["role"](read.first[rows, ends]).split(count_roles(read.world), dim=1)
        right = torch.tensor(truth).to(choose_device()).T
        parts += [F.cross_entropy(a, b) for a, b in zip(scores, right, strict=True)]
    return torch.stack(parts).sum()


@dataclass(frozen=True)
class Mentioned:
    """A caption's two objects: how the first one named stands to the second, both, and at which token each ends."""

    how: str
    things: tuple[Thing, Thing]
    ends: tuple[int, int]


def find_mentioned(words: Words, ids: Sequence[int], scene: Scene) -> Mentioned:
    """The two objects of a scene, in the order in which they stand among the tokens of its caption."""
    ways = {_ids(side)[0]: side for side in SIDES}
    middle = next(i for i, token in enumerate(ids) if token in ways)
    how = ways[ids[middle]]
    first, second = scene.things if how == scene.relation else scene.things[::-1]
    before = range(middle - 1, max(0, middle - REACH), -1)
    after = range(middle + 1, middle + REACH)
    return Mentioned(how, (first, second), (_end(words, ids, first, before), _end(words, ids, second, after)))


def _end(words: Words, ids: Sequence[int], thing: Thing, near: range) -> int:
    """The last of the nearest tokens that name a thing's kind and colour."""
    kinds = {_ids(noun)[-1] for noun in words.nouns[thing.kind]}
    tints = {_ids(tint)[-1] for tint in words.tints.get(thing.colour, (thing.colour,))}
    return max(next(i for i in near if ids[i] in names) for names in (kinds, tints))


def _ids(words: str) -> list[int]:
    return load_tokenizer()(words, add_special_tokens=False).input_ids


def _answers(last: Tensor, heads: Any) -> list[Tensor]:
    """Scores [n, tokens, kinds and colours] of each side."""
    quarters = last[:, FILL.start : FILL.stop].chunk(len(SIDES), dim=1)
    return [head(quarter) for head, quarter in zip(heads["answers"], quarters, strict=True)]


def _error(scores: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy of scores [n, tokens, choices] against one truth a caption."""
    return F.cross_entropy(scores.flatten(0, 1), truth.repeat_interleave(scores.shape[1]))


def _truth(world: World, scenes: Sequence[Scene]) -> list[Tensor]:
    """Kind and colour [n, 2] at each of SIDES, 0 for nothing."""
    known = torch.tensor([list_facts(world, scene) for scene in scenes]).to(choose_device())
    return [known[:, 4 + 2 * i : 6 + 2 * i] for i in range(len(SIDES))]


def _right(answer: Sequence[Tensor], truth: Tensor) -> Tensor:
    found = torch.stack([scores[:, 0].argmax(1) for scores in answer], 1)
    return (found == truth).all(1)


def _some(scenes: Sequence[Scene], count: int, rng: np.random.Generator) -> list[Scene]:
    return [scenes[i] for i in rng.integers(len(scenes), size=count)]


def _heads(world: World) -> nn.ModuleList:
    return nn.ModuleList(nn.Linear(TEXT_WIDTH, sum(count_answers(world))) for _ in SIDES)


def _how() -> nn.Linear:
    return nn.Linear(TEXT_WIDTH, len(SIDES))
