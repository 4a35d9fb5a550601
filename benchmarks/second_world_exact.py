"""What does `auto` do with a perfect network? `python benchmarks/second_world_exact.py [--count N] [--write]`.

Palettes of the second world (second_world_cases.py), drawn by its exact denoiser (second_world_denoiser.py), which
needs no training: for each prompt and size it knows pictures of the world, by the demo model's autoencoder, and
predicts their mean given x. Five LCM steps, and twenty of DDIM. Pictures are kept in .cache, so that a run that was
stopped goes on. One JSON line for each class, sampler and way; `--write` renews the tables of
docs/reports/second-world.md for what was measured, `--sheet FILE` draws the first palette of each class.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fidelity_paths
import numpy as np
from fidelity_pictures import Setup, collect, encode_png, fingerprint, make_parser, put, read_pixels
from fidelity_report import format_rows, measure_interval, renew
from PIL import Image
from second_world import PAGE, TRUE, tabulate
from second_world_borders import score_boundary
from second_world_cases import Case, make_case, score
from second_world_passes import (
    PAPER,
    Pictures,
    draw_auto,
    draw_native,
    draw_paper,
    draw_seeing,
    draw_square,
    draw_stuff,
    draw_twice,
    enlarge,
)
from second_world_sets import ExactWorld, list_meanings
from sizes_pictures import ENGINE, FAST, LIBRARY, SLOW, Record, digest

from lib_regiondiff.authoring.overlay import overlay
from lib_regiondiff.fingerprints import fingerprint as fingerprint_source

CACHE = fidelity_paths.ROOT / ".cache" / "second_world_exact"
PROGRAMS = ("cases", "denoiser", "sets", "passes")
TWICE, SQUARE = "second pass", "square canvases"
STEPS: Mapping[str, Mapping[str, Any]] = {"LCM 5": FAST, "DDIM 20": SLOW}
Draw = Callable[[ExactWorld, Case, Mapping[str, Any]], Pictures]
WHOLE, STUFF = ("whole", "once", "missing", "second", "inside", "area"), ("stuff IoU",)


@dataclass(frozen=True)
class Table:
    """A table of the page: classes, the ways that it compares, the samplers, and the scores that it shows."""

    classes: Sequence[str]
    ways: Sequence[str]
    scores: Sequence[str]
    steps: Sequence[str] = tuple(STEPS)


THINGS = ("thing-72", "thing-128", "thing-200", "thing-320")
TABLES: Mapping[str, Table] = {
    "things": Table(THINGS, ("auto", "stuff"), WHOLE),
    "columns": Table(("columns",), ("auto", "stuff"), (*WHOLE, *STUFF)),
    "textures": Table(("textures",), ("auto", "stuff"), STUFF),
    "borders": Table(
        ("textures", "columns"),
        ("auto", "auto, borders not cut", "stuff", "stuff, borders not cut"),
        ("boundary", *STUFF),
    ),
    "ends": Table(("columns",), ("square scenes, quilted", "square scenes, mirrored"), ("boundary", *STUFF, "once")),
    "bootstrap": Table(("textures",), ("stuff", *(f"stuff, {levels} white" for levels in PAPER)), STUFF, ("LCM 5",)),
    "scenery": Table(("scenery",), ("auto", "scenery sees the canvas"), (*STUFF, "boundary"), ("LCM 5",)),
    "tiles": Table((SQUARE,), ("auto", "native tiles"), ("rows", "cells", *STUFF, "boundary"), ("LCM 5",)),
    TWICE: Table((TWICE,), ("kept", "stuff in the second pass"), WHOLE),
}
DRAWS: Mapping[str, Sequence[Draw]] = {
    TWICE: (draw_twice,),
    SQUARE: (draw_auto, draw_native),
    "textures": (draw_auto, draw_stuff, draw_paper),
    "columns": (draw_auto, draw_stuff, draw_square),
    "scenery": (draw_auto, draw_seeing),
    **dict.fromkeys(THINGS, (draw_auto, draw_stuff)),
}
"""What is drawn of each class, in this order."""
FEW_ONLY = (draw_paper,)
"""What is drawn in few steps alone."""
FIRST, EACH = "thing-128", (256, 256)  # the class whose cases are drawn in two passes; of a picture of the sheet


def read_arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = make_parser(__doc__, count=8)
    parser.add_argument("--classes", default=",".join(DRAWS), help="some of the classes, with commas between")
    parser.add_argument("--sheet", type=Path, help="a PNG of the first palette of each class by each way")
    parser.add_argument("--write", action="store_true", help="renew docs/reports/second-world.md")
    return parser.parse_args()


def choose_setup(given: argparse.Namespace) -> Setup:
    """Where pictures of this model and this engine lie."""
    here = Path(__file__).parent
    programs = [(here / f"second_world_{each}.py").read_text(encoding="utf-8") for each in PROGRAMS]
    engine = (fingerprint_source(LIBRARY / each) for each in ENGINE)
    folder = CACHE / digest(fingerprint(given.model), *programs, *engine)
    folder.mkdir(parents=True, exist_ok=True)
    setup = Setup.of(given)
    return Setup(setup.model, setup.lora, setup.labeller, folder, folder, setup.deadline)


def list_steps(kind: str) -> Sequence[str]:
    """The samplers that tables show of a class."""
    return [name for name in STEPS if any(kind in each.classes and name in each.steps for each in TABLES.values())]


def list_draws(kind: str) -> list[tuple[str, Draw]]:
    """What is drawn of a class by which sampler."""
    found = [(steps, draw) for steps in list_steps(kind) for draw in DRAWS[kind]]
    return [(steps, draw) for steps, draw in found if STEPS[steps] is FAST or draw not in FEW_ONLY]


@functools.cache
def load_world(model: str) -> ExactWorld:
    """The exact denoiser with a model's autoencoder, once in each process."""
    return ExactWorld(model)


