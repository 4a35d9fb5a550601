"""Candidates: which brushes may be things, as far as a palette alone tells, for whoever has no network at hand."""

from __future__ import annotations

import numpy as np

from lib_regiondiff.document.palette import THING, Palette
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.geometry import Box
from lib_regiondiff.planning import tiles

MOST = 24
"""Brushes of a palette above which nothing but stuff is chosen."""


def may_be_thing(palette: Palette, number: int, coverage: np.ndarray) -> bool:
    """Whether a brush, by its number from 1 on, that covers these shares [h, w] is a thing or may turn out to be one.

    As far as the palette tells: what else is known of a job may make it stuff.
    """
    brush = palette.brushes[number - 1]
    if brush.kind != AUTO or len(palette.brushes) > MOST:
        return brush.kind == THING
    inner = tiles.find_bounds(coverage > 0, palette.wraps)
    alike = brush.start > 0 or brush.prompt == palette.background.prompt
    return not (inner is None or is_settled(palette) or alike or is_whole(inner, coverage))


def is_settled(palette: Palette) -> bool:
    """Whether a palette says of its method what only stuff is drawn by."""
    given = palette.blend == "mixture" or palette.overlap.rule != "painter"
    return given or not (palette.tiles is None or palette.tiles == AUTO)


def is_whole(inner: Box, coverage: np.ndarray) -> bool:
    """Whether a brush with these bounds, on a canvas of these shares [h, w], reaches from border to border."""
    return (inner.size.height, inner.size.width) == coverage.shape
