"""Scores: a puzzle and the labels of a picture -> how far the picture does what the palette says."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import fidelity_paths  # noqa: F401  (so that tools/ is found)
import numpy as np
from fidelity_palettes import Flags, Meaning, Puzzle, find_visible, rasterise
from numpy.typing import NDArray
from toyworld_scenes import Drawing

from lib_regiondiff.demo.labeller import Maps
from lib_regiondiff.demo.world import BACKGROUNDS
from lib_regiondiff.geometry import Box

NEAR = 6  # pixels around a mask that count as inside
PRESENT, PART, LEAK = 0.35, 0.2, 0.15  # of the true object: least area, least area of a second one, most outside
GAP = 9  # parts of one object are no further apart, in pixels
CHANGED = 12  # grey levels

NAMES = ("fidelity", "texture IoU", "something there", "right class", "wrong colour", "leaked", "duplicated")


def score(given: Puzzle, maps: Maps, true: Drawing) -> dict[str, float]:
    """The scores of a picture's labels: means over the brushes of a palette, background included, NaN where unknown.

    `fidelity` is the mean over brushes: of a texture its IoU, of an object a quarter each for something being there,
    for its class, for its colour, and for being of that class, one, and at most LEAK of it outside.
    """
    seen = find_visible(rasterise(given.palette()))
    things = np.array([meaning.thing is not None for meaning in given.meanings])
    free = ~grow(np.logical_or.reduce(seen[things]))
    textures = [iou(match(maps, m), mask, free) for m, mask in zip(given.meanings, seen, strict=True) if not m.thing]
    objects = [
        judge(maps, meaning, mask, int((true.classes == meaning.seen[0])[mask].sum()))
        for meaning, mask in zip(given.meanings, seen, strict=True)
        if meaning.thing
    ]
    columns = {name: mean([each[name] for each in objects]) for name in NAMES[2:]}
    whole = textures + [each["obeyed"] for each in objects]
    return {"fidelity": mean(whole), "texture IoU": mean(textures), **columns}


def mean(values: Sequence[float]) -> float:
    """The mean of the values that are not NaN; NaN without any."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def match(maps: Maps, meaning: Meaning) -> Flags:
    """The pixels whose labels are what a meaning wants, bool [h, w]."""
    kind, colour = meaning.seen
    right = maps.classes == kind
    return right & (maps.colours == colour) if meaning.coloured else right


def iou(found: Flags, mask: Flags, free: Flags) -> float:
    """Intersection over union of two masks in the pixels `free` of objects."""
    union = ((found | mask) & free).sum()
    return float((found & mask & free).sum() / union) if (mask & free).any() else float("nan")


def judge(maps: Maps, meaning: Meaning, mask: Flags, area: int) -> dict[str, float]:
    """The scores of one object, of which the true picture shows `area` pixels in its mask."""
    kind, colour = meaning.seen
    own, inside = maps.classes == kind, (maps.classes >= len(BACKGROUNDS)) & mask
    there = inside.sum() >= max(1.0, PRESENT * area)
    right = there and find_commonest(maps.classes[inside]) == kind
    wrong = find_commonest(maps.colours[inside]) != colour
    leak = (own & ~grow(mask)).sum() / own.sum() if own.sum() >= PART * area else float("nan")
    double = count_parts(own, PART * area) > 1
    whole = right and not double and leak <= LEAK
    return {
        "obeyed": sum(map(bool, (there, right, there and not wrong, whole))) / 4,
        "something there": float(there),
        "right class": float(right),
        "wrong colour": float(wrong) if there else float("nan"),
        "leaked": float(leak),
        "duplicated": float(double),
    }


def grow(mask: Flags) -> Flags:
    """A mask with its near surroundings, bool [h, w]."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * NEAR + 1, 2 * NEAR + 1))
    return cv2.dilate(mask.astype(np.uint8), kernel).astype(bool)


def find_commonest(values: NDArray[np.uint8]) -> int:
    """The commonest label among some."""
    return int(np.bincount(values.ravel()).argmax()) if values.size else -1


def count_parts(own: Flags, least: float) -> int:
    """The number of separate patches of at least `least` pixels; patches that a small gap parts count as one."""
    closed = cv2.dilate(own.astype(np.uint8), np.ones((GAP, GAP), np.uint8))
    count, labels = cv2.connectedComponents(closed)
    areas = np.bincount(labels[own], minlength=count)[1:]
    return int((areas >= max(1.0, least)).sum())


def measure_seams(picture: NDArray[np.uint8], tiles: Sequence[Box], cell: int = 8) -> float:
    """The mean step of grey across borders of tiles, relative to that across other borders of latent cells."""
    grey = picture.astype(np.float32).mean(axis=2)
    at, other = [], []
    for axis, low, high in ((0, "top", "bottom"), (1, "left", "right")):
        steps = np.abs(np.diff(grey, axis=axis)).mean(axis=1 - axis)
        borders = {getattr(box, side) * cell for box in tiles for side in (low, high)}
        for place in range(cell, grey.shape[axis], cell):
            (at if place in borders else other).append(steps[place - 1])
    return float(np.mean(at) / max(1e-6, float(np.mean(other))))


def measure_change(before: NDArray[np.uint8], after: NDArray[np.uint8], elsewhere: Flags) -> float:
    """The share of the pixels `elsewhere` that are visibly different after."""
    distance = np.abs(before.astype(int) - after.astype(int)).max(axis=2)
    return float((distance > CHANGED)[elsewhere].mean())
