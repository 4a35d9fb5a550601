"""Scenes of any world: what a picture shows, before it is drawn and after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

SIZE = 128
TRAINING = range(10**9)
HELD_OUT = range(10**9, 2 * 10**9)
"""Seeds of scenes: the two ranges share none."""

SHAPES: tuple[tuple[int, int], ...] = (
    (128, 128), (112, 144), (144, 112), (104, 160), (160, 104), (96, 176), (176, 96), (88, 176), (176, 88),
)  # fmt: skip
"""Height and width in pixels of pictures of about one area, for worlds that have such."""

SHARES = (0.36, *(0.08,) * 8)
Labels = NDArray[np.uint8]


def draw_shape(rng: Generator) -> tuple[int, int]:
    """A random one of SHAPES, the square one most often."""
    return SHAPES[int(rng.choice(len(SHAPES), p=SHARES))]


@dataclass(frozen=True)
class Pose:
    """Where an object stands: centre and radius in pixels, angle in radians."""

    x: float
    y: float
    radius: float
    angle: float = 0.0


@dataclass(frozen=True)
class Backdrop:
    """A background: its kind, and its colour where it has one (else `natural`)."""

    kind: str
    colour: str = "natural"


@dataclass(frozen=True)
class Thing:
    """An object: kind, colour, and pose in the picture."""

    kind: str
    colour: str
    pose: Pose


@dataclass(frozen=True)
class Scene:
    """A picture before it is drawn; `relation` says where the first of two things is, seen from the second.

    It is drawn on a square of side `size`, of which the middle is shown where `shape`, height and width, is given.
    """

    seed: int
    backdrop: Backdrop
    things: tuple[Thing, ...] = ()
    relation: str = ""
    size: int = SIZE
    shape: tuple[int, int] | None = None


@dataclass(frozen=True)
class Drawing:
    """A picture uint8 [h, w, 3], and the indices of each pixel's class and colour in its world's names, [h, w]."""

    picture: Labels
    classes: Labels
    colours: Labels


def crop(drawing: Drawing, shape: tuple[int, int] | None) -> Drawing:
    """The middle of a square drawing, of this height and width; the drawing itself for no shape."""
    if shape is None:
        return drawing
    top, left = ((len(drawing.picture) - side) // 2 for side in shape)
    window = slice(top, top + shape[0]), slice(left, left + shape[1])
    return Drawing(drawing.picture[window], drawing.classes[window], drawing.colours[window])
