"""Borders: cells that a painted border crosses, what lies on either side of it, and who has which of their pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from lib_regiondiff.document.palette import Brush, Palette
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.planning.weights.blends import BLENDS, find_blend
from lib_regiondiff.planning.weights.blur import measure_reach
from lib_regiondiff.planning.weights.partition import divide, make_layer
from lib_regiondiff.store import Store

SOFT = 0.5
"""Cells of feather from which on a brush is meant to be softer than cells are."""
CHANGE = 0.5
"""Change of a region's share within a cell from which on the painted border is sharper than cells are."""
OWN, SEEN = 0.999, 0.02
"""Share of a cell that makes it a region's own, and of a pixel that makes a region seen there."""
REACH = 2.5
"""Cells away from which a region may be continued into a crossed cell."""
AROUND = 2
"""Cells around crossed ones into which a region is continued, so that no decoder mixes in the other side."""

Groups = Sequence[Sequence[int]]


@dataclass(frozen=True, eq=False)
class Borders:
    """The cells bool [h, w] that are `crossed`, and layers in which regions go on across them.

    `sources` int64 [h, w], one for each layer: the flat number of the cell that each cell shows there. `shares` gives
    rows of what each layer has of each pixel, float32 [layers, rows, width], which sums to 1.
    """

    crossed: np.ndarray
    sources: tuple[np.ndarray, ...]
    shares: masks.Rows


def find_borders(
    palette: Palette, groups: Groups, where: tuple[Size, int], store: Store | None = None
) -> Borders | None:
    """The borders between regions on a canvas of a size in pixels with cells of so many; None where there are none.

    `groups` are the regions: indices of brushes, 0 for the background. Borders that lie between cells, and those of
    brushes with a feather of SOFT cells or more, are left to the cells. So are all of a blend that is soft by itself.
    """
    ring = palette.wraps
    if len(groups) < 2 or find_blend(palette.blend) is not BLENDS["average"]:
        return None
    regions = _Regions.of(palette, groups, where, store)
    weights = regions.weigh_cells()
    mixed = ((weights > masks.TRACE) & (weights < OWN)).any(axis=0) & ~regions.soft
    if not mixed.any():
        return None
    crossed, seen = regions.find_crossed(mixed)
    known = [_find_nearest(weight >= OWN, ring) for weight in weights]
    for each, (_, distance) in zip(seen, known, strict=True):
        crossed &= ~(each & (distance > REACH))
    if not crossed.any():
        return None
    zones = [
        spread(crossed & each, AROUND, ring) & (weight < OWN) & (distance <= REACH + AROUND) & ~regions.soft
        for each, weight, (_, distance) in zip(seen, weights, known, strict=True)
    ]
    layers = _choose_layers([spread(zone, AROUND, ring) for zone in zones])
    start = np.arange(crossed.size).reshape(crossed.shape)
    sources = [start.copy() for _ in range(max(layers) + 1)]
    for layer, zone, (nearest, _) in zip(layers, zones, known, strict=True):
        sources[layer][zone] = nearest[zone]

    def shares(top: int, bottom: int) -> np.ndarray:
        made = np.zeros((len(sources), bottom - top, where[0].width), np.float32)
        for first, last, parts in regions.list_shares(top, bottom):
            for layer, part in zip(layers, parts, strict=True):
                made[layer, first - top : last - top] += part
        return made

    return Borders(crossed, tuple(sources), shares)


