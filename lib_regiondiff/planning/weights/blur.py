"""Gaussian blur of weights at a cost that does not grow with its deviation: wide blurs are made on a coarser grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

EXACT = 8.0
"""Deviation in cells up to which the blur is made cell by cell."""
FINE, LEAST = 4.0, 16
"""Cells of a coarser grid in a deviation, and along an axis where the deviation is longer than that."""
FLAT = 32
"""Lengths of an axis that a deviation counts at most: a longer one makes no difference that can be seen."""


def measure_reach(deviation: float) -> int:
    """How many cells away from a cell a blur looks: three deviations, rounded up."""
    return math.ceil(3 * deviation)


def blur(weight: np.ndarray, deviation: float, ring: bool = False) -> np.ndarray:
    """Gaussian blur float32 [h, w] with a deviation in cells, cut at three deviations, borders repeated.

    A deviation of 0 gives `weight` itself, not a copy. The left and right border of a `ring` continue each other.
    Beyond EXACT cells a coarser grid is blurred, which is within 0.01 of the exact result in each cell.
    """
    if deviation <= 0:
        return weight
    height, width = weight.shape
    down, across = _choose_axis(height, deviation, FLAT), _choose_axis(width, deviation, 1 if ring else FLAT)
    soft = _blur_framed(frame(weight, ring, (down.cells, across.cells)), down, across, ring)
    return grow(grow(soft, 0, 0, height, height), 1, 0, width, width)


@dataclass(frozen=True)
class _Axis:
    """The grid that is blurred along an axis: its cells, the deviation and the reach of the blur in them."""

    cells: int
    deviation: float
    far: int


def _choose_axis(length: int, deviation: float, most: float) -> _Axis:
    """The grid along an axis of `length` cells; a deviation counts as `most` times the axis where it is longer."""
    if deviation <= EXACT:
        return _Axis(length, deviation, measure_reach(deviation))
    cells = min(length, max(math.ceil(length * FINE / deviation), LEAST))
    coarse = min(coarsen_deviation(deviation * cells / length, cells, length), cells * most)
    return _Axis(cells, coarse, int(3 * coarse))  # and a cell more by shrinking and growing


def coarsen_deviation(deviation: float, few: int, many: int) -> float:
    """A deviation in coarse cells, less the blur of shrinking `many` to `few` (1/12) and of growing again (1/6)."""
    return math.sqrt(deviation**2 - 0.25) if few < many else deviation


def frame(weight: np.ndarray, ring: bool = False, size: tuple[int, int] | None = None) -> np.ndarray:
    """The weights [h, w], or their means on a grid of `size`, framed by a cell of what lies beyond: [h + 2, w + 2]."""
    height, width = size or weight.shape
    made = np.empty((height + 2, width + 2), np.float32)
    made[1:-1, 1:-1] = _shrink(weight, height, width)
    made[0, 1:-1], made[-1, 1:-1] = _shrink(weight[:1], 1, width)[0], _shrink(weight[-1:], 1, width)[0]
    if ring:
        made[:, 0], made[:, -1] = made[:, -2], made[:, 1]
        return made
    for side in (0, -1):
        made[1:-1, side] = _shrink(weight[:, side, None], height, 1)[:, 0]
        made[0, side], made[-1, side] = weight[0, side], weight[-1, side]
    return made


def _shrink(weight: np.ndarray, height: int, width: int) -> np.ndarray:
    same = weight.shape == (height, width)
    return weight if same else cv2.resize(weight, (width, height), interpolation=cv2.INTER_AREA).reshape(height, width)


def _blur_framed(weight: np.ndarray, down: _Axis, across: _Axis, ring: bool) -> np.ndarray:
    """The blur of framed weights, the frame included."""
    beyond = across.far if ring else 0
    wide = np.pad(weight[:, 1:-1], ((0, 0), (beyond + 1, beyond + 1)), mode="wrap") if ring else weight
    taps = 2 * across.far + 1, 2 * down.far + 1
    soft = cv2.GaussianBlur(wide, taps, across.deviation, sigmaY=down.deviation, borderType=cv2.BORDER_REPLICATE)
    return soft[:, beyond : soft.shape[1] - beyond]


def grow(weight: np.ndarray, axis: int, first: int, last: int, length: int) -> np.ndarray:
    """Entries first..last-1 of a framed grid that grows to `length` along an axis, linear between its middles."""
    few = weight.shape[axis] - 2
    if few == length:
        return weight[first + 1 : last + 1] if axis == 0 else weight[:, first + 1 : last + 1]
    places = (np.arange(first, last) + 0.5) * (few / length) + 0.5
    lower = places.astype(np.int64)
    share = (places - lower).astype(np.float32)
    share = share[:, None] if axis == 0 else share
    return weight.take(lower, axis) * (1 - share) + weight.take(lower + 1, axis) * share
