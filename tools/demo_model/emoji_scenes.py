"""Scenes of the second world: seed -> scene -> picture with labels; what is drawn is known to the pixel."""

from __future__ import annotations

import numpy as np
from emoji_sprites import SIDE, paint, place
from emoji_textures import PAINTS, TEXTURES, TONES
from numpy.random import Generator
from numpy.typing import NDArray
from world_canvas import Canvas, Picture, mix
from world_scenes import Backdrop, Drawing, Pose, Scene, Thing, crop, draw_shape

from lib_regiondiff.demo.emoji import BACKGROUNDS, CLASSES, COLOURED_BACKGROUNDS, NATURAL, OBJECTS, TINTS
from lib_regiondiff.demo.world import COLOURS

EMPTY = 0.2
"""The share of scenes without a thing."""

CONTRAST = 95.0


def make_scene(seed: int) -> Scene:
    """The scene that a seed stands for: one thing or none on a background, in one of SHAPES."""
    rng = np.random.default_rng((4, seed))
    shape = draw_shape(rng)
    backdrop, size = draw_backdrop(rng), max(shape)
    if rng.random() < EMPTY:
        return Scene(seed, backdrop, size=size, shape=shape)
    return Scene(seed, backdrop, (_thing(rng, backdrop, draw_pose(rng, shape)),), size=size, shape=shape)


def draw_pose(rng: Generator, shape: tuple[int, int]) -> Pose:
    """About the middle of a picture, and as large as there is room."""
    size, short = max(shape), min(shape)
    y, x = size / 2 + rng.normal(0, 0.05, 2).clip(-0.1, 0.1) * shape
    radius, angle = rng.uniform(0.64, 0.86) * min(short / 2, 56), rng.uniform(-0.16, 0.16)
    return Pose(float(x), float(y), float(radius), float(angle))


def draw_backdrop(rng: Generator) -> Backdrop:
    """A random background; those with a colour come twice as often."""
    weights = np.array([2.0 if kind in COLOURED_BACKGROUNDS else 1.0 for kind in BACKGROUNDS])
    kind = str(rng.choice(BACKGROUNDS, p=weights / weights.sum()))
    return Backdrop(kind, str(rng.choice(TINTS)) if kind in COLOURED_BACKGROUNDS else "natural")


def find_visible_colours(backdrop: Backdrop) -> tuple[str, ...]:
    """The colours of things that stand out from a background."""
    behind = TONES.get(backdrop.kind) or PAINTS[backdrop.colour]
    return tuple(name for name, rgb in PAINTS.items() if np.hypot.reduce(np.subtract(rgb, behind)) > CONTRAST)


def _thing(rng: Generator, backdrop: Backdrop, pose: Pose) -> Thing:
    return Thing(str(rng.choice(OBJECTS)), str(rng.choice(find_visible_colours(backdrop))), pose)


def draw(scene: Scene) -> Drawing:
    """The picture of a scene, with labels; the same scene gives the same pixels."""
    rng = np.random.default_rng((5, scene.seed))
    colour = scene.backdrop.colour
    canvas = Canvas(scene.size, _tint(colour, rng) if colour in PAINTS else np.zeros(3, np.float32), rng)
    picture = TEXTURES[scene.backdrop.kind](canvas)
    classes = np.full(picture.shape[:2], CLASSES.index(scene.backdrop.kind), np.uint8)
    colours = np.full(picture.shape[:2], COLOURS.index(colour) if colour in PAINTS else NATURAL, np.uint8)
    for thing in scene.things:
        picture, inside = _drawn(picture, thing, rng)
        classes[inside] = CLASSES.index(thing.kind)
        colours[inside] = COLOURS.index(thing.colour)
    return crop(Drawing(np.round(picture).clip(0, 255).astype(np.uint8), classes, colours), scene.shape)


def _drawn(picture: Picture, thing: Thing, rng: Generator) -> tuple[Picture, NDArray[np.bool_]]:
    """The picture with a thing on it, lit from a side, and the pixels that belong to the thing."""
    size = len(picture)
    light, alpha = place(thing.kind, _matrix(thing.pose), size)
    turn, line = rng.uniform(0, 2 * np.pi), np.arange(size, dtype=np.float32)
    x, y = (line - thing.pose.x) / thing.pose.radius, (line - thing.pose.y) / thing.pose.radius
    lit = 1 + 0.12 * (np.cos(turn) * x[None, :] + np.sin(turn) * y[:, None]).clip(-1, 1)
    painted = paint(light, _tint(thing.colour, rng)) * lit[..., None]
    return mix(picture, painted, alpha), alpha > 0.5


def cover(thing: Thing, size: int) -> Picture:
    """The share [size, size] of each pixel that a thing covers."""
    return place(thing.kind, _matrix(thing.pose), size)[1]


def _matrix(pose: Pose) -> NDArray[np.float32]:
    """From a sprite's pixels to a canvas: turned, scaled so that its half side is the radius, and moved."""
    scale = pose.radius / (SIDE / 2)
    cos, sin = scale * np.cos(pose.angle), scale * np.sin(pose.angle)
    middle = (SIDE - 1) / 2
    x = pose.x - 0.5 - cos * middle + sin * middle
    y = pose.y - 0.5 - sin * middle - cos * middle
    return np.array([[cos, -sin, x], [sin, cos, y]], np.float32)


def _tint(colour: str, rng: Generator) -> Picture:
    """The colour's RGB, a little off."""
    return (np.array(PAINTS[colour], np.float32) + rng.uniform(-9, 9, 3).astype(np.float32)).clip(0, 255)
