"""Boxes and windows: where the network looks, and how much each cell of a look counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from lib_regiondiff.geometry import Box, Size

FLOOR = 1e-6
VARIANCE = 0.01


def starts(length: int, tile: int, overlap: int) -> list[int]:
    """Evenly spaced starts of tiles that cover 0..length-1, none wider than `tile`, overlapping by `overlap` or more.

    An overlap that leaves no progress counts as tile - 1. Where `tile` is not shorter than `length`, one tile is all.
    """
    if tile >= length:
        return [0]
    step = max(1, tile - overlap)
    last = length - tile
    count = -(-last // step)
    return [round(index * last / count) for index in range(count + 1)]


def around(length: int, tile: int, overlap: int) -> list[int]:
    """Evenly spaced starts of two or more tiles of a ring of 0..length-1; the last ones go on at its start."""
    count = 2 if tile >= length else max(2, -(-length // max(1, tile - overlap)))
    return [round(index * length / count) for index in range(count)]


def grid(box: Box, tile: Size, overlap: int, closed: bool = False) -> list[Box]:
    """The tiles of a box in row-major order; an axis that is not longer than a tile stays whole.

    The box of a `closed` ring is all of it.
    """
    high, wide = min(tile.height, box.size.height), min(tile.width, box.size.width)
    lefts = around if closed else starts
    return [
        Box(box.top + top, box.left + left, box.top + top + high, box.left + left + wide, box.ring)
        for top in starts(box.size.height, high, overlap)
        for left in lefts(box.size.width, wide, overlap)
    ]


def bounds(occupied: np.ndarray, ring: bool = False) -> Box | None:
    """The smallest box that holds all true cells [h, w], or None; in a ring it may cross the border."""
    rows, columns = np.flatnonzero(occupied.any(axis=1)), np.flatnonzero(occupied.any(axis=0))
    if not len(rows):
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    if not ring:
        return Box(top, int(columns[0]), bottom, int(columns[-1]) + 1)
    gaps = np.diff(columns, prepend=columns[-1] - occupied.shape[1])
    after = int(np.argmax(gaps))  # the columns begin after the widest gap
    left = int(columns[after])
    return Box(top, left, bottom, left + occupied.shape[1] - int(gaps[after]) + 1, ring=True)


def window(inner: Box, canvas: Size, least: int, multiple: int) -> Box:
    """The box a network sees of a region: `inner` rounded up to `multiple`, at least `least` cells, on the canvas."""
    top, bottom = _span(inner.top, inner.bottom, canvas.height, least, multiple)
    left, right = _span(inner.left, inner.right, canvas.width, least, multiple, inner.ring)
    return Box(top, left, bottom, right, inner.ring)


def _span(first: int, last: int, length: int, least: int, multiple: int, ring: bool = False) -> tuple[int, int]:
    wide = min(length, max(least, -(-(last - first) // multiple) * multiple))
    start = (first + last - wide) // 2
    if not ring or wide == length:
        start = min(max(start, 0), length - wide)
    return start, start + wide


def profile(kind: str, size: Size) -> np.ndarray:
    """The weight float32 [h, w] of each cell of a tile, in (0, 1]: the outer product of one curve per axis."""
    curve = CURVES[kind]
    rows, columns = curve(_positions(size.height)), curve(_positions(size.width))
    return np.maximum(np.outer(rows, columns), FLOOR).astype(np.float32)


def _positions(length: int) -> np.ndarray:
    """Cell centres of an axis in (-1, 1)."""
    return (2 * np.arange(length) + 1) / length - 1


def _constant(u: np.ndarray) -> np.ndarray:
    return np.ones_like(u)


def _linear(u: np.ndarray) -> np.ndarray:
    return 1 - np.abs(u)


def _cosine(u: np.ndarray) -> np.ndarray:
    return np.cos(u * np.pi / 2)


def _gaussian(u: np.ndarray) -> np.ndarray:
    """Mixture of Diffusers: a variance of 0.01 in units of the side."""
    return np.exp(-((u / 2) ** 2) / (2 * VARIANCE))


def _quartic(u: np.ndarray) -> np.ndarray:
    return (1 - u**2) ** 2


CURVES: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "constant": _constant,
    "linear": _linear,
    "cosine": _cosine,
    "gaussian": _gaussian,
    "quartic": _quartic,
}
