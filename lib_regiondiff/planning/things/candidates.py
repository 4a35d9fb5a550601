"""Candidates: what each brush of a palette may turn out to be, told without a network by what it covers and says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from lib_regiondiff.document.palette import SCENE, STUFF, THING, Brush, Palette, Tiles
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.planning import tiles
from lib_regiondiff.planning.intervals import find_interval
from lib_regiondiff.planning.things.pieces import label_pieces

ROUND = 64
"""Pixels whose multiples the sides of close-ups are on a canvas that is smaller than the native size."""
FINER = 1.5
"""How many times as long as before the sides of a close-up become in its last steps, at most."""
MOST = 24
"""Brushes of a palette above which nothing but stuff is chosen."""
COVERED, MOSTLY = 0.98, 0.6
"""Shares of a canvas that brushes cover where nothing of the background is seen, and where one without a prompt is
hardly missed."""
SPLIT = 0.25
"""Share of a canvas whose background has no prompt that a brush takes, at least, which divides it from side to side."""
PIECES = 8
"""Separate pieces of a brush above which nothing but stuff is chosen."""
THICK, PART = 3, 5
"""Cells along a side of a square that a brush which is no stroke covers, at most this part of a native side."""
FULL = 0.999
"""Share of a cell that a brush has when it has all of it."""
HALF = 0.5
"""Share of a cell from which on it belongs to a brush that divides a canvas."""
COMPACT, FILLED = 0.25, 0.4
"""Native sides, and share of its box, from which on a brush without a broad part may still show a thing."""
BELOW = 0.5
"""Share of a brush, at most, that may lie above other brushes where it is a scene beside them."""


@dataclass(frozen=True)
class Facts:
    """What a job makes of a palette: the native side in cells, whether the background says `silent`ly nothing, and of
    each brush whether it is `plain`: it says what the background says, or begins later.
    """

    native: int
    silent: bool
    plain: Sequence[bool]

    @staticmethod
    def of(palette: Palette, native: int) -> Facts:
        """As far as a palette alone tells."""
        under = palette.background
        return Facts(
            native,
            not under.painted and not under.prompt.strip(),
            [_says_the_same(brush, palette) or find_interval(brush, palette.steps)[0] > 0 for brush in palette.brushes],
        )


@dataclass(frozen=True)
class Candidate:
    """What a brush is unless the first level draws a figure for it, and the kind that it becomes then, if another."""

    kind: str
    figure: str | None = None


def fit_native(native: int, size: Size) -> int:
    """The native side in pixels of close-ups: no larger than a picture of the canvas's longer side."""
    return min(native, max(ROUND, max(size.height, size.width) // ROUND * ROUND))


def _says_the_same(brush: Brush, palette: Palette) -> bool:
    under = palette.background
    return brush.prompt == under.prompt and brush.negative in (None, under.negative)


def list_candidates(palette: Palette, coverages: Sequence[np.ndarray], facts: Facts) -> list[Candidate]:
    """What each brush is that covers these shares [h, w] of cells.

    Where nothing else is said, brushes side by side that cover the canvas are scenes, as is one that divides a canvas
    whose background says nothing, and others are things on what lies below them.
    """
    all_scenes, found = _cover_all(coverages, facts.silent), []
    below = np.zeros_like(coverages[0]) if coverages else np.zeros((1, 1))
    for brush, coverage, plain in zip(palette.brushes, coverages, facts.plain, strict=True):
        if brush.kind != AUTO or len(coverages) > MOST:
            found.append(Candidate(STUFF if brush.kind == AUTO else brush.kind))
        elif plain or _is_filling(palette, coverage, facts.native):
            found.append(Candidate(STUFF))
        elif (all_scenes or (facts.silent and _divides(coverage, palette))) and _lies_beside(coverage, below):
            found.append(Candidate(STUFF, SCENE))
        else:
            few = len(label_pieces(coverage, palette.wraps)[1]) <= PIECES
            found.append(Candidate(STUFF, THING if few else None))
        below = np.maximum(below, coverage)
    return found


def _cover_all(coverages: Sequence[np.ndarray], silent: bool) -> bool:
    """Whether brushes leave nothing of the background to see, or hardly anything of one that says nothing."""
    bare = np.prod([1 - each for each in coverages], axis=0) if coverages else np.ones(1)
    return 1 - float(bare.mean()) >= (MOSTLY if silent else COVERED)


def _divides(coverage: np.ndarray, palette: Palette) -> bool:
    """Whether a brush that covers these shares [h, w] takes a good part of the canvas, in one piece from side to side,
    of which a ring has none at its left and right."""
    labels, pieces = label_pieces(np.where(coverage >= HALF, coverage, 0), palette.wraps)
    if len(pieces) != 1:
        return False
    part = labels == pieces[0]
    high, wide = (part.any(axis=axis).all() for axis in (1, 0))
    return bool(high or (wide and not palette.wraps)) and float(part.mean()) >= SPLIT


def _lies_beside(coverage: np.ndarray, below: np.ndarray) -> bool:
    """Whether a brush lies mostly on no other, by the shares of cells [h, w] that it covers, and those below it."""
    return float((coverage * below).sum()) < BELOW * float(coverage.sum())


def _is_filling(palette: Palette, coverage: np.ndarray, native: int) -> bool:
    """Whether a brush can only be filled, by its palette's method and what it covers [h, w]."""
    inner = tiles.find_bounds(coverage > 0, palette.wraps)
    if inner is None or _is_settled(palette) or (inner.size.height, inner.size.width) == coverage.shape:
        return True
    return is_line(coverage, inner, native)


def _is_settled(palette: Palette) -> bool:
    """Whether a palette says of its method what only stuff is drawn by."""
    return palette.blend == "mixture" or palette.overlap.rule != "painter" or _names_tiles(palette.tiles)


def _names_tiles(grid: Tiles | str | None) -> bool:
    """Whether tiles are more than a canvas whose borders continue each other, or what `auto` would take anyway."""
    if not isinstance(grid, Tiles):
        return False
    sides = replace(grid, wrap=False)
    return sides != Tiles(width=AUTO, height=AUTO, overlap=AUTO) and not (grid.wrap and sides == Tiles())


def is_line(coverage: np.ndarray, inner: Box, native: int) -> bool:
    """Whether a brush that covers these shares [h, w] of the cells of a box is a stroke and no small, compact spot."""
    least, filled = COMPACT * native, float(coverage.sum()) / inner.size.area
    return is_stroke(coverage, native) and (min(inner.size.height, inner.size.width) < least or filled < FILLED)


def is_stroke(coverage: np.ndarray, native: int) -> bool:
    """Whether a brush that covers these shares [h, w] of cells is thin everywhere, for a native side in cells."""
    full, side = (coverage >= FULL).astype(np.uint8), min(THICK, max(1, native // PART))
    return bool(coverage.any()) and not cv2.erode(full, np.ones((side, side), np.uint8), borderValue=0).any()
