"""What the labeller sees in a picture of things and scenes of any size: it looks at each in the size that it knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sizes_wishes import Piece

from lib_regiondiff.demo import labeller
from lib_regiondiff.demo.labeller import Maps
from lib_regiondiff.geometry import Size

KNOWN = (34.0, 48.0)  # radii, in pixels, of the things of the labeller's training pictures
REDUCED = 41.0  # the radius to which larger ones are reduced
NATIVE, LONGEST = 128, 2  # side, in pixels, of the labeller's training pictures; how long one scene is drawn at most


@dataclass(frozen=True)
class Seen:
    """The labels of a picture, all [h, w]: at its own size, and for each brush by which its thing is found and named.

    A large thing is found and named in the reduced picture. A small one is found at its own size, for the enlarged
    picture shows things where there are none, and named in the enlarged picture. The ground of a scene is looked for at
    its own size and reduced as one native picture would be, since it may be drawn as one and enlarged.
    """

    plain: Maps
    finding: Sequence[Maps]
    naming: Sequence[Maps]
    grounds: Sequence[Maps]

    @staticmethod
    def alike(maps: Maps, brushes: int) -> Seen:
        """The same labels at all sizes."""
        return Seen(maps, *([maps] * brushes for _ in range(3)))


def look(picture: NDArray[np.uint8], pieces: Sequence[Piece], network: Any) -> Seen:
    """Label a picture, uint8 [h, w, 3], for these brushes."""
    image = Image.fromarray(picture)
    known = {1.0: labeller.label(image, network)}

    def look_at(scale: float) -> Maps:
        if scale not in known:
            known[scale] = label_scaled(image, scale, network)
        return known[scale]

    finding, naming, grounds = [], [], []
    for piece in pieces:
        thing, box = piece.meaning.thing, piece.meaning.box
        scale = 1.0 if thing is None else choose_scale(thing.pose.radius)
        naming.append(look_at(scale))
        finding.append(look_at(min(1.0, scale)))
        grounds.append(look_at(reduce_scene(box.size) if piece.role == "scene" else 1.0))
    return Seen(known[1.0], finding, naming, grounds)


def reduce_scene(size: Size) -> float:
    """How much a scene of a size is reduced to the area of a native picture, never enlarged."""
    short, long = sorted((size.height, size.width))
    return min(1.0, NATIVE / (short * min(long, LONGEST * short)) ** 0.5)


def choose_scale(radius: float) -> float:
    """How much a thing of a radius is enlarged, so that the labeller knows its size."""
    low, high = KNOWN
    return low / radius if radius < low else REDUCED / radius if radius > high else 1.0


def label_scaled(image: Image.Image, scale: float, network: Any) -> Maps:
    """The labels of a picture as they are in a scaled one, brought back to its own size."""
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    maps = labeller.label(image.resize(size, Image.Resampling.LANCZOS), network)
    return Maps(*(bring_back(part, image.size) for part in (maps.classes, maps.colours)))


def bring_back(labels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Labels at another size (width, height)."""
    return np.asarray(Image.fromarray(labels).resize(size, Image.Resampling.NEAREST))
