"""What is asked for in the second world, and how a picture of it is scored: class and number -> palette and truth."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import fidelity_paths  # noqa: F401  (so that tools/ is found)
import numpy as np
from emoji_captions import WORDS
from emoji_scenes import draw, draw_backdrop, find_visible_colours
from emoji_textures import PAINTS, TONES
from fidelity_palettes import stack
from fidelity_scores import iou, mean
from numpy.random import Generator
from numpy.typing import NDArray
from sizes_colours import WINDOW, find_palette, measure_distances, spread
from sizes_splits import TALL, draw_cuts, list_boxes
from sizes_stuff import DIFFERENT, LARGE, LONGER, draw_boxes
from sizes_things import SHAPES, choose_brush, choose_canvas, make_mask, put_box
from sizes_wishes import find_pose
from world_captions import caption_plainly
from world_scenes import HELD_OUT, Backdrop, Scene, Thing

from lib_regiondiff.demo.emoji import BACKGROUNDS, OBJECTS
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.geometry import Box, Size

SEEDS = HELD_OUT[30 * 10**6 :]
EACH, LAYERS = 1000, 100  # cases of a class, and seeds of a case
THING_SIDES, STUFF_SIDES = (40, 72, 96, 128, 200, 320), (40, 56, 72, 96)  # short sides of brushes, in pixels
CLASSES = (*(f"thing-{side}" for side in THING_SIDES), "columns", "textures", "scenery")
PATCH, INSIDE, AREA = 1 / 3, 0.9, (0.5, 2.0)  # of a thing's true area: one patch; its share in the brush; its area
AROUND, SHARED = 16, 24  # pixels around a patch of stuff; grey levels between colours that are one

Flags = NDArray[np.bool_]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Part:
    """A brush: its mask as documents have it, its prompt, its ground, and the thing that stands on it, if any."""

    mask: Mapping[str, Any]
    prompt: str
    ground: Backdrop
    thing: Thing | None = None
    solid: bool = False  # whether its ground covers what lies below


@dataclass(frozen=True)
class Case:
    """A palette of the second world: class, number, seed, canvas in pixels, ground, its prompt, brushes."""

    kind: str
    number: int
    seed: int
    size: Size
    ground: Backdrop
    prompt: str
    parts: tuple[Part, ...]

    def palette(self, settings: Mapping[str, Any]) -> Palette:
        """The case as a palette; `settings` are merged into it, those under `brushes` into each brush."""
        brushes = [
            {"id": str(at), "name": f"brush {at}", "prompt": each.prompt, "mask": each.mask}
            | dict(settings.get("brushes", {}))
            for at, each in enumerate(self.parts, start=1)
        ]
        head: dict[str, Any] = {"version": 1, "seed": self.seed % 2**32}
        head |= {"size": {"width": self.size.width, "height": self.size.height}, "background": {"prompt": self.prompt}}
        return parse(head | dict(settings) | {"brushes": brushes})

    @functools.cached_property
    def covered(self) -> Flags:
        """What each brush covers, bool [P, h, w]."""
        return stack([dict(each.mask) for each in self.parts], self.size)

    @functools.cached_property
    def truth(self) -> tuple[Pixels, NDArray[np.int32]]:
        """The true picture [h, w, 3], and which region each pixel shows: 0 for the ground, 1 + 2 p for the ground of
        brush p, 2 + 2 p for its thing."""
        side, (height, width) = max(self.size.height, self.size.width), (self.size.height, self.size.width)
        picture = draw(Scene(self.seed + 1, self.ground, size=side)).picture[:height, :width].copy()
        regions = np.zeros((height, width), np.int32)
        for at, (part, mask) in enumerate(zip(self.parts, self.covered, strict=True)):
            bare = Scene(self.seed + 2 + at, part.ground, size=side)
            below = draw(bare).picture[:height, :width]
            if part.solid:
                picture[mask], regions[mask] = below[mask], 1 + 2 * at
            if part.thing is not None:
                made = draw(Scene(bare.seed, part.ground, (part.thing,), size=side)).picture[:height, :width]
                body = np.abs(made.astype(np.int32) - below).sum(axis=2) > 0
                body &= mask
                picture[body], regions[body] = made[body], 2 + 2 * at
        return picture, regions


def make_case(kind: str, number: int) -> Case:
    """The case of one of CLASSES and a number; the same each time."""
    seed = SEEDS[(CLASSES.index(kind) * EACH + number) * LAYERS]
    rng = np.random.default_rng((8, seed))
    if kind == "columns":
        return make_columns(number, seed, rng)
    if kind == "scenery":
        return make_scenery(number, seed, rng)
    return make_textures(number, seed, rng) if kind == "textures" else make_thing(kind, number, seed, rng)


def make_thing(kind: str, number: int, seed: int, rng: Generator) -> Case:
    """One thing on a ground; every second prompt of a brush names the ground too."""
    ground = draw_backdrop(rng)
    brush = choose_brush(rng, int(kind.removeprefix("thing-")), number)
    size = choose_canvas(rng, brush, number % 3)
    box = put_box(rng, brush, size)
    mask = make_mask(rng, SHAPES[number // 2 % 3], box, size)
    thing, words = choose_thing(rng, ground, mask, size, number)
    prompt = words if number % 2 else words.split(" on ")[0]
    return Case(kind, number, seed, size, ground, phrase(ground), (Part(mask, prompt, ground, thing),))


def make_columns(number: int, seed: int, rng: Generator) -> Case:
    """Two columns or rows, each a scene of its own, without a prompt of the background."""
    size, across = TALL[number % 2], number // 2 % 2 == 0
    if number // 4 % 2:
        size = Size(size.width, size.height)
    boxes = list_boxes(size, *(draw_cuts(rng, 2 if axis == across else 1) for axis in (False, True)))
    parts = []
    for at, (box, ground) in enumerate(zip(boxes, draw_grounds(rng, len(boxes)), strict=True)):
        mask = make_mask(rng, "rectangle", box, size)
        thing, words = choose_thing(rng, ground, mask, size, 2 * number + at)
        parts.append(Part(mask, words, ground, thing, solid=True))
    return Case("columns", number, seed, size, parts[0].ground, "", tuple(parts))


def make_textures(number: int, seed: int, rng: Generator) -> Case:
    """Two or three brushes of stuff that do not meet, on a ground."""
    side = STUFF_SIDES[number % len(STUFF_SIDES)]
    size = choose_canvas(rng, Size(side, side), number // len(STUFF_SIDES) % 3)
    boxes = draw_boxes(rng, size, side, 2 + int(rng.random() < 0.5))
    return fill("textures", number, seed, size, boxes, rng)


def make_scenery(number: int, seed: int, rng: Generator) -> Case:
    """One or two brushes of stuff that do not meet, larger than one and a half native sides, on a ground."""
    side = LARGE[number % len(LARGE)]
    size = choose_canvas(rng, Size(*[int(LONGER * side)] * 2), number // len(LARGE) % 3)
    return fill("scenery", number, seed, size, draw_boxes(rng, size, side, 2), rng)


def fill(kind: str, number: int, seed: int, size: Size, boxes: Sequence[Box], rng: Generator) -> Case:
    """A case with a brush in each box, each of another ground, on a ground."""
    ground, *stuff = draw_grounds(rng, 1 + len(boxes))
    parts = [
        Part(make_mask(rng, SHAPES[int(rng.integers(3))], box, size), phrase(each), each, solid=True)
        for box, each in zip(boxes, stuff, strict=True)
    ]
    return Case(kind, number, seed, size, ground, phrase(ground), tuple(parts))


def choose_thing(rng: Generator, ground: Backdrop, mask: Mapping[str, Any], size: Size, number: int) -> Any:
    """A thing in the middle of a mask, of a colour that stands out, and its plainest words with its ground's."""
    pose = find_pose(stack([dict(mask)], size)[0])
    kind, colour = OBJECTS[number * 7 % len(OBJECTS)], str(rng.choice(find_visible_colours(ground)))
    thing = Thing(kind, colour, pose)
    return thing, phrase(ground, thing)


