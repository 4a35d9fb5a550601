"""What the heaviest accepted documents cost beside a plain one: `python benchmarks/budget.py [NAME ...]`.

Each runs in a process of its own: the check, the preview of a WebUI, the overlay, and what a job does beside the
network (plan, views of three steps, noise, infotext, the end of the picture). CPU seconds and the most memory in MB
are those beyond a plain document: eight soft brushes on the same canvas.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from heavy import Data, Heavy, brushes, cases, spot
from PIL import Image
from rows import Counting

from lib_regiondiff.authoring import preview
from lib_regiondiff.authoring.cost import make_clock
from lib_regiondiff.authoring.job_context import JobContext
from lib_regiondiff.authoring.overlay import overlay
from lib_regiondiff.authoring.summary import summarise
from lib_regiondiff.denoising.pixels.composite import restore_uncovered
from lib_regiondiff.document.palette import dumps, parse
from lib_regiondiff.errors import RegionDiffError
from lib_regiondiff.formats import infotext
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning import crop, noise
from lib_regiondiff.planning.plan import Job, make_plan
from lib_regiondiff.store import Store

MB = 2**20
CASES = dict(cases())


def check(text: str, case: Heavy, size: Size) -> None:
    """Do what `regiondiff check` does with a document, and write the palette as text again."""
    palette = parse(text)
    summarise(palette)
    dumps(palette)


def show(text: str, case: Heavy, size: Size) -> None:
    """Make the preview that a WebUI shows while a document is edited."""
    around = JobContext("a field", "blur", 7.0, size, steps=case.steps, count=len)
    assert "<svg" in preview.render_html(text, around)


def lay(text: str, case: Heavy, size: Size) -> None:
    """Make the picture of `regiondiff overlay`."""
    overlay(parse(text))


def draw(text: str, case: Heavy, size: Size) -> None:
    """Do what a job does beside its network."""
    palette, store = parse(text), Store()
    plan = make_plan(palette, Job(size, make_clock(case.steps), (1,), store=store), Counting())
    for step in (0, case.steps // 2, case.steps - 1):
        assert plan.steps[step]
    cells = size.cells(8)
    noise.apply(noise.draw_unit([noise.make_generator(1)], (4, cells.height, cells.width)), palette, size, 8, store)
    infotext.make_value(palette, 16000)
    restore_uncovered(Image.new("RGB", (size.width, size.height)), palette, store)


def cut(text: str, case: Heavy, size: Size) -> None:
    """Crop the palette, as inpainting a part of the canvas does first."""
    crop.crop_palette(parse(text), size, (3, 5, size.width / 2, size.height / 2), size)


ANSWERS: dict[str, Callable[[str, Heavy, Size], None]] = {
    "check": check,
    "preview": show,
    "overlay": lay,
    "draw": draw,
    "crop": cut,
}


def measure_peak(anew: bool = False) -> float:
    """The most memory in MB that this process has held; `anew` begins a new count, after freeing what can be freed."""
    if anew:
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024


def measure(answer: str, text: str, case: Heavy, size: Size) -> tuple[float, float]:
    """An answer's CPU seconds, the fewer of two runs, since a busy machine adds to them; and the most MB it added."""
    took = [_measure(answer, text, case, size) for _ in range(2)]
    return min(seconds for seconds, _ in took), max(more for _, more in took)


def _measure(answer: str, text: str, case: Heavy, size: Size) -> tuple[float, float]:
    before, start = measure_peak(anew=True), time.process_time()
    ANSWERS[answer](text, case, size)
    return time.process_time() - start, measure_peak() - before


def make_plain(data: Data, case: Heavy) -> Data:
    """The plain document to compare with: eight soft brushes on the same canvas, and what the case's `plain` holds."""
    own = {"version": 1, "size": data["size"], "steps": min(20, data.get("steps", 20))}
    return own | dict(case.plain) | brushes(8, lambda index: spot(9 * index), feather=16)


def measure_case(name: str) -> dict[str, Any]:
    """A case's line: for each answer CPU seconds and MB beyond those of the plain document, or why it is refused."""
    case = CASES[name]
    number, data = case.largest
    width, height = case.size or (data["size"]["width"], data["size"]["height"])
    size, text = Size(height, width), json.dumps(data)
    line = {"benchmark": "budget", "case": name, "number": number, "letters": len(text), "canvas": str(size)}
    del data["version"]
    usual = replace(case, steps=min(20, case.steps))
    other = json.dumps(make_plain({"size": data["size"]} | data, case))
    for answer in ANSWERS:
        measure(answer, other, usual, size)  # to load what is loaded once
        own = measure(answer, other, usual, size)
        try:
            took = measure(answer, text, case, size)
        except RegionDiffError as error:
            line[answer] = f"refused: {error}"
            continue
        line[answer] = {
            "seconds": round(took[0] - own[0], 2), "megabytes": round(took[1] - own[1]),
            "own": [round(own[0], 2), round(own[1])],
        }  # fmt: skip
    return line


def main() -> None:
    """Measure the cases that the command line names, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="cases; all by default")
    parser.add_argument("--here", action="store_true", help="in this process")
    given = parser.parse_args()
    torch.set_num_threads(1)
    for name in given.names or CASES:
        if given.here:
            print(json.dumps(measure_case(name)), flush=True)
        else:
            subprocess.run([sys.executable, str(Path(__file__)), "--here", name], check=True)


if __name__ == "__main__":
    main()
