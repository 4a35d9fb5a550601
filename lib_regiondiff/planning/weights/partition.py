"""Partition: who gets how much of a canvas before levels quantize it, for the planner, the overlay and the preview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib_regiondiff.document.palette import Brush, Palette
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.planning.weights.blends import find_blend
from lib_regiondiff.store import Store

MOST_NUMBERS = 2**22
"""Weights of all layers together that are made for people to look at; a finer grid takes long and shows no more."""


def make_layer(brush: Brush, coverage: np.ndarray, scale: float, factor: np.ndarray | float = 1.0) -> masks.BrushLayer:
    """The layer of a brush with this coverage [h, w]; its weight is multiplied by `factor`, a number or [h, w].

    `scale` is the number of grid cells along a pixel of the palette.
    """
    return masks.BrushLayer(coverage, brush.feather * scale, np.float32(brush.weight) * factor)


def divide(palette: Palette, coverages: Sequence[np.ndarray], grid: Size, scale: float) -> np.ndarray:
    """Weights float32 [1 + P, h, w] of background and brushes on a grid, which sum to 1 in each cell.

    `coverages` are the brushes' own [h, w]; `scale` is the number of grid cells along a pixel of the palette.
    """

    fade = find_blend(palette.blend).fade
    layers = [
        make_layer(brush, coverage, scale, fade(coverage, palette.wraps))
        for brush, coverage in zip(palette.brushes, coverages, strict=True)
    ]
    return masks.partition(layers, grid, palette.overlap, palette.wraps)


@dataclass(frozen=True)
class Division:
    """Weights float32 [1 + P, h, w] of background and brushes; a grid cell is `cell` pixels along a side."""

    weights: np.ndarray
    cell: int
    coverages: tuple[np.ndarray, ...]
    """What each brush covers [h, w], before those above it take their share."""

    @property
    def painted(self) -> tuple[bool, ...]:
        """Whether each brush covers anything."""
        return tuple(bool(coverage.any()) for coverage in self.coverages)


def divide_for_people(palette: Palette, finest: int, store: Store | None = None) -> Division:
    """What the planner gives to background and brushes, on a grid to look at of cells as `choose_cell` has them."""
    cell = choose_cell(palette, finest)
    grid = palette.size.cells(cell)
    coverages = tuple(masks.rasterise(brush.mask, grid, store) for brush in palette.brushes)
    return Division(divide(palette, coverages, grid, 1 / cell), cell, coverages)


def choose_cell(palette: Palette, finest: int) -> int:
    """Pixels along a side of the grid cells that people are shown: `finest`, or more on a large canvas."""
    cell, layers = finest, 1 + len(palette.brushes)
    while palette.size.cells(cell).area * layers > MOST_NUMBERS:
        cell *= 2
    return cell
