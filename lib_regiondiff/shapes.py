"""Shapes to coverage: how many of the 4x4 sample points of each pixel lie inside, found row by row from edge to edge.

Whether a point is inside is decided by adding, multiplying and comparing alone, so that any language finds the same.
Along a row each comparison changes its answer once at most, so where it does is looked for, not asked at every point.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from lib_regiondiff.geometry import Size
from lib_regiondiff.imaging import Shape

SAMPLES = 4
POINTS = SAMPLES * SAMPLES
STRIP, CROSSINGS = 2**17, 2**17
"""Pixels of a shape, and rows of sample points times edges, that are worked on at once."""


def covered(shape: Shape, size: Size, top: int, bottom: int) -> np.ndarray:
    """Sample points uint8 [bottom - top, width] in 0..16 that lie inside, of pixel rows top..bottom-1 of a canvas."""
    counts = np.zeros((bottom - top, size.width), np.uint8)
    scales = (float(SAMPLES * size.width), float(SAMPLES * size.height))
    numbers = [number * scales[index % 2] for index, number in enumerate(shape.numbers)]
    left, right = _reach(numbers[::2], 0, size.width)
    first, last = _reach(numbers[1::2], top, bottom)
    if left < right:
        for start, end in _strips(first, last, right - left, len(numbers) // 2):
            part = INSIDE[shape.kind](numbers, (left, right), (start, end))
            counts[start - top : end - top, left:right] = part
    return counts


def _reach(numbers: Sequence[float], low: int, high: int) -> tuple[int, int]:
    """The pixels of low..high-1 that a shape's coordinates, in samples, may touch along one axis."""
    first, last = math.floor(min(numbers) / SAMPLES), math.ceil(max(numbers) / SAMPLES)
    return max(low, first), min(high, last + 1)


def _strips(first: int, last: int, width: int, edges: int) -> Iterator[tuple[int, int]]:
    step = max(1, min(STRIP // width, CROSSINGS // (SAMPLES * edges)))
    for start in range(first, last, step):
        yield start, min(start + step, last)


def _middles(pixels: tuple[int, int]) -> np.ndarray:
    """Where the sample points of these pixels lie along an axis."""
    return np.arange(SAMPLES * pixels[0], SAMPLES * pixels[1], dtype=np.float64) + 0.5


def _rectangle(numbers: Sequence[float], columns: tuple[int, int], rows: tuple[int, int]) -> np.ndarray:
    left, top, right, bottom = numbers
    x, y = _middles(columns), _middles(rows)
    across, down = (x >= left) & (x < right), (y >= top) & (y < bottom)
    return np.outer(*(each.reshape(-1, SAMPLES).sum(axis=1, dtype=np.uint8) for each in (down, across)))


def _ellipse(numbers: Sequence[float], columns: tuple[int, int], rows: tuple[int, int]) -> np.ndarray:
    """Along a row a point is the nearer to the inside, the nearer to the middle."""
    left, top, right, bottom = numbers
    x, y = _middles(columns), _middles(rows)
    across, down = x * 2.0 - (left + right), y * 2.0 - (top + bottom)
    wide, high = (right - left) * (right - left), (bottom - top) * (bottom - top)
    square, rest = across * across * high, down * down * wide
    middle = int(np.argmin(square))
    before, after = square[:middle][::-1], square[middle:]  # each grows
    lines = np.arange(len(y), dtype=np.int32)

    def reached(part: np.ndarray) -> np.ndarray:
        return _found(lambda at: part[at] + rest <= wide * high, len(y), len(part)) if len(part) else 0 * lines

    more = reached(after)
    starts = middle - np.where(more > 0, reached(before), 0)
    ends = np.concatenate([starts, middle + more]).astype(np.int32)
    return _counted(np.tile(lines, 2), ends, len(y), len(x))


def _polygon(numbers: Sequence[float], columns: tuple[int, int], rows: tuple[int, int]) -> np.ndarray:
    """Even-odd rule; an edge counts for the sample points to the left of it."""
    y, length = _middles(rows), SAMPLES * (columns[1] - columns[0])
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
        point[of] = _found(lambda at: left_of(at, of), len(of), length)
    return _counted(line.astype(np.int32), point, len(y), length)


def _found(holds: Callable[[np.ndarray], np.ndarray], count: int, length: int) -> np.ndarray:
    """For each of so many rows, how many of its points hold, where none does after one that does not."""
    low, high = np.zeros(count, np.int64), np.full(count, length)
    while (low < high).any():
        at = np.minimum((low + high) // 2, length - 1)
        true = holds(at) & (low < high)
        low, high = np.where(true, at + 1, low), np.where(true, high, np.minimum(at, high))
    return low


def _counted(line: np.ndarray, point: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Points uint8 [rows / 4, columns / 4] between the first and second end of a row, the third and fourth, ..."""
    order = np.sort(line * np.int32(columns + 1) + point)
    line, point = np.divmod(order, np.int32(columns + 1))
    sign = np.tile(np.array([1, -1], np.int8), len(order) // 2)  # each row has an even number of them
    pixel, rest = point // SAMPLES, (point % SAMPLES).astype(np.int8)
    changes = np.zeros((rows // SAMPLES, columns // SAMPLES + 2), np.int8)
    flat, place = changes.reshape(-1), line // SAMPLES * changes.shape[1] + pixel
    np.add.at(flat, place, sign * (SAMPLES - rest))
    np.add.at(flat, place + 1, sign * rest)
    return np.cumsum(changes, axis=1, dtype=np.int8)[:, :-2].astype(np.uint8)


INSIDE = {"rectangle": _rectangle, "ellipse": _ellipse, "polygon": _polygon}
