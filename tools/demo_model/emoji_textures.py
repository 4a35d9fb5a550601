"""The second world's backgrounds: kind and colour -> a square picture, made of noise and simple shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from world_canvas import RGB, Canvas, Picture, mix, soft_step

PAINTS: Mapping[str, RGB] = {
    "red": (214, 38, 44),
    "orange": (243, 132, 28),
    "yellow": (248, 212, 48),
    "green": (52, 160, 66),
    "blue": (40, 98, 218),
    "purple": (128, 62, 190),
    "pink": (244, 128, 186),
    "white": (226, 228, 232),
}
TONES: Mapping[str, RGB] = {
    "wood": (164, 113, 69),
    "water": (53, 156, 178),
    "clouds": (167, 176, 196),
    "bokeh": (82, 51, 58),
    "paper": (230, 224, 204),
    "lava": (102, 58, 31),
    "leaves": (55, 101, 43),
    "stone": (115, 112, 110),
}
"""The mean colour, as RGB, of backgrounds that have a colour of their own."""


def _noise(canvas: Canvas, cells: tuple[int, ...], stretch: tuple[int, int] = (1, 1)) -> Picture:
    """Noise [size, size] of several scales, each half as strong as the one before; `stretch` widens it each way."""
    total = np.zeros((canvas.size, canvas.size), np.float32)
    for power, cell in enumerate(cells):
        total += canvas.clouds(cell) * 0.5**power
    wide, high = stretch
    return cv2.resize(total, None, fx=wide, fy=high, interpolation=cv2.INTER_LINEAR)[: canvas.size, : canvas.size]


def _blend(low: RGB, high: RGB, share: Picture) -> Picture:
    """From one colour to another by a share [h, w]."""
    a, b = np.array(low, np.float32), np.array(high, np.float32)
    return a + (b - a) * np.clip(share, 0, 1)[..., None]


def _wood(canvas: Canvas) -> Picture:
    _, y = canvas.grid()
    plank = np.floor(y / 32)
    shift = np.sin(plank * 12.9898) * 43758.5453 % 97
    warp = _noise(canvas, (20,), (4, 1)) * 3.0
    grain = np.sin((y + warp + shift) * 0.55) * 0.5 + np.sin((y + 2 * warp + shift) * 0.25)
    tone = 0.5 + 0.22 * grain + 0.16 * np.sin(plank * 78.233)
    gap = np.minimum(y % 32, 32 - y % 32)
    return mix(canvas.flat((88, 54, 30)), _blend((132, 84, 46), (206, 150, 96), tone), soft_step(gap - 1.4))


def _water(canvas: Canvas) -> Picture:
    ridges = 1 - np.abs(canvas.clouds(28))
    web = np.clip((ridges - 0.6) / 0.4, 0, 1) ** 1.5
    return _blend((24, 122, 152), (46, 160, 182), 0.5 + 0.3 * canvas.clouds(40)) + web[..., None] * np.array(
        (110, 82, 62), np.float32
    )


def _clouds(canvas: Canvas) -> Picture:
    share = 0.5 + 0.42 * _noise(canvas, (44, 22))
    return _blend((92, 110, 148), (232, 234, 238), share)


def _bokeh(canvas: Canvas) -> Picture:
    picture = np.ascontiguousarray(_blend((30, 20, 44), (66, 34, 52), 0.5 + 0.3 * canvas.clouds(48)))
    lights: tuple[RGB, ...] = ((255, 190, 90), (255, 130, 110), (240, 220, 150))
    for number in range(int(11 * (canvas.size / 128) ** 2)):
        x, y = canvas.rng.uniform(0, canvas.size * 16, 2).astype(int).tolist()
        disc = np.zeros((canvas.size, canvas.size), np.float32)
        cv2.circle(disc, (x, y), int(canvas.rng.uniform(9, 17) * 16), 1.0, -1, cv2.LINE_AA, 4)
        picture = mix(picture, canvas.flat(lights[number % 3]), 0.42 * disc)
    return picture


def _paper(canvas: Canvas) -> Picture:
    _, y = canvas.grid()
    sheet = canvas.flat((240, 230, 204)) + 3 * canvas.clouds(24)[..., None]
    ruled = np.abs(y % 22 - 11)
    return mix(sheet, canvas.flat((150, 172, 206)), 0.8 * soft_step(1.7 - ruled))


def _lava(canvas: Canvas) -> Picture:
    ridge = np.abs(canvas.clouds(30))
    glow = np.exp(-((ridge / 0.24) ** 2))
    crust = _blend((34, 20, 22), (72, 40, 34), 0.5 + 0.4 * canvas.clouds(16))
    return mix(crust, _blend((226, 62, 10), (255, 206, 70), glow * 1.4 - 0.5), np.clip(glow * 1.3, 0, 1))


def _leaves(canvas: Canvas) -> Picture:
    picture = np.ascontiguousarray(canvas.flat((34, 66, 30)), np.float32)
    shades: tuple[RGB, ...] = ((46, 98, 40), (74, 136, 52), (112, 168, 70), (38, 80, 42))
    for number in range(int(85 * (canvas.size / 128) ** 2)):
        x, y = (canvas.rng.uniform(-10, canvas.size + 10, 2) * 16).astype(int).tolist()
        turn = float(canvas.rng.uniform(0, 360))
        cv2.ellipse(picture, (x, y), (20 * 16, 9 * 16), turn, 0, 360, shades[number % 4], -1, cv2.LINE_AA, 4)
        cv2.ellipse(picture, (x, y), (20 * 16, 9 * 16), turn, 0, 360, (30, 62, 28), 2, cv2.LINE_AA, 4)
    return picture


def _stone(canvas: Canvas) -> Picture:
    x, y = canvas.grid()
    first, second, tone = _cells(x, y, 34.0, float(canvas.rng.uniform(0, 6)))
    stones = _blend((92, 92, 94), (172, 168, 162), tone + 0.06 * canvas.clouds(16))
    return mix(canvas.flat((58, 54, 52)), stones, soft_step((second - first) * 0.6 - 2.4))


def _cells(x: Picture, y: Picture, side: float, start: float) -> tuple[Picture, Picture, Picture]:
    """Distances to the nearest and second nearest of points scattered in a grid, and a number of the nearest's own."""
    column, row = np.floor(x / side), np.floor(y / side)
    distances, tones = [], []
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            u, v = column + across, row + down
            a = np.sin(u * 127.1 + v * 311.7 + start) * 43758.5453 % 1
            b = np.sin(u * 269.5 + v * 183.3 + start) * 43758.5453 % 1
            distances.append(np.hypot((u + 0.15 + 0.7 * a) * side - x, (v + 0.15 + 0.7 * b) * side - y))
            tones.append((a + b) / 2)
    near = np.stack(distances)
    order = np.argsort(near, axis=0)[:2]
    first, second = np.take_along_axis(near, order, 0)
    return first, second, np.take_along_axis(np.stack(tones), order[:1], 0)[0]


