"""Segmenting: what of a close-up's picture is the thing, by its colours."""

from __future__ import annotations

import cv2
import numpy as np

SIDE = 256
"""Pixels along the longer side of the picture that is looked at."""
ROUNDS = 4
RIM = 1 / 32
"""Share of a side, at its border, that never is the thing."""
CENTRE = 0.6
"""Share of a side in which the thing is looked for where nothing is known of it."""
SMALL = 0.02
"""Share of the brush that a thing has at least."""
ALIKE = 20
"""Levels of 255 by which a thing's mean colour differs from that of its ground at least."""
EDGE = 0.6
"""Softness of the edge in pixels: a Gaussian's deviation."""


def cut_out(picture: np.ndarray, inside: np.ndarray, likely: np.ndarray | None) -> np.ndarray | None:
    """The share float32 [h, w] of the thing in each pixel of a picture uint8 [h, w, 3].

    It is `inside` [h', w'] in [0, 1], where its brush is, and perhaps where `likely` [h", w"] is high. GrabCut (Rother
    et al. 2004): the colours around the brush are those of the ground. None where hardly anything differs from them.
    """
    height, width = picture.shape[:2]
    shrink = min(1.0, SIDE / max(height, width))
    sides = max(8, round(width * shrink)), max(8, round(height * shrink))
    small = cv2.resize(picture, sides, interpolation=cv2.INTER_AREA)
    brush = cv2.resize(inside, sides, interpolation=cv2.INTER_LINEAR) > 0.5
    labels = _guess(brush, None if likely is None else cv2.resize(likely, sides, interpolation=cv2.INTER_LINEAR))
    if not _is_mixed(labels):
        return None
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(np.ascontiguousarray(small[..., ::-1]), labels, (0, 0, 1, 1), *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.float32)
    if found.sum() < SMALL * brush.sum() or not _stands_out(small, found > 0):
        return None
    return cv2.resize(cv2.GaussianBlur(found, (0, 0), EDGE), (width, height), interpolation=cv2.INTER_LINEAR)


def _guess(brush: np.ndarray, likely: np.ndarray | None) -> np.ndarray:
    """What each pixel is at first: ground for sure around the brush [h, w], else perhaps thing or perhaps ground."""
    height, width = brush.shape
    if likely is None or likely[brush].min(initial=1) > 0.5:
        likely = np.zeros((height, width), np.float32)
        top, left = (round(side * (1 - CENTRE) / 2) for side in (height, width))
        likely[top : height - top, left : width - left] = 1
    labels = np.where(likely > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[~brush] = cv2.GC_BGD
    high, wide = (max(1, round(RIM * side)) for side in (height, width))
    labels[:high] = labels[height - high :] = cv2.GC_BGD
    labels[:, :wide] = labels[:, width - wide :] = cv2.GC_BGD
    return labels


def _stands_out(picture: np.ndarray, found: np.ndarray) -> bool:
    """Whether what was found [h, w] has other colours than the rest of a picture [h, w, 3]."""
    if found.all():
        return False
    return float(np.abs(picture[found].mean(axis=0) - picture[~found].mean(axis=0)).max()) > ALIKE


def _is_mixed(labels: np.ndarray) -> bool:
    """Whether both kinds have enough pixels to learn colours from."""
    thing = int(((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).sum())
    return min(thing, labels.size - thing) >= 16
