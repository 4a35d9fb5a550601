"""The second world's things: Fluent Emoji as brightness and alpha, on one sheet that ships with the program."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from world_canvas import Picture

from lib_regiondiff.demo.emoji import OBJECTS

SHEET = Path(__file__).parent / "emoji" / "things.png"
SIDE, COLUMNS = 128, 8
CODES: tuple[str, ...] = (
    "1f34e", "1f34c", "1f352", "1f353", "1f34d", "1f955", "1f344", "1f335",
    "1f337", "1f33b", "1f340", "1f341", "1f408", "1f98a", "1f43b", "1f407",
    "1f989", "1f427", "1f986", "1f438", "1f422", "1f40c", "1f98b", "1f41d",
    "1f41e", "1f980", "1f419", "1f433", "1f418", "1f995", "1f409", "1f577-fe0f",
    "1f355", "1f354", "1f366", "1f369", "1f9c1", "1f697", "1f68c", "1f682",
    "1f680", "2708-fe0f", "1f681", "2602-fe0f", "1f511", "1f514", "1f3c6", "1f3b8",
    "1f4f7", "23f0", "2693", "1f451", "1f3a9", "1f462", "1f9e4", "1f381",
    "1f388", "1f9f2", "1fad6", "1f916", "1f47b", "26c4", "1f3f0", "1f480",
)  # fmt: skip
"""The code points by which the package names the picture of each of OBJECTS."""


@functools.cache
def load_sprites() -> Mapping[str, Picture]:
    """Brightness times alpha, and alpha, float [SIDE, SIDE, 2] from 0 to 1, of each thing."""
    sheet = np.asarray(Image.open(SHEET), np.float32) / 255
    cells = sheet.reshape(-1, SIDE, COLUMNS, SIDE, 2).swapaxes(1, 2).reshape(-1, SIDE, SIDE, 2)
    premultiplied = np.stack([cells[..., 0] * cells[..., 1], cells[..., 1]], 3)
    return dict(zip(OBJECTS, premultiplied, strict=True))


def paint(light: Picture, colour: Picture) -> Picture:
    """A colour as it looks at each brightness from 0 to 1: a dark shade of it, itself at one half, a pale one."""
    dark, pale = colour * 0.22, colour + 0.62 * (255 - colour)
    share = light[..., None]
    below, above = dark + (colour - dark) * (2 * share), colour + (pale - colour) * (2 * share - 1)
    return np.where(share < 0.5, below, above)


def place(name: str, matrix: NDArray[np.float32], size: int) -> tuple[Picture, Picture]:
    """Brightness and alpha [size, size] of a thing on a canvas, moved by a 2 x 3 matrix from the sprite's pixels."""
    sprite = load_sprites()[name]
    scale = float(np.hypot(matrix[0, 0], matrix[0, 1]))
    if scale < 1:  # a sprite that shrinks is blurred first, so that no pixel is skipped
        sprite = cv2.GaussianBlur(sprite, (0, 0), max(0.3, 0.42 / scale))
    moved = cv2.warpAffine(sprite, matrix, (size, size), flags=cv2.INTER_LINEAR)
    alpha = moved[..., 1]
    return np.clip(moved[..., 0] / np.maximum(alpha, 1e-3), 0, 1), alpha
