"""Pictures that only the labeller sees: things of all sizes on one background, over one another and cut off."""

from __future__ import annotations

import numpy as np
from world_scenes import SIZE, Drawing, Pose, Scene, Thing
from worlds import World

RADII = (7.0, 130.0)
MOST = 5


def make_composite(world: World, seed: int) -> Scene:
    """The composite that a seed stands for: up to MOST things of a size in RADII, anywhere, large ones behind."""
    rng = np.random.default_rng((6, seed))
    backdrop = world.draw_backdrop(rng)
    low, high = np.log(RADII)
    radii = sorted(np.exp(rng.uniform(low, high, int(rng.integers(1, MOST + 1)))).tolist(), reverse=True)
    things = []
    for radius in radii:
        x, y = rng.uniform(-0.2 * radius, SIZE + 0.2 * radius, 2)
        kind, colour = rng.choice(world.objects), rng.choice(world.find_visible_colours(backdrop))
        pose = Pose(float(x), float(y), radius, float(rng.uniform(-0.16, 0.16)))
        things.append(Thing(str(kind), str(colour), pose))
    return Scene(seed, backdrop, tuple(things))


def draw_window(world: World, seed: int) -> Drawing:
    """The drawing [128, 128] of a seed's composite."""
    return world.draw(make_composite(world, seed))
