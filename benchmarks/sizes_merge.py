"""Tables of earlier runs and of this one: rows of the classes that were drawn are new, those of others stay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from sizes_classes import MAKERS

Kept = TypeVar("Kept")
CELLS = re.compile(r"(?<!\\)\|")
ITEMS = re.compile(r"^(IoU of stuff and grounds: )(.+)\.$", re.MULTILINE)


def merge(made: str, before: str) -> str:
    """The Markdown `made` by a run, with what `before` says of classes that the run did not draw.

    Rows of the table at its head and items of the sentence on stuff are by class, in the order of MAKERS; the rest is
    as it was made, or as before where nothing was made of it. Raises SystemExit where a row that stays does not have
    the cells of the new table.
    """
    (head, new, rest), (old_head, old, old_rest) = _part(made), _part(before)
    cells = len(CELLS.split(head[0] if new else old_head[0])) if new or old else 0
    kept = {kind: rows for kind, rows in old.items() if kind not in new}
    for row in (each for rows in kept.values() for each in rows):
        if len(CELLS.split(row)) != cells:
            raise SystemExit(f"a row that stays has other cells than the new table: {row[:60]}; draw its class anew")
    rows = [row for some in _sort(kept | new).values() for row in some]
    table = "\n".join([*(head if new else old_head), *rows]) if rows else ""
    text = "\n".join(rest if any(rest) else old_rest).strip("\n")
    return "\n\n".join(filter(None, (table, _merge_items(text, before))))


def _merge_items(made: str, before: str) -> str:
    """Text whose sentence on stuff also has the items of classes that only the sentence before has."""
    new, old = (ITEMS.search(each) for each in (made, before))
    if old is None:
        return made
    if new is None:
        return "\n\n".join(filter(None, (made, old[0])))
    found = {each.split(" ")[0]: each for sentence in (old, new) for each in sentence[2].split(", ")}
    return made.replace(new[0], f"{new[1]}{', '.join(_sort(found).values())}.")


def _part(text: str) -> tuple[list[str], dict[str, list[str]], list[str]]:
    """The head of the table that a text begins with, if any, the rows of each class in it, and the lines after it."""
    lines = text.splitlines()
    end = next((at for at, line in enumerate(lines) if not line.startswith("|")), len(lines))
    rows: dict[str, list[str]] = {}
    kind = ""
    for line in lines[2:end]:
        kind = CELLS.split(line)[1].strip() or kind
        rows.setdefault(kind, []).append(line)
    return lines[: min(end, 2)], rows, lines[end:]


def _sort(found: dict[str, Kept]) -> dict[str, Kept]:
    """What is known of classes and of their parts in the order of MAKERS; parts follow their class as they did."""
    order: Sequence[str] = list(MAKERS)
    return {kind: found[kind] for kind in sorted(found, key=lambda kind: order.index(kind.split(":")[0]))}
