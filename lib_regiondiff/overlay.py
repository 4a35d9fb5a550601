"""A palette as a picture: the colour, the outline and the name of each brush where it shows, on a picture or alone."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lib_regiondiff import masks
from lib_regiondiff.palette import Brush, Palette

TINT = 0.45
GROUND = 238
SOLID = 0.5


def overlay(palette: Palette, image: Image.Image | None = None) -> Image.Image:
    """An RGB picture of the palette's size: brushes tinted over `image`, or over light grey, outlined and named."""
    size = palette.size
    if image is None:
        ground = np.full((size.height, size.width, 3), GROUND, np.float32)
    else:
        ground = np.asarray(image.convert("RGB").resize((size.width, size.height)), np.float32)
    layers = [masks.Layer(masks.rasterise(brush.mask, size)) for brush in palette.brushes]
    shares = masks.partition(layers, size, palette.overlap)[1:]
    for share, brush in zip(shares, palette.brushes, strict=True):
        ground += (TINT * share)[..., None] * (_rgb(brush.colour) - ground)
    picture = np.ascontiguousarray(ground.round().clip(0, 255).astype(np.uint8))
    for share, brush in zip(shares, palette.brushes, strict=True):
        cv2.drawContours(picture, _outlines(share), -1, _rgb(brush.colour).tolist(), 2, cv2.LINE_AA)
    return _named(Image.fromarray(picture), shares, palette.brushes)


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)], np.float32)


def _outlines(share: np.ndarray) -> list[np.ndarray]:
    inside = (share > SOLID).astype(np.uint8)
    return list(cv2.findContours(inside, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)[0])


def _named(picture: Image.Image, shares: np.ndarray, brushes: tuple[Brush, ...]) -> Image.Image:
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default()
    for share, brush in zip(shares, brushes, strict=True):
        inside = (share > SOLID).astype(np.uint8)
        if not inside.any():
            continue
        depth = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
        y, x = np.unravel_index(int(depth.argmax()), depth.shape)
        text = brush.name or brush.id
        left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
        place = (int(x) - (right - left) // 2, int(y) - (bottom - top) // 2)
        draw.text(place, text, fill="black", font=font, stroke_width=2, stroke_fill="white")
    return picture
