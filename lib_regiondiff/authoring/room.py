"""Room: a palette and what its brushes cover -> what is left of each under the others, of which things hide nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib_regiondiff.document.palette import THING, Palette
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.things.candidates import may_be_thing
from lib_regiondiff.planning.weights.partition import divide


def find_room(palette: Palette, coverages: Sequence[np.ndarray], weights: np.ndarray, cell: int) -> np.ndarray:
    """What is left of background and brushes, float32 [1 + P, h, w], of those that may be things at the most.

    `coverages` [h, w] and `weights` [1 + P, h, w], in which all hide one another, are on a grid of `cell` pixels.
    """
    numbered = list(enumerate(coverages, start=1))
    things = {number for number, coverage in numbered if may_be_thing(palette, number, coverage)}
    if not things:
        return weights
    rest = [np.zeros_like(each) if number in things else each for number, each in numbered]
    room = divide(palette, rest, Size(*weights.shape[1:]), 1 / cell)
    seen = np.ones_like(weights[0])
    for number, coverage in reversed(numbered):
        if number not in things:
            seen = seen * (1 - coverage)
        elif palette.brushes[number - 1].kind == THING:
            room[number] = coverage * seen
        else:
            room[number] = np.maximum(weights[number], coverage * seen)
    return room
