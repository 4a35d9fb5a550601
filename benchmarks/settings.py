"""What does each recommended setting change? `python benchmarks/settings.py [--count N] [--write]` tries one at a time.

Our defaults in five LCM steps without guidance draw palettes, then each variation on the same seeds; and again with
the true background as a picture to paint on. None of the palettes is one of docs/reports/fidelity.md. One JSON line
for each variation; pictures are kept in .cache/fidelity. `--write` renews the tables in docs/reports/settings.md.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import blends
from fidelity_methods import FAST
from fidelity_pictures import Setup, collect, make_parser
from fidelity_report import DOCS, renew
from pairs import OUTSIDE, SCORES, Pair, Recipe, Record, format_gain, format_mean, format_table, measure, tell

BASE = blends.PAIRS["few"].one
PAINTED = Recipe("painted", FAST, on_picture=True)
KEYS = (*SCORES, "duplicated", "rows")
PAINTED_KEYS = (*KEYS[:-1], OUTSIDE, "rows")


def make_known(label: str, case: str) -> Pair:
    """The pair of a variation that blends.py draws too."""
    return Pair(label, BASE, blends.PAIRS[case].one)


def make_tried(label: str, name: str, settings: Mapping[str, Any] | None = None, **brushes: float) -> Pair:
    """The pair of the defaults and a variation: other settings, or other values of all brushes."""
    return Pair(label, BASE, Recipe(f"settings-{name}", {**BASE.settings, **(settings or {})}, brushes))


def make_over(label: str, name: str, settings: Mapping[str, Any] | None = None, **brushes: float) -> Pair:
    """The pair of the defaults and a variation where both paint on a picture."""
    return Pair(label, PAINTED, Recipe(f"painted-{name}", {**FAST, **(settings or {})}, brushes, on_picture=True))


PAIRS: Mapping[str, Pair] = {
    "levels-0": make_tried("`bootstrap.levels` 0", "levels-0", {"bootstrap": {"levels": 0}}),
    "levels-1": make_tried("`bootstrap.levels` 1", "levels-1", {"bootstrap": {"levels": 1}}),
    "levels-2": make_tried("`bootstrap.levels` 2", "levels-2", {"bootstrap": {"levels": 2}}),
    "levels-3": make_tried("`bootstrap.levels` 3", "levels-3", {"bootstrap": {"levels": 3}}),
    "levels-5": make_tried("`bootstrap.levels` 5", "levels-5", {"bootstrap": {"levels": 5}}),
    "mix-0.5": make_tried("`bootstrap.mix` 0.5", "mix-0.5", {"bootstrap": {"mix": 0.5}}),
    "mix-1.5": make_tried("`bootstrap.mix` 1.5", "mix-1.5", {"bootstrap": {"mix": 1.5}}),
    "mix-4": make_tried("`bootstrap.mix` 4", "mix-4", {"bootstrap": {"mix": 4}}),
    "strength-0.4": make_tried("`strength` 0.4", "strength-0.4", strength=0.4),
    "strength-0.8": make_tried("`strength` 0.8", "strength-0.8", strength=0.8),
    "prompt-strength-0.75": make_tried("`prompt_strength` 0.75", "prompt-strength-0.75", prompt_strength=0.75),
    "weighted": make_known("`overlap.rule` weighted", "few-weighted"),
    "cover-alpha-0.1": make_tried("`overlap.cover_alpha` 0.1", "cover-alpha-0.1", {"overlap": {"cover_alpha": 0.1}}),
    "cover-alpha-0.3": make_tried("`overlap.cover_alpha` 0.3", "cover-alpha-0.3", {"overlap": {"cover_alpha": 0.3}}),
    "feather-2": make_tried("`feather` 2", "feather-2", feather=2),
    "feather-4": make_tried("`feather` 4", "feather-4", feather=4),
    "feather-8": make_known("`feather` 8", "few-soft"),
    "feather-16": make_tried("`feather` 16", "feather-16", feather=16),
    "feather-32": make_tried("`feather` 32", "feather-32", feather=32),
    "suffix": make_tried(
        "`suffix` `, background is {background}`", "suffix", {"suffix": ", background is {background}"}
    ),
    "steps-4": make_tried("`steps` 4", "steps-4", {"steps": 4}),
    "steps-6": make_tried("`steps` 6", "steps-6", {"steps": 6}),
    "steps-8": make_tried("`steps` 8", "steps-8", {"steps": 8}),
    "tiles-none": make_known("`tiles` none", "few-whole"),
}
OVER: Mapping[str, Pair] = {
    "painted-feather-2": make_over("`feather` 2", "feather-2", feather=2),
    "painted-feather-4": make_over("`feather` 4", "feather-4", feather=4),
    "painted-feather-8": make_over("`feather` 8", "feather-8", feather=8),
    "painted-feather-16": make_over("`feather` 16", "feather-16", feather=16),
    "painted-feather-32": make_over("`feather` 32", "feather-32", feather=32),
    "painted-strength-0.4": make_over("`strength` 0.4", "strength-0.4", strength=0.4),
    "painted-strength-0.8": make_over("`strength` 0.8", "strength-0.8", strength=0.8),
    "painted-leak-0": make_over("`bootstrap.leak_sensitivity` 0", "leak-0", {"bootstrap": {"leak_sensitivity": 0}}),
    "painted-leak-0.1": make_over(
        "`bootstrap.leak_sensitivity` 0.1", "leak-0.1", {"bootstrap": {"leak_sensitivity": 0.1}}
    ),
}
ALL = {**PAIRS, **OVER}


def format_page(records: Sequence[Record], pairs: Mapping[str, Pair], keys: Sequence[str]) -> str:
    """The Markdown of the defaults' means and of a row of gains for each variation."""
    every = list(pairs.values())
    base = Pair("the defaults", every[0].one, every[0].one)
    rows = format_table(records, every, keys, format_gain).split("\n")
    return "\n".join((*rows[:2], format_table(records, [base], keys, format_mean).split("\n")[2], *rows[2:]))


def main() -> None:
    """Draw as many palettes as the command line says, print what variations change, and write that if asked to."""
    parser = make_parser(__doc__, count=24)
    parser.add_argument("--cases", default=",".join(ALL), help="draw these only; what is there counts all the same")
    parser.add_argument("--write", action="store_true", help="renew the tables in docs/reports/settings.md")
    given = parser.parse_args()
    wanted = [ALL[name] for name in given.cases.split(",") if name]
    work = functools.partial(measure, setup=Setup.of(given), pairs=list(ALL.values()), wanted=wanted)
    records = collect(work, given.count, given.workers)
    tell("settings", records, PAIRS, KEYS)
    tell("settings", records, OVER, PAINTED_KEYS)
    if given.write:
        renew(DOCS / "reports" / "settings.md", format_page(records, PAIRS, KEYS), "settings")
        renew(DOCS / "reports" / "settings.md", format_page(records, OVER, PAINTED_KEYS), "settings over a picture")


if __name__ == "__main__":
    main()
