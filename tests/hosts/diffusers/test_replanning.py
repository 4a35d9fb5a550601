"""An edit of one brush rasterises and encodes that brush anew, and no other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("diffusers")

from lib_regiondiff.document.encoded import write_png
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.store import Store

WORDS = ("red", "blue", "green", "gray", "red cat", "blue cat", "green cat", "gray cat", "cat")


def paint(number: int, shift: int = 0) -> Picture:
    """A stroke in its ninth of the canvas."""
    pixels = np.zeros((96, 288), np.uint8)
    pixels[10 + shift : 80, number * 32 : number * 32 + 40] = 255
    return Picture.of(write_png(pixels))


def nine(**more: Any) -> Palette:
    brushes = [{"id": word, "prompt": word, "mask": paint(number)} for number, word in enumerate(WORDS)]
    head = {"version": 1, "size": {"width": 288, "height": 96}, "guidance": 3, "background": {"prompt": "cat red"}}
    return parse(head | {"brushes": brushes} | more)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch, known_pipeline: Any) -> Any:
    """What plans a palette and says how many masks were rasterised and how many prompts encoded for it."""
    host, store, work = DiffusersHost.of(known_pipeline, "known"), Store(), {"masks": 0, "prompts": 0}
    measure, encode = masks._measure_cells, DiffusersHost._encode

    def count(name: str, real: Any) -> Any:
        def counting(*given: Any) -> Any:
            work[name] += 1
            return real(*given)

        return counting

    monkeypatch.setattr(masks, "_measure_cells", count("masks", measure))
    monkeypatch.setattr(DiffusersHost, "_encode", count("prompts", encode))

    def plan(palette: Palette) -> tuple[Plan, dict[str, int]]:
        work.update(masks=0, prompts=0)
        made = make_plan(palette, Job(palette.size, (1.0, 0.5, 0.0), (1,), store=store), host)
        return made, dict(work)

    return plan


def test_an_edit_costs_what_was_edited(counted: Any) -> None:
    palette = nine()
    first, all_of_it = counted(palette)
    assert all_of_it == {"masks": 9, "prompts": 11}  # the background's and the empty negative
    same, nothing = counted(palette)
    assert nothing == {"masks": 0, "prompts": 0}
    brushes = list(palette.brushes)
    brushes[4] = replace(brushes[4], mask=paint(4, shift=20))
    moved, mask = counted(replace(palette, brushes=tuple(brushes)))
    assert mask == {"masks": 1, "prompts": 0}
    brushes[6] = replace(brushes[6], prompt="green blue")
    _, words = counted(replace(palette, brushes=tuple(brushes)))
    assert words == {"masks": 0, "prompts": 1}
    for one, two, equal in ((first, same, True), (first, moved, False)):
        pairs = zip(one.steps[0], two.steps[0], strict=True)
        assert all(np.array_equal(a.weight, b.weight) for a, b in pairs) == equal
