"""Shapes to coverage: how many of the 4x4 sample points of each pixel lie inside, found row by row from edge to edge.

Whether a point is inside is decided by adding, multiplying and comparing alone, so that any language finds the same.
Along a row each comparison changes its answer once at most, so where it does is looked for, not asked at every point.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from lib_regiondiff.document.pictures import Shape
from lib_regiondiff.geometry import Size

SAMPLES = 4
POINTS = SAMPLES * SAMPLES
STRIP, CROSSINGS, LINES = 2**19, 2**17, 2**13
"""Pixels of a shape, rows of sample points times edges, and rows of sample points that are worked on at a time."""

Ends = tuple[np.ndarray, np.ndarray]
"""For each end of a run of inner points: its row of sample points, and the first point behind it; sorted."""


def count_points(shape: Shape, size: Size, top: int, bottom: int) -> np.ndarray:
    """Sample points, uint8 [bottom - top, width] in 0..16, inside a shape in pixel rows top..bottom-1 of a canvas."""
    counts = np.zeros((bottom - top, size.width), np.uint8)
    for first, last, left, right, (line, point) in _find_runs(shape, size, top, bottom, STRIP):
        changes = np.zeros((last - first, right - left + 2), np.int8)
        _change(changes, line // SAMPLES, point, 1, SAMPLES)
        np.cumsum(changes, axis=1, dtype=np.int8, out=changes)
        counts[first - top : last - top, left:right] = changes[:, :-2]
    return counts


def sum_points(shape: Shape, size: Size, pixels: int) -> np.ndarray:
    """Sample points int32 [h, w] inside a shape, in each cell of `pixels` a side, on a canvas of `size` pixels.

    The canvas border is repeated into a cut cell.
    """
    whole, side = size.up_to(pixels), SAMPLES * pixels
    cells, edge = size.cells(pixels), SAMPLES * (size.width - 1)
    changes = np.zeros((cells.height, cells.width + 2), np.int32)
    for first, _, left, _, (line, point) in _find_runs(shape, size, 0, size.height, size.area):
        line, point = line + SAMPLES * first, point + SAMPLES * left
        point += np.maximum(point - edge, 0) * (whole.width - size.width)
        weight = np.where(line < SAMPLES * (size.height - 1), 1, 1 + whole.height - size.height)
        _change(changes, line // side, point, weight, side)
    return np.cumsum(changes, axis=1, dtype=np.int32)[:, :-2]


def _change(changes: np.ndarray, row: np.ndarray, point: np.ndarray, weight: Any, side: int) -> None:
    """Add to rows, in place, where counts of `side` points change: at first and second end, third and fourth, ..."""
    sign = np.tile(np.array([1, -1], changes.dtype), len(row) // 2) * weight  # a row has an even number of ends
    place, rest = row * changes.shape[1] + point // side, point % side
    flat = changes.reshape(-1)
    np.add.at(flat, place, (sign * (side - rest)).astype(changes.dtype))
    np.add.at(flat, place + 1, (sign * rest).astype(changes.dtype))


def _find_runs(shape: Shape, size: Size, top: int, bottom: int, area: int) -> Iterator[tuple[int, int, int, int, Ends]]:
    """Strips of pixel rows, the columns that the shape may touch, and the ends of its runs from their first corner."""
    scales = (float(SAMPLES * size.width), float(SAMPLES * size.height))
    numbers = [number * scales[index % 2] for index, number in enumerate(shape.numbers)]
    left, right = _find_reach(numbers[::2], 0, size.width)
    first, last = _find_reach(numbers[1::2], top, bottom)
    if left < right:
        most = min(area // (right - left), CROSSINGS // (SAMPLES * len(numbers) // 2), LINES // SAMPLES)
        for start in range(first, last, max(1, most)):
            end = min(start + max(1, most), last)
            yield start, end, left, right, ENDS[shape.kind](numbers, (left, right), (start, end))


def _find_reach(numbers: Sequence[float], low: int, high: int) -> tuple[int, int]:
    """The pixels of low..high-1 that a shape's coordinates, in samples, may touch along one axis."""
    first, last = math.floor(min(numbers) / SAMPLES), math.ceil(max(numbers) / SAMPLES)
    return max(low, first), min(high, last + 1)


