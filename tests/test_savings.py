"""The comparison of savings: what is switched off costs rows and changes nothing, on data in closed form."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("diffusers")
ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "benchmarks")]

import savings

from fakes import GaussianHost, clock_of, exploding, schedule
from lib_regiondiff import masks
from lib_regiondiff.model import Call, ask
from lib_regiondiff.palette import Palette, parse
from lib_regiondiff.plan import Job, Plan, make_plan

LEVELS = tuple(exploding(sigma) for sigma in schedule(4))
BOXES = {"a": [0, 0, 0.25, 0.5], "b": [0.25, 0.25, 1, 1]}


def palette(guidance: float = 1, side: int = 128) -> Palette:
    """Two brushes on a canvas of twice the native side, or of the native side."""
    brushes = [{"id": key, "prompt": str(len(key) + i), "mask": {"rectangle": box}} for i, (key, box) in
               enumerate(BOXES.items())]  # fmt: skip
    head: dict[str, Any] = {"version": 1, "size": {"width": side, "height": side}, "guidance": guidance}
    return parse(head | {"background": {"prompt": "-1", "negative": "5"}, "brushes": brushes, "tiles": None})


def planned(document: Palette, host: GaussianHost) -> Plan:
    return make_plan(document, Job(document.size, clock_of(LEVELS), (1,)), host)


@pytest.mark.parametrize(
    ("without", "with_uncond", "guidance", "side"),
    [
        (savings.idle, False, 1, 128),
        (savings.unshared, False, 4, 64),
        (savings.asked, True, 1, 128),
    ],
)
def test_what_saves_rows_changes_nothing(without: Any, with_uncond: bool, guidance: float, side: int) -> None:
    host = GaussianHost(native=64)
    plan = planned(palette(guidance, side), host)
    other = without(plan, host)
    calls = Call(guidance), Call(guidance, with_uncond=with_uncond)
    rows = [len(ask(each.steps[0], 1, LEVELS[0], call)[0]) for each, call in zip((plan, other), calls, strict=True)]
    assert rows[0] < rows[1]
    assert savings.apart(host, (plan, other), LEVELS, 3, with_uncond) < 1e-6


def test_a_difference_is_seen() -> None:
    host = GaussianHost(native=64)
    plans = [planned(replace(palette(), background=replace(palette().background, prompt=text)), host) for text in "02"]
    assert savings.apart(host, (plans[0], plans[1]), LEVELS, 3, False) > 1


def test_halves_make_up_their_brushes_and_merge_into_them() -> None:
    whole, host = palette(), GaussianHost(native=64)
    parts = savings.halved(whole)
    assert len(parts.brushes) == 4
    for index, brush in enumerate(whole.brushes):
        halves = [masks.rasterise(each.mask, whole.size) for each in parts.brushes[2 * index : 2 * index + 2]]
        assert all(half.any() for half in halves)
        assert np.array_equal(np.add(*halves), masks.rasterise(brush.mask, whole.size) > 0.5)
    assert savings.apart(host, (planned(whole, host), planned(parts, host)), LEVELS, 3, False) < 1e-6
