"""Blends: MultiDiffusion and Mixture of Diffusers differ only in how brushes and tiles are weighed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lib_regiondiff.document.values import AUTO
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning import tiles
from lib_regiondiff.planning.auto import BLEND

Fade = Callable[[np.ndarray, bool], np.ndarray | float]
"""(coverage [h, w] of a brush, whether the canvas is a ring) -> the factor of its weight, a number or [h, w]."""


@dataclass(frozen=True)
class Blend:
    """How a method weighs: brushes by `fade`, tiles by the profile `window` where the palette names none."""

    window: str
    fade: Fade


def keep(coverage: np.ndarray, ring: bool = False) -> float:
    """MultiDiffusion's factor of a brush's weight: 1 everywhere (arXiv:2302.08113)."""
    del coverage, ring
    return 1.0


def fade(coverage: np.ndarray, ring: bool = False) -> np.ndarray:
    """Mixture of Diffusers' factor [h, w] of a brush's weight: a Gaussian over the bounds of its coverage [h, w]."""
    weight = np.full(coverage.shape, tiles.FLOOR, np.float32)
    box = tiles.find_bounds(coverage > 0, ring)
    if box is not None:
        curve = tiles.make_profile("gaussian", box.size)
        for inside, place in box.pieces(Size(*coverage.shape)):
            inside.paste(weight, place.crop(curve))
    return weight


BLENDS: Mapping[str, Blend] = {"average": Blend("linear", keep), "mixture": Blend("gaussian", fade)}
"""A palette's `blend` -> how it weighs."""


def find_blend(name: str) -> Blend:
    """The blend that a palette's `blend` names; for `auto` the one that it becomes."""
    return BLENDS[BLEND if name == AUTO else name]
