"""Prompt text to weighted pieces: the emphasis syntax of AUTOMATIC1111's WebUI."""

from __future__ import annotations

import re
from dataclasses import dataclass

STEP = 1.1
MARK = re.compile(
    r"\\(?P<escaped>[\\()\[\]]|)"
    r"|:\s*(?P<weight>[-+]?(?:\d+\.?\d*|\.\d+))\s*\)"
    r"|(?P<mark>[()\[\]])"
    r"|(?P<pause>\bBREAK\b)"
    r"|(?P<text>.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Piece:
    """Text with one weight; `pause` marks a BREAK, which starts a new chunk of tokens."""

    text: str
    weight: float = 1.0
    pause: bool = False


def pieces(prompt: str) -> list[Piece]:
    """Split a prompt by its emphasis.

    `(a)` weighs 1.1, `(a:1.3)` 1.3, `[a]` 1/1.1; they nest by multiplying and last to the end where they are not
    closed. A backslash makes the bracket or backslash after it plain text.
    """
    found: list[Piece] = []
    opened: dict[str, list[int]] = {"(": [], "[": []}
    for match in MARK.finditer(prompt):
        _take(match, found, opened)
    for start in opened["("]:
        _scale(found, start, STEP)
    for start in opened["["]:
        _scale(found, start, 1 / STEP)
    return _joined(found) or [Piece("")]


def _take(match: re.Match[str], found: list[Piece], opened: dict[str, list[int]]) -> None:
    mark = match["mark"]
    if match["pause"]:
        found.append(Piece("", pause=True))
    elif mark in ("(", "["):
        opened[mark].append(len(found))
    elif match["weight"] and opened["("]:
        _scale(found, opened["("].pop(), float(match["weight"]))
    elif mark == ")" and opened["("]:
        _scale(found, opened["("].pop(), STEP)
    elif mark == "]" and opened["["]:
        _scale(found, opened["["].pop(), 1 / STEP)
    else:
        found.append(Piece(match[0] if match["escaped"] is None else match["escaped"]))


def _scale(found: list[Piece], start: int, factor: float) -> None:
    for index in range(start, len(found)):
        piece = found[index]
        found[index] = Piece(piece.text, piece.weight * factor, piece.pause)


def _joined(found: list[Piece]) -> list[Piece]:
    """Neighbours of one weight as one piece."""
    joined: list[Piece] = []
    for piece in found:
        last = joined[-1] if joined else None
        if last and not last.pause and not piece.pause and last.weight == piece.weight:
            joined[-1] = Piece(last.text + piece.text, piece.weight)
        else:
            joined.append(piece)
    return joined
