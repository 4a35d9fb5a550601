"""Pieces: the separate parts of a brush, each of which has a thing of its own."""

from __future__ import annotations

import cv2
import numpy as np

SPECK = 16
"""How many times smaller than its largest piece a piece of a brush may be that is no thing of its own."""


def label_pieces(coverage: np.ndarray, ring: bool = False) -> tuple[np.ndarray, list[int]]:
    """A number for each cell [h, w] of a brush that says to which piece it belongs, and the numbers of pieces.

    Pieces do not touch each other; specks have numbers that are not among these. In a `ring` what touches both borders
    is one piece.
    """
    count, labels = cv2.connectedComponents((coverage > 0).astype(np.uint8))
    if ring:
        labels = _join_borders(labels, count)
    areas = np.bincount(labels.ravel(), weights=coverage.ravel(), minlength=count)
    areas[0] = 0
    return labels, [int(label) for label in np.flatnonzero((areas > 0) & (areas >= areas.max() / SPECK))]


def _join_borders(labels: np.ndarray, count: int) -> np.ndarray:
    """Numbers [h, w] of pieces, where those that meet at the left and right border have the lowest of their numbers."""
    known = np.arange(count)
    for left, right in zip(labels[:, 0], labels[:, -1], strict=True):
        if left and right and known[left] != known[right]:
            low, high = sorted((known[left], known[right]))
            known[known == high] = low
    return known[labels]
