"""Regions and views: what the network is asked, where, and how much each answer counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lib_regiondiff.document.palette import Palette, Tiles
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Adapters, LatentSpec
from lib_regiondiff.planning import noise, tiles
from lib_regiondiff.planning.regions import Region, Word
from lib_regiondiff.planning.surroundings import Around, Surroundings, centre_boxes
from lib_regiondiff.planning.things.closeups import Closeup
from lib_regiondiff.planning.weights.blends import find_blend

WINDOW_MULTIPLE = 64


@dataclass(frozen=True, eq=False)
class View:
    """One look of the network: a box in cells, the frame it is a part of, its regions, the weight float32 [h, w].

    With surroundings the box may leave the canvas; the weight is 0 there. Of several regions, which one row shows
    (Attention Couple), `shares` float32 [R, h, w] says how much each counts at each cell; they sum to 1. With a `zoom`
    the network draws as many cells as that has, which are resampled into the box; what is drawn so lies above all views
    without one, and its weight is its own, no share of them. `adapters` are LoRAs of this view alone.
    """

    box: Box
    frame: Box
    regions: tuple[Region, ...]
    weight: Tensor
    surround: Surroundings | None = None
    shares: Tensor | None = None
    zoom: Closeup | None = None
    adapters: Adapters = ()
    words: tuple[Word, ...] = ()
    """What is raised in the prompt (Paint with Words)."""

    @property
    def region(self) -> Region:
        """The only region, or the first of several: the one whose prompt the row itself has."""
        return self.regions[0]

    @property
    def size(self) -> Size:
        """Cells that the network sees."""
        return self.box.size if self.zoom is None else self.zoom.size

    @property
    def seen(self) -> Box:
        """The box of the canvas that the network draws: its own, or the part that its zoom shows."""
        core = None if self.zoom is None else self.zoom.core
        return self.box if core is None else replace(core.moved(self.box.top, self.box.left), ring=self.box.ring)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all brushes that it shows."""
        return tuple(name for region in self.regions for name in region.names)


@dataclass(frozen=True, eq=False)
class _Part:
    """Brushes that share views: their greatest weight [h, w], how many boxes and cells they ask for.

    `once` says whether one of them has a single view when it is alone.
    """

    brushes: tuple[int, ...]
    weight: np.ndarray
    boxes: int
    cells: int
    once: bool


