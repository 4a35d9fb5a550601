"""Two brushes that overlap: which one is seen where both are, and what changes elsewhere when they change places."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from fidelity_palettes import Flags, Meaning
from fidelity_pictures import read_pixels
from fidelity_scores import iou, mean
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from sizes_colours import WINDOW, find_body, find_palette, measure_distances, spread
from sizes_pictures import Job, digest, draw, load_host
from sizes_splits import start
from sizes_stacks import MEET, make_pair
from sizes_stuff import draw_different
from sizes_things import SHAPES, make_mask
from sizes_wishes import SPLITS, Piece, Settings, Wish, draw_truth, phrase
from toyworld_scenes import draw_backdrop

from lib_regiondiff.document.palette import Palette
from lib_regiondiff.document.records import replace_unchecked
from lib_regiondiff.geometry import Box, Size

BINS = ((0.05, 0.15), (0.15, 0.3), (0.3, 0.5))
"""How much two brushes overlap: intersection over union."""
CANVAS, SIDES = Size(192, 256), (96, 128)
PLACE = 39  # apart from the classes of sizes.py
DIFFERENT = 80.0  # least distance of colours
AROUND = 16  # pixels around an overlap that may change
ALIKE = 8  # grey levels that are no change
CEILING = "true"


def make_overlap(number: int) -> Wish:
    """Two brushes of a bin of overlap, the second above: for even numbers of stuff, else a thing in each."""
    seed, rng = start(SPLITS["held-out"], PLACE, number)
    low, high = BINS[number // 2 % len(BINS)]
    while True:
        boxes = draw_box(rng), draw_box(rng)
        if low <= measure_overlapping(*boxes) < high:
            made = make_stuff(rng, boxes, number, seed) if number % 2 == 0 else make_things(rng, boxes, number, seed)
            if made is not None:
                return made


def draw_box(rng: Generator) -> Box:
    """A random square brush on the canvas."""
    side = int(rng.integers(SIDES[0], SIDES[1] + 1))
    top, left = int(rng.integers(CANVAS.height - side + 1)), int(rng.integers(CANVAS.width - side + 1))
    return Box(top, left, top + side, left + side)


def measure_overlapping(one: Box, two: Box) -> float:
    """Intersection over union of two boxes."""
    high = max(0, min(one.bottom, two.bottom) - max(one.top, two.top))
    wide = max(0, min(one.right, two.right) - max(one.left, two.left))
    return high * wide / (one.size.area + two.size.area - high * wide)


def make_stuff(rng: Generator, boxes: tuple[Box, Box], number: int, seed: int) -> Wish:
    """Two brushes of stuff whose colours are apart, on a ground of a third."""
    ground, *stuff = draw_different(rng, 3, DIFFERENT)
    pieces = [
        Piece(make_mask(rng, SHAPES[int(rng.integers(3))], box, CANVAS), Meaning(each, box), "stuff", phrase(each))
        for box, each in zip(boxes, stuff, strict=True)
    ]
    return Wish("overlaps", number, seed, CANVAS, ground, phrase(ground), tuple(pieces))


def make_things(rng: Generator, boxes: tuple[Box, Box], number: int, seed: int) -> Wish | None:
    """Two things on one ground whose colours are apart; None if there are no such colours or the things do not meet."""
    ground = draw_backdrop(rng)
    pieces = make_pair(rng, CANVAS, ground, boxes, 1)
    if pieces is None:
        return None
    wish = Wish("overlaps", number, seed, CANVAS, ground, phrase(ground), pieces)
    return wish if np.logical_and.reduce(find_bodies(wish)).sum() >= MEET else None


def find_bodies(wish: Wish) -> Flags:
    """What each brush shows in truth, whatever lies above it, bool [2, h, w]: its thing, or all of it."""
    return np.stack(
        [
            find_body(piece.meaning, wish) if piece.meaning.thing else mask
            for piece, mask in zip(wish.pieces, wish.covered, strict=True)
        ]
    )


class Swapped(Wish):
    """A wish whose two brushes have changed places, each with the id that it had."""

    def palette(self, settings: Settings) -> Palette:
        """The palette, as that of other wishes."""
        made = super().palette(settings)
        ids = [each.id for each in made.brushes[::-1]]
        brushes = (replace_unchecked(each, id=own) for each, own in zip(made.brushes, ids, strict=True))
        return replace_unchecked(made, brushes=tuple(brushes))


def swap(wish: Wish) -> Wish:
    """The same brushes with the lower one above."""
    made = Wish if isinstance(wish, Swapped) else Swapped
    return made(wish.kind, wish.number, wish.seed, wish.size, wish.ground, wish.prompt, wish.pieces[::-1])


def measure_overlap(number: int, jobs: Mapping[str, Job]) -> dict[str, Any] | None:
    """The scores of an overlap by each method, and of its true picture; None if it is too late.

    The true picture's textures are drawn anew where brushes change places, so nothing can be said of what it keeps.
    """
    wish, found = make_overlap(number), {}
    for name, job in jobs.items():
        pictures = [keep_picture(each, number, end, job) for each, end in ((wish, ""), (swap(wish), "-swapped"))]
        if not all(pictures):
            return None
        found[name] = judge_overlap(wish, *(read_pixels(each) for each in pictures if each))
    host = load_host(*find_networks(next(iter(jobs.values()))))
    true, other = (host.decode(host.encode_image(Image.fromarray(draw_truth(w).picture))) for w in (wish, swap(wish)))
    found[CEILING] = judge_overlap(wish, np.asarray(true), np.asarray(other)) | {"kept": float("nan")}
    return {"number": number, "bin": number // 2 % len(BINS), "methods": found}


def find_networks(job: Job) -> tuple[str, str]:
    """The paths of a job's model and LoRA."""
    return job.setup.model, job.setup.lora