@dataclass(frozen=True, eq=False)
class _Regions:
    """Regions of a palette on a canvas: `groups` of brushes, and the `stack` [1 + P, h, w] of their shares of cells.

    `narrow` are the indices of the brushes that are not soft, which alone count pixel by pixel.
    """

    palette: Palette
    groups: Groups
    size: Size
    cell: int
    stack: np.ndarray
    narrow: tuple[int, ...]
    store: Store | None

    @staticmethod
    def of(palette: Palette, groups: Groups, where: tuple[Size, int], store: Store | None) -> _Regions:
        """The regions; brushes that are in no group are left out."""
        acting = sorted({index for group in groups for index in group if index})
        numbers = {0: 0} | {index: place for place, index in enumerate(acting, start=1)}
        palette = replace(palette, brushes=tuple(palette.brushes[index - 1] for index in acting))
        size, cell = where
        coverages = [masks.measure_cells(brush.mask, size, cell, store) for brush in palette.brushes]
        limit = SOFT * cell / (size.area / palette.size.area) ** 0.5
        narrow = tuple(number for number, brush in enumerate(palette.brushes, start=1) if brush.feather < limit)
        renumbered = [[numbers[index] for index in group] for group in groups]
        stack = divide(palette, coverages, size.cells(cell), (size.area / palette.size.area) ** 0.5 / cell)
        return _Regions(palette, renumbered, size, cell, stack, narrow, store)

    @property
    def scale(self) -> float:
        """Pixels of the canvas along a pixel of the palette."""
        return (self.size.area / self.palette.size.area) ** 0.5

    def weigh_cells(self) -> np.ndarray:
        """The share [G, h, w] of each region in each cell."""
        return np.stack([self.stack[list(group)].sum(axis=0) for group in self.groups])

    @property
    def soft(self) -> np.ndarray:
        """The cells [h, w] in which soft brushes have anything."""
        wide = [index for index in range(1, len(self.stack)) if index not in self.narrow]
        return np.any(self.stack[wide] > 0, axis=0)

    def find_crossed(self, mixed: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """The `mixed` cells [h, w] within which shares change, and for each region in which of these it is seen."""
        crossed = np.zeros_like(mixed)
        seen = [np.zeros_like(mixed) for _ in self.groups]
        rows, cell = np.flatnonzero(mixed.any(axis=1)), self.cell
        for top, bottom in _list_runs(rows):
            for first, last, parts in self.list_shares(top * cell, min(bottom * cell, self.size.height)):
                here = slice(first // cell, -(-last // cell))
                for each, part in zip(seen, parts, strict=True):
                    folded = _fold(part, cell)
                    most, least = folded.max(axis=(1, 3)), folded.min(axis=(1, 3))
                    crossed[here] |= mixed[here] & (most - least >= CHANGE)
                    each[here] = mixed[here] & (most > SEEN)
        return crossed, seen

    def list_shares(self, top: int, bottom: int) -> Iterator[tuple[int, int, list[np.ndarray]]]:
        """Strips of pixel rows, whole cells high, with the share [rows, width] of each region."""
        brushes = [self.palette.brushes[index - 1] for index in self.narrow]
        beyond = measure_reach(max((brush.feather * self.scale for brush in brushes), default=0.0))
        area = max(masks.NUMBERS // (1 + len(brushes)), 4 * beyond * self.size.width)
        opened = [masks.open_rows(brush.mask, self.size, self.store) for brush in brushes]
        for first, last in masks.split_rows(top, bottom, self.size.width, area, self.cell):
            reach = max(0, first - beyond), min(self.size.height, last + beyond)
            stack = self._divide_rows(brushes, [rows(*reach) for rows in opened])
            inside = slice(first - reach[0], last - reach[0])
            yield first, last, [self._sum(stack[:, inside], group) for group in self.groups]

    def _divide_rows(self, brushes: Sequence[Brush], coverages: Sequence[np.ndarray]) -> np.ndarray:
        rows = len(coverages[0])
        layers = [make_layer(brush, each, self.scale) for brush, each in zip(brushes, coverages, strict=True)]
        return masks.partition(layers, Size(rows, self.size.width), self.palette.overlap, self.palette.wraps)

    def _sum(self, stack: np.ndarray, group: Sequence[int]) -> np.ndarray:
        places = [0] if 0 in group else []
        places += [1 + self.narrow.index(index) for index in group if index in self.narrow]
        return stack[places].sum(axis=0)


def _list_runs(rows: np.ndarray) -> Iterator[tuple[int, int]]:
    """The runs of consecutive numbers, as the first and the one behind the last."""
    for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
        yield int(run[0]), int(run[-1]) + 1


def _fold(values: np.ndarray, cell: int) -> np.ndarray:
    """Values [height, width] by cells, [h, cell, w, cell]; the border is repeated into a cut cell."""
    height, width = values.shape
    whole = np.pad(values, ((0, -height % cell), (0, -width % cell)), mode="edge")
    return whole.reshape(whole.shape[0] // cell, cell, whole.shape[1] // cell, cell)


def _find_nearest(own: np.ndarray, ring: bool) -> tuple[np.ndarray, np.ndarray]:
    """For each cell [h, w] the flat number of the nearest one of a region's `own`, and how far that is; in cells."""
    beyond = min(int(REACH) + AROUND + 1, own.shape[1]) if ring else 0
    wide = np.pad(own, ((0, 0), (beyond, beyond)), mode="wrap")
    numbers = np.pad(np.arange(own.size).reshape(own.shape), ((0, 0), (beyond, beyond)), mode="wrap")
    if not own.any():
        return np.zeros(own.shape, np.int64), np.full(own.shape, np.inf, np.float32)
    distance, labels = cv2.distanceTransformWithLabels(
        (~wide).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.asarray(labels, np.int64)
    table = np.zeros(int(places.max()) + 1, np.int64)
    table[places[wide]] = numbers[wide]
    inside = slice(beyond, beyond + own.shape[1])
    return table[places][:, inside], np.asarray(distance, np.float32)[:, inside]


def spread(flags: np.ndarray, cells: int, ring: bool = False) -> np.ndarray:
    """Flags bool [h, w] and what is up to so many cells away from them, in a `ring` also across its border."""
    beyond = min(cells, flags.shape[1]) if ring else 0
    wide = np.pad(flags, ((0, 0), (beyond, beyond)), mode="wrap").astype(np.uint8)
    made = cv2.dilate(wide, np.ones((2 * cells + 1, 2 * cells + 1), np.uint8))
    return np.asarray(made, bool)[:, beyond : beyond + flags.shape[1]]


def _choose_layers(zones: Sequence[np.ndarray]) -> list[int]:
    """The lowest layer for each of several zones [h, w] in which it meets none of those before it."""
    taken: list[np.ndarray] = []
    found = []
    for zone in zones:
        layer = next((number for number, other in enumerate(taken) if not (other & zone).any()), len(taken))
        if layer == len(taken):
            taken.append(zone.copy())
        else:
            taken[layer] |= zone
        found.append(layer)
    return found
