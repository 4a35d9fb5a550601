"""The summary in docs/reports/fidelity.md: records of wishes -> short tables, and every tenth palette as picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fidelity_report import DOCS, encode_png, format_rows
from PIL import Image, ImageDraw, ImageFont
from sizes_classes import make_wish
from sizes_pictures import Job
from sizes_report import find_interval, group, tabulate

from lib_regiondiff.authoring.overlay import overlay

SHEET = DOCS / "pictures" / "sizes.png"
EVERY, ROWS = 10, 6  # every so many palettes of a class are on the sheet; as many rows
HIGH, TOLD, GAP = 76, 14, 3  # pixels of the sheet: of a picture, of the words above, between pictures

Record = Mapping[str, Any]
COSTS = ("rows", "multiply-adds, G")
THINGS = ("whole", "once", "class", "colour")
PATCHES = ("texture IoU", "stroke IoU", "ground IoU")
"""How far stuff is where it was painted; a class has one of these scores."""


def format_summary(records: Sequence[Record]) -> str:
    """The Markdown of two tables: of things, and of stuff, grounds and borders; an empty one is left out."""
    found = group(records)
    things = [format_things(kind, some) for kind, some in found.items() if knows(some, "whole")]
    stuff = [format_stuff(kind, some) for kind, some in found.items() if knows(some, "boundary")]
    heads = ("things", "palettes", *COSTS, "all right", "once", "class", "colour", "leak", "area", "halo")
    tables = [(heads, things), (("stuff and borders", "palettes", *COSTS, "IoU", "boundary", "border colour"), stuff)]
    return "\n\n".join(format_rows([top, ("---",) * len(top), *rows]) for top, rows in tables if rows)


def knows(records: Sequence[Record], name: str) -> bool:
    """Whether any of the records has a score."""
    return not bool(np.isnan(tabulate(records, "ours", name)).all())


def format_things(kind: str, records: Sequence[Record]) -> tuple[str, ...]:
    """A class's row in the table of things."""
    shares = [format_pair(records, name) for name in THINGS]
    return (*format_head(kind, records), *shares, *(format_pair(records, name) for name in ("leak", "area", "halo")))


def format_stuff(kind: str, records: Sequence[Record]) -> tuple[str, ...]:
    """A class's row in the table of stuff."""
    known = [name for name in PATCHES if knows(records, name)]
    patch = format_pair(records, known[0]) if known else ""
    return (*format_head(kind, records), patch, *(format_pair(records, n) for n in ("boundary", "border colour")))


def format_head(kind: str, records: Sequence[Record]) -> tuple[str, ...]:
    """A class, how many palettes of it there are, and what one costs in the mean."""
    rows, adds = (tabulate(records, "ours", name).mean() for name in ("rows", "multiply-adds"))
    return kind, f"{len(records)}", f"{rows:.0f}", f"{adds / 1e9:.0f}"


def format_pair(records: Sequence[Record], name: str) -> str:
    """Ours with its 95 % interval, and the true pictures' mean after a stroke; in percent, but for area and colours."""
    scale, digits = {"area": (1, 2), "border colour": (1, 1)}.get(name, (100, 0))
    mean, low, high = (scale * each for each in find_interval(tabulate(records, "ours", name), name))
    true = scale * find_interval(tabulate(records, "true", name), name)[0]
    return f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f}) / {true:.{digits}f}"


def draw_gallery(records: Sequence[Record], job: Job) -> Image.Image:
    """A picture of every tenth palette: a column for each class; in each place what was painted, then what was drawn.

    The pictures of a class are of equal height, and as wide as their aspect asks for.
    """
    found = {
        kind: [each for each in some if each["number"] % EVERY == 0][:ROWS] for kind, some in group(records).items()
    }
    columns = [draw_column(kind, some, job) for kind, some in found.items() if some]
    wide = sum(each.width + 3 * GAP for each in columns)
    whole = Image.new("RGB", (wide, max(each.height for each in columns)), "white")
    left = 0
    for each in columns:
        whole.paste(each, (left, 0))
        left += each.width + 3 * GAP
    return whole


def draw_column(kind: str, records: Sequence[Record], job: Job) -> Image.Image:
    """The pictures of a class, pair below pair."""
    pairs = [draw_pair(kind, each["number"], job) for each in records]
    column = Image.new("RGB", (max(each.width for each in pairs), TOLD + len(pairs) * (HIGH + GAP)), "white")
    ImageDraw.Draw(column).text((0, 1), kind, "black", ImageFont.load_default())
    for at, each in enumerate(pairs):
        column.paste(each, (0, TOLD + at * (HIGH + GAP)))
    return column


def draw_pair(kind: str, number: int, job: Job) -> Image.Image:
    """A palette as it is painted, and its picture beside it."""
    wish = make_wish(kind, number, job.split)
    wide = min(2 * HIGH, round(HIGH * wish.size.width / wish.size.height))
    high = min(HIGH, round(wide * wish.size.height / wish.size.width))
    pair = Image.new("RGB", (2 * wide + 1, HIGH), "white")
    with Image.open(job.find_paths(kind, number)["ours"]) as made:
        for at, each in enumerate((overlay(wish.palette({})).convert("RGB"), made.convert("RGB"))):
            pair.paste(each.resize((wide, high), Image.Resampling.LANCZOS), (at * (wide + 1), 0))
    return pair


def write_picture(records: Sequence[Record], job: Job, path: Path = SHEET) -> None:
    """Draw every tenth palette into the picture that docs/reports/fidelity.md shows."""
    path.write_bytes(encode_png(draw_gallery(records, job)))
