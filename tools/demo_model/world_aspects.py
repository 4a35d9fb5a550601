"""Scenes of a square world in other shapes: the same kinds of things and backgrounds, in pictures from 1:2 to 2:1."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from world_scenes import SIZE, Pose, Scene, Thing, draw_shape
from worlds import World


def make_aspect_scene(world: World, seed: int) -> Scene:
    """The scene that a seed stands for in a square world, stretched over a picture of another shape.

    Things keep their form. They are as large as before where there is room, two side by side keep their distance.
    """
    scene, shape = world.make_scene(seed), draw_shape(np.random.default_rng((7, seed)))
    size, room = max(shape), min(*shape, SIZE) / SIZE
    things = tuple(_stretch(thing, shape, size, room) for thing in scene.things)
    return replace(scene, things=things, size=size, shape=shape)


def _stretch(thing: Thing, shape: tuple[int, int], size: int, room: float) -> Thing:
    pose = thing.pose
    y, x = (size / 2 + (at - SIZE / 2) * side / SIZE for at, side in zip((pose.y, pose.x), shape, strict=True))
    return replace(thing, pose=Pose(x, y, pose.radius * room, pose.angle))
