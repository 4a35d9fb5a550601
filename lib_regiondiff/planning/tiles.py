"""Boxes and windows: where the network looks, and how much each cell of a box counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lib_regiondiff.geometry import Box, Size

FLOOR = 1e-6
VARIANCE = 0.01
LARGE = 1.5
"""Native sides up to which a brush is drawn in one view, as an object; a larger one is ground."""


def place_tiles(length: int, tile: int, overlap: int) -> list[int]:
    """Evenly spaced starts of tiles that cover 0..length-1, `tile` wide, neighbours overlapping by `overlap` or more.

    An overlap that leaves no progress counts as tile - 1. Where `tile` is not shorter than `length`, one tile is all.
    """
    if tile >= length:
        return [0]
    step = max(1, tile - overlap)
    last = length - tile
    count = -(-last // step)
    return [round(index * last / count) for index in range(count + 1)]


def place_ring_tiles(length: int, tile: int, overlap: int) -> list[int]:
    """Evenly spaced starts of two or more tiles of a ring of 0..length-1; the last tiles go on at its beginning."""
    count = 2 if tile >= length else max(2, -(-length // max(1, tile - overlap)))
    return [round(index * length / count) for index in range(count)]


@dataclass(frozen=True)
class Grid:
    """Tiles of one size in row-major order, by the rows and columns at which they begin."""

    tops: tuple[int, ...]
    lefts: tuple[int, ...]
    tile: Size
    ring: bool = False

    @staticmethod
    def of(box: Box, tile: Size, overlap: int, closed: bool = False) -> Grid:
        """The tiles of a box, with at least this overlap; an axis that is not longer than a tile stays whole.

        A box that is a whole ring is `closed`: its last tiles overlap its first.
        """
        high, wide = min(tile.height, box.size.height), min(tile.width, box.size.width)
        tops = place_tiles(box.size.height, high, overlap)
        lefts = (place_ring_tiles if closed else place_tiles)(box.size.width, wide, overlap)
        return Grid(
            tuple(box.top + top for top in tops), tuple(box.left + left for left in lefts), Size(high, wide), box.ring
        )

    def occupied(self, cells: np.ndarray) -> np.ndarray:
        """Which tiles, bool [rows, columns], hold a true cell of the canvas [h, w]."""
        top, left = np.array(self.tops) - self.tops[0], np.array(self.lefts)
        if self.ring:  # columns that go on at the other side
            seen, left = np.concatenate([cells, cells], axis=1), left % cells.shape[1]
        else:
            seen, left = cells[:, left[0] : left[-1] + self.tile.width], left - left[0]
        seen = seen[self.tops[0] : self.tops[-1] + self.tile.height]
        sums = np.zeros((seen.shape[0] + 1, seen.shape[1] + 1), np.int32)
        np.cumsum(seen, axis=0, out=sums[1:, 1:], dtype=np.int32)
        np.cumsum(sums[1:, 1:], axis=1, out=sums[1:, 1:])
        strips = sums[top + self.tile.height] - sums[top]
        return strips[:, left + self.tile.width] > strips[:, left]

    def boxes(self, chosen: np.ndarray) -> list[Box]:
        """The boxes of chosen tiles, bool [rows, columns], in row-major order."""
        high, wide = self.tile.height, self.tile.width
        places = ((self.tops[row], self.lefts[column]) for row, column in np.argwhere(chosen).tolist())
        return [Box(top, left, top + high, left + wide, self.ring) for top, left in places]


def list_tiles(box: Box, tile: Size, overlap: int, closed: bool = False) -> list[Box]:
    """All tiles of a box in row-major order; the arguments are those of `Grid.of`."""
    made = Grid.of(box, tile, overlap, closed)
    return made.boxes(np.ones((len(made.tops), len(made.lefts)), bool))


def measure_widest(least: int) -> int:
    """The longest side in cells of a brush that one view shows, for a native side of `least` cells.

    A brush that begins inside a cell touches one more.
    """
    return math.ceil(LARGE * least) + 1


def find_bounds(occupied: np.ndarray, ring: bool = False) -> Box | None:
    """The smallest box that holds all true cells [h, w], in a ring perhaps across the border; None where none is."""
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


def fit_window(inner: Box, canvas: Size, least: int, multiple: int) -> Box:
    """The box that the network sees of a region: `inner` rounded up to `multiple`, at least `least`, within the canvas.

    All are in cells. In a ring it may cross the border.
    """
    top, bottom = _fit_span(inner.top, inner.bottom, canvas.height, least, multiple)
    left, right = _fit_span(inner.left, inner.right, canvas.width, least, multiple, inner.ring)
    return Box(top, left, bottom, right, inner.ring)


def _fit_span(first: int, last: int, length: int, least: int, multiple: int, ring: bool = False) -> tuple[int, int]:
    wide = min(length, max(least, -(-(last - first) // multiple) * multiple))
    start = (first + last - wide) // 2
    if not ring:
        start = min(max(start, 0), length - wide)
    return start, start + wide


def make_profile(kind: str, size: Size) -> np.ndarray:
    """The weight float32 [h, w] in (0, 1] of each cell of a tile, by a key of CURVES: the product of two curves."""
    curve = CURVES[kind]
    rows, columns = curve(_list_positions(size.height)), curve(_list_positions(size.width))
    return np.maximum(np.outer(rows, columns), FLOOR).astype(np.float32)


def _list_positions(length: int) -> np.ndarray:
    """The middles of an axis' cells, in (-1, 1)."""
    return (2 * np.arange(length) + 1) / length - 1


def _constant(u: np.ndarray) -> np.ndarray:
    return np.ones_like(u)


def _linear(u: np.ndarray) -> np.ndarray:
    return 1 - np.abs(u)


def _cosine(u: np.ndarray) -> np.ndarray:
    return np.cos(u * np.pi / 2)


def _gaussian(u: np.ndarray) -> np.ndarray:
    """Mixture of Diffusers' profile: a variance of 0.01 in units of the side (arXiv:2302.02412)."""
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
