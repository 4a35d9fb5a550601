"""Which method draws what the palette says? `python benchmarks/blends.py [--count N] [--write]` compares them in pairs.

`average` (MultiDiffusion) and `mixture` (Mixture of Diffusers) draw palettes of fidelity.py's kind on the same seeds,
none of them those of docs/reports/fidelity.md, in few steps and in many, with tiles and without. One JSON line for
each case; pictures are kept in .cache/fidelity. `--write` renews the table in docs/reports/settings.md.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from fidelity_methods import FAST, GUIDANCE
from fidelity_pictures import Setup, collect, make_parser
from fidelity_report import DOCS, renew
from pairs import SCORES, Pair, Recipe, Record, format_gain, format_mean, format_table, measure, tell

MANY: Mapping[str, Any] = {"sampler": "DDIM", "steps": 20, "guidance": GUIDANCE}
GRID: Mapping[str, Any] = {"tiles": {"width": "auto", "height": "auto", "overlap": "auto"}}


def make_case(name: str, label: str, settings: Mapping[str, Any], fast: bool = True, feather: float = 0) -> Pair:
    """The pair of both methods in one case: its settings, with or without the LoRA, the feather of edges in pixels."""

    def by(blend: str) -> Recipe:
        return Recipe(f"{blend}-{name}", {**settings, "blend": blend}, {"feather": feather}, fast)

    return Pair(label, by("average"), by("mixture"))


PAIRS: Mapping[str, Pair] = {
    "few": make_case("few", "LCM, 5 steps, tiles", FAST),
    "few-whole": make_case("few-whole", "LCM, 5 steps, no tiles", {**FAST, "tiles": None}),
    "few-soft": make_case("few-soft", "LCM, 5 steps, tiles, feather 8 px", FAST, feather=8),
    "few-weighted": make_case(
        "few-weighted", "LCM, 5 steps, tiles, `overlap.rule` weighted", {**FAST, "overlap": {"rule": "weighted"}}
    ),
    "many": make_case("many", "DDIM, 20 steps, guidance 4", MANY, fast=False),
    "many-tiles": make_case("many-tiles", "DDIM, 20 steps, guidance 4, tiles", {**MANY, **GRID}, fast=False),
}


def format_cell(records: Sequence[Record], pair: Pair, key: str) -> str:
    """The text of a table's cell: the first method's mean score, and what the other gains."""
    return f"{format_mean(records, pair, key)}, {format_gain(records, pair, key)}"


def main() -> None:
    """Draw as many palettes as the command line says, print what each case shows, and write that if asked to."""
    parser = make_parser(__doc__, count=30)
    parser.add_argument("--cases", default=",".join(PAIRS), help="draw these only; what is there counts all the same")
    parser.add_argument("--write", action="store_true", help="renew the table in docs/reports/settings.md")
    given = parser.parse_args()
    pairs = list(PAIRS.values())
    wanted = [PAIRS[name] for name in given.cases.split(",") if name]
    work = functools.partial(measure, setup=Setup.of(given), pairs=pairs, wanted=wanted)
    records = collect(work, given.count, given.workers)
    tell("blends", records, PAIRS)
    if given.write:
        renew(DOCS / "reports" / "settings.md", format_table(records, pairs, SCORES, format_cell))


if __name__ == "__main__":
    main()
