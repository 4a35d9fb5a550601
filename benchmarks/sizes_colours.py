"""What a picture shows by its colours: where brushes are too small for labels, and which of two things is above."""

from __future__ import annotations

import cv2
import numpy as np
from fidelity_palettes import Flags, Meaning
from fidelity_scores import iou, mean
from numpy.typing import NDArray
from sizes_wishes import Wish, find_share
from toyworld_scenes import Drawing

SHADES, COMMON = 16, 0.005  # grey levels that are one shade; the least share of a region that makes a shade its own
WINDOW, AROUND = 3, 16  # pixels over which distances are averaged, for patterns; around a stroke or patch of stuff
OVERLAP = 24  # pixels of two things that have to meet, so that their order can be told
Picture = NDArray[np.uint8]


def score_stuff(wish: Wish, picture: Picture, true: Drawing) -> dict[str, float]:
    """The mean IoU of patches of stuff, and of strokes, with the pixels around them whose colours are theirs."""
    regions = find_nearest(wish, picture, true)
    found: dict[str, list[float]] = {"stuff": [], "stroke": []}
    for index, piece in enumerate(wish.pieces, start=1):
        shown = wish.visible[index]
        if piece.role in found:
            found[piece.role].append(iou(regions == index, shown, spread(shown, AROUND)))
    return {"texture IoU": mean(found["stuff"]), "stroke IoU": mean(found["stroke"])}


def find_nearest(wish: Wish, picture: Picture, true: Drawing) -> NDArray[np.int32]:
    """The number [h, w] of the region whose true colours are nearest: 0 for the ground, 1 + a brush's."""
    distances = []
    for shown in wish.visible:
        palette = find_palette(true.picture[shown])
        each = measure_distances(picture.reshape(-1, 3), palette).reshape(shown.shape)
        distances.append(cv2.blur(each, (WINDOW, WINDOW)))
    return np.argmin(distances, axis=0).astype(np.int32)


def score_order(wish: Wish, picture: Picture, true: Drawing) -> float:
    """The share of pairs of overlapping things whose later one is seen, by its colours, where both are in truth."""
    found = []
    things = [each.meaning for each in wish.pieces if each.meaning.thing]
    for at, upper in enumerate(things):
        for lower in things[:at]:
            both = find_body(upper, wish) & find_body(lower, wish)
            if both.sum() >= OVERLAP:
                above, below = (measure_distances(picture[both], find_own(each, true)) for each in (upper, lower))
                found.append(float((above < below).mean() > 0.5))
    return mean(found)


def find_body(meaning: Meaning, wish: Wish) -> Flags:
    """The pixels of a thing in the true picture, whatever lies above it."""
    assert meaning.thing is not None
    return find_share(meaning.thing, wish.size) > 0.5


def find_own(meaning: Meaning, true: Drawing) -> NDArray[np.float32]:
    """The common colours of a thing in the true picture."""
    return find_palette(true.picture[true.classes == meaning.seen[0]])


def find_palette(pixels: Picture) -> NDArray[np.float32]:
    """The common colours [n, 3] of pixels [p, 3]: the means of those that share a shade."""
    if not len(pixels):
        return np.empty((0, 3), np.float32)
    shades = (pixels // SHADES).astype(np.int32) @ np.array((4096, 64, 1), np.int32)
    _, places, counts = np.unique(shades, return_inverse=True, return_counts=True)
    sums = np.stack([np.bincount(places.ravel(), pixels[:, channel]) for channel in range(3)], 1)
    common = counts >= COMMON * len(pixels)
    return (sums / counts[:, None])[common].astype(np.float32)


def measure_distances(pixels: Picture, palette: NDArray[np.float32]) -> NDArray[np.float32]:
    """The distance of each pixel [p, 3] to the nearest colour of a palette [n, 3], in grey levels; far without any."""
    nearest = np.full(len(pixels), 255, np.float32)
    for colour in palette:
        nearest = np.minimum(nearest, np.abs(pixels - colour).mean(axis=1))
    return nearest


def spread(flags: Flags, pixels: int) -> Flags:
    """Flags and what is not further from them than so many pixels."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1))
    return cv2.dilate(flags.astype(np.uint8), kernel).astype(bool)
