"""The end of a picture: what no brush and no mask covers becomes, pixel by pixel, the picture that was there before."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from lib_regiondiff.document import pictures
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.planning.weights.blur import LEAST, blur, coarsen_deviation, frame, grow, measure_reach
from lib_regiondiff.planning.weights.partition import make_layer
from lib_regiondiff.store import Store

Softened = Callable[[int, int, int], np.ndarray]

WIDE = 6.0
"""Feather in pixels beyond which a soft edge is made on a coarser grid, of half the resolution or less."""

NUMBERS = 2**22
"""Most weights, of all layers together, that are computed at once."""


def restore_uncovered(image: Image.Image, palette: Palette, store: Store | None = None) -> Image.Image:
    """Put a palette's own pictures back where nothing was drawn on them, pixel by pixel; the result is RGB.

    The background's picture comes back outside its brushes, the init picture outside its mask. A background that is
    repainted in some levels, and an init without a mask, are left as they were drawn. `store` keeps masks for reuse.
    """
    size = Size(image.height, image.width)
    under = pictures.draw_ground(palette.background.image, palette.background.colour, size, store)
    if under is not None and palette.background.strength == 1:
        image = _paste_parts(under, image, measure_brush_shares(palette, size, store))
    if palette.init is not None and palette.init.mask is not None:
        before = pictures.draw_ground(palette.init.image, None, size, store)
        assert before is not None
        image = _paste_parts(before, image, masks.open_rows(palette.init.mask, size, store))
    return image


def measure_brush_shares(palette: Palette, size: Size, store: Store | None = None) -> masks.Rows:
    """A function (top, bottom) -> float32 [rows, width] in [0, 1]: what feathered brushes have of each pixel."""
    scale = (size.area / palette.size.area) ** 0.5
    feathers = [brush.feather * scale for brush in palette.brushes]
    wide = _soften_wide(palette, size, feathers, store) if max(feathers, default=0.0) > WIDE else None
    if wide is not None and min(feathers) > WIDE:
        return lambda top, bottom: _weigh_brushes(*(wide(index, top, bottom) for index in (0, 1)))
    brushes = [(brush, masks.open_rows(brush.mask, size, store)) for brush in palette.brushes]
    near = [feather for feather in feathers if feather <= WIDE]
    beyond = measure_reach(max(near, default=0.0))

    def strip(top: int, bottom: int) -> np.ndarray:
        first, last = max(0, top - beyond), min(size.height, bottom + beyond)  # as far as feathers see
        layers = [make_layer(brush, rows(first, last), scale) for brush, rows in brushes]
        stack = masks.partition_hard(layers, Size(last - first, size.width), palette.overlap)
        inside = slice(top - first, bottom - first)
        soft = np.zeros((bottom - top, size.width), np.float32)
        for each in set(near):
            soft += blur(_sum(stack, feathers, each), each, palette.wraps)[inside]
        if wide is None:
            return _weigh_brushes(blur(stack[0], max(near, default=0.0), palette.wraps)[inside], soft)
        return _weigh_brushes(wide(0, top, bottom), soft + wide(1, top, bottom))

    area = max(NUMBERS // (1 + len(brushes)), 8 * beyond * size.width)
    return lambda top, bottom: np.concatenate(
        [strip(*part) for part in masks.split_rows(top, bottom, size.width, area)]
    )


def _sum(stack: np.ndarray, feathers: Sequence[float], feather: float) -> np.ndarray:
    """The weights [h, w] of all brushes of one feather together: blurring the sum blurs each of them."""
    found = np.zeros_like(stack[0])
    for weight, each in zip(stack[1:], feathers, strict=True):
        if each == feather:
            found += weight
    return found


def _soften_wide(palette: Palette, size: Size, feathers: Sequence[float], store: Store | None) -> Softened:
    """A function (layer, top, bottom) -> rows; layer 0 is the background, 1 all brushes whose feathers exceed WIDE."""
    least = min(feather for feather in feathers if feather > WIDE)
    fold = min(2 * least / WIDE, max(1, min(size.height, size.width) / (4 * LEAST)))
    small = size.cells(2 ** int(math.log2(fold)))
    under, sums = _sum_wide(palette, small, feathers, store)

    def softened(weight: np.ndarray, feather: float) -> np.ndarray:
        return blur(
            weight, coarsen_deviation(feather * (small.area / size.area) ** 0.5, small.area, size.area), palette.wraps
        )

    soft = np.zeros_like(under)
    for feather, total in sums.items():
        soft += softened(total, feather)
    maps = [frame(each, palette.wraps) for each in (softened(under, max(feathers)), soft)]

    def rows(index: int, top: int, bottom: int) -> np.ndarray:
        return grow(grow(maps[index], 0, top, bottom, size.height), 1, 0, size.width, size.width)

    return rows


def _sum_wide(
    palette: Palette, small: Size, feathers: Sequence[float], store: Store | None
) -> tuple[np.ndarray, dict[float, np.ndarray]]:
    """Hard weights [h, w] on a smaller grid: of the background, and of all brushes of each wide feather together."""
    brushes = [(brush, masks.open_rows(brush.mask, small, store)) for brush in palette.brushes]
    scale = (small.area / palette.size.area) ** 0.5
    under = np.empty((small.height, small.width), np.float32)
    sums = {feather: np.zeros_like(under) for feather in feathers if feather > WIDE}
    for top, bottom in masks.split_rows(0, small.height, small.width, NUMBERS // (1 + len(brushes))):
        layers = [make_layer(brush, rows(top, bottom), scale) for brush, rows in brushes]
        under[top:bottom], *weights = masks.partition_hard(layers, Size(bottom - top, small.width), palette.overlap)
        for feather, weight in zip(feathers, weights, strict=True):
            if feather > WIDE:
                sums[feather][top:bottom] += weight
    return under, sums


def _weigh_brushes(background: np.ndarray, soft: np.ndarray) -> np.ndarray:
    """The brushes' share of each pixel from their weight `soft`; a background nearby fills that up to 1 at most."""
    return soft / (soft + np.minimum(background, np.clip(1 - soft, 0, None)))


def _paste_parts(base: Image.Image, image: Image.Image, share: masks.Rows) -> Image.Image:
    """A picture over another of its size, by shares of rows; in parts, because pictures may be large."""
    made = base.convert("RGB")
    for top, bottom in masks.split_rows(0, image.height, image.width, masks.PART):
        box = (0, top, image.width, bottom)
        made.paste(paste_over(base.crop(box), image.crop(box), share(top, bottom)), box)
    return made


def paste_over(base: Image.Image, image: Image.Image, share: np.ndarray) -> Image.Image:
    """A picture over another of its size, in RGB, by a `share` [height, width] in [0, 1]; 0 keeps the base exactly."""
    below, above = (np.asarray(each.convert("RGB"), np.float32) for each in (base, image))
    mixed = below + share[..., None] * (above - below)
    return Image.fromarray(mixed.round().clip(0, 255).astype(np.uint8))