def _gradient(canvas: Canvas) -> Picture:
    x, y = canvas.grid()
    turn = canvas.rng.uniform(0, 2 * np.pi)
    along = (x - x.mean()) * np.cos(turn) + (y - y.mean()) * np.sin(turn)
    share = 0.5 + along / (1.3 * canvas.size)
    own = canvas.colour
    return mix(canvas.flat(own * 0.72), canvas.flat(own + 0.35 * (255 - own)), np.clip(share, 0, 1))


def _tiles(canvas: Canvas) -> Picture:
    x, y = canvas.grid()
    gap = np.minimum(16 - np.abs(x % 32 - 16), 16 - np.abs(y % 32 - 16))
    number = np.sin(np.floor(x / 32) * 12.9898 + np.floor(y / 32) * 78.233)
    glaze = canvas.flat() * (1 + 0.08 * number[..., None]) + (16 - (x % 32 + y % 32) / 2)[..., None]
    return mix(canvas.flat((88, 86, 92)), glaze.astype(np.float32), soft_step(gap - 2.0))


TEXTURES: Mapping[str, Callable[[Canvas], Picture]] = {
    "wood": _wood,
    "water": _water,
    "clouds": _clouds,
    "bokeh": _bokeh,
    "paper": _paper,
    "lava": _lava,
    "leaves": _leaves,
    "stone": _stone,
    "gradient": _gradient,
    "tiles": _tiles,
}
