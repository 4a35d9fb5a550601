"""The ground below things: it is drawn as if there were none."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from discs import LEVELS, make_canvas, plan_document
from fakes import GaussianHost, exploding, schedule
from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.denoising.prediction import Prediction
from lib_regiondiff.denoising.rows import Call
from lib_regiondiff.denoising.thing_memory import Canvas, ThingMemory
from lib_regiondiff.host import Level
from lib_regiondiff.planning import noise
from palettes import sized

BRUSH = {"id": "a", "prompt": "2", "kind": "thing", "mask": {"rectangle": [0.2, 0.2, 0.8, 0.8]}}
MANY = tuple(exploding(sigma) for sigma in schedule(20))
Advance = Callable[[Tensor, Prediction, Tensor | None, tuple[float, float, float], Tensor], Tensor]
"""x, what was made of it, x0 of the step before, the noise then, here and next, new noise -> x at the next step."""


def ddim(x: Tensor, made: Prediction, old: Tensor | None, noises: tuple[float, float, float], new: Tensor) -> Tensor:
    return made.denoised + noises[2] * (x - made.denoised) / noises[1]


def cfgpp(x: Tensor, made: Prediction, old: Tensor | None, noises: tuple[float, float, float], new: Tensor) -> Tensor:
    assert made.uncond is not None
    return made.denoised + noises[2] * (x - made.uncond) / noises[1]


def lcm(x: Tensor, made: Prediction, old: Tensor | None, noises: tuple[float, float, float], new: Tensor) -> Tensor:
    return made.denoised + noises[2] * new


def euler_a(x: Tensor, made: Prediction, old: Tensor | None, noises: tuple[float, float, float], new: Tensor) -> Tensor:
    _, here, there = noises
    up = min(there, there * (here**2 - there**2) ** 0.5 / here)
    return made.denoised + (there**2 - up**2) ** 0.5 * (x - made.denoised) / here + up * new


def dpm_2m(x: Tensor, made: Prediction, old: Tensor | None, noises: tuple[float, float, float], new: Tensor) -> Tensor:
    """The second order of Lu et al. 2022, in x0 (algorithm 2)."""
    before, here, there = noises
    if old is None or there == 0:
        return ddim(x, made, old, noises, new)
    more = math.log(here / there) / math.log(before / here) / 2
    return there / here * x + (1 - there / here) * ((1 + more) * made.denoised - more * old)


def draw_grounds(
    advance: Advance, *brushes: dict[str, Any], levels: tuple[Level, ...] = LEVELS, kept: int = 0
) -> list[Tensor]:
    """What each level draws below the things [C, h, w]; `kept` rows above are put back to a picture after each."""
    host = GaussianHost(native=64)
    more = {"background": {"prompt": "0", "negative": "-1"}, "guidance": 2, "tiles": None}
    plan = plan_document(sized(256, 256, brushes=list(brushes), **more), host, levels)
    images, x, found, old = ImageBatch(host, plan), make_canvas(plan), [], None
    for step, (level, then) in enumerate(itertools.pairwise(levels)):
        made = images.predict(x, level, Call(plan.guidance))
        canvas = images.memories[0].things.canvas_now
        found.append((made.denoised[0] if canvas is None else canvas.ground.to(x))[:, kept:])
        for each in (made.denoised, made.uncond):
            assert each is not None
            each[:, :, :kept] = 5.0
        new = torch.randn(x.shape, generator=noise.make_generator(step)).to(x)
        x = advance(x, made, old, (levels[max(0, step - 1)].beta, level.beta, then.beta), new)
        old = made.denoised
    return found


@pytest.mark.parametrize("levels", [LEVELS, MANY])
@pytest.mark.parametrize("brush", [BRUSH, BRUSH | {"stop": 0.6}])
@pytest.mark.parametrize("kept", [0, 4])
@pytest.mark.parametrize(
    ("advance", "most"), [(ddim, 1e-3), (cfgpp, 1e-3), (lcm, 1e-3), (dpm_2m, 1e-3), (euler_a, 0.05)]
)
def test_the_ground_is_drawn_as_if_there_were_no_thing(
    advance: Advance, most: float, kept: int, brush: dict[str, Any], levels: tuple[Level, ...]
) -> None:
    """A sampler that carries its noise on does not hand what a thing was on in it, where its outline has changed."""
    pair = (draw_grounds(advance, *brushes, levels=levels, kept=kept) for brushes in ((), (brush,)))
    for step, (alone, below) in enumerate(zip(*pair, strict=True)):
        assert torch.allclose(alone, below, atol=most), step


@pytest.mark.parametrize("advance", [ddim, cfgpp, dpm_2m])
def test_the_grounds_own_noise_is_told_under_autocast(advance: Advance) -> None:
    """WebUIs sample in it: sums of squares are beyond float16, and its rounding would be seen."""
    pair = [draw_grounds(advance, *brushes) for brushes in ((), (BRUSH,))]
    with torch.autocast("cpu", torch.bfloat16):
        pair[1] = draw_grounds(advance, BRUSH)
    for step, (alone, below) in enumerate(zip(*pair, strict=True)):
        assert torch.allclose(alone, below, atol=1e-3), step


def test_the_grounds_own_noise_is_told_where_x0_hardly_changes() -> None:
    """Over many steps the change that DPM++ 2M adds is less than a thousandth of the noise."""
    levels = tuple(exploding(sigma) for sigma in schedule(120))
    pair = (draw_grounds(dpm_2m, *brushes, levels=levels) for brushes in ((), (BRUSH,)))
    for step, (alone, below) in enumerate(zip(*pair, strict=True)):
        assert torch.allclose(alone, below, atol=5e-5), step


def test_the_ground_sees_what_lies_below_things() -> None:
    x0, ground, unit, own = (torch.randn(4, 8, 8, generator=noise.make_generator(seed)) for seed in (1, 2, 3, 4))
    level = LEVELS[2]
    memory = ThingMemory(canvas_now=Canvas(x0, ground, unit, own)).turn(False)
    x = level.alpha * x0 + level.beta * unit
    assert torch.allclose(memory.hide(x, level), level.alpha * ground + level.beta * unit, atol=1e-4), "new noise"
    carries = memory.observe(x, level)
    assert torch.allclose(carries.hide(x, level), level.alpha * ground + level.beta * own, atol=1e-4)
    assert torch.equal(ThingMemory().hide(x0, level), x0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("left", [0.0, 0.03])
@pytest.mark.parametrize("unguided", [False, True])
def test_a_picture_ends_as_the_last_level_drew_it(left: float, unguided: bool, dtype: torch.dtype) -> None:
    """What DDIM leaves of its noise would show what was there before an outline was found; a mask's picture stays."""
    x0, noised, ground = (torch.randn(4, 32, 32, generator=noise.make_generator(seed)) for seed in (1, 2, 3))
    pair = noised, noised
    canvas = Canvas(4 * x0, ground, *((ground, ground) if unguided else pair), pair if unguided else None)
    memory = ThingMemory(canvas_now=canvas)
    ended = ((1 - left**2) ** 0.5 * 4 * x0 + left * noised).to(dtype)
    assert torch.allclose(memory.settle(ended).float(), 4 * x0, atol=0.02 + 16 * torch.finfo(dtype).eps)
    masked = torch.where(torch.arange(32) < 30, ended, ground.to(dtype))
    assert torch.equal(memory.settle(masked), masked)
    assert torch.equal(ThingMemory().settle(ended), ended)
