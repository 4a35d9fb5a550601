"""What becomes of painted borders: a wish, a picture with its labels, the true picture -> how true its borders are."""

from __future__ import annotations

import cv2
import numpy as np
from fidelity_palettes import Flags, Meaning
from fidelity_scores import match
from numpy.typing import NDArray
from sizes_colours import find_nearest, find_palette, measure_distances, score_order, score_stuff, spread
from sizes_labels import Seen
from sizes_scores import find_free, match_ground, score_labels
from sizes_wishes import Wish
from toyworld_scenes import Drawing

from lib_regiondiff.demo.labeller import Maps
from lib_regiondiff.demo.world import CLASSES

NEAR, BAND = 2, 8  # pixels: a border that is as far off is where it should be; what is beside a border
FAR = 30  # grey levels between a colour and another one
Regions = NDArray[np.int32]


def score_picture(wish: Wish, picture: NDArray[np.uint8], seen: Seen, true: Drawing) -> dict[str, float]:
    """All scores of a picture, uint8 [h, w, 3], with its labels: those of its things, its colours and its borders.

    `boundary` is the F-score of borders of scenes and stuff, `border colour` how far colours beside any are off, `halo`
    the share of what is around things, on their brushes, that has no colour of the ground, and `order` whether later
    things are above. `whole` is 1 where that is so, too.
    """
    order, scores = score_order(wish, picture, true), score_labels(wish, seen, true)
    return {
        **scores,
        "whole": scores["whole"] if order != 0 else 0.0,
        "order": order,
        **score_stuff(wish, picture, true),
        "boundary": score_boundary(wish, picture, seen, true),
        "border colour": score_colours(wish, picture, true),
        "halo": score_halos(wish, picture, seen.plain, true),
    }


def score_boundary(wish: Wish, picture: NDArray[np.uint8], seen: Seen, true: Drawing) -> float:
    """How far seen borders are painted ones and the other way round, away from objects; NaN without solid brushes.

    The borders of stuff are seen by its colours: the labeller is too coarse for small patches and strokes.
    """
    roles = {piece.role for piece in wish.pieces}
    if roles == {"thing"}:
        return float("nan")
    free = find_free(wish, seen.plain, true)
    regions = find_seen(wish, seen) if "scene" in roles else find_nearest(wish, picture, true)
    painted, shown = find_edges(find_regions(wish)) & free, find_edges(regions) & free
    if not painted.any():
        return float("nan")
    if not shown.any():
        return 0.0
    precision, recall = float(spread(painted, NEAR)[shown].mean()), float(spread(shown, NEAR)[painted].mean())
    return 2 * precision * recall / max(1e-9, precision + recall)


def find_regions(wish: Wish) -> Regions:
    """The number [h, w] of what is on top at each pixel, things left out: 0 for the ground, else 1 + a brush's."""
    regions = np.zeros(wish.covered.shape[1:], np.int32)
    for index, (piece, mask) in enumerate(zip(wish.pieces, wish.covered, strict=True)):
        if piece.solid:
            regions[mask] = 1 + index
    return regions


def find_seen(wish: Wish, seen: Seen) -> Regions:
    """The regions that the labels show; a pixel that shows none is part of the nearest one.

    What is seen at its own size counts more, for it is sharper.
    """
    shown, painted = np.full(seen.plain.classes.shape, -1, np.int32), find_regions(wish)
    if (painted == 0).any():
        shown[match(seen.plain, Meaning(wish.ground, wish.pieces[0].meaning.box))] = 0
    for every in (seen.grounds, [seen.plain] * len(wish.pieces)):
        for index, (piece, maps) in enumerate(zip(wish.pieces, every, strict=True)):
            if piece.solid:
                shown[match_ground(piece, maps)] = 1 + index
    return fill(shown)


def fill(regions: Regions) -> Regions:
    """Regions whose pixels of -1 are those of the nearest other pixel; all 0 if there is no other."""
    known = regions >= 0
    if not known.any():
        return np.zeros_like(regions)
    _, nearest = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.asarray(nearest, np.int64)
    table = np.zeros(int(places.max()) + 1, np.int32)
    table[places[known]] = regions[known]
    return table[places]


def find_edges(regions: Regions) -> Flags:
    """The pixels that are not of the region of the pixel above or to the left."""
    edges = np.zeros(regions.shape, bool)
    edges[1:] |= regions[1:] != regions[:-1]
    edges[:, 1:] |= regions[:, 1:] != regions[:, :-1]
    return edges


def score_colours(wish: Wish, picture: NDArray[np.uint8], true: Drawing) -> float:
    """The mean distance, in grey levels, of what is beside painted borders from the colours of the true picture there.

    A pixel's distance is that to the nearest common colour of its own brush, for nobody knows the phase of a pattern:
    what bleeds in from the other side, and what has no business there, is far from all of them.
    """
    shown = wish.visible
    band = np.logical_or.reduce([spread(find_edges(each.astype(np.int32)), BAND) for each in shown[1:]])
    found = [measure_distances(picture[each & band], find_palette(true.picture[each])) for each in shown if each.any()]
    return float(np.concatenate(found).mean()) if found else float("nan")


def score_halos(wish: Wish, picture: NDArray[np.uint8], maps: Maps, true: Drawing) -> float:
    """The share of pixels on brushes of things on the ground, away from objects, that are far from its colours."""
    things = [mask for piece, mask in zip(wish.pieces, wish.covered, strict=True) if not piece.solid]
    around = np.logical_or.reduce(things) & find_free(wish, maps, true) if things else np.zeros((1, 1), bool)
    ground = true.classes == CLASSES.index(wish.ground.kind)
    if not around.any() or not ground.any():
        return float("nan")
    return float((measure_distances(picture[around], find_palette(true.picture[ground])) > FAR).mean())
