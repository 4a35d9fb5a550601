"""Is a texture taken for a figure? `python benchmarks/looks.py [--count N] [--classes a,b] [--write]`.

Twenty guided DDIM steps on palettes of the toy world that nothing was tuned on, with the demo model, and of the second
world, with its exact denoiser (second_world_sets.py): of the brushes of which the first level is to decide what they
are, how many it takes for figures, and how many are still after the looks ahead. Nothing is drawn further than that.
One JSON line for each world and class; `--write` renews the table of docs/reports/second-world.md.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from unittest import mock

import fidelity_paths  # noqa: F401  (so that tools/ is found)
from fidelity_pictures import Setup, collect, make_parser
from fidelity_report import format_rows, renew
from second_world import PAGE
from second_world_cases import make_case
from second_world_sets import ExactWorld, list_meanings
from sizes_classes import make_wish
from sizes_pictures import SLOW, load_host
from torch import Tensor

from lib_regiondiff.denoising import model
from lib_regiondiff.denoising.deciding import decide
from lib_regiondiff.denoising.rows import Call, Frame
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.host import Denoiser, Level
from lib_regiondiff.hosts.diffusers import render
from lib_regiondiff.hosts.diffusers.host import DiffusersHost

TOY, SECOND = "toy", "second"
THINGS = ("thing-40", "thing-72", "thing-96", "thing-128", "thing-200", "thing-320")
CLASSES = {
    TOY: (*THINGS, "columns", "rows", "textures", "borders", "scenery"),
    SECOND: (*THINGS, "columns", "textures", "scenery"),
}
"""In textures, borders and scenery all brushes are textures; else they are figures."""


@dataclass(frozen=True)
class Seen:
    """Brushes of a picture that were asked about, those taken for figures in the first level, and looked ahead."""

    asked: Sequence[str]
    first: Sequence[str]
    ahead: Sequence[str]


class DecidedError(Exception):
    """Ends a drawing: all that was to be seen of it is known."""


def stop_decided(host: Denoiser, frames: Sequence[Frame], x: Tensor, call: Call, levels: Sequence[Level]) -> NoReturn:
    """What stands in for `decide`: it decides in both ways, and ends the drawing."""
    asked = frames[0].plan.undecided
    names = () if asked is None else asked.names
    plans = [decide(host, frames, x, call, known)[0][0] for known in ((), levels)]
    first, ahead = ([name for name in names if name in plan.chosen.get("kinds", {})] for plan in plans)
    raise DecidedError(Seen(names, first, ahead))


def look(host: DiffusersHost, palette: Palette) -> Seen:
    """What is decided of a palette."""
    with mock.patch.object(model, "decide", stop_decided):
        try:
            render(host, palette, ignore_model=True)
        except DecidedError as end:
            seen: Seen = end.args[0]
            return seen
    raise AssertionError("nothing was decided")


@functools.cache
def load_world(checkpoint: str) -> ExactWorld:
    """The exact denoiser with a model's autoencoder, once in each process."""
    return ExactWorld(checkpoint)


def ask(at: int, wanted: Sequence[tuple[str, str, int]], setup: Setup) -> tuple[str, str, Seen] | None:
    """What is decided of what is wanted at a place; None if it is too late."""
    world, kind, number = wanted[at]
    if setup.late:
        return None
    if world == TOY:
        return world, kind, look(load_host(setup.model, ""), make_wish(kind, number, "held-out").palette(SLOW))
    case, exact = make_case(kind, number), load_world(setup.model)
    exact.learn(list_meanings(case))
    return world, kind, look(exact.host, case.palette(SLOW))


def count(found: Sequence[tuple[str, str, Seen]]) -> list[dict[str, Any]]:
    """A row for each world and class: palettes, brushes asked about, and those taken for figures in both ways."""
    rows = []
    for world, kinds in CLASSES.items():
        for kind in kinds:
            seen = [each for *where, each in found if where == [world, kind]]
            counts = {name: sum(len(getattr(each, name)) for each in seen) for name in ("asked", "first", "ahead")}
            rows += [{"world": world, "class": kind, "palettes": len(seen), **counts}] if seen else []
    return rows


def format_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table of the page."""
    head = ["world", "class", "palettes", "brushes asked about", "figures in the first level", "looked ahead"]
    return format_rows([head, ["---"] * len(head), *([str(value) for value in row.values()] for row in rows)])


def main() -> None:
    """Ask what the command line says, print the lines, write the page."""
    parser = make_parser(__doc__, count=40)
    parser.add_argument("--classes", default=",".join(CLASSES[TOY]), help="some of the classes, with commas between")
    parser.add_argument("--write", action="store_true", help="renew docs/reports/second-world.md")
    given = parser.parse_args()
    kinds = given.classes.split(",")
    named = [(world, kind) for world in CLASSES for kind in CLASSES[world] if kind in kinds]
    wanted = [(world, kind, number) for number in range(given.count) for world, kind in named]
    work = functools.partial(ask, wanted=wanted, setup=Setup.of(given))
    rows = count(collect(work, len(wanted), given.workers))
    for row in rows:
        print(json.dumps({"benchmark": "looks", "steps": "DDIM 20", **row}))
    if given.write and rows:
        renew(PAGE, format_table(rows), "measured looks")


if __name__ == "__main__":
    main()
