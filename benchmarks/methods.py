"""Which method obeys, and at what cost? `python benchmarks/methods.py [--parts puzzles,splits,...] [--write]`.

The same palettes of the toy world by each method of docs/methods.md, with the demo model in 5 LCM steps: random ones of
fidelity.py (`puzzles`), columns and rows of sizes.py (`splits`), brushes that overlap and change places
(methods_overlaps.py, `overlaps`), the same where their order can be told (methods_order.py, `order`), and Paint with
Words by its weight functions (`functions`), each with the scale that obeys best on 8 palettes that are not among the
others. One JSON line for each method; pictures are kept in .cache, so that a run that was stopped goes on. `--write`
renews the tables of docs/methods.md and its picture.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fidelity import CEILING, autoencode, fingerprint_engine
from fidelity_methods import FAST, draw_picture
from fidelity_palettes import draw_truth, make_puzzle
from fidelity_pictures import Setup, collect, encode_png, judge_picture, keep, load_studio, make_parser, put
from methods_names import LISTING, METHODS, list_functions
from methods_order import measure_told
from methods_overlaps import measure_overlap
from methods_report import SHOWN, choose_best, compare, make_lines, write
from sizes_pictures import Job, measure

CHOSEN_ON, CHOICES = 900, 8  # the first of the palettes on which scales are chosen, and how many these are
SPLITS, WORDS = ("columns", "rows"), "functions"

Record = dict[str, Any]


def measure_puzzle(at: int, setup: Setup, methods: Mapping[str, Mapping[str, Any]], first: int = 0) -> Record | None:
    """The scores of one of fidelity.py's palettes, `at` after the first, by each method, and of its true picture.

    None if it is too late.
    """
    number = first + at
    given = make_puzzle(number)
    true, found = draw_truth(given), {}
    for name, settings in methods.items():
        version = f"m{name}".replace("/", "~").replace(" ", "")
        path = setup.fast / f"{number:04}-{version}-{fingerprint_engine()}.png"
        alone = {"background": {"prompt": given.listing()}, "brushes": []} if name == LISTING else {}
        wanted = dict(FAST) | dict(settings) | alone
        keep(path, setup, lambda studio, wanted=wanted: draw_picture(studio.fast, given, wanted))
        if not path.exists():
            return None
        found[name] = judge_picture(path, given, true, setup) | {"picture": str(path)}
    path = setup.full / f"{number:04}-{CEILING}.png"
    if not path.exists():
        put(path, encode_png(autoencode(load_studio(setup).full, true.picture)))
    found[CEILING] = judge_picture(path, given, true, setup) | {"picture": str(path)}
    return {"number": number, "methods": found}


def measure_split(at: int, jobs: Mapping[str, Job]) -> Record | None:
    """The scores of a palette of columns or rows by each method; None if it is too late."""
    number, kind = divmod(at, len(SPLITS))
    records = {name: measure((SPLITS[kind], number), job) for name, job in jobs.items()}
    if not all(records.values()):
        return None
    first: Any = next(iter(records.values()))
    found: Any = {name: each["ours"] for name, each in records.items() if each}
    return {"number": number, "methods": found | {CEILING: first["true"]}}


def make_jobs(given: argparse.Namespace) -> dict[str, Job]:
    """A job of sizes.py for each method."""
    told = vars(given) | {"fast": True, "seeds": "held-out"}
    return {name: Job.of(argparse.Namespace(**told, set=json.dumps(each))) for name, each in METHODS.items()}


def measure_parts(given: argparse.Namespace) -> Iterator[tuple[str, Sequence[Record]]]:
    """The records of each part that the command line names."""
    setup = Setup.of(given)
    works = {
        "puzzles": functools.partial(measure_puzzle, setup=setup, methods={**METHODS, LISTING: {}}),
        "splits": functools.partial(measure_split, jobs=make_jobs(given)),
        "overlaps": functools.partial(measure_overlap, jobs=make_jobs(given)),
        "order": functools.partial(measure_told, jobs=make_jobs(given)),
    }
    for name in given.parts.split(","):
        yield (
            name,
            measure_functions(setup, given) if name == WORDS else collect(works[name], given.count, given.workers),
        )


def measure_functions(setup: Setup, given: argparse.Namespace) -> list[Record]:
    """The records of weight functions, each at the scale that obeys best on palettes which are not among them."""
    functions = list_functions()
    choice = functools.partial(measure_puzzle, setup=setup, methods=functions, first=CHOSEN_ON)
    best = choose_best(collect(choice, min(given.count, CHOICES), given.workers))
    methods = {name: functions[name] for name in best if name in functions} | {LISTING: {}}
    work = functools.partial(measure_puzzle, setup=setup, methods=methods)
    return [compare(each) for each in collect(work, given.count, given.workers)] if best else []


def read_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says, or these words."""
    parser = make_parser(__doc__, count=100)
    parser.add_argument("--parts", default=",".join(SHOWN), help="with commas between")
    parser.add_argument("--write", action="store_true", help="renew docs/methods.md and its picture")
    given = parser.parse_args(words)
    unknown = set(given.parts.split(",")) - set(SHOWN)
    if unknown:
        parser.error(f"--parts: expected some of {', '.join(SHOWN)}, got {', '.join(sorted(unknown))}")
    return given


def main() -> None:
    """Draw and score what the command line says, print a line for each method, and write the tables if asked to."""
    given = read_arguments()
    for part, records in measure_parts(given):
        for line in make_lines(part, records):
            print(json.dumps(line), flush=True)
        if given.write and records:
            write(part, records)


if __name__ == "__main__":
    main()
