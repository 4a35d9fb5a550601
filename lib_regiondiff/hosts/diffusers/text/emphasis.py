"""Prompt text -> weighted pieces: the emphasis syntax of AUTOMATIC1111's WebUI."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

STEP = 1.1
MARK = re.compile(
    r"\\(?P<escaped>[\\()\[\]]|)"
    r"|:\s*(?P<weight>[-+]?(?:\d+(?:\.\d*)?|\.\d+))\s*\)"
    r"|(?P<mark>[()\[\]])"
    r"|(?P<pause>\bBREAK\b)"
    r"|(?P<text>[^\\()\[\]:B]+|.)",
    re.DOTALL,
)


WeightFactor = tuple[int, int, float]
"""A factor for the weights of texts, with the indices at which it begins to count and ends: (start, end, factor)."""


@dataclass(frozen=True)
class Piece:
    """Text of one weight; `pause` marks a BREAK, after which a new chunk of tokens begins."""

    text: str
    weight: float = 1.0
    pause: bool = False


def parse_emphasis(prompt: str) -> list[Piece]:
    """Split a prompt into pieces by its emphasis, as `parse_prompt_attention` of AUTOMATIC1111's prompt_parser.py does.

    `(a)` weighs 1.1, `(a:1.3)` 1.3, `[a]` 1/1.1; they nest by multiplying and last to the end where they are not
    closed. A backslash makes the bracket or backslash after it plain text. There is at least one piece.
    """
    opened: dict[str, list[int]] = {"(": [], "[": []}
    texts: list[str | None] = []
    scales: list[WeightFactor] = []
    for match in MARK.finditer(prompt):
        _take(match, texts, scales, opened)
    scales += [(start, len(texts), STEP) for start in opened["("]]
    scales += [(start, len(texts), 1 / STEP) for start in opened["["]]
    return _join_pieces(texts, _multiply_weights(len(texts), scales)) or [Piece("")]


def _take(
    match: re.Match[str], texts: list[str | None], scales: list[WeightFactor], opened: dict[str, list[int]]
) -> None:
    """Read one mark or text of a prompt into `texts`, `scales` and `opened`; a BREAK is None among the texts."""
    mark, end = match["mark"], len(texts)
    if match["pause"]:
        texts.append(None)
    elif mark in ("(", "["):
        opened[mark].append(end)
    elif match["weight"] and opened["("]:
        scales.append((opened["("].pop(), end, float(match["weight"])))
    elif mark == ")" and opened["("]:
        scales.append((opened["("].pop(), end, STEP))
    elif mark == "]" and opened["["]:
        scales.append((opened["["].pop(), end, 1 / STEP))
    else:
        texts.append(match[0] if match["escaped"] is None else match["escaped"])


def _multiply_weights(count: int, scales: Sequence[WeightFactor]) -> list[float]:
    """The weights of `count` texts, equal to the WebUI's to the bit, as neighbours of equal weight are joined."""
    weights = np.ones(count)
    with np.errstate(all="ignore"):
        for start, end, factor in scales:
            weights[start:end] *= factor
    return weights.tolist()


def _join_pieces(texts: Sequence[str | None], weights: Sequence[float]) -> list[Piece]:
    """Pieces of texts and their weights, neighbours of equal weight as one piece."""
    runs: list[tuple[list[str], float, bool]] = []
    for text, weight in zip(texts, weights, strict=True):
        if text is None:
            runs.append(([], weight, True))
        elif runs and not runs[-1][2] and runs[-1][1] == weight:
            runs[-1][0].append(text)
        else:
            runs.append(([text], weight, False))
    return [Piece("".join(run), weight, pause) for run, weight, pause in runs]