def keep_picture(wish: Wish, number: int, end: str, job: Job) -> Path | None:
    """The path of a wish's picture, which is drawn where that is not done yet; None if it is too late."""
    path = job.setup.fast / f"overlap-{digest_program()}-{number:04}{end}.png"
    if not path.exists():
        if job.setup.late:
            return None
        draw(wish, path, job)
    return path


@functools.cache
def digest_program() -> str:
    """A digest of this program, whose wishes are not among those of sizes.py."""
    return digest(Path(__file__).read_text(encoding="utf-8"))


def judge_overlap(wish: Wish, picture: NDArray[np.uint8], swapped: NDArray[np.uint8]) -> dict[str, float]:
    """How far the brushes are where they should be, and what changes when they change places.

    `mIoU` is the mean IoU of what is seen of both brushes, `mIoU inside` the same within AROUND of their overlap,
    `order` the share of pixels of the overlap that have the colours of the upper one rather than of the lower one, in
    both pictures, and `kept` the share of pixels further from the overlap that are alike in both, within ALIKE.
    """
    bodies = find_bodies(wish)
    both = np.logical_and.reduce(bodies)
    near = spread(both, AROUND)
    seen = find_seen(wish, picture)
    shown = bodies[0] & ~bodies[1], bodies[1]
    whole = [iou(seen == at + 1, each, np.ones_like(both)) for at, each in enumerate(shown)]
    inside = [iou(seen == at + 1, each, near) for at, each in enumerate(shown)]
    orders = measure_order(wish, picture, both), measure_order(swap(wish), swapped, both)
    changes = np.abs(picture.astype(np.int16) - swapped).max(axis=-1)
    return {
        "mIoU": mean(whole),
        "mIoU inside": mean(inside),
        "order": mean(orders),
        "kept": float((changes <= ALIKE)[~near].mean()),
    }


def find_seen(wish: Wish, picture: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The number [h, w] of what has the nearest true colours: 0 the ground, 1 the lower brush, 2 the upper one."""
    return np.argmin([measure_each(picture, palette) for palette in find_palettes(wish)], axis=0)


def find_palettes(wish: Wish) -> list[NDArray[np.float32]]:
    """The common true colours [n, 3] of the ground, of the lower brush and of the upper one."""
    true, bodies = draw_truth(wish).picture, find_bodies(wish)
    covered = np.logical_or.reduce(bodies)
    return [find_palette(true[each]) for each in (~covered, bodies[0] & ~bodies[1], bodies[1])]


def measure_each(picture: NDArray[np.uint8], palette: NDArray[np.float32]) -> NDArray[np.float32]:
    """The distance [h, w] of a picture's pixels to a palette of colours, smoothed for patterns."""
    each = measure_distances(picture.reshape(-1, 3), palette).reshape(picture.shape[:2])
    return np.asarray(cv2.blur(each, (WINDOW, WINDOW)), np.float32)


def measure_order(wish: Wish, picture: NDArray[np.uint8], both: Flags) -> float:
    """The share of pixels in both brushes whose colours are nearer to the upper one's."""
    _, lower, upper = (measure_each(picture, palette) for palette in find_palettes(wish))
    return float((upper < lower)[both].mean())
