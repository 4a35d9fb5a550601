"""Wishes that divide the canvas: columns, rows and grids, of things on one ground or of scenes with their own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.random import Generator
from sizes_things import make_mask, make_piece
from sizes_wishes import EACH, LAYERS, Wish, phrase
from toyworld_scenes import Backdrop, draw_backdrop, find_visible_colours

from lib_regiondiff.demo.world import BACKGROUNDS, OBJECTS
from lib_regiondiff.geometry import Box, Size

TALL = (Size(384, 256), Size(512, 288))
"""Canvases of 2:3 and 9:16."""
GRIDS = ((2, 2), (2, 3), (3, 2))  # rows and columns
CELLS = (128, 160)  # pixels: sides of the parts of a grid
JITTER, INSET = 0.06, 24  # how far a cut is from its even place, by the side; the most that a thing's brush leaves free


def make_columns(across: bool, seeds: range, place: int, number: int) -> Wish:
    """Columns if `across`, else rows: two, or three where the canvas is long that way.

    Every second number is of scenes, which cover the canvas and have no background prompt; the others are of things.
    """
    seed, rng = start(seeds, place, number)
    size = TALL[number // 2 % 2]
    if number // 4 % 2:
        size = Size(size.width, size.height)
    long = across == (size.width > size.height)
    count = 2 + int(long and rng.random() < 0.5)
    cuts = [draw_cuts(rng, count if axis == across else 1) for axis in (False, True)]
    kind = "columns" if across else "rows"
    return fill(kind, number, seed, size, list_boxes(size, *cuts), rng)


def make_grid(seeds: range, place: int, number: int) -> Wish:
    """Two by two, two by three or three by two parts, of scenes or things as in columns."""
    seed, rng = start(seeds, place, number)
    down, across = GRIDS[number // 2 % len(GRIDS)]
    side = int(rng.choice(CELLS))
    size = Size(down * side, across * side).up_to(64)
    return fill("grid", number, seed, size, list_boxes(size, draw_cuts(rng, down), draw_cuts(rng, across)), rng)


def start(seeds: range, place: int, number: int) -> tuple[int, Generator]:
    """The seed of a wish, and the numbers that it is made by."""
    seed = seeds[(place * EACH + number) * LAYERS]
    return seed, np.random.default_rng((7, seed))


def draw_cuts(rng: Generator, count: int) -> list[float]:
    """Where an axis is cut into `count` parts, as shares of it, both ends included."""
    inner = [part / count + float(rng.uniform(-JITTER, JITTER)) for part in range(1, count)]
    return [0.0, *inner, 1.0]


def list_boxes(size: Size, down: Sequence[float], across: Sequence[float]) -> list[Box]:
    """The boxes, in pixels, between cuts."""
    rows, columns = ([round(cut * side) for cut in cuts] for cuts, side in ((down, size.height), (across, size.width)))
    pairs = itertools.product(itertools.pairwise(rows), itertools.pairwise(columns))
    return [Box(top, left, bottom, right) for (top, bottom), (left, right) in pairs]


def fill(kind: str, number: int, seed: int, size: Size, boxes: Sequence[Box], rng: Generator) -> Wish:
    """A wish with a brush in each box: scenes for odd numbers, else things, half of them with some ground around."""
    kinds, grounds = rng.choice(OBJECTS, len(boxes), replace=False), draw_backdrops(rng, len(boxes))
    said = False
    if number % 2 == 0:
        grounds = grounds[:1] * len(boxes)
        said = rng.random() >= 0.5
        boxes = boxes if said else [shrink(box, int(rng.integers(6, INSET))) for box in boxes]
    pieces = []
    for box, name, ground in zip(boxes, kinds, grounds, strict=True):
        thing = (str(name), str(rng.choice(find_visible_colours(ground))))
        words = phrase(ground, *thing)
        role, prompt = ("scene", words) if number % 2 else ("thing", words.split(" on ")[0])
        mask = make_mask(rng, "rectangle", box, size)
        pieces.append(replace(make_piece(mask, box, size, ground, thing, role, prompt), said=said))
    return Wish(kind, number, seed, size, grounds[0], "" if number % 2 else phrase(grounds[0]), tuple(pieces))


def shrink(box: Box, pixels: int) -> Box:
    """A box without its rim of so many pixels."""
    return Box(box.top + pixels, box.left + pixels, box.bottom - pixels, box.right - pixels)


def draw_backdrops(rng: Generator, count: int) -> list[Backdrop]:
    """Random backgrounds, no two of one kind."""
    assert count <= len(BACKGROUNDS)
    found: dict[str, Backdrop] = {}
    while len(found) < count:
        each = draw_backdrop(rng)
        found.setdefault(each.kind, each)
    return list(found.values())
