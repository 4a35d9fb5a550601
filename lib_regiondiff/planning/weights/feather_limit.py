"""Feather limit: where only its feather makes a brush larger than what one view shows, its soft edge is narrowed.

Otherwise such a brush would be drawn in a larger view or in several, each of which would draw the object again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.planning import tiles

MIDDLE = 0.5
"""The weight at the middle of a soft edge, where the edge was before it was feathered."""


def fit_feathers(
    stack: np.ndarray, painted: Sequence[Box | None], sides: Sequence[int], ring: bool = False
) -> np.ndarray:
    """Weights [1 + P, h, w] that sum to 1, with narrower edges for feathered brushes that fit no view otherwise.

    `painted` has the bounds of each such brush without its feather, None for others; `sides` are those of windows in
    cells. A brush that is too large keeps weights only in a window of the first side that holds its middle or what is
    painted; what it loses goes to the others in proportion, and to the background where there is no other.
    """
    narrow = {i: _narrow(stack[i], box, sides, ring) for i, box in enumerate(painted, start=1) if box is not None}
    changed = {index: weight for index, weight in narrow.items() if weight is not None}
    if not changed:
        return stack
    made = stack.copy()
    for index, weight in changed.items():
        made[index] = weight
    made[0] += made.sum(axis=0) == 0
    return made / made.sum(axis=0, keepdims=True)


def _narrow(weight: np.ndarray, painted: Box, sides: Sequence[int], ring: bool) -> np.ndarray | None:
    """A weight [h, w] that falls to zero at the border of a window; None where it fits already, or cannot."""
    middle, whole = tiles.find_bounds(weight > MIDDLE, ring), tiles.find_bounds(weight > 0, ring)
    for side in sides:
        if whole is None or _fits(whole, side):
            return None
        inner = next((box for box in (middle, painted) if box is not None and _fits(box, side)), None)
        if inner is not None:
            return _limit(weight, tiles.fit_window(inner, Size(*weight.shape), side, 1))
    return None


def _limit(weight: np.ndarray, window: Box) -> np.ndarray:
    """A weight [h, w] that is zero outside a window and falls evenly towards its border."""
    outside = np.ones(weight.shape, bool)
    for inside, _ in window.pieces(Size(*weight.shape)):
        inside.crop(outside)[...] = False
    limit, top = weight[outside].max(initial=0), weight.max()
    if limit >= top:  # it is greatest where it is not painted: nothing falls
        return np.where(outside, 0, weight)
    return np.clip(weight - limit, 0, None) * (top / (top - limit))


def _fits(box: Box, side: int) -> bool:
    return box.size.height <= side and box.size.width <= side
