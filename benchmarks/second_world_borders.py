"""Painted borders in the second world: a case, a picture -> how many of its borders are where they were painted."""

from __future__ import annotations

import cv2
import numpy as np
from fidelity_scores import grow
from second_world_cases import Case, find_nearest, is_ground
from sizes_borders import NEAR, find_edges
from sizes_colours import spread

VOTE = 13
"""Pixels along a side of a square whose commonest ground a pixel is of: patterns have lines of colours of others."""


def score_boundary(case: Case, picture: np.ndarray) -> float:
    """The F-score of the borders between grounds, seen by their colours, at NEAR pixels and away from things.

    NaN where no brush covers what lies below.
    """
    if not any(part.solid for part in case.parts):
        return float("nan")
    _, true = case.truth
    seen = find_nearest(case, picture)
    free = ~(grow(~is_ground(true)) | ~is_ground(seen))
    painted, shown = (find_edges(regions) & free for regions in (drop_things(true), vote(drop_things(seen))))
    if not shown.any():
        return 0.0
    precision, recall = float(spread(painted, NEAR)[shown].mean()), float(spread(shown, NEAR)[painted].mean())
    return 2 * precision * recall / max(1e-9, precision + recall)


def drop_things(regions: np.ndarray) -> np.ndarray:
    """Regions, numbered as in the truth, with the ground of its brush where a thing is."""
    return np.where(is_ground(regions), regions, regions - 1).astype(np.int32)


def vote(regions: np.ndarray) -> np.ndarray:
    """The commonest region [h, w] around each pixel."""
    there = np.unique(regions)
    shares = [cv2.blur((regions == each).astype(np.float32), (VOTE, VOTE)) for each in there]
    return there[np.argmax(shares, axis=0)].astype(np.int32)
