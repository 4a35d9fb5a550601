"""The silhouettes of the toy world's things: the pixels of what is seen -> how far its shape is that of one thing."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import cv2
import numpy as np
from fidelity_palettes import Flags
from numpy.typing import NDArray
from toyworld_shapes import OUTLINES, Pose, place, rasterise

SIDE, ROOT_AREA = 64, 32  # pixels of the square in which shapes are compared, and of the root of their area there
TURNS = (-0.16, -0.08, 0.0, 0.08, 0.16)  # radians: how far things lean in the toy world
DEFAULT = 0.7
LEAST: Mapping[str, float] = {"star": 0.65, "boat": 0.65, "tree": 0.6, "sun": 0.5}
"""The IoU from which on a patch has the shape of its kind; of those with thin parts the labeller sees less."""


def is_shaped(kind: str, shapes: Mapping[str, float]) -> bool:
    """Whether a patch that looks like a kind has its shape: two that have grown together have not."""
    return shapes.get(kind, 0.0) >= LEAST.get(kind, DEFAULT)


def fill_holes(flags: Flags) -> NDArray[np.float32]:
    """Flags, bool [h, w], without holes, as a coverage."""
    whole = np.zeros(flags.shape, np.uint8)
    contours, _ = cv2.findContours(flags.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(whole, contours, -1, 1, cv2.FILLED), np.float32)


def compare_shapes(seen: Flags, wished: str, true: Flags) -> dict[str, float]:
    """The IoU of a patch, bool [h, w], with each kind's silhouette, at equal centre and area, leaning as fits best.

    The `wished` kind may look as in the true picture, bool [h, w], too, where another thing may hide a part of it.
    Holes are filled, for the labeller fills those of rings now and then.
    """
    patch = normalise(fill_holes(seen)) > 0.5
    shapes = {kind: max(compare(patch, each) for each in find_silhouettes(kind)) for kind in OUTLINES}
    return shapes | {wished: max(shapes[wished], compare(patch, normalise(fill_holes(true)) > 0.5))}


def compare(one: Flags, two: Flags) -> float:
    """The IoU of two masks."""
    return float((one & two).sum() / max(1, (one | two).sum()))


@functools.cache
def find_silhouettes(kind: str) -> tuple[NDArray[np.bool_], ...]:
    """A kind's silhouettes, bool [SIDE, SIDE], one for each of TURNS."""
    found = []
    for turn in TURNS:
        pose = Pose(128, 128, 100, turn)
        found.append(normalise(fill_holes(rasterise(place(OUTLINES[kind].body, pose), 256) > 0.5)) > 0.5)
    return tuple(found)


def normalise(share: NDArray[np.float32]) -> NDArray[np.float32]:
    """A coverage [h, w], moved and scaled to [SIDE, SIDE]: its centre in the middle, its area ROOT_AREA squared."""
    area = max(1.0, float(share.sum()))
    y, x = (np.arange(length, dtype=np.float64) for length in share.shape)
    middle = float((share.sum(0) * x).sum() / area), float((share.sum(1) * y).sum() / area)
    scale = ROOT_AREA / area**0.5
    shift = [SIDE / 2 - 0.5 - scale * each for each in middle]
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.warpAffine(np.asarray(share, np.float32), matrix, (SIDE, SIDE), flags=flags), np.float32)
