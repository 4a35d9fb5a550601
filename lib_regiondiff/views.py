"""Regions and views: what the network is asked, where, and how much each answer counts."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lib_regiondiff import tiles
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Cond, LatentSpec, Parts
from lib_regiondiff.palette import Palette

WINDOW_MULTIPLE = 64


@dataclass(frozen=True)
class Region:
    """A planned brush: its names, its guidance (None: the call's), the parts of its prompt for each image.

    `background` says whether the background is among the brushes that are merged here. `unconds` holds the negative
    for each image, or None where guidance 1 was planned, which needs none.
    """

    names: tuple[str, ...]
    background: bool
    guidance: float | None
    conds: tuple[Parts, ...]
    unconds: tuple[Cond, ...] | None


@dataclass(frozen=True, eq=False)
class View:
    """One look of the network: a box in cells, the frame it is a part of, a region, the weight float32 [h, w]."""

    box: Box
    frame: Box
    region: Region
    weight: Tensor


@dataclass(frozen=True)
class Layout:
    """How views lie on a canvas: sizes in cells, `tile` None for no grid."""

    canvas: Size
    least: int
    multiple: int
    tile: Size | None
    overlap: int
    kind: str
    device: torch.device

    @staticmethod
    def of(palette: Palette, size: Size, latent: LatentSpec) -> Layout:
        """The layout of a palette on a canvas of `size` pixels."""
        cell, grid = latent.pixels_per_cell, palette.tiles
        default = "gaussian" if palette.blend == "mixture" else "linear"
        return Layout(
            canvas=size.cells(cell),
            least=latent.native // cell,
            multiple=max(1, WINDOW_MULTIPLE // cell),
            tile=Size(max(1, grid.height // cell), max(1, grid.width // cell)) if grid else None,
            overlap=-(-grid.overlap // cell) if grid else 0,
            kind=(grid.window if grid else None) or default,
            device=latent.device,
        )

    def boxes(self, weight: np.ndarray) -> list[Box]:
        """The boxes of a region by its greatest weight over all levels [h, w]; none for an empty region."""
        inner = tiles.bounds(weight > 0)
        if inner is None:
            return []
        window = tiles.window(inner, self.canvas, self.least, self.multiple)
        grid = tiles.grid(window, self.tile, self.overlap) if self.tile else [window]
        return [box for box in grid if box.crop(weight).any()]

    def views(
        self, maps: np.ndarray, boxes: Sequence[Sequence[Box]], regions: Sequence[Region | None]
    ) -> tuple[View, ...]:
        """The views of one level from the weights [R, h, w] of its regions; at each cell their weights sum to 1."""
        total = np.zeros((self.canvas.height, self.canvas.width), np.float32)
        found = []
        for weight, places, region in zip(maps, boxes, regions, strict=True):
            for box in places:
                part = box.crop(weight) * (tiles.profile(self.kind, box.size) if len(places) > 1 else 1)
                if region is not None and part.any():
                    box.crop(total)[...] += part
                    found.append((box, hull(places), region, part))
        return tuple(
            View(box, frame, region, torch.from_numpy(part / box.crop(total)).to(self.device))
            for box, frame, region, part in found
        )


def hull(places: Sequence[Box]) -> Box:
    """What the boxes of a region are parts of: the window that its grid covers, or the only box itself."""
    return functools.reduce(Box.union, places)


def fading(coverage: np.ndarray) -> np.ndarray:
    """Mixture of Diffusers' weight [h, w] of a region: a Gaussian over the bounding box of its coverage."""
    weight = np.full(coverage.shape, tiles.FLOOR, np.float32)
    box = tiles.bounds(coverage > 0)
    if box is not None:
        box.paste(weight, tiles.profile("gaussian", box.size))
    return weight
