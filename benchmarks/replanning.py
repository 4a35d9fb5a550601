"""CPU seconds of planning anew after an edit of one brush of nine: `python benchmarks/replanning.py`.

The scene is 1920x768 with nine brushes, painted as pictures or drawn as shapes, on the small model inside. Each line
has the median of both over some turns, taken in turn, and their ratio: `all` is planned by a session that has seen
nothing, `edit` by one that has planned the palette before one mask and one prompt of it changed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from lib_regiondiff import load_model
from lib_regiondiff.document.encoded import write_png
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.planning.plan import Job, make_plan
from lib_regiondiff.store import Store

WIDTH, HEIGHT, COUNT = 1920, 768, 9
CLOCK = (*(1 - step / 20 for step in range(20)), 0.0)
KINDS = ("painted", "shapes")


def make_mask(kind: str, number: int, turn: int) -> Any:
    """An ellipse in its ninth of the canvas, as a shape or as pixels; `turn` moves it a little."""
    middle, top = (number + 0.5) / COUNT, 0.2 + 0.01 * (turn % 20)
    box = middle - 0.09, top, middle + 0.09, top + 0.6
    if kind == "shapes":
        return {"ellipse": [max(0.0, box[0]), box[1], min(1.0, box[2]), box[3]]}
    y, x = np.ogrid[:HEIGHT, :WIDTH]
    high, wide = (box[3] - box[1]) / 2 * HEIGHT, (box[2] - box[0]) / 2 * WIDTH
    inside = ((x - middle * WIDTH) / wide) ** 2 + ((y - (box[1] + box[3]) / 2 * HEIGHT) / high) ** 2 <= 1
    return Picture.of(write_png(inside.astype(np.uint8) * 255))


def make_scene(kind: str, turn: int) -> Palette:
    """The palette of a turn: no other turn has its prompts and masks."""
    brushes = [
        {"id": f"b{number}", "prompt": f"a red circle {turn} {number}", "mask": make_mask(kind, number, turn)}
        for number in range(COUNT)
    ]
    head = {"version": 1, "size": {"width": WIDTH, "height": HEIGHT}, "guidance": 4}
    return parse(head | {"background": {"prompt": f"grass {turn}"}, "brushes": brushes})


def edit(palette: Palette, kind: str, turn: int) -> Palette:
    """The palette after its fifth brush got another mask and another prompt."""
    brushes = list(palette.brushes)
    mask = make_scene(kind, turn + 1).brushes[4].mask
    brushes[4] = replace(brushes[4], prompt=f"a blue square {turn}", mask=mask)
    return replace(palette, brushes=tuple(brushes))


def plan(host: DiffusersHost, palette: Palette, store: Store) -> float:
    """CPU seconds of planning."""
    start = time.process_time()
    made = make_plan(palette, Job(palette.size, CLOCK, (1,), store=store), host)
    passed = time.process_time() - start
    assert len(made.steps[0]) >= COUNT
    return passed


def measure(kind: str, turns: int) -> dict[str, Any]:
    """The line of one kind of masks."""
    host, every, edits = load_model("demo", "cpu"), [], []
    plan(host, make_scene(kind, 100), Store())  # what is loaded once
    for turn in range(turns):
        palette, store = make_scene(kind, turn), Store()
        changed = edit(palette, kind, turn)
        every.append(plan(host, palette, store))
        edits.append(plan(host, changed, store))
    both = statistics.median(every), statistics.median(edits)
    numbers = {"all_cpu_s": round(both[0], 4), "edit_cpu_s": round(both[1], 4), "ratio": round(both[1] / both[0], 3)}
    return {"benchmark": "replanning", "masks": kind, "turns": turns, **numbers}


def main() -> None:
    """Print a line for each kind of masks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=9)
    options = parser.parse_args()
    if options.turns < 1:
        parser.error(f"--turns: expected 1 or more, got {options.turns}")
    torch.set_num_threads(1)
    for kind in KINDS:
        print(json.dumps(measure(kind, options.turns)))


if __name__ == "__main__":
    main()
