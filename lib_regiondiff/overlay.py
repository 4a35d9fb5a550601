"""A palette as a picture: the colour, the outline and the name of each brush where it shows, on a picture or alone."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lib_regiondiff import masks
from lib_regiondiff.colours import colours_of
from lib_regiondiff.palette import Palette
from lib_regiondiff.partition import choose_cell, divide

TINT = 0.45
GROUND = 238
FINEST = 1
SOLID = 0.5


def overlay(palette: Palette, image: Image.Image | None = None) -> Image.Image:
    """An RGB picture of the palette's size: brushes tinted over `image`, or over light grey, outlined and named."""
    shares = shares_of(palette)
    picture = tint(palette, shares, image)
    for share, colour in zip(shares, colours_of(palette.brushes), strict=True):
        cv2.drawContours(picture, _outlines(_enlarge(share, palette)), -1, _rgb(colour).tolist(), 2, cv2.LINE_AA)
    return _named(Image.fromarray(picture), shares, palette)


def shares_of(palette: Palette) -> np.ndarray:
    """What the planner gives to each brush [P, h, w]; a number stands for a pixel, or for several on a large canvas."""
    cell = choose_cell(palette, FINEST)
    grid = palette.size.cells(cell)
    return divide(palette, [masks.rasterise(brush.mask, grid) for brush in palette.brushes], grid, 1 / cell)[1:]


def tint(palette: Palette, shares: np.ndarray, image: Image.Image | None = None) -> np.ndarray:
    """Pixels uint8 [height, width, 3]: `image`, or light grey, under the colours of brushes with these shares."""
    size = palette.size
    colours = np.array(list(map(_rgb, colours_of(palette.brushes))), np.float32).reshape(-1, 3)
    if image is None:
        ground = np.full((size.height, size.width, 3), GROUND, np.float32)
    else:
        ground = np.array(image.convert("RGB").resize((size.width, size.height)), np.float32)
    ground *= 1 - TINT * _enlarge(shares.sum(axis=0), palette)[..., None]
    ground += TINT * _enlarge(np.tensordot(shares, colours, (0, 0)), palette)
    return ground.round().clip(0, 255).astype(np.uint8)


def _enlarge(grid: np.ndarray, palette: Palette) -> np.ndarray:
    """Numbers of a grid [h, w, ...] on the canvas [height, width, ...]."""
    cell, size = choose_cell(palette, FINEST), palette.size
    return cv2.resize(grid, None, fx=cell, fy=cell)[: size.height, : size.width] if cell > 1 else grid


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)], np.float32)


def _outlines(share: np.ndarray) -> list[np.ndarray]:
    inside = (share > SOLID).astype(np.uint8)
    return list(cv2.findContours(inside, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0])


def _named(picture: Image.Image, shares: np.ndarray, palette: Palette) -> Image.Image:
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default()
    for share, brush in zip(shares, palette.brushes, strict=True):
        inside = (_enlarge(share, palette) > SOLID).astype(np.uint8)
        if not inside.any():
            continue
        depth = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
        y, x = np.unravel_index(int(depth.argmax()), depth.shape)
        text = brush.name or brush.id
        left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
        place = (int(x) - (right - left) // 2, int(y) - (bottom - top) // 2)
        draw.text(place, text, fill="black", font=font, stroke_width=2, stroke_fill="white")
    return picture
