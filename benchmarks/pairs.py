"""Ways to draw that are compared in pairs: on equal palettes and seeds, none of them those of docs/reports/fidelity.md.

A recipe is what a palette is drawn with; a pair tells what its second recipe gains over its first, with the 95 %
interval over palettes. Pictures are kept in .cache/fidelity under the recipe's name, so programs share them.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from fidelity_methods import Cost, Studio, sample_palette
from fidelity_palettes import CANVAS, GRADES, Puzzle, draw_truth, find_visible, make_puzzle, rasterise
from fidelity_pictures import Setup, encode_png, judge_picture, keep, read_pixels
from fidelity_report import format_rows, measure_interval, round_numbers
from fidelity_scores import measure_change
from PIL import Image
from torch import Tensor
from toyworld_scenes import draw

from lib_regiondiff.denoising.pixels.composite import restore_uncovered
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.document.pictures import Picture

FIRST = 1000
"""The number of the first palette: far from those by which anything was chosen."""
SCORES = ("fidelity", "texture IoU", "right class", "leaked", "seams")
OUTSIDE = "outside changed"
"""The score for the share of what no brush covers that differs visibly from the background's picture."""


@dataclass(frozen=True)
class Recipe:
    """What palettes are drawn with; `on_picture` paints on the true background, `fast` takes the LoRA."""

    name: str
    settings: Mapping[str, Any]
    brushes: Mapping[str, Any] = field(default_factory=dict)
    fast: bool = True
    on_picture: bool = False

    def palette(self, given: Puzzle) -> Palette:
        """The palette of a puzzle with the recipe's settings."""
        plain = given.palette(**self.settings)
        plain = replace(plain, brushes=tuple(replace(brush, **self.brushes) for brush in plain.brushes))
        if not self.on_picture:
            return plain
        picture = Picture.of(encode_png(Image.fromarray(draw_ground(given))))
        return replace(plain, background=replace(plain.background, image=picture))

    def kept_at(self, setup: Setup, number: int) -> Path:
        """The path at which a puzzle's picture by the recipe is kept."""
        return (setup.fast if self.fast else setup.full) / f"{number:04}-{self.name}.png"


@dataclass(frozen=True)
class Pair:
    """A comparison: its label, the recipe that there is, and the one that is tried instead."""

    label: str
    one: Recipe
    two: Recipe


@dataclass(frozen=True)
class Record:
    """The scores of a palette by the names of recipes, for those that are drawn."""

    number: int
    scores: Mapping[str, Mapping[str, float]]


def draw_ground(given: Puzzle) -> np.ndarray:
    """The true picture [h, w, 3] of a puzzle's background, without any brush."""
    return draw(given.meanings[0].scene(given.seed + 10**8)).picture[: CANVAS.height, : CANVAS.width].copy()


def measure(index: int, setup: Setup, pairs: Sequence[Pair], wanted: Sequence[Pair]) -> Record:
    """Draw a palette by the recipes of `wanted` where that is not done yet; its scores by all recipes of `pairs`."""
    number = FIRST + index
    given = make_puzzle(number)
    true, scores = draw_truth(given), {}
    for recipe in list_recipes(wanted):
        palette = recipe.palette(given)
        work = functools.partial(draw_palette, palette=palette, fast=recipe.fast)
        keep(recipe.kept_at(setup, number), setup, work, functools.partial(restore_uncovered, palette=palette))
    for recipe in list_recipes(pairs):
        path = recipe.kept_at(setup, number)
        if path.exists():
            scores[recipe.name] = judge_picture(path, given, true, setup) | measure_outside(path, given, recipe)
    return Record(number, scores)


def draw_palette(studio: Studio, palette: Palette, fast: bool) -> tuple[Tensor, Cost]:
    """The latents of a palette, with the LoRA if `fast`, and their cost."""
    return sample_palette(studio.fast if fast else studio.full, palette)


def measure_outside(path: Path, given: Puzzle, recipe: Recipe) -> dict[str, float]:
    """How much of the picture under the brushes changed where no brush is; nothing for recipes without a picture."""
    if not recipe.on_picture:
        return {}
    return {OUTSIDE: measure_change(draw_ground(given), read_pixels(path), find_visible(rasterise(given.palette()))[0])}


def list_recipes(pairs: Sequence[Pair]) -> list[Recipe]:
    """The recipes of some pairs, each once."""
    return list({recipe.name: recipe for pair in pairs for recipe in (pair.one, pair.two)}.values())


def select_both(records: Sequence[Record], pair: Pair, key: str, grade: str = "") -> tuple[np.ndarray, np.ndarray]:
    """One score of both recipes for each palette, of one grade if that is given, that both have drawn."""
    known = [each.scores for each in records if pair.one.name in each.scores and pair.two.name in each.scores
             and grade in ("", GRADES[each.number % len(GRADES)])]  # fmt: skip
    one, two = ([scores[recipe.name][key] for scores in known] for recipe in (pair.one, pair.two))
    return np.array(one, np.float64), np.array(two, np.float64)


def count(records: Sequence[Record], pair: Pair) -> int:
    """How many palettes both recipes of a pair have drawn."""
    return len(select_both(records, pair, "fidelity")[0])


def make_line(records: Sequence[Record], pair: Pair, keys: Sequence[str] = SCORES) -> dict[str, Any]:
    """What a pair shows: means of both, and what the second gains with its 95 % interval, fidelity by grade too."""
    told: dict[str, Any] = {"palettes": count(records, pair)}
    for key in dict.fromkeys(("rows", *keys)):
        one, two = select_both(records, pair, key)
        told[key] = round_numbers([measure_interval(one)[0], measure_interval(two)[0]])
        told[f"{key} gained"] = round_numbers(measure_interval(two - one))
    for grade in GRADES:
        one, two = select_both(records, pair, "fidelity", grade)
        told[f"fidelity gained, {grade}"] = round_numbers(measure_interval(two - one))
    return told


def format_table(
    records: Sequence[Record], pairs: Sequence[Pair], keys: Sequence[str], cell: Callable[..., str]
) -> str:
    """The Markdown of a table: a row for each pair that is drawn, with a `cell` for each key."""
    rows: list[Sequence[str]] = [("case", "palettes", *keys), ("---",) * (2 + len(keys))]
    for pair in pairs:
        if count(records, pair):
            cells = (cell(records, pair, key) for key in keys)
            rows.append((pair.label, f"{count(records, pair)}", *cells))
    return format_rows(rows)


def format_mean(records: Sequence[Record], pair: Pair, key: str) -> str:
    """The text for the mean score of a pair's first recipe."""
    scale, digits = find_unit(key)
    return f"{scale * measure_interval(select_both(records, pair, key)[0])[0]:.{digits}f}"


def format_gain(records: Sequence[Record], pair: Pair, key: str) -> str:
    """The text for what a pair's second recipe gains, with the 95 % interval."""
    scale, digits = find_unit(key)
    one, two = select_both(records, pair, key)
    middle, low, high = measure_interval(scale * (two - one))
    return f"{middle:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def find_unit(key: str) -> tuple[float, int]:
    """The factor by which tables show a score, and its digits."""
    return (1, 0) if key == "rows" else (1, 2) if key == "seams" else (100, 1)


def tell(name: str, records: Sequence[Record], pairs: Mapping[str, Pair], keys: Sequence[str] = SCORES) -> None:
    """Print one JSON line for each pair that is drawn."""
    for case, pair in pairs.items():
        if count(records, pair):
            print(json.dumps({"benchmark": name, "case": case, **make_line(records, pair, keys)}), flush=True)
