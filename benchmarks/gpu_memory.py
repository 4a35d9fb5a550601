"""Little memory: five brushes of SD1.5 at 512 px and SDXL at 1024 px with 6 and 8 GB, and with too little for a call.

Capped: PyTorch gives no more, while the driver says that the card is free, so calls are refused and tried again.
Filled: something else holds the card, so the measured budget must see what is left.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gpu_models
import torch
from gpu_card import GIB, admitted
from gpu_report import Bench

from lib_regiondiff import HostError, render

STEPS = 3, 2
"""Of a picture, in earnest and in a dry run."""
SIDES: Mapping[str, tuple[int, int]] = {"SD1.5": (512, 64), "SDXL": (1024, 128)}
"""The side of the picture in pixels, in earnest and in a dry run."""
IN_HALF = "too little for a whole call"


@dataclass(frozen=True)
class Case:
    """So many GiB, whether something else fills the rest, whether networks wait on the CPU."""

    room: float
    filled: bool = False
    offload: bool = False

    def __str__(self) -> str:
        way = "filled" if self.filled else "capped"
        return f"{way} at {self.room:g} GB" + (", offload" if self.offload else "")


CASES: Mapping[str, Sequence[Case]] = {
    "SD1.5": (Case(6), Case(8), Case(6, filled=True)),
    "SDXL": (Case(6, offload=True), Case(8), Case(8, offload=True), Case(8, filled=True)),
}


@dataclass(frozen=True)
class Drawing:
    """How a picture came about: seconds, bytes at most and before decoding, refusals, the most rows of a call."""

    seconds: float
    peak: int
    peak_of_network: int
    refused: int
    rows: int
    error: str = ""


def measure(bench: Bench) -> None:
    """Draw each case, then with half of what the network's calls took when nothing was short."""
    for family, cases in CASES.items():
        pipe = gpu_models.random_pipe(family, bench.card)
        free = draw(bench, pipe, family)
        tell(bench, f"memory, {family}, nothing short", free)
        held = bench.card.held
        for case in cases:
            label = f"memory, {family}, {case}"
            with bench.report.guarded(label):
                tell(bench, label, draw(bench, pipe, family, case), case.room)
        room = (held + (free.peak_of_network - held) / 2) / GIB
        label = f"memory, {family}, {IN_HALF}"
        with bench.report.guarded(label):
            made = draw(bench, pipe, family, Case(room))
            tell(bench, label, made, room)
            bench.report.at_least(f"{label}, refusals overcome", 0 if made.error else made.refused, "times", 1)
        del pipe
        gc.collect()


def draw(bench: Bench, pipe: Any, family: str, case: Case | None = None) -> Drawing:
    """Draw five brushes; an error of ours or of the memory is part of what came about."""
    card, before = bench.card, [0]
    host = gpu_models.hosted(pipe, card, case is not None and case.offload)
    palette = gpu_models.five(SIDES[family][bench.small], STEPS[bench.small])
    card.begin()
    start, error = time.perf_counter(), ""
    room = int((case.room if case else 2**10) * GIB)
    with (card.filled if case and case.filled else card.capped)(room), admitted(card, pipe.unet):
        try:
            render(host, palette, progress=lambda step: before.append(card.peak))
            card.settle()
        except (HostError, torch.cuda.OutOfMemoryError) as raised:
            error = str(raised).splitlines()[0][:300]
        seconds = time.perf_counter() - start
        return Drawing(seconds, card.peak, before[-1], card.refused, max(card.calls, default=0), error)


def tell(bench: Bench, label: str, made: Drawing, room: float | None = None) -> None:
    """Lines of a drawing: whether there is a picture, the memory that it took, refusals, rows of a call, seconds."""
    report, more = bench.report, {"error": made.error} if made.error else {}
    report.at_least(f"{label}, picture finished", float(not made.error), "", 1, **more)
    if room is None:
        report.note(f"{label}, peak", made.peak / GIB, "GiB")
    else:
        report.at_most(f"{label}, peak", made.peak / GIB, "GiB", room)
    report.note(f"{label}, refusals", made.refused, "times")
    report.note(f"{label}, largest call", made.rows, "rows")
    report.note(f"{label}, time", made.seconds, "s")
