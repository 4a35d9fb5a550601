"""A blur by its definition, slowly."""

from __future__ import annotations

import math

import numpy as np


def definition(weight: np.ndarray, deviation: float, ring: bool) -> np.ndarray:
    """A tap for each cell that is seen."""
    far = math.ceil(3 * deviation)
    taps = np.exp(-0.5 * (np.arange(-far, far + 1) / deviation) ** 2)
    taps /= taps.sum()
    down = np.pad(weight.astype(float), ((far, far), (0, 0)), mode="edge")
    down = np.stack([np.convolve(column, taps, "valid") for column in down.T], axis=1)
    across = np.pad(down, ((0, 0), (far, far)), mode="wrap" if ring else "edge")
    return np.stack([np.convolve(row, taps, "valid") for row in across])
