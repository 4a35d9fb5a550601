"""Intervals: in which levels of a run a brush acts, counted from the first."""

from __future__ import annotations

import math

from lib_regiondiff.document.palette import Brush


def round_levels(levels: float) -> int:
    """Round a number of levels to a whole one, halves up."""
    return math.floor(levels + 0.5)


def find_interval(brush: Brush, count: int) -> tuple[int, int]:
    """The first of `count` levels in which a brush acts, and the one after the last; empty where it never acts.

    Its strength is the share of the levels in which it acts, the last ones; start and stop cut more off.
    """
    return max(round_levels(brush.start * count), count - round_levels(brush.strength * count)), round_levels(
        brush.stop * count
    )
