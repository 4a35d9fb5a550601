"""Pasting: things are laid over the finished picture as pixels, since a small thing has more of them than cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image

from lib_regiondiff.denoising.blend import list_sources, mirror
from lib_regiondiff.denoising.pixels.composite import paste_over
from lib_regiondiff.denoising.pixels.quilt import quilt
from lib_regiondiff.denoising.segment import cut_out, find_rare
from lib_regiondiff.denoising.thing_memory import Kept, ThingMemory
from lib_regiondiff.document.palette import THING, Brush, Palette
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Pictures
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.planning.weights.blur import blur, measure_reach
from lib_regiondiff.store import Store

BUSY = 0.5
"""Share of a pixel from which on it is a figure's."""


def paste_things(
    host: Pictures, image: Image.Image, palette: Palette, memory: ThingMemory, store: Store | None = None
) -> Image.Image:
    """The picture with the things of its palette above it, from the lowest up, as their close-ups show them."""
    cell = host.latent.pixels_per_cell
    for (names, window), kept in memory.now.items():
        if kept.picture is None or not (kept.whole or kept.shares is not None):
            continue
        owners = [index for index, brush in enumerate(palette.brushes) if brush.id in names]
        box = Box(window.top * cell, window.left * cell, window.bottom * cell, window.right * cell, window.ring)
        image = _paste(image, (palette, owners), (box, *_fit_picture(kept, window, cell)), store)
    return image


def _fit_picture(kept: Kept, window: Box, cell: int) -> tuple[Image.Image, np.ndarray]:
    """What a close-up shows in its window, which is in cells, and the share [h, w] of the thing in each pixel of it."""
    assert kept.picture is not None
    if kept.whole and kept.core is None:  # a stroke
        size = window.size.pixels(cell)
        pixels = mirror(np.asarray(kept.picture).transpose(2, 0, 1), size).transpose(1, 2, 0)
        return Image.fromarray(np.ascontiguousarray(pixels)), np.ones((size.height, size.width), np.float32)
    whole, core = window.size.pixels(cell), kept.core or window.moved(-window.top, -window.left)
    shown = Box(core.top * cell, core.left * cell, core.bottom * cell, core.right * cell)
    sides = shown.size.width, shown.size.height
    small = _extend(kept.picture.resize(sides, Image.Resampling.LANCZOS), shown, whole)
    if kept.shares is None:
        return small, np.ones((whole.height, whole.width), np.float32)
    how = Image.Resampling.BOX if kept.shares.shape[0] > sides[1] else Image.Resampling.BILINEAR
    return small, np.asarray(Image.fromarray(kept.shares).resize(sides, how))


def _paste(
    image: Image.Image,
    whose: tuple[Palette, Sequence[int]],
    what: tuple[Box, Image.Image, np.ndarray],
    store: Store | None,
) -> Image.Image:
    """The picture with what a box in pixels shows, as far as its brushes may fill it."""
    (palette, owners), (box, above, shares) = whose, what
    canvas, made = Size(image.height, image.width), image.convert("RGB")
    for inside, place in box.pieces(canvas):
        if not inside.size.area:
            continue
        covers = [measure_cover(palette, index, (canvas, inside), store) for index in owners]
        mask = place.crop(shares) * np.maximum.reduce(covers)
        corners = (inside.left, inside.top, inside.right, inside.bottom)
        part = above.crop((place.left, place.top, place.right, place.bottom))
        made.paste(paste_over(made.crop(corners), part, mask), corners[:2])
    return made


def _extend(picture: Image.Image, core: Box, size: Size) -> Image.Image:
    """A picture of a core, gone on with to a size around it."""
    if picture.size == (size.width, size.height):
        return picture
    pixels = np.asarray(picture)
    rare = find_rare(pixels)
    found = cut_out(pixels, np.ones_like(rare), rare)
    figure = rare if found is None else np.maximum(rare, found)
    quilted = quilt(pixels, figure > BUSY, core, size)
    if quilted is not None:
        return Image.fromarray(quilted)
    rows, columns = list_sources(core, size, torch.from_numpy(pixels.transpose(2, 0, 1).copy()), figure)
    return Image.fromarray(pixels[rows][:, columns])


def measure_cover(palette: Palette, index: int, where: tuple[Size, Box], store: Store | None) -> np.ndarray:
    """The share [h, w] of each pixel in a box of a canvas that a thing's brush may fill."""
    canvas, box = where
    scale = (canvas.area / palette.size.area) ** 0.5

    def measure(brush: Brush) -> np.ndarray:
        beyond = measure_reach(brush.feather * scale)  # as far as its feather sees
        first, last = max(0, box.top - beyond), min(canvas.height, box.bottom + beyond)
        rows = masks.open_rows(brush.mask, canvas, store)(first, last)
        soft = np.asarray(blur(rows, brush.feather * scale, palette.wraps))
        return soft[box.top - first : box.bottom - first, box.left : box.right]

    found = measure(palette.brushes[index])
    for above in palette.brushes[index + 1 :]:
        found = found if above.kind == THING else found * (1 - measure(above))
    return found
