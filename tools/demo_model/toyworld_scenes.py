"""Scenes of the toy world: seed -> scene -> picture with labels; what is drawn is known to the pixel."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from toyworld_shapes import OUTLINES, place, rasterise
from toyworld_textures import PAINTS, TEXTURES, TONES, Canvas, Picture
from world_scenes import HELD_OUT as HELD_OUT
from world_scenes import SIZE, Backdrop, Drawing, Pose, Scene, Thing, crop
from world_scenes import TRAINING as TRAINING

from lib_regiondiff.demo.world import BACKGROUNDS, CLASSES, COLOURED_BACKGROUNDS, COLOURS, NATURAL, OBJECTS

CONTRAST = 70.0
OUTLINE_SHADE, BROWN = 0.55, (110, 70, 40)


def make_scene(seed: int) -> Scene:
    """The scene that a seed stands for: none, one or two objects on a background."""
    rng = np.random.default_rng((1, seed))
    backdrop = draw_backdrop(rng)
    count = int(rng.choice(3, p=(0.25, 0.57, 0.18)))
    return (_none, _one, _two)[count](seed, backdrop, rng)


def draw_backdrop(rng: Generator) -> Backdrop:
    """A random background; plain ones, in ten colours, come three times as often as others; no pattern is white."""
    weights = np.array([3.0 if kind == "plain" else 1.0 for kind in BACKGROUNDS])
    kind = str(rng.choice(BACKGROUNDS, p=weights / weights.sum()))
    if kind not in COLOURED_BACKGROUNDS:
        return Backdrop(kind)
    names = [name for name in PAINTS if kind == "plain" or name != "white"]
    return Backdrop(kind, str(rng.choice(names)))


def _none(seed: int, backdrop: Backdrop, rng: Generator) -> Scene:
    return Scene(seed, backdrop)


def _one(seed: int, backdrop: Backdrop, rng: Generator) -> Scene:
    x, y = SIZE / 2 + rng.normal(0, 4, 2).clip(-10, 10)
    pose = Pose(float(x), float(y), float(rng.uniform(34, 48)), float(rng.uniform(-0.16, 0.16)))
    return Scene(seed, backdrop, (_thing(rng, backdrop, pose),))


def _two(seed: int, backdrop: Backdrop, rng: Generator) -> Scene:
    relation = str(rng.choice(("left", "right", "above", "below")))
    across = relation in ("left", "right")
    sign = -1 if relation in ("left", "above") else 1
    things: list[Thing] = []
    for side in (sign, -sign):
        away, aside = side * 31 + rng.normal(0, 1.5), rng.normal(0, 5)
        dx, dy = (away, aside) if across else (aside, away)
        pose = Pose(float(64 + dx), float(64 + dy), float(rng.uniform(23, 29)), float(rng.uniform(-0.16, 0.16)))
        things.append(_thing(rng, backdrop, pose, tuple(things)))
    return Scene(seed, backdrop, tuple(things), relation)


def _thing(rng: Generator, backdrop: Backdrop, pose: Pose, others: tuple[Thing, ...] = ()) -> Thing:
    """An object that can be told from its background and is not what is there already."""
    colours = find_visible_colours(backdrop)
    taken = {(other.kind, other.colour) for other in others}
    while True:
        kind, colour = str(rng.choice(OBJECTS)), str(rng.choice(colours))
        if (kind, colour) not in taken:
            return Thing(kind, colour, pose)


def find_visible_colours(backdrop: Backdrop) -> tuple[str, ...]:
    """The colours of objects that stand out from a background; from a pattern, those that are not in it."""
    if backdrop.kind in TONES:
        behind = [TONES[backdrop.kind]]
    else:
        behind = [PAINTS[backdrop.colour]] + ([] if backdrop.kind == "plain" else [PAINTS["white"]])
    return tuple(
        name for name, rgb in PAINTS.items() if all(np.hypot.reduce(np.subtract(rgb, b)) > CONTRAST for b in behind)
    )


def draw(scene: Scene) -> Drawing:
    """The picture of a scene, with labels; the same scene gives the same pixels."""
    rng = np.random.default_rng((2, scene.seed))
    colour = scene.backdrop.colour
    canvas = Canvas(scene.size, _paint(colour, rng) if colour in PAINTS else np.zeros(3, np.float32), rng)
    picture = TEXTURES[scene.backdrop.kind](canvas)
    classes = np.full(picture.shape[:2], CLASSES.index(scene.backdrop.kind), np.uint8)
    colours = np.full(picture.shape[:2], COLOURS.index(colour) if colour in PAINTS else NATURAL, np.uint8)
    for thing in scene.things:
        picture, inside = _drawn(picture, thing, rng)
        classes[inside] = CLASSES.index(thing.kind)
        colours[inside] = COLOURS.index(thing.colour)
    return crop(Drawing(np.round(picture).clip(0, 255).astype(np.uint8), classes, colours), scene.shape)


def _drawn(picture: Picture, thing: Thing, rng: Generator) -> tuple[Picture, NDArray[np.bool_]]:
    """The picture with an object on it, and the pixels that belong to the object."""
    outline, size = OUTLINES[thing.kind], len(picture)
    paint = _paint(thing.colour, rng)
    shade = paint * OUTLINE_SHADE if paint.mean() > 60 else paint + 60
    body = cover(thing, size)
    inner = np.minimum(body, _shrunk(body))
    for share, colour in ((body, shade), (inner, paint)):
        picture = picture + (colour - picture) * share[..., None]
    for parts, colour in ((outline.dark, shade), (outline.brown, np.array(BROWN, np.float32))):
        if parts:
            share = rasterise(place(parts, thing.pose), size)[..., None]
            picture = picture + (colour - picture) * share
    return picture, body > 0.5


def cover(thing: Thing, size: int) -> Picture:
    """The share [size, size] of each pixel that an object covers."""
    return rasterise(place(OUTLINES[thing.kind].body, thing.pose), size, thing.kind == "ring")


def _shrunk(body: Picture) -> Picture:
    """A coverage without its border of about two pixels."""
    return cv2.erode(body, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))


def _paint(colour: str, rng: Generator) -> Picture:
    """The colour's RGB, a little off."""
    return (np.array(PAINTS[colour], np.float32) + rng.uniform(-9, 9, 3).astype(np.float32)).clip(0, 255)


def make_scenes(seeds: range, count: int) -> Iterator[Scene]:
    """The first `count` scenes of a range of seeds."""
    return (make_scene(seed) for seed in seeds[:count])
