"""Notices: what a person is told about a palette, and where in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lib_regiondiff.document.palette import SCENE, THING, Brush, Palette
from lib_regiondiff.errors import Problem

KINDS = ("error", "warning", "note")
FIGURES: Mapping[str, str] = {THING: "one thing", SCENE: "a picture of its own"}
"""What a brush shows that is no stuff, by its kind."""
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


@dataclass(frozen=True)
class Remark:
    """A sentence about a palette, and the path of the value that it is about; as text it is the sentence."""

    text: str
    path: str

    def __str__(self) -> str:
        return self.text


def find_brush(palette: Palette, path: str) -> str:
    """The id of the brush that a path leads into, "" for other paths."""
    match = INSIDE.match(path)
    place = int(match[1]) if match else len(palette.brushes)
    return palette.brushes[place].id if place < len(palette.brushes) else ""


def mention(number: int, brush: Brush) -> str:
    """A brush as a sentence names it, such as "brush 2 (tree)"; numbers count from 1, the lowest brush."""
    return f"brush {number} ({brush.name or brush.id})"


def join_names(names: Sequence[str]) -> str:
    """Names as a sentence lists them."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def tell_undecided(figures: Sequence[tuple[str, str]]) -> str:
    """The sentence about brushes, each its name and a kind, of which the first level decides whether they are that."""
    named = {kind: [name for name, own in figures if own == kind] for _, kind in figures}
    asked = [
        f"{join_names(names)}: {FIGURES[kind]}, or something that fills the mask?" for kind, names in named.items()
    ]
    return " ".join([*asked, "The first step decides"])


def write_notice(notice: Notice) -> dict[str, Any]:
    """A notice as plain data for a page: level, message, path and brush, as far as it has them."""
    said = {"level": notice.kind, "message": notice.text, "path": notice.path, "brush": notice.brush}
    return {key: value for key, value in said.items() if value}


def write_problem(problem: Problem) -> dict[str, Any]:
    """A problem as plain data for a page: its path, and what was expected and found there."""
    return {"path": problem.path, "message": f"expected {problem.expected}, got {problem.got}"}


def make_badges(notices: Sequence[Notice]) -> dict[str, dict[str, Any]]:
    """By the ids of brushes what each one's badge says: its worst notice, and how many there are. Notes make none."""
    found: dict[str, dict[str, Any]] = {}
    for each in sorted(notices, key=lambda notice: KINDS.index(notice.kind)):
        if each.brush and each.kind != "note":
            badge = found.setdefault(each.brush, {**write_notice(each), "count": 0})
            badge["count"] += 1
    return found


def flatten(text: str) -> str:
    """A text on one line: names come from elsewhere, and nothing in them may break it, or turn what is beside it."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
