"""Notices: what a person is told about a palette, and where in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lib_regiondiff.document.palette import Palette

KINDS = ("error", "warning", "note")
INSIDE = re.compile(r"brushes\[(\d{1,4})\]")


@dataclass(frozen=True)
class Notice:
    """One remark: an `error` ends the job, a `warning` is a likely mistake, a `note` is good to know.

    `path` is that of the value in the palette that it is about, `brush` the id of that brush, each "" without one.
    """

    kind: str
    text: str
    path: str = ""
    brush: str = ""


def find_brush(palette: Palette, path: str) -> str:
    """The id of the brush that a path leads into, "" for other paths."""
    match = INSIDE.match(path)
    place = int(match[1]) if match else len(palette.brushes)
    return palette.brushes[place].id if place < len(palette.brushes) else ""
