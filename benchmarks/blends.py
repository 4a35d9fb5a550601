"""Which method draws what the palette says? `python benchmarks/blends.py [--count N] [--write]` compares them in pairs.

`average` (MultiDiffusion) and `mixture` (Mixture of Diffusers) draw palettes of fidelity.py's kind on the same seeds,
none of them those of docs/fidelity.md, in few steps and in many, with tiles and without. One JSON line for each case;
pictures are kept in .cache/fidelity. `--write` renews the table in docs/recommended.md.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from fidelity_methods import FAST, GUIDANCE, Studio, core
from fidelity_palettes import Puzzle, puzzle, truth
from fidelity_pictures import Setup, found, judged, keep, options
from fidelity_report import DOCS, drawn, interval, renew, rounded

FIRST = 1000
"""The number of the first palette: far from those by which anything was chosen."""
BLENDS = ("average", "mixture")
SCORES = ("fidelity", "texture IoU", "right class", "leaked", "seams")
MANY: Mapping[str, Any] = {"sampler": "DDIM", "steps": 20, "guidance": GUIDANCE}
GRID: Mapping[str, Any] = {"tiles": {"width": "auto", "height": "auto", "overlap": "auto"}}


@dataclass(frozen=True)
class Case:
    """What both methods are compared in: a name, the settings, whether the LoRA is there."""

    label: str
    settings: Mapping[str, Any]
    fast: bool = True
    feather: float = 0


CASES: Mapping[str, Case] = {
    "few": Case("LCM, 5 steps, tiles", FAST),
    "few-whole": Case("LCM, 5 steps, no tiles", {**FAST, "tiles": None}),
    "few-soft": Case("LCM, 5 steps, tiles, feather 8 px", FAST, feather=8),
    "few-weighted": Case("LCM, 5 steps, tiles, `overlap.rule` weighted", {**FAST, "overlap": {"rule": "weighted"}}),
    "many": Case("DDIM, 20 steps, guidance 4", MANY, fast=False),
    "many-tiles": Case("DDIM, 20 steps, guidance 4, tiles", {**MANY, **GRID}, fast=False),
}

Record = Mapping[tuple[str, str], Mapping[str, float]]


def draw(studio: Studio, given: Puzzle, case: Case, blend: str) -> Any:
    """A puzzle in a case by a method."""
    host, settings = (studio.fast if case.fast else studio.full), {**case.settings, "blend": blend}
    return core(host, given, settings, case.feather)


def kept_at(setup: Setup, number: int, name: str, blend: str) -> Path:
    """Where a picture is kept."""
    return (setup.fast if CASES[name].fast else setup.full) / f"{number:04}-{blend}-{name}.png"


def measure(index: int, setup: Setup, names: Sequence[str]) -> Record:
    """Draw a palette in these cases by each method, where that is not done yet; the scores of what is done."""
    number = FIRST + index
    given, scores = puzzle(number), {}
    true = truth(given)
    for name, case in CASES.items():
        paths = {blend: kept_at(setup, number, name, blend) for blend in BLENDS}
        for blend, path in paths.items() if name in names else ():
            keep(path, setup, functools.partial(draw, given=given, case=case, blend=blend))
        if all(path.exists() for path in paths.values()):
            scores |= {(name, blend): judged(path, given, true, setup) for blend, path in paths.items()}
    return scores


def values(records: Sequence[Record], name: str, blend: str, key: str) -> np.ndarray:
    """A score for each palette that both methods have drawn."""
    return np.array([each[name, blend][key] for each in records if (name, blend) in each], np.float64)


def line(records: Sequence[Record], name: str) -> dict[str, Any]:
    """What a case shows: means of both methods, and mixture minus average with its 95 % interval."""
    palettes = len(values(records, name, BLENDS[0], "fidelity"))
    told: dict[str, Any] = {"benchmark": "blends", "case": name, "palettes": palettes}
    for key in ("rows", *SCORES):
        one, two = (values(records, name, blend, key) for blend in BLENDS)
        told[key] = rounded([interval(one)[0], interval(two)[0]])
        told[f"{key} gained"] = rounded(interval(two - one))
    return told


def known(records: Sequence[Record]) -> list[str]:
    """The cases that both methods have drawn."""
    return [name for name in CASES if any((name, BLENDS[0]) in each for each in records)]


def markdown(records: Sequence[Record]) -> str:
    """The table of the page."""
    rows: list[Sequence[str]] = [("case", "palettes", *SCORES), ("---",) * (2 + len(SCORES))]
    for name in known(records):
        count = len(values(records, name, BLENDS[0], "fidelity"))
        rows.append((CASES[name].label, f"{count}", *(cell(records, name, key) for key in SCORES)))
    return drawn(rows)


def cell(records: Sequence[Record], name: str, key: str) -> str:
    """The mean of the first method, and what the other gains."""
    scale, digits = (1, 2) if key == "seams" else (100, 1)
    one, two = (scale * values(records, name, blend, key) for blend in BLENDS)
    mean, low, high = interval(two - one)
    return f"{interval(one)[0]:.{digits}f}, {mean:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def main() -> None:
    """The command line."""
    parser = options(__doc__, count=30)
    parser.add_argument("--cases", default=",".join(CASES), help="draw these only; what is there counts all the same")
    parser.add_argument("--write", action="store_true", help="renew the table in docs/recommended.md")
    given = parser.parse_args()
    work = functools.partial(measure, setup=Setup.of(given), names=given.cases.split(","))
    records = found(work, given.count, given.workers)
    for name in known(records):
        print(json.dumps(line(records, name)), flush=True)
    if given.write and known(records):
        renew(DOCS / "recommended.md", markdown(records))


if __name__ == "__main__":
    main()
