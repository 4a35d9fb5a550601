"""The noise of what is drawn apart goes by the brush's id: it stays when others come, go, or change places."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch

from fakes import GaussianHost, clock_of, exploding, schedule
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from palettes import sized

LEVELS = tuple(exploding(sigma) for sigma in schedule(5))
BRUSHES: dict[str, dict[str, Any]] = {
    "moon": {"kind": "thing", "mask": {"rectangle": [0.05, 0.1, 0.4, 0.5]}},
    "boats": {"kind": "thing", "mask": {"ellipse": [0.5, 0.55, 0.95, 0.95]}},
    "mast": {"kind": "stuff", "mask": {"rectangle": [0.6, 0.05, 0.63, 0.5]}},
    "court": {"kind": "scene", "mask": {"rectangle": [0, 0.5, 0.5, 1]}},
    "lawn": {"kind": "stuff", "mask": {"rectangle": [0.7, 0.1, 0.9, 0.35]}},
}
LEAST = {"moon", "boats", "mast"}
"""What is drawn apart whatever lies beside it."""


def make(names: list[str], **more: Any) -> Plan:
    brushes = [{"id": name, "prompt": str(1 + [*BRUSHES].index(name))} | BRUSHES[name] for name in names]
    palette = sized(512, 384, **{"background": {"prompt": "0"}, "guidance": 1, "brushes": brushes} | more)
    job = Job(size=palette.size, clock=clock_of(LEVELS), seeds=(1, 2))
    return make_plan(palette, job, GaussianHost(native=128))


def list_seeds(plan: Plan) -> dict[str, tuple[int, ...]]:
    """The seeds of each close-up of a plan, by the brush that it shows."""
    return {view.regions[0].names[0]: view.zoom.seeds for view in plan.steps[0] if view.zoom is not None}


@pytest.mark.parametrize("number", range(6))
def test_close_ups_keep_their_noise_in_any_order_and_company(number: int) -> None:
    rng = random.Random(number)
    whole = list_seeds(make([*BRUSHES]))
    assert set(whole) >= LEAST and len({*whole.values()}) == len(whole), "each has noise of its own"
    names = rng.sample([*BRUSHES], len(BRUSHES) - number % 3)
    found = list_seeds(make(names))
    assert LEAST & set(names) <= set(found)
    for name, seeds in found.items():
        assert seeds == whole.get(name, seeds), f"{name} in {names}"


def test_the_noise_around_a_brush_keeps_in_any_order() -> None:
    def find(names: list[str]) -> torch.Tensor:
        plan = make(names, bootstrap={"levels": 1, "mix": 1})
        (around,) = [each.surround for each in plan.steps[0] if each.names == ("lawn",)]
        assert around is not None
        return around.noise

    assert torch.equal(find(["lawn", "moon"]), find(["moon", "boats", "lawn"]))


def test_numbers_of_brushes_and_pieces_are_apart_from_each_other_and_from_what_a_picture_has_once() -> None:
    numbers = {noise.number_brush(f"b{n}", piece) for n in range(200) for piece in range(4)}
    assert len(numbers) == 800 and min(numbers) >= noise.FURTHER