def choose_case(kind: str, number: int) -> tuple[Case, Case]:
    """The case of a class and a number as it is asked for, and as its picture is scored."""
    if kind == SQUARE:  # four of each dozen textures
        case = make_case("textures", number // 4 * 12 + 8 + number % 4)
        return case, case
    case = make_case(FIRST if kind == TWICE else kind, number)
    return case, (enlarge(case) if kind == TWICE else case)


def measure(at: int, kinds: Sequence[str], setup: Setup) -> Record | None:
    """The scores of the case at a place by each sampler and way, and of its true picture; None if it is too late."""
    kind, number = kinds[at % len(kinds)], at // len(kinds)
    (asked, shown), name, found = choose_case(kind, number), f"{kind.replace(' ', '')}-{number:04}", {}
    world = load_world(setup.model)
    world.learn(list_meanings(asked))
    for steps, draw in list_draws(kind):
        done = setup.fast / f"{name}-{steps.replace(' ', '')}-{draw.__name__}.json"
        if not done.exists():
            if setup.late:
                return None
            keep(done, draw(world, asked, STEPS[steps]))
        for way, note in json.loads(done.read_text(encoding="utf-8")).items():
            found[f"{way}, {steps}"] = judge(shown, setup.fast / note["picture"]) | note
    path = setup.full / f"{name}.png"
    if not path.exists():
        put(path, encode_png(world.host.decode(world.host.encode_image(Image.fromarray(shown.truth[0])))))
    found[TRUE] = judge(shown, path) | {"picture": path.name}
    return {"class": kind, "number": number, "ways": found}


def keep(done: Path, made: Pictures) -> None:
    """Write pictures by ways, and at `done` where they lie and what is `told` of them."""
    notes = {}
    for way, (picture, told) in made.items():
        path = done.with_name(f"{done.stem}-{way.replace(' ', '')}.png")
        put(path, encode_png(picture))
        notes[way] = dict(told) | {"picture": path.name}
    put(done, json.dumps(notes).encode())


def judge(case: Case, path: Path) -> dict[str, float]:
    """All scores of a picture that was kept."""
    picture = read_pixels(path)
    return score(case, picture) | {"boundary": score_boundary(case, picture)}


def list_rows(records: Sequence[Record], table: Table) -> list[tuple[str, str, str, list[Record]]]:
    """The rows of a table as far as they were measured: class, steps, way, records; the true picture's has no steps."""
    found = []
    for kind in table.classes:
        some = [each for each in records if each["class"] == kind]
        if some:
            found += [(kind, steps, way, some) for steps in table.steps for way in table.ways]
            found.append((kind, "", TRUE, some))
    return found


def find_name(way: str, steps: str) -> str:
    """The name of a way in records."""
    return f"{way}, {steps}" if steps else way


def print_lines(records: Sequence[Record]) -> None:
    """A JSON line for each row of each table: means and 95 % intervals."""
    for name, table in TABLES.items():
        for kind, steps, way, some in list_rows(records, table):
            line: dict[str, Any] = {"benchmark": "second_world_exact", "table": name, "class": kind, "way": way}
            line |= {"steps": steps, "palettes": len(some)}
            values = {score: tabulate(some, find_name(way, steps), score) for score in table.scores}
            line |= {score: [round(v, 3) for v in measure_interval(each)] for score, each in values.items()}
            print(json.dumps(line))


def format_table(records: Sequence[Record], table: Table) -> str:
    """A table of the page, in percent but for `area`, rows and cells."""
    rows: list[Sequence[str]] = [["class", "steps", "way", "palettes", *table.scores]]
    rows.append(["---"] * len(rows[0]))
    for kind, steps, way, some in list_rows(records, table):
        scores = [format_score(tabulate(some, find_name(way, steps), name), name) for name in table.scores]
        rows.append([kind, steps, way, str(len(some)), *scores])
    return format_rows(rows)


def format_score(values: Any, name: str) -> str:
    """A mean with its 95 % interval, in percent but for `area`; of costs the mean alone."""
    mean, low, high = measure_interval(values)
    if np.isnan(mean):
        return ""
    if name in ("rows", "cells"):
        return f"{mean:.0f}"
    scale, digits = (1, 2) if name == "area" else (100, 0)
    return f"{scale * mean:.{digits}f} ({scale * low:.{digits}f} to {scale * high:.{digits}f})"


def draw_sheet(records: Sequence[Record], folder: Path, path: Path) -> None:
    """The first palette of each class, one in each row: what is painted, the true picture, each way."""
    chosen = [each for each in records if each["number"] == 0]
    wide, high = EACH
    whole = Image.new("RGB", (wide * max(1 + len(each["ways"]) for each in chosen), high * len(chosen)))
    for y, each in enumerate(chosen):
        ways = {TRUE: each["ways"][TRUE]} | each["ways"]
        pictures = [overlay(choose_case(each["class"], 0)[1].palette({}))]
        pictures += [Image.open(folder / way["picture"]) for way in ways.values()]
        for x, picture in enumerate(pictures):
            whole.paste(picture.convert("RGB").resize(EACH), (x * wide, y * high))
    whole.save(path)


def main() -> None:
    """Draw and score what the command line says, print the lines, write the page."""
    given = read_arguments()
    setup, kinds = choose_setup(given), given.classes.split(",")
    work = functools.partial(measure, kinds=kinds, setup=setup)
    records = collect(work, given.count * len(kinds), given.workers)
    print_lines(records)
    if given.sheet and records:
        draw_sheet(records, setup.fast, given.sheet)
    if given.write:
        for name, table in TABLES.items():
            if any(each["class"] in table.classes for each in records):
                renew(PAGE, format_table(records, table), f"measured exact {name}")


if __name__ == "__main__":
    main()
