"""The toy world's backgrounds: kind and colour -> a picture of any size, without a place of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from world_canvas import RGB, Canvas, Picture, mix, soft_step

PAINTS: Mapping[str, RGB] = {
    "red": (222, 40, 40),
    "orange": (245, 140, 25),
    "yellow": (250, 222, 45),
    "green": (45, 155, 60),
    "blue": (40, 80, 220),
    "purple": (135, 55, 185),
    "pink": (250, 150, 195),
    "brown": (125, 75, 40),
    "black": (28, 28, 32),
    "white": (250, 250, 250),
}
TONES: Mapping[str, RGB] = {
    "sky": (145, 200, 240),
    "sea": (25, 110, 165),
    "grass": (110, 185, 65),
    "sand": (228, 204, 150),
    "night": (18, 22, 62),
    "snow": (236, 243, 250),
    "brick": (165, 80, 62),
}
"""The mean colour, as RGB, of backgrounds that have a colour of their own."""


def _sky(canvas: Canvas) -> Picture:
    return canvas.flat(TONES["sky"]) + canvas.clouds(64)[..., None] * np.array([10, 6, 3], np.float32)


def _sea(canvas: Canvas) -> Picture:
    x, y = canvas.grid()
    wave = 3.0 * np.sin(x * (2 * np.pi / 24)) + 1.5 * canvas.clouds(32)
    crest = np.abs((y + wave) % 16 - 8) - 6.4
    base = canvas.flat(TONES["sea"]) + 5 * canvas.clouds(48)[..., None]
    return mix(base, canvas.flat((130, 195, 225)), 0.85 * soft_step(crest))


def _grass(canvas: Canvas) -> Picture:
    picture = canvas.flat((98, 172, 56)) + 5 * canvas.clouds(32)[..., None]
    picture = np.ascontiguousarray(picture, np.float32)
    shades = ((70, 140, 40), (150, 212, 90))
    for index in range(int(130 * (canvas.size / 128) ** 2)):
        x, y = canvas.rng.uniform(-4, canvas.size + 4, 2) * 16
        lean, height = canvas.rng.uniform(-3, 3) * 16, canvas.rng.uniform(7, 11) * 16
        ends = (int(x), int(y)), (int(x + lean), int(y - height))
        cv2.line(picture, *ends, shades[index % 2], 2, cv2.LINE_AA, 4)
    return picture


def _sand(canvas: Canvas) -> Picture:
    picture = canvas.flat(TONES["sand"]) + 5 * canvas.clouds(32)[..., None]
    picture = np.ascontiguousarray(picture, np.float32)
    canvas.spots(picture, 70, (1.0, 1.7), (176, 142, 92))
    return picture


def _night(canvas: Canvas) -> Picture:
    picture = canvas.flat(TONES["night"]) + 3 * canvas.clouds(48)[..., None]
    picture = np.ascontiguousarray(picture, np.float32)
    canvas.spots(picture, 26, (0.9, 2.2), (250, 248, 225))
    return picture


def _snow(canvas: Canvas) -> Picture:
    picture = canvas.flat(TONES["snow"]) + 3 * canvas.clouds(32)[..., None]
    picture = np.ascontiguousarray(picture, np.float32)
    canvas.spots(picture, 34, (2.0, 3.5), (196, 214, 235))
    return picture


def _brick(canvas: Canvas) -> Picture:
    x, y = canvas.grid()
    row = np.floor(y / 16)
    along = x + 16 * (row % 2)
    gap = np.minimum(8 - np.abs(y % 16 - 8), 16 - np.abs(along % 32 - 16))
    shade = np.sin(row * 12.9898 + np.floor(along / 32) * 78.233 + canvas.rng.uniform(0, 6)) * 13
    bricks = canvas.flat((172, 78, 58)) + shade[..., None].astype(np.float32)
    return mix(canvas.flat((206, 196, 184)), bricks, soft_step(gap - 1.6))


def _stripes(canvas: Canvas) -> Picture:
    x, y = canvas.grid()
    across = ((1.0, 0.0), (0.0, 1.0), (0.7071, 0.7071), (0.7071, -0.7071))[int(canvas.rng.integers(4))]
    along = x * across[0] + y * across[1]
    return mix(canvas.flat(PAINTS["white"]), canvas.flat(), soft_step(5.5 - np.abs(along % 20 - 10)))


def _dots(canvas: Canvas) -> Picture:
    x, y = canvas.grid()
    x = x + 10 * (np.floor(y / 18) % 2)
    distance = np.hypot(x % 20 - 10, y % 18 - 9)
    return mix(canvas.flat(PAINTS["white"]), canvas.flat(), soft_step(6.0 - distance))


def _checks(canvas: Canvas) -> Picture:
    x, y = canvas.grid()
    u, v = np.abs(x % 32 - 16) - 8, np.abs(y % 32 - 16) - 8
    a, b = soft_step(u), soft_step(v)
    return mix(canvas.flat(PAINTS["white"]), canvas.flat(), a * (1 - b) + b * (1 - a))


TEXTURES: Mapping[str, Callable[[Canvas], Picture]] = {
    "sky": _sky,
    "sea": _sea,
    "grass": _grass,
    "sand": _sand,
    "night": _night,
    "snow": _snow,
    "brick": _brick,
    "stripes": _stripes,
    "dots": _dots,
    "checks": _checks,
    "plain": Canvas.flat,
}
