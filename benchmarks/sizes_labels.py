"""What the labeller sees in a picture of things of any size: it looks at each at the size that it has learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lib_regiondiff.demo import labeller
from lib_regiondiff.demo.labeller import Maps

KNOWN = (34.0, 48.0)  # radii, in pixels, of the things of the labeller's training pictures
REDUCED = 41.0  # the radius to which larger ones are reduced


@dataclass(frozen=True)
class Seen:
    """The labels of a picture, all [h, w]: at its own size, and for each brush by which its thing is found and named.

    A large thing is found and named in the reduced picture. A small one is found at its own size, for the enlarged
    picture shows things where there are none, and named in the enlarged picture.
    """

    plain: Maps
    finding: Sequence[Maps]
    naming: Sequence[Maps]

    @staticmethod
    def alike(maps: Maps, brushes: int) -> Seen:
        """The same labels at all sizes."""
        return Seen(maps, [maps] * brushes, [maps] * brushes)


def look(picture: NDArray[np.uint8], radii: Sequence[float | None], network: Any) -> Seen:
    """Label a picture, uint8 [h, w, 3], for brushes with things of these radii in pixels, None where there is none."""
    image = Image.fromarray(picture)
    plain = labeller.label(image, network)
    finding, naming = [], []
    for radius in radii:
        scale = 1.0 if radius is None else choose_scale(radius)
        other = plain if scale == 1 else label_scaled(image, scale, network)
        naming.append(other)
        finding.append(other if scale < 1 else plain)
    return Seen(plain, finding, naming)


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
