"""Surroundings: what a region sees around its brush in the first levels, instead of the canvas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lib_regiondiff.document.palette import Bootstrap
from lib_regiondiff.geometry import Box
from lib_regiondiff.planning import noise, tiles


@dataclass(frozen=True, eq=False)
class Surround:
    """What a view of one picture sees where its brush is not.

    mask: float32 [h, w], 1 on the brush, which shows the canvas. white: [C, 1, 1], and its share. rest: x0 [C, h, w] of
    what is not white, or None for the canvas itself. noise: [C, h, w] of unit variance, its own.
    """

    mask: Tensor
    white: Tensor
    share: float
    rest: Tensor | None
    noise: Tensor
    under: bool = False
    """Whether the rest is the picture under the brushes, so that what is like it leaks."""

    @property
    def clean(self) -> Tensor | None:
        """x0 [C, h, w] of the surroundings, or None where a part of them is the canvas."""
        return None if self.rest is None else torch.lerp(self.rest, self.white.expand_as(self.rest), self.share)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What a view sees where its brush is not, in every image of a plan.

    mask, white and share are those of `Surround`; under: x0 [C, h, w] of the picture under the brushes, if any; noise:
    [B, C, h, w] of unit variance, the region's own. `scenery` has no white around it but at white levels.
    """

    mask: Tensor
    white: Tensor
    share: float
    under: Tensor | None
    noise: Tensor
    scenery: bool = False

    def of(self, image: int) -> Surround:
        """That of one image, before anything was drawn."""
        return Surround(self.mask, self.white, self.share, self.under, self.noise[image], self.under is not None)


@dataclass(frozen=True, eq=False)
class Around:
    """What surroundings at a level are made of: a share of white [C, 1, 1], x0 [C, h, w] under the brushes, seeds."""

    share: float
    white: Tensor
    under: Tensor | None
    seeds: tuple[int, ...]

    def shared_noise(self, number: int, frame: Box) -> Tensor:
        """The noise [B, C, h, w] of a region, by its noise's number; all its tiles in `frame` share it."""
        generators = [noise.make_generator(noise.derive_seed(seed, number)) for seed in self.seeds]
        return noise.draw_unit(generators, (len(self.white), frame.size.height, frame.size.width)).to(self.white)

    def of(self, own: Tensor, frame: Box, box: Box, inside: np.ndarray, scenery: bool = False) -> Surroundings:
        """The surroundings of the view of a box, given the noise of its frame and where [h, w] its brush is."""
        under = None if self.under is None else box.padded(self.under)
        part = box.moved(-frame.top, -frame.left).padded(own)
        mask = torch.from_numpy(inside.astype(np.float32)).to(self.white)
        return Surroundings(mask, self.white, self.share, under, part, scenery)


def find_white_share(bootstrap: Bootstrap, step: int, under: bool) -> float | None:
    """The share, 0…1, of white around the brushes at a step; None where brushes see the canvas.

    StreamMultiDiffusion's mix: as many levels are white, a fraction mixes. What is not white is the picture under the
    brushes, or what a texture drew there itself at the level before, or the canvas; at the first one only the canvas.
    """
    levels, mix = bootstrap.levels, bootstrap.mix
    assert not isinstance(levels, str) and not isinstance(mix, str), "settled"
    if step >= levels:
        return None
    share = min(max(mix - step, 0.0), 1.0)
    return share if share > 0 or under or step > 0 else None


def centre_boxes(places: Sequence[Box], weight: np.ndarray, ring: bool = False) -> list[Box]:
    """The boxes of a region, moved together so that its brush, cells of weight [h, w] above 0, is in their middle.

    They may leave the canvas then. A brush that spans several tiles is centred once; in a `ring` the shorter way round.
    """
    inner = tiles.find_bounds(weight > 0, ring)
    if inner is None or not places:
        return list(places)
    outer = Box.hull(places)
    down = (inner.top + inner.bottom - outer.top - outer.bottom) // 2
    across = (inner.left + inner.right - outer.left - outer.right) // 2
    if ring:  # the shorter way round
        width = weight.shape[1]
        across = (across + width // 2) % width - width // 2
    return [box.moved(down, across) for box in places]
