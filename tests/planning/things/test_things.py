"""Things in plans: what of a palette acts on them, and what only on what is blended in cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from fakes import GaussianHost, clock_of, exploding, schedule
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.views import View
from lib_regiondiff.planning.weights.masks import QUANTIZATIONS
from palettes import sized

LEVELS = tuple(exploding(sigma) for sigma in schedule(6))
THING = {"id": "thing", "prompt": "2", "kind": "thing", "mask": {"rectangle": [0.1, 0.1, 0.5, 0.5]}, "feather": 24}
STUFF = {"id": "stuff", "prompt": "3", "kind": "stuff", "mask": {"rectangle": [0.3, 0.55, 0.9, 0.95]}, "feather": 24}
QUANTIZED = [name for name in QUANTIZATIONS if name != "none"]


def plan(*brushes: dict[str, Any], **more: Any) -> Plan:
    palette = sized(256, 256, background={"prompt": "0"}, guidance=1, tiles=None, brushes=list(brushes), **more)
    return make_plan(palette, Job(palette.size, clock_of(LEVELS), (1,)), GaussianHost(native=64))


def find(made: Plan, step: int, name: str) -> View:
    (view,) = [each for each in made.steps[step] if each.names == (name,)]
    return view


def lay(made: Plan, step: int, name: str) -> np.ndarray:
    """The weight [h, w] of all views of a brush on the canvas."""
    total = np.zeros((32, 32), np.float32)
    for view in (each for each in made.steps[step] if name in each.names):
        view.box.crop(total)[...] += view.weight.numpy()
    return total


@pytest.mark.parametrize("quantization", QUANTIZED)
def test_quantization_does_not_act_on_a_thing_but_on_what_is_beside_it(quantization: str) -> None:
    plain, made = plan(THING, STUFF), plan(THING, STUFF, quantization=quantization)
    for step in range(len(LEVELS) - 1):
        one, other = find(plain, step, "thing"), find(made, step, "thing")
        assert one.box == other.box and one.zoom is not None and other.zoom is not None
        assert torch.equal(one.weight, other.weight) and torch.equal(one.zoom.inside, other.zoom.inside)
        assert one.zoom.seeds == other.zoom.seeds and one.zoom.last == other.zoom.last == (step == len(LEVELS) - 2)
    soft, steps = lay(plain, 0, "stuff"), [lay(made, step, "stuff") for step in range(len(LEVELS) - 1)]
    assert 0 < soft[soft > 0].min() < 0.5, "it is feathered"
    assert not any(np.array_equal(each, soft) for each in steps[:-1])
    assert steps[0].sum() < steps[-2].sum(), "it grows from its core"


@pytest.mark.parametrize("quantization", QUANTIZED)
def test_the_ground_below_a_thing_is_what_it_is_without_the_thing(quantization: str) -> None:
    made, alone = (plan(*brushes, STUFF, quantization=quantization) for brushes in ([THING], []))
    for step in range(len(LEVELS) - 1):
        for name in ("background", "stuff"):
            assert np.array_equal(lay(made, step, name), lay(alone, step, name))


@pytest.mark.parametrize("weight", [0.2, 5])
def test_the_weight_of_a_brush_does_not_act_on_its_thing(weight: float) -> None:
    over = {"rule": "weighted"}
    usual, other = (plan(STUFF, THING | {"weight": each}, overlap=over) for each in (1, weight))
    for step in range(len(LEVELS) - 1):
        assert torch.equal(find(usual, step, "thing").weight, find(other, step, "thing").weight)
        assert np.array_equal(lay(usual, step, "stuff"), lay(other, step, "stuff"))
