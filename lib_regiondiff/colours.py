"""The colours by which brushes are told apart when a palette is shown; documents keep only chosen ones."""

from __future__ import annotations

from collections.abc import Sequence

from lib_regiondiff.palette import Brush

COLOURS: Sequence[str] = (
    "#0072b2",
    "#d55e00",
    "#56b4e9",
    "#009e73",
    "#f0e442",
    "#cc79a7",
    "#e69f00",
    "#611545",
    "#ffe8f3",
    "#393600",
    "#a8dbff",
    "#00456f",
    "#ffd6a1",
    "#4191d3",
    "#004530",
    "#fedfcf",
    "#007454",
    "#3fc092",
    "#a25280",
    "#765000",
)
"""Okabe and Ito's seven (Color Universal Design, 2008), then their hues lighter and darker, in an order of contrast.

Neighbours stay apart for people who see no red or no green, and so do all twenty, if less.
"""


def colours_of(brushes: Sequence[Brush]) -> tuple[str, ...]:
    """The colour '#rrggbb' of each brush: its own, or that of its place, again from the start after the last."""
    return tuple(brush.colour or COLOURS[place % len(COLOURS)] for place, brush in enumerate(brushes))
