"""The ground below things: it is drawn as if there were none."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

from discs import LEVELS, make_canvas, plan_document
from fakes import GaussianHost
from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.denoising.rows import Call
from lib_regiondiff.denoising.thing_memory import Canvas, ThingMemory
from lib_regiondiff.planning import noise
from palettes import sized

BRUSH = {"id": "a", "prompt": "2", "kind": "thing", "mask": {"rectangle": [0.2, 0.2, 0.8, 0.8]}}
SAMPLERS = ("DDIM", "DDIM CFG++", "LCM")


def draw_grounds(sampler: str, *brushes: dict[str, Any]) -> list[Tensor]:
    """What each level draws below the things, by samplers that carry on a noise or draw it anew."""
    host = GaussianHost(native=64)
    more = {"background": {"prompt": "0", "negative": "-1"}, "guidance": 2, "tiles": None}
    plan = plan_document(sized(256, 256, brushes=list(brushes), **more), host)
    images, x, found = ImageBatch(host, plan), make_canvas(plan), []
    for step, (level, then) in enumerate(itertools.pairwise(LEVELS)):
        made = images.predict(x, level, Call(plan.guidance))
        canvas = images.memories[0].things.canvas_now
        found.append(made.denoised[0] if canvas is None else canvas.ground.to(x))
        x0 = made.uncond if sampler == "DDIM CFG++" else made.denoised
        assert x0 is not None
        told, new = (x - level.alpha * x0) / level.beta, torch.randn(x.shape, generator=noise.make_generator(step))
        x = then.alpha * made.denoised + then.beta * (new.to(x) if sampler == "LCM" else told)
    return found


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_ground_is_drawn_as_if_there_were_no_thing(sampler: str) -> None:
    """A sampler that carries its noise on does not hand what a thing was on in it, where its outline has changed."""
    levels = zip(draw_grounds(sampler), draw_grounds(sampler, BRUSH), strict=True)
    for level, (alone, below) in enumerate(levels):
        assert torch.allclose(alone, below, atol=1e-4), level


def test_the_ground_sees_what_lies_below_things() -> None:
    x0, ground, unit, own = (torch.randn(4, 8, 8, generator=noise.make_generator(seed)) for seed in (1, 2, 3, 4))
    level = LEVELS[2]
    memory = ThingMemory(canvas_now=Canvas(x0, ground, unit, own)).turn(False)
    x = level.alpha * x0 + level.beta * unit
    assert torch.allclose(memory.hide(x, level), level.alpha * ground + level.beta * unit, atol=1e-4), "new noise"
    carries = memory.observe(x, level)
    assert torch.allclose(carries.hide(x, level), level.alpha * ground + level.beta * own, atol=1e-4)
    assert torch.equal(ThingMemory().hide(x0, level), x0)


@pytest.mark.parametrize("left", [0.0, 0.03])
def test_a_picture_ends_as_the_last_level_drew_it(left: float) -> None:
    """What DDIM leaves of its noise would show what was there before an outline was found; a mask's picture stays."""
    x0, noised, ground = (torch.randn(4, 32, 32, generator=noise.make_generator(seed)) for seed in (1, 2, 3))
    memory = ThingMemory(canvas_now=Canvas(x0, ground, noised, noised))
    ended = (1 - left**2) ** 0.5 * x0 + left * noised
    assert torch.allclose(memory.settle(ended), x0, atol=5e-3)
    masked = torch.where(torch.arange(32) < 16, ended, ground)
    assert torch.equal(memory.settle(masked), masked)
    assert torch.equal(ThingMemory().settle(ended), ended)
