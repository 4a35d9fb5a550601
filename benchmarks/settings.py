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
from fidelity_pictures import Setup, found, options
from fidelity_report import DOCS, renew
from pairs import OUTSIDE, SCORES, Pair, Recipe, Record, gain, mean, measure, table, tell

BASE = blends.PAIRS["few"].one
PAINTED = Recipe("painted", FAST, on_picture=True)
KEYS = (*SCORES, "duplicated", "rows")
PAINTED_KEYS = (*KEYS[:-1], OUTSIDE, "rows")


def known(label: str, case: str) -> Pair:
    """The pair of a variation that blends.py draws too."""
    return Pair(label, BASE, blends.PAIRS[case].one)


def tried(label: str, name: str, settings: Mapping[str, Any] | None = None, **brushes: float) -> Pair:
    """The pair of the defaults and a variation: other settings, or other values of all brushes."""
    return Pair(label, BASE, Recipe(f"settings-{name}", {**BASE.settings, **(settings or {})}, brushes))


def over(label: str, name: str, settings: Mapping[str, Any] | None = None, **brushes: float) -> Pair:
    """The pair of the defaults and a variation where both paint on a picture."""
    return Pair(label, PAINTED, Recipe(f"painted-{name}", {**FAST, **(settings or {})}, brushes, on_picture=True))


PAIRS: Mapping[str, Pair] = {
    "levels-0": tried("`bootstrap.levels` 0", "levels-0", {"bootstrap": {"levels": 0}}),
    "levels-1": tried("`bootstrap.levels` 1", "levels-1", {"bootstrap": {"levels": 1}}),
    "levels-2": tried("`bootstrap.levels` 2", "levels-2", {"bootstrap": {"levels": 2}}),
    "levels-3": tried("`bootstrap.levels` 3", "levels-3", {"bootstrap": {"levels": 3}}),
    "levels-5": tried("`bootstrap.levels` 5", "levels-5", {"bootstrap": {"levels": 5}}),
    "mix-0.5": tried("`bootstrap.mix` 0.5", "mix-0.5", {"bootstrap": {"mix": 0.5}}),
    "mix-1.5": tried("`bootstrap.mix` 1.5", "mix-1.5", {"bootstrap": {"mix": 1.5}}),
    "mix-4": tried("`bootstrap.mix` 4", "mix-4", {"bootstrap": {"mix": 4}}),
    "strength-0.4": tried("`strength` 0.4", "strength-0.4", strength=0.4),
    "strength-0.8": tried("`strength` 0.8", "strength-0.8", strength=0.8),
    "prompt-strength-0.75": tried("`prompt_strength` 0.75", "prompt-strength-0.75", prompt_strength=0.75),
    "weighted": known("`overlap.rule` weighted", "few-weighted"),
    "cover-alpha-0.1": tried("`overlap.cover_alpha` 0.1", "cover-alpha-0.1", {"overlap": {"cover_alpha": 0.1}}),
    "cover-alpha-0.3": tried("`overlap.cover_alpha` 0.3", "cover-alpha-0.3", {"overlap": {"cover_alpha": 0.3}}),
    "feather-2": tried("`feather` 2", "feather-2", feather=2),
    "feather-4": tried("`feather` 4", "feather-4", feather=4),
    "feather-8": known("`feather` 8", "few-soft"),
    "feather-16": tried("`feather` 16", "feather-16", feather=16),
    "feather-32": tried("`feather` 32", "feather-32", feather=32),
    "suffix": tried("`suffix` `, background is {background}`", "suffix", {"suffix": ", background is {background}"}),
    "steps-4": tried("`steps` 4", "steps-4", {"steps": 4}),
    "steps-6": tried("`steps` 6", "steps-6", {"steps": 6}),
    "steps-8": tried("`steps` 8", "steps-8", {"steps": 8}),
    "tiles-none": known("`tiles` none", "few-whole"),
}
OVER: Mapping[str, Pair] = {
    "painted-feather-2": over("`feather` 2", "feather-2", feather=2),
    "painted-feather-4": over("`feather` 4", "feather-4", feather=4),
    "painted-feather-8": over("`feather` 8", "feather-8", feather=8),
    "painted-feather-16": over("`feather` 16", "feather-16", feather=16),
    "painted-feather-32": over("`feather` 32", "feather-32", feather=32),
    "painted-strength-0.4": over("`strength` 0.4", "strength-0.4", strength=0.4),
    "painted-strength-0.8": over("`strength` 0.8", "strength-0.8", strength=0.8),
    "painted-leak-0": over("`bootstrap.leak_sensitivity` 0", "leak-0", {"bootstrap": {"leak_sensitivity": 0}}),
    "painted-leak-0.1": over("`bootstrap.leak_sensitivity` 0.1", "leak-0.1", {"bootstrap": {"leak_sensitivity": 0.1}}),
}
ALL = {**PAIRS, **OVER}


def page(records: Sequence[Record], pairs: Mapping[str, Pair], keys: Sequence[str]) -> str:
    """The Markdown of the defaults' means and of a row of gains for each variation."""
    every = list(pairs.values())
    base = Pair("the defaults", every[0].one, every[0].one)
    rows = table(records, every, keys, gain).split("\n")
    return "\n".join((*rows[:2], table(records, [base], keys, mean).split("\n")[2], *rows[2:]))


def main() -> None:
    """Draw as many palettes as the command line says, print what variations change, and write that if asked to."""
    parser = options(__doc__, count=24)
    parser.add_argument("--cases", default=",".join(ALL), help="draw these only; what is there counts all the same")
    parser.add_argument("--write", action="store_true", help="renew the tables in docs/reports/settings.md")
    given = parser.parse_args()
    wanted = [ALL[name] for name in given.cases.split(",") if name]
    work = functools.partial(measure, setup=Setup.of(given), pairs=list(ALL.values()), wanted=wanted)
    records = found(work, given.count, given.workers)
    tell("settings", records, PAIRS, KEYS)
    tell("settings", records, OVER, PAINTED_KEYS)
    if given.write:
        renew(DOCS / "reports" / "settings.md", page(records, PAIRS, KEYS), "settings")
        renew(DOCS / "reports" / "settings.md", page(records, OVER, PAINTED_KEYS), "settings over a picture")


if __name__ == "__main__":
    main()
