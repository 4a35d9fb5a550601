"""What drawing costs over bare network calls of the same rows, and what the core takes of a level by itself.

After each step of a drawing its network calls are repeated with the same inputs, so both alternate in one run. Then
the palette is drawn with a network that answers at once: what is left is the core and the sampler.
"""

from __future__ import annotations

import functools
import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import gpu_models
import torch
from gpu_report import Bench

from lib_regiondiff import render

GOAL = 1.03
Method = Callable[[Any, int, int, Callable[[Any], None]], None]
"""draw(host, side, steps, watch): draws at a side in pixels and calls `watch` at the end of each step."""


def tiled(side: int, steps: int) -> dict[str, Any]:
    """Plain MultiDiffusion: one prompt in nine tiles, which overlap by half."""
    tiles = {"width": side // 2, "height": side // 2, "overlap": side // 4}
    return gpu_models.plain(side, steps, tiles=tiles)


def drawn(palette: Callable[[int, int], Any], host: Any, side: int, steps: int, watch: Callable[[Any], None]) -> None:
    """Draw a palette of a side."""
    render(host, palette(side, steps), progress=watch)


METHODS: Mapping[str, Method] = {
    "plain": functools.partial(drawn, tiled),
    "blend": functools.partial(drawn, gpu_models.five),
}
"""What is timed. A further way to draw is a function here and an entry."""
PLACES: Mapping[str, Sequence[tuple[int, int]]] = {"SD1.5": ((512, 128), (1024, 128)), "SDXL": ((1024, 128),)}
"""Sides in pixels for each family, in earnest and in a dry run."""


@dataclass
class Race:
    """Times the steps of a drawing, and the bare network on the same inputs; the first step, which plans, is left out.

    `issued` is the part of a step until the host has asked for everything, the device's work still on its way.
    """

    network: Any
    settle: Callable[[], None]
    inputs: list[tuple[Any, Any]] = field(default_factory=list)
    loop: list[float] = field(default_factory=list)
    issued: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    rows: int = 0
    begun: float = 0.0

    def hear(self, module: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Keep the inputs of a call."""
        self.inputs.append((given, named))

    @torch.no_grad()
    def step(self, done: Any) -> None:
        """A step has ended: note its time, and that of the same calls alone."""
        issued = time.perf_counter()
        self.settle()
        start = time.perf_counter()
        for given, named in self.inputs:
            self.network.forward(*given, **named)
        self.settle()
        end = time.perf_counter()
        self.rows = sum(len(given[0]) for given, _ in self.inputs)
        self.inputs.clear()
        self.loop.append(start - self.begun)
        self.issued.append(issued - self.begun)
        self.bare.append(end - start)
        self.begun = time.perf_counter()


def raced(bench: Bench, host: Any, method: Method, side: int, alone: bool = False) -> Race:
    """Draw once; with `alone` the network answers zeros at once."""
    network = host.pipe.unet
    race = Race(network, bench.card.settle)
    handle = network.register_forward_pre_hook(race.hear, with_kwargs=True)
    try:
        if alone:
            network.forward = lambda x, *given, **named: SimpleNamespace(sample=torch.zeros_like(x))
        race.begun = time.perf_counter()
        method(host, side, 2 if bench.small else 11, race.step)
    finally:
        handle.remove()
        vars(network).pop("forward", None)
    return race


def measure(bench: Bench) -> None:
    """Each method at each place."""
    for family, sides in PLACES.items():
        host = gpu_models.hosted(gpu_models.random_pipe(family, bench.card), bench.card)
        for pair in sides:
            for name, method in METHODS.items():
                label = f"speed, {name}, {family}, {pair[0]} px"
                with bench.report.guarded(label):
                    if not bench.small:
                        raced(bench, host, method, pair[0])  # so that both find a warm network
                    race = raced(bench, host, method, pair[bench.small])
                    tell(bench, label, race, raced(bench, host, method, pair[bench.small], alone=True))
        del host
        gc.collect()


def tell(bench: Bench, label: str, race: Race, alone: Race) -> None:
    """Lines of a race: ratio, network and core of a step in milliseconds, and what the core takes alone."""
    loop, bare, issued = race.loop[1:], race.bare[1:], race.issued[1:]
    ratios = sorted(a / b for a, b in zip(loop, bare, strict=True))
    note = bench.report.note
    ratio = sum(loop) / sum(bare)
    spread = [round(ratios[0], 4), round(ratios[-1], 4)]
    told = {"goal": GOAL, "reached": ratio <= GOAL, "range": spread, "rows": race.rows}
    note(f"{label}, loop to bare network", ratio, "ratio", **told)
    note(f"{label}, loop to bare network, median step", statistics.median(ratios), "ratio", goal=GOAL)
    note(f"{label}, bare network", 1e3 * statistics.median(bare), "ms a step")
    gained = [a - b for a, b in zip(loop, bare, strict=True)]
    note(f"{label}, loop beyond the network", 1e3 * statistics.median(gained), "ms a step")
    note(f"{label}, loop until all is asked", 1e3 * statistics.median(issued), "ms a step")
    core = statistics.median(alone.loop[1:])
    note(f"{label}, core alone", 1e3 * core, "ms a step")
    note(f"{label}, core alone until all is asked", 1e3 * statistics.median(alone.issued[1:]), "ms a step")
    share = 1 + core / statistics.median(bare)
    note(f"{label}, network and core in turn to network", share, "ratio", goal=GOAL, reached=share <= GOAL)