def phrase(ground: Backdrop, *things: Thing) -> str:
    """The second world's plainest words for a ground, with what stands on it."""
    return caption_plainly(WORDS, Scene(0, ground, things))


def draw_grounds(rng: Generator, count: int) -> list[Backdrop]:
    """Random backgrounds of different kinds, whose colours are apart."""
    assert count <= len(BACKGROUNDS)
    while True:
        found = [draw_backdrop(rng) for _ in range(count)]
        tones = [np.array(TONES.get(each.kind) or PAINTS[each.colour], np.float64) for each in found]
        near = [np.linalg.norm(a - b) < DIFFERENT for at, a in enumerate(tones) for b in tones[:at]]
        if len({each.kind for each in found}) == count and not any(near):
            return found


def score(case: Case, picture: Pixels) -> dict[str, float]:
    """A picture's scores: means over things of `whole`, `once`, `missing`, `second`, `inside`, `area`, and `stuff IoU`.

    Each pixel is what has the nearest colours in the true picture, of the ground, of brushes' grounds and of things.
    """
    _, true = case.truth
    seen, bare = find_nearest(case, picture), is_ground(true)
    things = [score_thing(case, seen, at) for at, each in enumerate(case.parts) if each.thing is not None]
    stuff = []
    for at, each in enumerate(case.parts):
        if each.solid:
            wanted = true == 1 + 2 * at
            stuff.append(iou(seen == 1 + 2 * at, wanted, spread(wanted, AROUND) & bare))
    names = ("whole", "once", "missing", "second", "inside", "area")
    return {name: mean([each[name] for each in things]) for name in names} | {"stuff IoU": mean(stuff)}


