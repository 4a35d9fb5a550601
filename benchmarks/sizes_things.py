"""Wishes with one thing on a ground: class and number -> where the brush is, what it shows, how it is said."""

from __future__ import annotations

from typing import Any

import numpy as np
from fidelity_palettes import Meaning, draw_blob, stack, to_shares
from numpy.random import Generator
from sizes_wishes import EACH, LAYERS, Piece, Wish, find_pose, phrase
from toyworld_scenes import Backdrop, Thing, draw_backdrop, find_visible_colours
from toyworld_shapes import Pose

from lib_regiondiff.demo.world import OBJECTS
from lib_regiondiff.geometry import Box, Size

SIDES = (40, 56, 72, 96, 112, 128, 160, 200, 256, 320, 384)
"""Short sides of brushes, in pixels; the demo model's native side is 128."""
SHAPES = ("rectangle", "ellipse", "polygon")
ROUND = 0.9  # least radius of a freehand blob, by its box
LONGEST, OBLONG = 480, 4  # the longest brush, in pixels; every so many brushes are not square
LEAST, MARGIN, STEP = (192, 256), 8, 64  # of a canvas: least sides, margin around a brush, multiple of its sides


def make_thing(side: int, seeds: range, place: int, number: int) -> Wish:
    """One thing on a ground, in a brush whose short side is `side` pixels, with its seed `place` classes further on.

    What is painted depends on the number only, so that palettes of one number can be compared over sizes. Every second
    prompt names the ground; a third of the canvases each is wide, high and square, and of the brushes each of SHAPES.
    """
    seed = seeds[(place * EACH + number) * LAYERS]
    backdrop, kind, colour = choose_content(np.random.default_rng((6, seeds.start, number)), number)
    rng = np.random.default_rng((7, seed))
    brush = choose_brush(rng, side, number)
    size = choose_canvas(rng, brush, number % 3)
    box = put_box(rng, brush, size)
    mask = make_mask(rng, SHAPES[number // 2 % 3], box, size)
    words = phrase(backdrop, kind, colour)
    prompt = words if number % 2 else words.split(" on ")[0]
    piece = make_piece(mask, box, size, backdrop, (kind, colour), "thing", prompt)
    return Wish(f"thing-{side}", number, seed, size, backdrop, phrase(backdrop), (piece,))


def choose_content(rng: Generator, number: int) -> tuple[Backdrop, str, str]:
    """A background, and kind and colour of a thing that stands out from it; each kind comes as often."""
    backdrop = draw_backdrop(rng)
    kind = OBJECTS[(number + number // len(OBJECTS)) % len(OBJECTS)]
    return backdrop, kind, str(rng.choice(find_visible_colours(backdrop)))


def choose_brush(rng: Generator, side: int, number: int) -> Size:
    """The box of a brush: square, or every OBLONG times up to twice as long as wide."""
    if number % OBLONG < OBLONG - 1:
        return Size(side, side)
    longer = min(int(side * rng.uniform(1.2, 2)), max(side, LONGEST))
    return Size(longer, side) if rng.random() < 0.5 else Size(side, longer)


def choose_canvas(rng: Generator, brush: Size, way: int) -> Size:
    """A canvas around a brush, with more room by chance: wide for a `way` of 0, high for 1, square for 2."""
    room = [int(rng.integers(2 * MARGIN, 64)) for _ in range(2)]
    high, wide = brush.height + room[0], brush.width + room[1]
    short, long = LEAST
    if way == 0:
        size = Size(max(short, high), max(long, wide, high + STEP))
    elif way == 1:
        size = Size(max(long, high, wide + STEP), max(short, wide))
    else:
        size = Size(max(long, high, wide), max(long, high, wide))
    return size.up_to(STEP)


def put_box(rng: Generator, brush: Size, size: Size) -> Box:
    """A box of a brush's size at a random place of a canvas, not closer to its borders than MARGIN."""
    top = int(rng.integers(MARGIN, size.height - brush.height - MARGIN + 1))
    left = int(rng.integers(MARGIN, size.width - brush.width - MARGIN + 1))
    return Box(top, left, top + brush.height, left + brush.width)


def make_mask(rng: Generator, shape: str, box: Box, size: Size, least: float = ROUND) -> dict[str, Any]:
    """A mask of a shape that fills a box; `least` is the least radius of a polygon, by its box."""
    return {shape: draw_blob(rng, box, size, least) if shape == "polygon" else to_shares(box, size)}


def make_piece(mask: Any, box: Box, size: Size, backdrop: Backdrop, thing: tuple[str, str], *words: str) -> Piece:
    """A brush for a thing (kind, colour) on a background, in the middle of its mask; `words` are role and prompt."""
    pose: Pose = find_pose(stack([mask], size)[0])
    role, prompt = words
    return Piece(mask, Meaning(backdrop, box, Thing(*thing, pose)), role, prompt)
