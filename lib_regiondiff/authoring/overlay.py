"""A palette as a picture: the colour, the outline and the name of each brush where it shows, on a picture or alone."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lib_regiondiff.authoring.colours import choose_colours
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.planning.weights.blur import frame, grow
from lib_regiondiff.planning.weights.partition import choose_cell, divide_for_people

TINT = 0.45
GROUND = 238
FINEST = 1
SOLID = 0.5


def overlay(palette: Palette, image: Image.Image | None = None) -> Image.Image:
    """An RGB picture of the palette's size: brushes tinted over `image`, or over light grey, outlined and named."""
    shares, cell = measure_shares(palette), choose_cell(palette, FINEST)
    picture = tint(palette, shares, image)
    for share, colour in zip(shares, choose_colours(palette.brushes), strict=True):
        cv2.drawContours(picture, _trace_outlines(share, cell), -1, _read_rgb(colour).tolist(), 2, cv2.LINE_AA)
    return _draw_names(Image.fromarray(picture), shares, palette)


def measure_shares(palette: Palette) -> np.ndarray:
    """The weights [P, h, w] in [0, 1] of each brush; a number stands for a pixel, or for several on a large canvas."""
    return divide_for_people(palette, FINEST).weights[1:]


def tint(palette: Palette, shares: np.ndarray, image: Image.Image | None = None) -> np.ndarray:
    """Pixels uint8 [height, width, 3]: `image`, or light grey, under the colours of brushes with shares [P, h, w]."""
    size, cell = palette.size, choose_cell(palette, FINEST)
    colours = np.array(list(map(_read_rgb, choose_colours(palette.brushes))), np.float32).reshape(-1, 3)
    covered, mixed = frame(shares.sum(axis=0)), [frame(each) for each in np.tensordot(colours, shares, (0, 0))]
    if image is None:
        picture = np.full((size.height, size.width, 3), GROUND, np.uint8)
    else:
        picture = np.array(image.convert("RGB").resize((size.width, size.height)))

    def enlarged(grid: np.ndarray, top: int, bottom: int) -> np.ndarray:
        rows = grow(grid, 0, top, bottom, cell * (grid.shape[0] - 2))
        return grow(rows, 1, 0, size.width, cell * (grid.shape[1] - 2))

    for top, bottom in masks.split_rows(0, size.height, size.width, masks.PART):
        part = picture[top:bottom] * (1 - TINT * enlarged(covered, top, bottom))[..., None]
        part += TINT * np.stack([enlarged(each, top, bottom) for each in mixed], axis=-1)
        picture[top:bottom] = part.round().clip(0, 255)
    return picture


def _read_rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)], np.float32)


def _trace_outlines(share: np.ndarray, cell: int) -> list[np.ndarray]:
    """Contours, in pixels, of the solid part of a brush, through the middles of its cells."""
    inside = (share > SOLID).astype(np.uint8)
    found = cv2.findContours(inside, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0]
    return [line * cell + cell // 2 for line in found]


def _draw_names(picture: Image.Image, shares: np.ndarray, palette: Palette) -> Image.Image:
    draw, font, cell = ImageDraw.Draw(picture), ImageFont.load_default(), choose_cell(palette, FINEST)
    for share, brush in zip(shares, palette.brushes, strict=True):
        inside = (share > SOLID).astype(np.uint8)
        if not inside.any():
            continue
        depth = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
        y, x = (cell * int(each) + cell // 2 for each in np.unravel_index(int(depth.argmax()), depth.shape))
        text = _replace_undrawable(brush.name or brush.id, font)
        left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
        place = (x - (right - left) // 2, y - (bottom - top) // 2)
        draw.text(place, text, fill="black", font=font, stroke_width=2, stroke_fill="white")
    return picture


def _replace_undrawable(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont) -> str:
    """A name with `?` for letters that a font lacks: Pillow's own font before 10.1 has those of Latin-1 only."""
    return text if isinstance(font, ImageFont.FreeTypeFont) else text.encode("latin-1", "replace").decode("latin-1")
