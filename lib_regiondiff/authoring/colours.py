"""The colours by which brushes are told apart when a palette is shown; documents keep only chosen ones."""

from __future__ import annotations

from collections.abc import Sequence

from lib_regiondiff.document.palette import Brush

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


def choose_colours(brushes: Sequence[Brush]) -> tuple[str, ...]:
    """The colour '#rrggbb' that each brush is shown in: its own, or the next of COLOURS by its place, over and over."""
    return tuple(brush.colour or COLOURS[place % len(COLOURS)] for place, brush in enumerate(brushes))


def choose_ink(colour: str) -> str:
    """'#000000' or '#ffffff', whichever stands out more from the colour '#rrggbb'; WCAG's contrast is at least 4.5."""
    values = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in values)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"
