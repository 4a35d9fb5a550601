"""Deciding: what shows a figure at the first level is looked at again a little later where drawing is guided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor

from discs import Figures, make_canvas
from fakes import MeanCond, exploding, schedule
from lib_regiondiff.authoring.cost import count_cells
from lib_regiondiff.denoising.deciding import list_looks
from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.denoising.rows import Call
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.host import Level, Row
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from palettes import sized

FADES, STAYS = "3", "2"


@dataclass
class Fading(Figures):
    """As Figures; but what is drawn of the prompt FADES has no disc any more from a level on."""

    until: float = 0.0
    seen: list[tuple[Row, Tensor]] = field(default_factory=list)

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        self.seen += zip(rows, x, strict=True)
        made = super().denoise(x, rows)
        for place, row in enumerate(rows):
            if mean_of(row) == float(FADES) and row.level.noise <= self.until:
                made[place] = 3.0
        return made


def mean_of(row: Row) -> float:
    assert isinstance(row.cond, MeanCond)
    return row.cond.mean


def levels_of(steps: int) -> tuple[Level, ...]:
    return tuple(exploding(sigma) for sigma in schedule(steps))[:-1]


def paint(*brushes: dict[str, Any], **more: Any) -> Palette:
    boxes = [0.1, 0.1, 0.4, 0.4], [0.5, 0.5, 0.9, 0.9]
    made = [
        {"id": each["prompt"], "mask": {"rectangle": box}} | each for each, box in zip(brushes, boxes, strict=False)
    ]
    return sized(256, 256, background={"prompt": "0"}, brushes=made, tiles=None, **more)


def plan(palette: Palette, host: Figures, levels: Sequence[Level]) -> Plan:
    return make_plan(palette, Job(palette.size, (*(each.noise for each in levels), 0.0), (1,)), host)


def begin(palette: Palette, steps: int, told: bool = True, until: int = 1, **call: Any) -> tuple[Fading, ImageBatch]:
    """A host that has drawn the first level, and its images; discs fade at the step `until`."""
    levels = levels_of(steps)
    host = Fading(native=64, until=levels[until].noise)
    images = ImageBatch(host, plan(palette, host, levels), levels=levels if told else ())
    images.predict(make_canvas(images.plan), levels[0], Call(**{"scale": 4.0, **call}))
    return host, images


def kinds_of(images: ImageBatch) -> tuple[str, ...]:
    return images.plan_of(0).brush_kinds


BOTH = {"prompt": FADES}, {"prompt": STAYS}


@pytest.mark.parametrize("steps", [9, 10, 20, 30, 50])
def test_what_is_no_figure_after_a_tenth_of_guided_steps_is_none(steps: int) -> None:
    last = max(list_looks(steps))
    assert 1 <= last <= max(1, round(0.1 * steps))
    assert kinds_of(begin(paint(*BOTH), steps, until=last)[1]) == ("stuff", "thing")
    assert kinds_of(begin(paint(*BOTH), steps, until=last + 1)[1]) == ("thing", "thing"), "nobody looks later"


def test_without_guidance_and_in_few_steps_the_first_level_decides() -> None:
    assert kinds_of(begin(paint(*BOTH, guidance=1), 20, scale=1.0)[1]) == ("thing", "thing")
    assert kinds_of(begin(paint(*BOTH), 8)[1]) == ("thing", "thing") and list_looks(8) == []
    assert kinds_of(begin(paint(*BOTH), 20, skip=True)[1]) == ("thing", "thing"), "the host leaves negatives out"
    assert kinds_of(begin(paint(*BOTH), 20, told=False)[1]) == ("thing", "thing"), "the levels ahead are unknown"


def test_a_brush_that_is_not_guided_is_not_looked_at_again() -> None:
    brushes = {"prompt": FADES, "guidance": 1}, {"prompt": FADES, "id": "b"}
    assert kinds_of(begin(paint(*brushes), 20)[1]) == ("thing", "stuff")


def test_scenes_are_looked_at_again_too() -> None:
    sides = {"mask": {"rectangle": [0, 0, 0.5, 1]}}, {"mask": {"rectangle": [0.5, 0, 1, 1]}}
    palette = paint(*(each | side for each, side in zip(BOTH, sides, strict=True)))
    assert kinds_of(begin(palette, 20)[1]) == ("stuff", "scene")


def test_a_look_ahead_steps_as_ddim_does_with_nothing_of_the_canvas() -> None:
    """The negative's answer is 0, so what is guided is 4 times a disc of 2."""
    host, _ = begin(paint({"prompt": STAYS}), 20)
    levels = levels_of(20)
    ahead = [(row, x) for row, x in host.seen if row.level in (levels[1], levels[2])]
    assert [(levels.index(row.level), mean_of(row)) for row, _ in ahead] == [(1, 2.0), (1, 0.0), (2, 2.0)]
    (first,) = [x for row, x in host.seen if row.level == levels[0] and row.zoom and mean_of(row) == 2.0]
    (disc,) = host.denoise(first[None], [ahead[0][0]])
    noise = (first - levels[0].alpha * 4 * disc) / levels[0].beta
    for row, x in ahead:
        assert torch.allclose(x, row.level.alpha * 4 * disc + row.level.beta * noise, atol=1e-5)


def test_what_was_asked_of_the_first_level_is_not_asked_again() -> None:
    host, _ = begin(paint({"prompt": STAYS}, {"prompt": "4"}), 20)
    first = [row for row, _ in host.seen if row.level == levels_of(20)[0] and row.zoom is not None]
    assert sorted(map(mean_of, first)) == [0.0, 0.0, 2.0, 4.0], "each prompt and each negative once"


@pytest.mark.parametrize("fades", [True, False])
@pytest.mark.parametrize("guidance", [1.0, 4.0])
@pytest.mark.parametrize("steps", [5, 10, 20])
def test_looks_are_counted_in_what_is_told_of_costs(steps: int, guidance: float, fades: bool) -> None:
    """What is told is the dearer of two ways: of these brushes, whatever turns out, no more is asked."""
    palette, levels = paint({"prompt": FADES}, guidance=guidance), levels_of(steps)
    host = Fading(native=64, until=levels[1].noise if fades else -1.0)
    images = ImageBatch(host, plan(palette, host, levels), levels=levels)
    x = make_canvas(images.plan)
    for level in levels:
        images.draw(x, level)
    cells, told = sum(row.size.area for row, _ in host.seen), count_cells(images.plan, guidance)
    thing = images.plan_of(0).brush_kinds == ("thing",)
    assert thing == (not fades or guidance == 1 or steps == 5)
    assert cells == told if thing else cells <= told, "a thing is the dearer way"
