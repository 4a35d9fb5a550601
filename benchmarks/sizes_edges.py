"""Wishes of one border: a brush of stuff as large as a native picture, whose border is of one of several forms."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from fidelity_palettes import Meaning, draw_blob, to_shares
from numpy.random import Generator
from sizes_splits import start
from sizes_stuff import DIFFERENT, draw_different, encode_mask
from sizes_wishes import Piece, Wish, phrase

from lib_regiondiff.geometry import Box, Size

FORMS = ("aligned", "straight", "slanted", "curved", "freehand", "painted")
"""Of borders: straight on cells and off them, slanted, an ellipse, a drawn line, a picture of a wavy line."""
CANVASES = (Size(192, 256), Size(256, 192), Size(256, 256))
CELL, LONG, ASIDE = 8, (88, 136), 12  # pixels: of a latent cell, of a brush's sides, of the least room around it
LEAN, WAVES, HIGH = (0.2, 0.5), (2, 5), 9  # radians of a slant; waves along a wavy side, and their height in pixels


def make_border(seeds: range, place: int, number: int) -> Wish:
    """A brush of stuff on another one, in colours that are apart; numbers go through FORMS, then through CANVASES."""
    seed, rng = start(seeds, place, number)
    form, size = FORMS[number % len(FORMS)], CANVASES[number // len(FORMS) % len(CANVASES)]
    box = put_box(rng, size, form != "aligned")
    ground, stuff = draw_different(rng, 2, DIFFERENT)
    piece = Piece(make_form(rng, form, box, size), Meaning(stuff, box), "stuff", phrase(stuff))
    return Wish("borders", number, seed, size, ground, phrase(ground), (piece,))


def put_box(rng: Generator, size: Size, off: bool) -> Box:
    """A random box whose sides lie on the borders of cells, or are `off` by a quarter to three quarters of a cell."""
    high, wide = (int(rng.integers(LONG[0], LONG[1] + 1)) // CELL * CELL for _ in range(2))
    top, left = (
        int(rng.integers(ASIDE, whole - side - ASIDE)) // CELL * CELL
        for whole, side in ((size.height, high), (size.width, wide))
    )
    shifts = [int(rng.integers(CELL // 4, 3 * CELL // 4 + 1)) if off else 0 for _ in range(4)]
    return Box(top + shifts[0], left + shifts[1], top + high + shifts[2], left + wide + shifts[3])


def make_form(rng: Generator, form: str, box: Box, size: Size) -> Any:
    """A mask of a form in a box, as documents have it."""
    if form in ("aligned", "straight"):
        return {"rectangle": to_shares(box, size)}
    if form == "curved":
        return {"ellipse": to_shares(box, size)}
    if form == "freehand":
        return {"polygon": draw_blob(rng, box, size, 0.7)}
    corners = turn(rng, box) if form == "slanted" else wave(rng, box)
    if form == "slanted":
        return {"polygon": (corners / (size.width, size.height)).round(5).tolist()}
    mask = np.zeros((size.height, size.width), np.uint8)
    cv2.fillPoly(mask, [np.round(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return encode_mask(mask)


def turn(rng: Generator, box: Box) -> np.ndarray:
    """The corners [4, 2] of a box that was turned around its middle and made to fit into it."""
    angle = float(rng.uniform(*LEAN)) * float(rng.choice((-1, 1)))
    middle = np.array((box.left + box.right, box.top + box.bottom)) / 2
    half = np.array((box.size.width, box.size.height)) / 2
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = corners @ np.array([[cosine, sine], [-sine, cosine]])
    return middle + turned * (half / np.abs(turned).max(axis=0)).min()


def wave(rng: Generator, box: Box) -> np.ndarray:
    """The corners [n, 2] of a box whose upper and lower sides are wavy."""
    x = np.linspace(box.left, box.right, 48)
    sides = [
        side + HIGH / 2 * np.sin(rng.uniform(*WAVES) * 2 * np.pi * np.linspace(0, 1, 48) + rng.uniform(0, 6))
        for side in (box.top + HIGH / 2, box.bottom - HIGH / 2)
    ]
    return np.concatenate([np.stack([x, sides[0]], 1), np.stack([x, sides[1]], 1)[::-1]])
