"""Whole views: the brushes that are told to be filled are those that would be drawn apart in other views."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakes import GaussianHost
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.webui.program.whole_views import NUMBERED, describe_filled, find_filled
from lib_regiondiff.planning.conditioning import Job, Kept
from lib_regiondiff.planning.plan import make_plan
from palettes import sized

NATIVE = 64
JOB = Job(Size(256, 256), (1.0, 0.5, 0.0), (1,))
HOST = GaussianHost(native=256)
BOXES: dict[str, list[float]] = {"1": [0.1, 0.1, 0.3, 0.4], "2": [0.5, 0.1, 0.9, 0.4], "3": [0, 0.8, 1, 0.82]}


def make(*kinds: str, **more: Any) -> Palette:
    brushes = [
        {"id": name, "prompt": name, "kind": kind, "mask": {"rectangle": box}}
        for (name, box), kind in zip(BOXES.items(), kinds, strict=True)
    ]
    return sized(256, 256, **{"background": {"prompt": "0"}, "brushes": brushes} | more)


@pytest.mark.parametrize(
    "kinds", [("auto",) * 3, ("stuff",) * 3, ("thing", "stuff", "scene"), ("auto", "scene", "auto")]
)
@pytest.mark.parametrize("attention", ["none", "couple"])
def test_they_are_what_a_plan_of_other_views_may_draw_apart(kinds: tuple[str, ...], attention: str) -> None:
    palette = make(*kinds, attention=attention)
    made = make_plan(palette, JOB, GaussianHost(native=NATIVE))
    every = made if made.undecided is None else made.undecided.decide(made.undecided.names)
    apart = [number for number, kind in enumerate(every.brush_kinds, start=1) if kind != "stuff"]
    assert find_filled(palette, replace(JOB, centred=False), HOST, NATIVE) == apart


def test_over_a_picture_nothing_is_lost_but_what_the_pass_before_drew() -> None:
    over = replace(JOB, clock=(0.5, 0.25, 0.0), centred=False)
    assert find_filled(make("thing", "auto", "scene"), over, HOST, NATIVE) == []
    kept = replace(over, kept=Kept({"2": ((Size(8, 8), Size(8, 8)),)}))
    assert find_filled(make("thing", "auto", "scene"), kept, HOST, NATIVE) == [2]


def test_many_are_counted() -> None:
    assert [*describe_filled([], "of it")] == []
    assert [line.partition(":")[0] for line in describe_filled(range(NUMBERED), "of it")] == ["brush 0 and brush 1"]
    assert [line.partition(":")[0] for line in describe_filled(range(NUMBERED + 1), "of it")] == ["3 brushes"]
