"""Soft edges that fit: where only its feather makes a brush larger than what the network sees at once, it is narrowed.

Otherwise such a brush would be drawn in several tiles, and each of them would draw the object again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib_regiondiff import tiles
from lib_regiondiff.geometry import Box, Size

MIDDLE = 0.5
"""The weight at the middle of a soft edge, where the edge was before it was feathered."""


def fitted(stack: np.ndarray, feathered: Sequence[bool], side: int, ring: bool = False) -> np.ndarray:
    """Weights [1 + P, h, w] that sum to 1, with narrower edges for feathered brushes that need it.

    A brush whose middle lies within `side` by `side` cells gets weights within such a window only; what it loses goes
    to the others in their proportion, and to the background where there is no other.
    """
    narrow = {i: _narrowed(stack[i], side, ring) for i, soft in enumerate(feathered, start=1) if soft}
    changed = {index: weight for index, weight in narrow.items() if weight is not None}
    if not changed:
        return stack
    made = stack.copy()
    for index, weight in changed.items():
        made[index] = weight
    made[0] += made.sum(axis=0) == 0
    return made / made.sum(axis=0, keepdims=True)


def _narrowed(weight: np.ndarray, side: int, ring: bool) -> np.ndarray | None:
    """A weight [h, w] that falls to zero at the border of a window; None where it fits, or can't."""
    inner, whole = tiles.bounds(weight > MIDDLE, ring), tiles.bounds(weight > 0, ring)
    if inner is None or whole is None or _fits(whole, side) or not _fits(inner, side):
        return None
    canvas = Size(*weight.shape)
    outside = np.ones(weight.shape, bool)
    for inside, _ in tiles.window(inner, canvas, side, 1).pieces(canvas):
        inside.crop(outside)[...] = False
    limit, top = weight[outside].max(), weight.max()
    return np.clip(weight - limit, 0, None) * (top / (top - limit))


def _fits(box: Box, side: int) -> bool:
    return box.size.height <= side and box.size.width <= side
