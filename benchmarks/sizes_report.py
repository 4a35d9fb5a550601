"""The report: records of wishes -> a JSON line for each class, a table, a sheet of pictures to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fidelity_report import DOCS, format_rows, measure_interval, round_numbers
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from sizes_wishes import Wish

from lib_regiondiff.authoring.overlay import overlay

PAGE = DOCS / "reports" / "sizes.md"
SCORES = (
    "whole", "once", "missing", "second", "alone", "class", "colour", "inside", "order", "leak", "area", "shape",
    "halo", "ground IoU", "texture IoU", "stroke IoU", "boundary", "border colour",
)  # fmt: skip
SHARES = SCORES[:9]
"""Scores that are 0 or 1 for each brush or, as `alone`, for each picture."""
PARTS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("columns", "rows", "grid"), ("things", "scenes")),
    "stacked": ("small on large", "side by side"),
}
"""Classes of two kinds of palettes: what those of even numbers are, and those of odd ones."""
COSTS = ("rows", "cells", "multiply-adds", "seconds")
UNITS = {"area": (1, 2), "border colour": (1, 1)}
"""The factor by which a score is shown, and its digits; shares are shown in percent."""
TOLD = 40  # pixels for the words above a picture of the sheet
HIGH = 200  # of a picture of the sheet, in pixels

Record = Mapping[str, Any]


def tabulate(records: Sequence[Record], row: str, name: str) -> NDArray[np.float64]:
    """A score of each record in a row, `ours` or `true`; NaN where there is none.

    `alone` is 1 where no brush of the picture has a second thing.
    """
    if name == "alone":
        second = tabulate(records, row, "second")
        return np.where(np.isnan(second), np.nan, second == 0)
    return np.array([each[row].get(name, np.nan) for each in records], np.float64)


def find_interval(values: NDArray[np.float64], name: str) -> tuple[float, float, float]:
    """Mean, low and high of a score's 95 % interval: Wilson's for a share of pictures, else by bootstrap over them."""
    known = values[~np.isnan(values)]
    if name in SHARES and known.size and np.isin(known, (0, 1)).all():
        return find_wilson(float(known.mean()), known.size)
    return measure_interval(known)


def find_wilson(share: float, count: int, z: float = 1.96) -> tuple[float, float, float]:
    """A share of a count, and its 95 % interval by Wilson (1927)."""
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * (share * (1 - share) / count + z**2 / (4 * count**2)) ** 0.5
    return share, max(0.0, middle - half), min(1.0, middle + half)


def group(records: Sequence[Record]) -> dict[str, list[Record]]:
    """The records of each class."""
    found: dict[str, list[Record]] = {}
    for each in records:
        found.setdefault(each["class"], []).append(each)
    return found


def split(kind: str, records: Sequence[Record]) -> dict[str, list[Record]]:
    """The records of a class by what its palettes are; the class itself where they are all of one kind."""
    if kind not in PARTS:
        return {kind: list(records)}
    parts = {f"{kind}: {part}": [r for r in records if r["number"] % 2 == odd] for odd, part in enumerate(PARTS[kind])}
    return {title: some for title, some in parts.items() if some}


def list_rows(records: Sequence[Record]) -> dict[str, list[Record]]:
    """The records of each class, and after it those of its parts."""
    found: dict[str, list[Record]] = {}
    for kind, some in group(records).items():
        found |= {kind: some, **split(kind, some)}
    return found


def make_lines(records: Sequence[Record], told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A line for each class and part: [mean, low, high] of scores, of ours and the true pictures; all say `told`."""
    lines = []
    for kind, some in list_rows(records).items():
        line = {"benchmark": "sizes", "class": kind, "palettes": len(some), **told}
        for name in COSTS:
            line[name] = round(float(tabulate(some, "ours", name).mean()), 2)
        for row in ("ours", "true"):
            told_row = {name: round_numbers(find_interval(tabulate(some, row, name), name)) for name in SCORES}
            line[row] = {name: numbers for name, numbers in told_row.items() if numbers[0] is not None}
        lines.append(line)
    return lines


def format_page(records: Sequence[Record]) -> str:
    """The Markdown of the table: two rows for each class and part, ours and true pictures through the autoencoder."""
    heads = ("class", "", "palettes", "rows", *SCORES)
    rows: list[Sequence[str]] = [heads, ("---",) * len(heads)]
    for kind, some in list_rows(records).items():
        cost = f"{tabulate(some, 'ours', 'rows').mean():.0f}"
        ours = [format_cell(tabulate(some, "ours", name), name) for name in SCORES]
        true = [format_cell(tabulate(some, "true", name), name) for name in SCORES]
        rows += [(kind, "ours", f"{len(some)}", cost, *ours), ("", "true", "", "", *true)]
    return format_rows(rows)


def format_cell(values: NDArray[np.float64], name: str) -> str:
    """The text of a cell: mean and 95 % interval; nothing where there is no score."""
    scale, digits = UNITS.get(name, (100, 0))
    mean, low, high = (scale * number for number in find_interval(values, name))
    return "" if np.isnan(mean) else f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def draw_sheet(shown: Sequence[tuple[Wish, Mapping[str, Path], Record]]) -> Image.Image:
    """A contact sheet, a row for each wish: its palette, the true picture, ours; above them what was asked and seen."""
    strips = [draw_strip(*each) for each in shown]
    whole = Image.new("RGB", (max(s.width for s in strips), sum(s.height for s in strips)), "white")
    top = 0
    for strip in strips:
        whole.paste(strip, (0, top))
        top += strip.height
    return whole


def draw_strip(wish: Wish, paths: Mapping[str, Path], record: Record) -> Image.Image:
    """A row of the sheet."""
    pictures = [overlay(wish.palette({})).convert("RGB"), *(Image.open(paths[row]) for row in ("true", "ours"))]
    wide = round(HIGH * wish.size.width / wish.size.height)
    strip = Image.new("RGB", (max(620, 3 * (wide + 4)), HIGH + TOLD), "white")
    draw, font = ImageDraw.Draw(strip), ImageFont.load_default()
    asked = "; ".join(piece.prompt for piece in wish.pieces)
    said = f"{wish.kind} {wish.number}, {wish.size}: {asked} | {wish.prompt or 'no background prompt'}"
    draw.text((2, 2), said, "black", font)
    for line, row in enumerate(("true", "ours"), start=1):
        draw.text((2, 2 + 12 * line), f"{row}: {format_scores(record[row])}", "black", font)
    for place, picture in enumerate(pictures):
        strip.paste(picture.resize((wide, HIGH), Image.Resampling.LANCZOS), (place * (wide + 4), TOLD))
    return strip


def format_scores(scores: Mapping[str, float]) -> str:
    """The scores of a picture in few words."""
    return ", ".join(f"{name} {scores[name]:.2g}" for name in SCORES if not np.isnan(scores.get(name, np.nan)))
