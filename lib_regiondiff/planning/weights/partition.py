"""Who gets how much of a canvas before levels quantize it: what the planner uses, and what overlay and preview show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib_regiondiff.document.palette import Brush, Palette
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.planning.weights.blends import find_blend

MOST_NUMBERS = 2**22
"""Weights of all layers together that are made for people; a finer grid takes long and tells no more."""


def divide(palette: Palette, coverages: Sequence[np.ndarray], grid: Size, scale: float) -> np.ndarray:
    """Weights float32 [1 + P, h, w] of background and brushes on a grid, which sum to 1.

    `coverages` are the brushes' own [h, w]; `scale` is the number of grid cells to a pixel of the palette.
    """

    fade = find_blend(palette.blend).fade

    def layer(brush: Brush, coverage: np.ndarray) -> masks.Layer:
        return masks.Layer(coverage, brush.feather * scale, np.float32(brush.weight) * fade(coverage, palette.wraps))

    layers = [layer(*each) for each in zip(palette.brushes, coverages, strict=True)]
    return masks.partition(layers, grid, palette.overlap, palette.wraps)


def choose_cell(palette: Palette, finest: int) -> int:
    """Pixels at a side of the grid cells by which people are shown a palette: `finest`, or more on a large canvas."""
    cell, layers = finest, 1 + len(palette.brushes)
    while palette.size.cells(cell).area * layers > MOST_NUMBERS:
        cell *= 2
    return cell