def find_nearest(case: Case, picture: Pixels) -> NDArray[np.int32]:
    """Which region each pixel [h, w] has the nearest colours of, numbered as in the truth.

    A thing's highlights and shadows that a ground has too tell nothing, and are not looked for.
    """
    colours, true = case.truth
    there = np.unique(true)
    palettes = {region: find_palette(colours[true == region]) for region in there}
    grounds = np.concatenate([palette for region, palette in palettes.items() if is_ground(region)])
    distances = []
    for region, palette in palettes.items():
        alike = measure_distances(np.round(palette).astype(np.uint8), grounds) <= SHARED
        own = palette if is_ground(region) else palette[~alike]
        near = measure_distances(picture.reshape(-1, 3), own).reshape(true.shape)
        distances.append(cv2.blur(near, (WINDOW, WINDOW)))
    return there[np.argmin(distances, axis=0)].astype(np.int32)


def is_ground(regions: Any) -> Any:
    """Whether regions of the truth are grounds: the palette's, or a brush's."""
    return (regions == 0) | (regions % 2 == 1)


def score_thing(case: Case, seen: NDArray[np.int32], at: int) -> dict[str, float]:
    """What became of the thing of a brush: shares of patches of its colours, by its true area."""
    _, true = case.truth
    body, mine = int((true == 2 + 2 * at).sum()), (seen == 2 + 2 * at).astype(np.uint8)
    _, _, found, _ = cv2.connectedComponentsWithStats(mine, connectivity=8)
    sizes: Sequence[int] = [int(each[cv2.CC_STAT_AREA]) for each in found[1:]]
    patches = sum(each >= PATCH * body for each in sizes)
    inside = float(mine[case.covered[at]].sum() / max(mine.sum(), 1))
    area = float(mine.sum() / body)
    once = patches == 1
    whole = once and inside >= INSIDE and AREA[0] <= area <= AREA[1]
    counted = {"whole": whole, "once": once, "missing": patches == 0, "second": patches > 1}
    return {name: float(value) for name, value in counted.items()} | {"inside": inside, "area": area}
