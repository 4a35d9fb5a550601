"""The summary in docs/reports/fidelity.md: records of wishes -> short tables, and one palette of ten as picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fidelity_report import DOCS, encode_png, format_rows
from PIL import Image, ImageDraw, ImageFont
from sizes_classes import make_wish
from sizes_pictures import Job
from sizes_report import UNITS, find_interval, format_cell, group, split, tabulate

from lib_regiondiff.authoring.overlay import overlay

SHEET = DOCS / "pictures" / "sizes.png"
EVERY, ROWS = 10, 6  # one of so many palettes of a class is on the sheet; as many rows
HIGH, TOLD, GAP = 76, 14, 3  # pixels of the sheet: of a picture, of the words above, between pictures
WIDE = 1600  # pixels of the sheet, about

Record = Mapping[str, Any]
OF_THINGS = (*(f"thing-{side}" for side in (40, 72, 96, 128, 200, 320, 384)), "columns", "rows")
OF_STUFF = ("columns", "rows", "textures", "scenery", "strokes", "borders")
"""The classes in the tables, if they were drawn; docs/reports/sizes.md has all that were."""
THINGS = ("class", "colour", "leak", "area")
PATCHES = ("texture IoU", "stroke IoU", "ground IoU")
"""How far stuff is where it was painted; a class has one of these scores."""


def format_summary(records: Sequence[Record]) -> str:
    """The Markdown of a table of things, and of a sentence on stuff and grounds."""
    found = group(records)
    rows = [format_things(kind, some) for kind, some in found.items() if kind in OF_THINGS]
    heads = ("things", "once", "right class", "colour", "leak", "area")
    table = format_rows([heads, ("---",) * len(heads), *rows]) if rows else ""
    stuff = format_stuff({kind: some for kind, some in found.items() if kind in OF_STUFF})
    return "\n\n".join(filter(None, (table, stuff)))


def knows(records: Sequence[Record], name: str) -> bool:
    """Whether any of the records has a score."""
    return not bool(np.isnan(tabulate(records, "ours", name)).all())


def format_things(kind: str, records: Sequence[Record]) -> tuple[str, ...]:
    """A class's row in the table of things; `once` with its 95 % interval."""
    once, true = (format_cell(tabulate(records, row, "once"), "once") for row in ("ours", "true"))
    return kind, f"{once.replace(' to ', '-')}/{true.split(' ')[0]}", *(format_pair(records, name) for name in THINGS)


def format_stuff(found: Mapping[str, Sequence[Record]]) -> str:
    """How far stuff and grounds of each class are where they were painted; nothing where there are none."""
    shown = [f"{kind} {format_pair(some, n)}" for kind, some in found.items() for n in PATCHES if knows(some, n)]
    return f"IoU of stuff and grounds: {', '.join(shown)}." if shown else ""


def format_pair(records: Sequence[Record], name: str) -> str:
    """The means of ours and, after a stroke, of the true pictures, in percent but for area; nothing without a score."""
    scale, digits = UNITS.get(name, (100, 0))
    ours, true = (scale * find_interval(tabulate(records, row, name), name)[0] for row in ("ours", "true"))
    return "" if np.isnan(ours) else f"{ours:.{digits}f}/{true:.{digits}f}"


def draw_gallery(records: Sequence[Record], job: Job) -> Image.Image:
    """A picture of one palette of every ten: the first of the first ten, the second of the second, and so on.

    So all kinds of palettes are there that a class has in turns, as oblong brushes or those without a background.
    There is a column for each class, or part of one; in each place what was painted, then what was drawn. Pictures are
    of equal height, and as wide as their aspect asks for. Columns that have no room go below.
    """
    columns = []
    for kind, some in group(records).items():
        for title, part in split(kind, some).items():
            shown = [each for each in part if is_shown(each["number"])][:ROWS]
            columns += [draw_column(title, shown, job)] if shown else []
    places, left, top, below = [], 0, 0, 0
    for each in columns:
        if left and left + each.width > WIDE:
            left, top = 0, below
        places.append((left, top))
        left, below = left + each.width + 3 * GAP, max(below, top + each.height + GAP)
    wide = max(x + each.width for (x, _), each in zip(places, columns, strict=True))
    whole = Image.new("RGB", (wide, below), "white")
    for place, each in zip(places, columns, strict=True):
        whole.paste(each, place)
    return whole


def is_shown(number: int) -> bool:
    """Whether the picture shows the palette of a number."""
    return number % EVERY == number // EVERY % EVERY


def draw_column(title: str, records: Sequence[Record], job: Job) -> Image.Image:
    """The pictures of a class or a part of one, pair below pair."""
    pairs = [draw_pair(each["class"], each["number"], job) for each in records]
    column = Image.new("RGB", (max(each.width for each in pairs), TOLD + len(pairs) * (HIGH + GAP)), "white")
    ImageDraw.Draw(column).text((0, 1), title, "black", ImageFont.load_default())
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
    """Draw one palette of ten into the picture that docs/reports/fidelity.md shows."""
    path.write_bytes(encode_png(draw_gallery(records, job)))