@dataclass(frozen=True)
class Layout:
    """How views lie on a canvas: sizes in cells, `tile` None without a grid, `kind` the tiles' profile.

    A window has at least `least` cells a side, else multiples of `multiple`; a `ring` has no left or right border.
    """

    canvas: Size
    least: int
    multiple: int
    tile: Size | None
    overlap: int
    kind: str
    device: torch.device
    ring: bool = False

    @staticmethod
    def of(palette: Palette, size: Size, latent: LatentSpec) -> Layout:
        """The layout of a settled palette on a canvas of `size` pixels."""
        cell, grid = latent.pixels_per_cell, palette.tiles
        assert not isinstance(grid, str), "settled"
        tile, overlap = _convert_tile(grid, cell) if grid else (None, 0)
        return Layout(
            canvas=size.cells(cell),
            least=latent.native // cell,
            multiple=max(1, WINDOW_MULTIPLE // cell),
            tile=tile,
            overlap=overlap,
            kind=(grid.window if grid else None) or find_blend(palette.blend).window,
            device=latent.device,
            ring=grid is not None and grid.wrap,
        )

    def boxes(self, weight: np.ndarray, background: bool = False) -> list[Box]:
        """The boxes of a region, by its greatest weight [h, w] over all levels; none for an empty region.

        A brush that is hardly larger than the native size has one: in several, each would draw its object again.
        """
        cells = weight > 0
        grid = self._make_grid(weight, cells, background)
        return grid.boxes(grid.occupied(cells)) if grid else []

    def _make_grid(self, weight: np.ndarray, cells: np.ndarray, background: bool = False) -> tiles.Grid | None:
        """The tiles around the `cells` with any weight, both [h, w]; None where there are no such cells."""
        inner = tiles.find_bounds(cells, self.ring)
        if inner is None:
            return None
        once = None if background else self._find_single(weight, inner)
        window = tiles.fit_window(once or inner, self.canvas, self.least, self.multiple)
        if once or self.tile is None:
            return tiles.Grid.of(window, window.size, 0)
        return tiles.Grid.of(window, self.tile, self.overlap, self.ring and window.size.width == self.canvas.width)

    def _find_single(self, weight: np.ndarray, inner: Box) -> Box | None:
        """The box of a brush that a single view shows, from its weight [h, w] and bounds; None for a larger brush.

        Where only a soft edge closes a ring, it is parted opposite the brush's middle; a brush all around is ground.
        """
        if max(inner.size.height, inner.size.width) > tiles.measure_widest(self.least):
            return None
        if not self.ring or inner.size.width < self.canvas.width:
            return inner
        middle = tiles.find_bounds(weight > weight.max() / 2, self.ring)
        if middle is None or middle.size.width == self.canvas.width:
            return None
        left = (middle.left + middle.right - self.canvas.width) // 2
        return replace(inner, left=left, right=left + self.canvas.width)

    def parted(self, owners: Sequence[Sequence[int]], peaks: np.ndarray) -> list[list[int]]:
        """Split groups of brushes into those that share views, by the greatest weights [1 + P, h, w] of all brushes.

        Brushes of one meaning stay together where that asks the network for no more cells than one by one; the group
        of the background, which is the first, stays whole.
        """
        return [list(owners[0]), *(part for group in owners[1:] for part in self._split_group(group, peaks))]

    def _split_group(self, group: Sequence[int], peaks: np.ndarray) -> list[list[int]]:
        """Split a group into parts, each brush in the first one that grows by no more cells than it asks for itself."""
        if len(group) == 1:
            return [list(group)]
        parts: list[_Part] = []
        for index in group:
            alone = self._make_part((index,), peaks[index])
            joined = ((place, self._join(part, alone)) for place, part in enumerate(parts))
            place, both = next(((place, both) for place, both in joined if both), (len(parts), alone))
            parts[place : place + 1] = [both]
        return [list(part.brushes) for part in parts]

    def _make_part(self, brushes: tuple[int, ...], weight: np.ndarray) -> _Part:
        """What brushes with this common weight [h, w] ask of the network when they share views."""
        cells = weight > 0
        grid = self._make_grid(weight, cells)
        boxes = int(grid.occupied(cells).sum()) if grid else 0
        return _Part(brushes, weight, boxes, boxes * grid.tile.area if grid else 0, boxes == 1)

    def _join(self, one: _Part, other: _Part) -> _Part | None:
        """Two parts as one; None where that asks for more cells, or for several views of what has a single one."""
        both = self._make_part((*one.brushes, *other.brushes), np.maximum(one.weight, other.weight))
        once = one.once or other.once
        return (
            replace(both, once=once)
            if both.cells <= one.cells + other.cells and not (once and both.boxes > 1)
            else None
        )

    def views(
        self,
        maps: np.ndarray,
        boxes: Sequence[Sequence[Box]],
        regions: Sequence[Region | None],
        around: Around | None = None,
        scenes: Mapping[int, Callable[[View], View]] | None = None,
    ) -> tuple[View, ...]:
        """The views of one level from the weights [R, h, w] of its regions, which each region's tiles share.

        A region that is None has none. With `around`, views of objects are centred and surrounded. Those of scenery,
        which is ground and the background, stay in place and see objects, but no other scenery. Those of `scenes`
        finish their views by themselves.
        """
        found, scenes = [], scenes or {}
        objects = np.zeros_like(maps[0])
        for number, (places, region) in enumerate(zip(boxes, regions, strict=True)):
            if around is None or region is None or number in scenes:
                continue
            if not self._is_scenery(places, region):
                objects = objects + maps[number]
        for number, (weight, places, region) in enumerate(zip(maps, boxes, regions, strict=True)):
            if region is None:
                continue
            if number in scenes:
                found += map(scenes[number], self.cut_views(weight, places, region))
            elif around is None:
                found += self.cut_views(weight, places, region)
            elif self._is_scenery(places, region):
                found += self._surround_scenery(self.cut_views(weight, places, region), weight + objects, around)
            else:
                found += _surround(self.cut_views(weight, centre_boxes(places, weight, self.ring), region), around)
        return tuple(found)

    def _is_scenery(self, places: Sequence[Box], region: Region) -> bool:
        return region.background or self.is_ground(places)

    def _surround_scenery(self, views: Sequence[View], weight: np.ndarray, around: Around) -> list[View]:
        """The views of one region of scenery with surroundings where neither it nor an object is, by the weight [h, w]
        of all these.

        They are left as they are where that is everywhere, and over a picture. In a ring their noise turns with it.
        """
        inside = weight > weight.max() / 2
        if around.under is not None or not views or inside.all():
            return list(views)
        frame = Box.whole(self.canvas).moved(0, self._find_first(inside))
        own = around.shared_noise(min(map(noise.number_brush, views[0].regions[0].names)), frame)
        masks = [cut(inside, view.box, 1) for view in views]
        return [
            view if mask.all() else replace(view, surround=around.of(own, frame, view.box, mask, scenery=True))
            for view, mask in zip(views, masks, strict=True)
        ]

    def _find_first(self, inside: np.ndarray) -> int:
        """The column of a ring at which what is `inside` [h, w] begins, or else what is not; 0 where both go round."""
        bounds = (tiles.find_bounds(each, self.ring) for each in (inside, ~inside))
        return next((each.left for each in bounds if self.ring and each and each.size.width < self.canvas.width), 0)

    def is_ground(self, places: Sequence[Box]) -> bool:
        """Whether a brush with these boxes is too large to be one object in a picture of the native size."""
        size = Box.hull(places).size if places else self.canvas
        return max(size.height, size.width) >= tiles.LARGE * self.least

    def cut_views(self, weight: np.ndarray, places: Sequence[Box], region: Region) -> list[View]:
        """The views of a region, weighed by their tiles' profiles; those without any weight are left out."""
        total = np.zeros(weight.shape, np.float32)
        sizes = {box.size for box in places} if len(places) > 1 else ()
        known = {size: tiles.make_profile(self.kind, size) for size in sizes}
        profiles = [known.get(box.size, 1) for box in places]
        for box, profile in zip(places, profiles, strict=True):
            for inside, place in box.pieces(self.canvas):
                inside.crop(total)[...] += profile if isinstance(profile, int) else place.crop(profile)
        shares = [cut(weight, box) * profile for box, profile in zip(places, profiles, strict=True)]
        frame = Box.hull(places)
        return [
            View(box, frame, (region,), torch.from_numpy(share / cut(total, box, 1)).to(self.device))
            for box, share in zip(places, shares, strict=True)
            if share.any()
        ]


def _convert_tile(grid: Tiles, cell: int) -> tuple[Size, int]:
    """Size and overlap in cells of a settled grid."""
    high, wide, overlap = (side for side in (grid.height, grid.width, grid.overlap) if not isinstance(side, str))
    return Size(max(1, high // cell), max(1, wide // cell)), -(-overlap // cell)


def _surround(views: Sequence[View], around: Around) -> list[View]:
    """The views of one region in one frame with their surroundings, whose noise goes by a brush of the region."""
    if not views:
        return []
    own = around.shared_noise(min(map(noise.number_brush, views[0].regions[0].names)), views[0].frame)
    masks = [weight > weight.max() / 2 for weight in (view.weight.cpu().numpy() for view in views)]
    return [
        replace(view, surround=around.of(own, view.frame, view.box, mask))
        for view, mask in zip(views, masks, strict=True)
    ]


def cut(canvas: np.ndarray, box: Box, beyond: float = 0) -> np.ndarray:
    """The part of a canvas [h, w] in a box, filled with `beyond` where the box leaves it."""
    size = Size(*canvas.shape)
    if box.within(size) == box:
        return box.crop(canvas)
    cut = np.full((box.size.height, box.size.width), beyond, np.float32)
    for inside, place in box.pieces(size):
        place.crop(cut)[...] = inside.crop(canvas)
    return cut
