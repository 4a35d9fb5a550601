"""Borders of the finished picture: in cells that a painted border crosses, both sides are decoded and cut by masks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lib_regiondiff.denoising.thing_memory import ThingMemory
from lib_regiondiff.document.palette import COUPLE, Palette
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Pictures
from lib_regiondiff.planning.auto import EARLY
from lib_regiondiff.planning.plan import Plan
from lib_regiondiff.planning.regions import Region
from lib_regiondiff.planning.tiles import find_bounds
from lib_regiondiff.planning.weights.borders import Borders, find_borders, spread
from lib_regiondiff.store import Store

SIDE, MARGIN = 48, 6
"""Cells along a side of a window that is decoded, and what its decoder sees around it."""
NEAR, FAR = 1, 3
"""Cells from a crossed one up to which a picture is changed wholly, and from which on not at all."""
SAME, OTHER = 8.0, 24.0
"""Grey levels between the colours of both sides up to which no border is seen there, and from which on one is."""
BLUR = 1.5
"""Cells over which colours are averaged to be compared."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """Clean latents [1, C, h, w] with the palette and the plan that they were drawn by.

    `decoded` says whether the picture beside them is nothing but these latents, decoded in one piece; `again` whether
    they began at a picture that was drawn by the palette as well; `across` whether regions go on across borders.
    """

    latent: Tensor
    palette: Palette
    plan: Plan
    decoded: bool = False
    again: bool = False
    across: bool = False

    @staticmethod
    def of(latent: Tensor, palette: Palette, plan: Plan, things: ThingMemory | None, decoded: bool) -> Drawn:
        """What was drawn by a palette, without its things: they lie above borders, and none may go on beside itself."""
        again, across = things is not None and things.begun is not None, goes_on_across(palette)
        palette, below = plan.apply_kinds(palette), None if things is None else things.canvas_now
        if below is None or below.ground is below.x0:
            return Drawn(latent, palette, plan, decoded, again, across)
        return Drawn(below.ground[None].to(latent), palette, plan, again=again, across=across)


def goes_on_across(palette: Palette) -> bool:
    """Whether borders stay as they were drawn: regions of one scene see each other, and go on across their masks.

    Attention Couple leaves open what a brush is unless that is said, so a cut would go through things.
    """
    return palette.attention == COUPLE and any(brush.kind == AUTO for brush in palette.brushes)


def sharpen_borders(host: Pictures, image: Image.Image, drawn: Drawn, store: Store | None = None) -> Image.Image:
    """The picture of what was drawn with the borders of its brushes where they were painted, in RGB.

    Only cells that a sharp border crosses change, and what is next to them; where there are none it is the same image.
    There each side is continued from its own cells and decoded, and masks of full resolution choose between them.
    Over other pictures than the palette's own nothing is changed, since what is there goes on across borders, nor where
    the palette's own regions do.
    """
    plan, palette, cell = drawn.plan, drawn.palette, host.latent.pixels_per_cell
    size = Size(image.height, image.width)
    over = not plan.clock or (plan.clock[0] <= EARLY and not drawn.again)
    if drawn.across or over or size.cells(cell) != plan.size:
        return image
    borders = find_borders(palette, group_regions(palette, plan), (size, cell), store)
    if borders is None:
        return image
    made = np.array(image.convert("RGB"))
    for core in list_cores(spread(borders.crossed, FAR, palette.wraps), palette.wraps):
        part = _choose_part(host, drawn, borders, core)
        box = part.core
        inside = Box(cell * box.top, cell * box.left, cell * box.bottom, cell * box.right).within(size)
        inside.paste(made.transpose(2, 0, 1), part.change(inside, made).transpose(2, 0, 1))
    return Image.fromarray(made)


def _choose_part(host: Pictures, drawn: Drawn, borders: Borders, core: Box) -> _Part:
    """The part around a core, or the whole canvas, which need not be decoded once more, where that is no more work."""
    part, layers = _Part(host, drawn, borders, core), len(borders.sources)
    whole = Box.whole(drawn.plan.size)
    known = drawn.decoded and not drawn.palette.wraps and max(whole.bottom, whole.right) <= SIDE + 2 * MARGIN
    if known and layers * whole.size.area <= (layers + 1) * part.seen.size.area:
        return replace(part, core=whole)
    return part


def group_regions(palette: Palette, plan: Plan) -> list[list[int]]:
    """The brushes of each region that acts at the end, as indices from 1; 0 is the background.

    What lies above all others is in none, and brushes of one meaning are one region, whatever views they have.
    """
    numbers = {"background": 0} | {brush.id: index for index, brush in enumerate(palette.brushes, start=1)}
    groups: dict[object, set[int]] = {}
    for view in plan.steps[len(plan.steps) - 1] if len(plan.steps) else ():
        if view.zoom is None or not view.zoom.above:
            for region in view.regions:
                groups.setdefault(_identify(region), set()).update(numbers[name] for name in region.names)
    found = [sorted(group) for group in groups.values()]
    return found if any(0 in group for group in found) else [[0], *found]


def _identify(region: Region) -> object:
    """Equal for regions that mean the same, since each meaning is encoded once."""
    return region.guidance, tuple((id(part.cond), part.weight) for parts in region.conds for part in parts)


def list_cores(near: np.ndarray, ring: bool = False) -> Iterator[Box]:
    """The boxes in which pictures are changed, one by one: around the flags bool [h, w] in each of several tiles.

    In a `ring` they are whole tiles.
    """
    canvas = Size(*near.shape)
    most = SIDE + 2 * MARGIN
    side = most if max(near.shape) <= most else SIDE
    for top, left in itertools.product(range(0, canvas.height, side), range(0, canvas.width, side)):
        tile = Box(top, left, top + side, left + side).within(canvas)
        inner = find_bounds(tile.crop(near))
        if inner is not None:
            yield tile if ring else inner.moved(top, left)


@dataclass(frozen=True, eq=False)
class _Part:
    """A box `core` of the canvas in cells, in which borders are redrawn."""

    host: Pictures
    drawn: Drawn
    borders: Borders
    core: Box

    def change(self, inside: Box, picture: np.ndarray) -> np.ndarray:
        """The pixels uint8 [h, w, 3] of the `picture` [H, W, 3] inside the core, `inside` in pixels."""
        known = self.drawn.decoded and self.seen == Box.whole(self.drawn.plan.size)
        plain = self._pad(picture) if known else self._decode(None)
        layers = [self._decode(source) if self._is_changed(source) else plain for source in self.borders.sources]
        shares = self.borders.shares(inside.top, inside.bottom)[:, :, inside.left : inside.right]
        change = np.zeros((*shares.shape[1:], 3), np.float32)
        for layer, share in zip(layers, shares, strict=True):
            change += share[..., None] * self._cut(layer - plain, inside)
        how = self._cut(self._measure_nearness() * self._measure_difference(layers), inside)
        before = picture[inside.top : inside.bottom, inside.left : inside.right].astype(np.float32)
        return (before + how[..., None] * change).round().clip(0, 255).astype(np.uint8)

    @property
    def seen(self) -> Box:
        """What the decoder sees, in cells."""
        core, ring = self.core, self.drawn.palette.wraps
        wide = Box(core.top - MARGIN, core.left - MARGIN, core.bottom + MARGIN, core.right + MARGIN, ring)
        inner = wide.within(self.drawn.plan.size)
        return replace(inner, left=wide.left, right=wide.right) if ring else inner

    def _is_changed(self, source: np.ndarray) -> bool:
        """Whether the part seen of a layer differs from the latents."""
        plain = np.arange(source.size).reshape(source.shape)
        return bool((self.seen.padded(source) != self.seen.padded(plain)).any())

    def _pad(self, picture: np.ndarray) -> np.ndarray:
        """The pixels float32 [h, w, 3] of a picture, its border repeated to the end of cells that it cuts."""
        whole = Size(picture.shape[0], picture.shape[1]).up_to(self.host.latent.pixels_per_cell)
        more = (0, whole.height - picture.shape[0]), (0, whole.width - picture.shape[1]), (0, 0)
        return np.pad(picture, more, mode="edge").astype(np.float32)

    def _decode(self, source: np.ndarray | None) -> np.ndarray:
        """The pixels float32 [h, w, 3] of the part seen, of the latents or of a layer by its `source` [h, w]."""
        latent = self.drawn.latent
        if source is not None:
            places = torch.from_numpy(source.reshape(-1)).to(latent.device)
            latent = latent.flatten(2)[..., places].reshape(latent.shape)
        return np.asarray(self.host.decode(self.seen.padded(latent)).convert("RGB"), np.float32)

    def _cut(self, values: np.ndarray, inside: Box) -> np.ndarray:
        """The values of pixels seen [h, w, ...] that lie inside a box of the canvas in pixels."""
        cell = self.host.latent.pixels_per_cell
        top, left = inside.top - cell * self.seen.top, inside.left - cell * self.seen.left
        return values[top : top + inside.size.height, left : left + inside.size.width]

    def _measure_nearness(self) -> np.ndarray:
        """How near [h, w] each pixel seen is to crossed cells: 1 up to NEAR cells, 0 from FAR on."""
        cell = self.host.latent.pixels_per_cell
        crossed = self.seen.padded(self.borders.crossed).repeat(cell, 0).repeat(cell, 1)
        distance = np.asarray(cv2.distanceTransform((~crossed).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5))
        return np.clip((FAR * cell - distance) / ((FAR - NEAR) * cell), 0, 1)

    def _measure_difference(self, layers: Sequence[np.ndarray]) -> np.ndarray:
        """How far [h, w] the colours of the sides differ around each pixel seen: 0 up to SAME, 1 from OTHER on."""
        blur = BLUR * self.host.latent.pixels_per_cell
        soft = [cv2.GaussianBlur(each, (0, 0), blur) for each in layers]
        most, least = np.maximum.reduce(soft), np.minimum.reduce(soft)
        return np.clip(((most - least).mean(axis=2) - SAME) / (OTHER - SAME), 0, 1)
