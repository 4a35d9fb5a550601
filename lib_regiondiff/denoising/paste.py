"""Pasting: things are laid over the finished picture as pixels, since a small thing has more of them than cells."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from PIL import Image

from lib_regiondiff.denoising.composite import paste_over
from lib_regiondiff.denoising.thing_memory import Kept, ThingMemory
from lib_regiondiff.document.palette import Brush, Palette
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Pictures
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.planning.weights.blur import blur, measure_reach
from lib_regiondiff.store import Store

RADIUS, SMALLEST = 10, 2e-3
"""Pixels of a close-up around each one in which a matte follows the colours, and the variance that counts as none."""


def paste_things(
    host: Pictures, image: Image.Image, palette: Palette, memory: ThingMemory, store: Store | None = None
) -> Image.Image:
    """The picture with the things of its palette above it, from the lowest up, as their close-ups show them."""
    for (names, window), kept in memory.now.items():
        matte = kept.measure_matte()
        if matte is None:
            continue
        index = next(index for index, brush in enumerate(palette.brushes) if brush.id == names[0])
        image = _paste(host, image, (palette, index), (window, kept, matte), store)
    return image


def _paste(
    host: Pictures,
    image: Image.Image,
    whose: tuple[Palette, int],
    what: tuple[Box, Kept, torch.Tensor],
    store: Store | None,
) -> Image.Image:
    (palette, index), (window, kept, matte), cell = whose, what, host.latent.pixels_per_cell
    close = host.decode(kept.x0[None]).convert("RGB")
    fine = sharpen_matte(np.asarray(close, np.float32) / 255, matte.float().cpu().numpy())
    box = Box(window.top * cell, window.left * cell, window.bottom * cell, window.right * cell, window.ring)
    sides = box.size.width, box.size.height
    small = close.resize(sides, Image.Resampling.LANCZOS)
    shares = np.asarray(
        Image.fromarray(fine).resize(
            sides, Image.Resampling.BOX if fine.shape[0] > sides[1] else Image.Resampling.BILINEAR
        )
    )
    canvas, made = Size(image.height, image.width), image.convert("RGB")
    for inside, place in box.pieces(canvas):
        if not inside.size.area:
            continue
        mask = place.crop(shares) * measure_cover(palette, index, (canvas, inside), store)
        corners = (inside.left, inside.top, inside.right, inside.bottom)
        above = small.crop((place.left, place.top, place.right, place.bottom))
        made.paste(paste_over(made.crop(corners), above, mask), corners[:2])
    return made


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
        found = found if above.kind == "thing" else found * (1 - measure(above))
    return found


def sharpen_matte(picture: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """A matte [h', w'] in [0, 1] in the pixels of a picture [h, w, 3] in [0, 1], whose edges it follows.

    The guided filter of He et al. 2010, with all three colours.
    """
    height, width = picture.shape[:2]
    coarse = cv2.resize(matte, (width, height), interpolation=cv2.INTER_LINEAR)
    size = (2 * RADIUS + 1, 2 * RADIUS + 1)

    def mean(values: np.ndarray) -> np.ndarray:
        return cv2.blur(values, size, borderType=cv2.BORDER_REFLECT)

    colours, level = mean(picture), mean(coarse)
    products = np.stack([mean(picture * coarse[..., None])[..., c] - colours[..., c] * level for c in range(3)], -1)
    spread = np.empty((height, width, 3, 3), np.float32)
    for a in range(3):
        for b in range(3):
            spread[..., a, b] = mean(picture[..., a] * picture[..., b]) - colours[..., a] * colours[..., b]
    spread += SMALLEST * np.eye(3, dtype=np.float32)
    slope = np.linalg.solve(spread, products[..., None])[..., 0].astype(np.float32)
    offset = level - (slope * colours).sum(-1)
    found = (mean(slope) * picture).sum(-1) + mean(offset)
    return np.clip((found - 0.25) * 2, 0, 1).astype(np.float32)
