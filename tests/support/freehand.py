"""Masks as hands paint them."""

from __future__ import annotations

import cv2
import numpy as np

from lib_regiondiff.document.pictures import Picture


def freehand(seed: int, soft: bool = False, side: int = 512) -> Picture:
    """A mask as a hand paints it: a smooth closed stroke, thick and filled."""
    line = cv2.LINE_AA if soft else cv2.LINE_8
    draw = np.random.default_rng(seed)
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    waves = np.sum([draw.normal(0, 0.12 / k) * np.cos(k * angles + draw.uniform(0, 6.3)) for k in range(1, 6)], axis=0)
    radius = side * draw.uniform(0.12, 0.25) * (1 + waves)
    middle = draw.uniform(0.3, 0.7, 2) * side
    points = middle + radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    corners = np.rint(points * 16).astype(np.int32)[None]
    mask = np.zeros((side, side), np.uint8)
    cv2.fillPoly(mask, [corners], 255, line, 4)
    cv2.polylines(mask, [corners], True, 255, round(12 * side / 512), line, 4)
    return Picture.of(cv2.imencode(".png", mask)[1].tobytes())
