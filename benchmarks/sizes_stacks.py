"""Wishes in which things overlap: a small one on a large one, or two that hide a part of one another."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.random import Generator
from sizes_splits import start
from sizes_things import make_mask, make_piece
from sizes_wishes import Piece, Wish, find_share, phrase
from toyworld_scenes import CONTRAST, Backdrop, draw_backdrop, find_visible_colours
from toyworld_textures import PAINTS

from lib_regiondiff.demo.world import OBJECTS
from lib_regiondiff.geometry import Box, Size

CANVASES = (Size(256, 256), Size(256, 320), Size(320, 256))
BROAD = ("circle", "square", "house", "heart", "cloud")
"""Things that have room for another one."""
LARGE, SMALL, EQUAL = (176, 224), (56, 80), (104, 136)  # sides of brushes, in pixels
ASIDE = (0.35, 0.6)  # of the side: how far one of two equal brushes is from the other
VISIBLE, MEET = 0.6, 64  # of the lower thing, in one part; the least that two things share, in pixels


def make_stack(seeds: range, place: int, number: int) -> Wish:
    """Two things, the second one above: for even numbers a small one on a large one, else two of about one size.

    Every second pair of prompts names the ground.
    """
    seed, rng = start(seeds, place, number)
    size = CANVASES[number // 2 % len(CANVASES)]
    ground = draw_backdrop(rng)
    for boxes in draw_boxes(rng, size, small=number % 2 == 0):
        pieces = make_pair(rng, size, ground, boxes, number)
        if pieces is not None and meet(pieces, size, number % 2 == 0):
            return Wish("stacked", number, seed, size, ground, phrase(ground), pieces)
    raise AssertionError("the layouts never end")


def draw_boxes(rng: Generator, size: Size, small: bool) -> Iterator[tuple[Box, Box]]:
    """Random boxes of a lower and an upper brush, again and again."""
    while True:
        side, other = (int(rng.integers(*given)) for given in ((LARGE, SMALL) if small else (EQUAL, EQUAL)))
        top, left = (int(rng.integers(4, length - side - 3)) for length in (size.height, size.width))
        if small:
            y, x = (start + (side - other) // 2 + int(rng.integers(-12, 13)) for start in (top, left))
        else:
            steps = rng.uniform(*ASIDE, 2) * side * rng.choice((-1, 1), 2)
            y, x = top + int(steps[0]), left + int(steps[1])
        if 4 <= y <= size.height - other - 4 and 4 <= x <= size.width - other - 4:
            yield Box(top, left, top + side, left + side), Box(y, x, y + other, x + other)


def make_pair(
    rng: Generator, size: Size, ground: Backdrop, boxes: tuple[Box, Box], number: int
) -> tuple[Piece, ...] | None:
    """Two things of different kinds that stand out from the ground and from one another; None if no colour does."""
    visible = find_visible_colours(ground)
    lower, upper = str(rng.choice(BROAD if number % 2 == 0 else OBJECTS)), str(rng.choice(OBJECTS))
    below = str(rng.choice(visible))
    above = [each for each in visible if np.hypot.reduce(np.subtract(PAINTS[each], PAINTS[below])) > CONTRAST]
    if lower == upper or not above:
        return None
    things = (lower, below), (upper, str(rng.choice(above)))
    pieces = []
    for box, thing in zip(boxes, things, strict=True):
        words = phrase(ground, *thing)
        prompt = words if number // 2 % 2 else words.split(" on ")[0]
        mask = make_mask(rng, "rectangle", box, size)
        pieces.append(make_piece(mask, box, size, ground, thing, "thing", prompt))
    return tuple(pieces)


def meet(pieces: tuple[Piece, ...], size: Size, inside: bool) -> bool:
    """Whether a lower thing stays visible in one part and the upper one covers some of it, or lies `inside` it."""
    lower, upper = (find_share(piece.meaning.thing, size) > 0.5 for piece in pieces if piece.meaning.thing)
    seen = (lower & ~upper).astype(np.uint8)
    one = cv2.connectedComponents(seen)[0] == 2
    shared = int((lower & upper).sum())
    enough = shared >= 0.95 * upper.sum() if inside else shared >= MEET
    return bool(one and seen.sum() >= VISIBLE * lower.sum() and enough)
