"""Room: a palette and what its brushes cover -> what is left of each under the others, of which things hide nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lib_regiondiff.document.palette import THING, Palette
from lib_regiondiff.geometry import LATENT_CELL, Size
from lib_regiondiff.planning.things.candidates import Facts, fit_native, list_candidates
from lib_regiondiff.planning.weights.partition import divide

NOISY = 0.75
"""Strength of an init picture above which usual models begin at noise in which nothing of it is left."""


@dataclass(frozen=True)
class Drawing:
    """What is to draw: the native side in pixels of the model, and whether it begins `over` a picture of the host's."""

    native: int = 512
    over: bool = False


USUAL = Drawing()


def find_room(
    palette: Palette, coverages: Sequence[np.ndarray], weights: np.ndarray, cell: int, how: Drawing = USUAL
) -> np.ndarray:
    """What is left of background and brushes, float32 [1 + P, h, w], of those that may be things at the most.

    `coverages` [h, w] and `weights` [1 + P, h, w], in which all hide one another, are on a grid of `cell` pixels.
    """
    things = find_things(palette, coverages, cell, how)
    if not things:
        return weights
    numbered = list(enumerate(coverages, start=1))
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


def is_over(palette: Palette, how: Drawing) -> bool:
    """Whether it begins at a picture of which enough is left that brushes can only fill."""
    return how.over or (palette.init is not None and palette.init.strength <= NOISY)


@dataclass(frozen=True)
class Painted:
    """What brushes cover, float32 [h, w] each, in cells of `side` pixels: the planner's, or larger ones."""

    coverages: tuple[np.ndarray, ...]
    side: int

    @staticmethod
    def of(palette: Palette, coverages: Sequence[np.ndarray], cell: int) -> Painted:
        """From what they cover on a grid of `cell` pixels."""
        side = max(cell, LATENT_CELL)
        grid = palette.size.cells(side)
        reduced = (
            each if side == cell else cv2.resize(each, (grid.width, grid.height), interpolation=cv2.INTER_AREA)
            for each in coverages
        )
        return Painted(tuple(reduced), side)

    def find_facts(self, palette: Palette, how: Drawing) -> Facts:
        """What is known of the palette's brushes before a job."""
        return Facts.of(palette, fit_native(how.native, palette.size) // self.side)


def find_things(palette: Palette, coverages: Sequence[np.ndarray], cell: int, how: Drawing = USUAL) -> set[int]:
    """The numbers, from 1 on, of brushes that are things or may turn out to be, as the planner has it."""
    if is_over(palette, how):
        return set()
    painted = Painted.of(palette, coverages, cell)
    guesses = list_candidates(palette, painted.coverages, painted.find_facts(palette, how))
    return {number for number, guess in enumerate(guesses, start=1) if THING in (guess.kind, guess.figure)}
