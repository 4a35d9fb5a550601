"""Wishes of stuff: small and large brushes that are filled with textures, and freehand strokes of colours."""

from __future__ import annotations

import base64
import io

import cv2
import numpy as np
from fidelity_palettes import Meaning
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from sizes_splits import draw_backdrops, start
from sizes_things import SHAPES, choose_canvas, make_mask
from sizes_wishes import Piece, Wish, phrase
from toyworld_scenes import Backdrop
from toyworld_textures import PAINTS, TONES

from lib_regiondiff.geometry import Box, Size

SIDES, LONGER = (40, 56, 72, 96), 1.6  # short sides of brushes in pixels, and how much longer the other may be
LARGE = (208, 224, 240, 256)  # short sides of scenery, which is larger than one and a half native sides
WIDTHS = (4, 6, 8, 12, 16, 24)  # of strokes, in pixels: from half a latent cell on
SMOOTH = ("sky", "grass", "sand", "night", "snow", "plain")  # what can be told in a thin stroke, by its colour
DIFFERENT, CLEAR = 50.0, 110.0  # least distances of colours, of textures and of strokes
GAP, MARGIN, SHORTEST = 6, 12, 120  # pixels between brushes, at the canvas's rim; the span of a stroke


def make_textures(seeds: range, place: int, number: int) -> Wish:
    """Two or three brushes of stuff that do not meet, all with short sides of about one of SIDES."""
    seed, rng = start(seeds, place, number)
    side = SIDES[number % len(SIDES)]
    size = choose_canvas(rng, Size(side, side), number // len(SIDES) % 3)
    boxes = draw_boxes(rng, size, side, 2 + int(rng.random() < 0.5))
    return fill("textures", number, seed, size, boxes, rng)


def make_scenery(seeds: range, place: int, number: int) -> Wish:
    """One or two brushes of stuff that do not meet, all with short sides of about one of LARGE."""
    seed, rng = start(seeds, place, number)
    side = LARGE[number % len(LARGE)]
    size = choose_canvas(rng, Size(*[int(LONGER * side)] * 2), number // len(LARGE) % 3)
    return fill("scenery", number, seed, size, draw_boxes(rng, size, side, 2), rng)


def fill(kind: str, number: int, seed: int, size: Size, boxes: list[Box], rng: Generator) -> Wish:
    """A wish with a brush in each box, each of another texture, on a ground."""
    ground, *stuff = draw_different(rng, 1 + len(boxes), DIFFERENT)
    pieces = [
        Piece(make_mask(rng, SHAPES[int(rng.integers(3))], box, size), Meaning(each, box), "stuff", phrase(each))
        for box, each in zip(boxes, stuff, strict=True)
    ]
    return Wish(kind, number, seed, size, ground, phrase(ground), tuple(pieces))


def draw_boxes(rng: Generator, size: Size, side: int, count: int) -> list[Box]:
    """Random boxes that do not meet: `count` of them, or fewer after many tries, at least one."""
    found: list[Box] = []
    for _ in range(400):
        longer = int(side * rng.uniform(1, LONGER))
        height, width = (side, longer) if rng.random() < 0.5 else (longer, side)
        top, left = int(rng.integers(0, size.height - height + 1)), int(rng.integers(0, size.width - width + 1))
        box = Box(top, left, top + height, left + width)
        if len(found) < count and not any(touch(box, other) for other in found):
            found.append(box)
    return found


def touch(one: Box, two: Box) -> bool:
    """Whether there is less than GAP between two boxes."""
    across = one.left < two.right + GAP and two.left < one.right + GAP
    return across and one.top < two.bottom + GAP and two.top < one.bottom + GAP


def draw_different(rng: Generator, count: int, least: float, kinds: tuple[str, ...] = ()) -> list[Backdrop]:
    """Random backgrounds of different kinds, of `kinds` if any are given, whose colours are apart."""
    while True:
        found = draw_backdrops(rng, count)
        colours = [np.array(PAINTS.get(each.colour, TONES.get(each.kind)), np.float64) for each in found]
        near = [np.linalg.norm(a - b) < least for at, a in enumerate(colours) for b in colours[:at]]
        if not any(near) and (not kinds or all(each.kind in kinds for each in found)):
            return found


def make_strokes(seeds: range, place: int, number: int) -> Wish:
    """Two freehand strokes of one of WIDTHS, as a picture each, in colours that are far from that of the ground."""
    seed, rng = start(seeds, place, number)
    size, width = choose_canvas(rng, Size(128, 128), number // len(WIDTHS) % 3), WIDTHS[number % len(WIDTHS)]
    ground, *stuff = draw_different(rng, 3, CLEAR, SMOOTH)
    pieces = []
    for each in stuff:
        mask = draw_stroke(rng, size, width)
        pieces.append(Piece(encode_mask(mask), Meaning(each, Box.whole(size)), "stroke", phrase(each)))
    return Wish("strokes", number, seed, size, ground, phrase(ground), tuple(pieces))


def draw_stroke(rng: Generator, size: Size, width: int) -> NDArray[np.uint8]:
    """The coverage [h, w] of a smooth random line: a Bezier curve of four points that spans at least SHORTEST."""
    while True:
        corners = rng.uniform((MARGIN, MARGIN), (size.width - MARGIN, size.height - MARGIN), (4, 2))
        if np.linalg.norm(corners[3] - corners[0]) >= SHORTEST:
            break
    t = np.linspace(0, 1, 96)[:, None]
    weights = np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)
    line, mask = np.round((weights @ corners) * 16).astype(np.int32), np.zeros((size.height, size.width), np.uint8)
    cv2.polylines(mask, [line], False, 255, width, cv2.LINE_AA, 4)
    return mask


def encode_mask(mask: NDArray[np.uint8]) -> str:
    """A mask [h, w] as the data URL of a PNG."""
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