def _list_middles(pixels: tuple[int, int]) -> np.ndarray:
    """The places of the sample points of these pixels along an axis."""
    return np.arange(SAMPLES * pixels[0], SAMPLES * pixels[1], dtype=np.float64) + 0.5


def _rectangle(numbers: Sequence[float], columns: tuple[int, int], rows: tuple[int, int]) -> Ends:
    left, top, right, bottom = numbers
    x, y = _list_middles(columns), _list_middles(rows)
    line = np.flatnonzero((y >= top) & (y < bottom)).astype(np.int32)
    sides = np.searchsorted(x, (left, right)).astype(np.int32)
    return np.repeat(line, 2), np.tile(sides, len(line))


def _ellipse(numbers: Sequence[float], columns: tuple[int, int], rows: tuple[int, int]) -> Ends:
    """A row's inner points lie around the middle, so each half has at most one end."""
    left, top, right, bottom = numbers
    x, y = _list_middles(columns), _list_middles(rows)
    across, down = x * 2.0 - (left + right), y * 2.0 - (top + bottom)
    wide, high = (right - left) * (right - left), (bottom - top) * (bottom - top)
    square, rest = across * across * high, down * down * wide
    middle = int(np.argmin(square))
    before, after = square[:middle][::-1], square[middle:]  # each grows

    def reached(part: np.ndarray) -> np.ndarray:
        return _search(lambda at: part[at] + rest <= wide * high, len(y), len(part)) if len(part) else np.zeros_like(y)

    more = reached(after)
    starts = middle - np.where(more > 0, reached(before), 0)
    ends = np.stack([starts, middle + more], axis=1).astype(np.int32)
    return np.repeat(np.arange(len(y), dtype=np.int32), 2), ends.reshape(-1)


def _polygon(numbers: Sequence[float], columns: tuple[int, int], rows: tuple[int, int]) -> Ends:
    """The even-odd rule; an edge counts for the sample points to the left of it."""
    y, length = _list_middles(rows), SAMPLES * (columns[1] - columns[0])
    x0, y0 = np.array(numbers[::2]), np.array(numbers[1::2])
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    firsts = np.searchsorted(y, np.minimum(y0, y1))
    counts = np.searchsorted(y, np.maximum(y0, y1)) - firsts
    line = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts - firsts, counts)
    start, rise = np.repeat(x0, counts), np.repeat(y1 - y0, counts)
    drop = (y[line] - np.repeat(y0, counts)) * np.repeat(x1 - x0, counts)
    origin = SAMPLES * columns[0] + 0.5

    def left_of(at: np.ndarray, of: Any = ...) -> np.ndarray:
        side = (at + origin - start[of]) * rise[of] - drop[of]
        return np.where(rise[of] > 0, side < 0, side > 0)

    near = np.ceil(start + drop / rise - origin).clip(0, length)
    wrong = (left_of(near) & (near < length)) | ~(left_of(near - 1) | (near == 0))
    point = near.astype(np.int32)
    if wrong.any():
        of = np.flatnonzero(wrong)
        point[of] = _search(lambda at: left_of(at, of), len(of), length)
    order = np.sort(line.astype(np.int32) * np.int32(length + 1) + point)
    line, point = np.divmod(order, np.int32(length + 1))
    return line, point


def _search(holds: Callable[[np.ndarray], np.ndarray], count: int, length: int) -> np.ndarray:
    """In each of `count` rows, how many of its first `length` points hold; after one that does not hold, none does."""
    low, high = np.zeros(count, np.int64), np.full(count, length)
    while (low < high).any():
        at = np.minimum((low + high) // 2, length - 1)
        true = holds(at) & (low < high)
        low, high = np.where(true, at + 1, low), np.where(true, high, np.minimum(at, high))
    return low


ENDS = {"rectangle": _rectangle, "ellipse": _ellipse, "polygon": _polygon}
