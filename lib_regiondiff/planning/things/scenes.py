"""Scenes: a brush whose prompt brings its own ground is one picture, in one window as long and wide as the brush."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from lib_regiondiff.document.palette import Brush
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import LatentSpec
from lib_regiondiff.planning import noise, tiles
from lib_regiondiff.planning.things.closeups import FINEST, Closeup, choose_size, find_scale
from lib_regiondiff.planning.views import View

SLACK = 1.1
"""How many times longer a brush may be than the longest picture that a model was trained on, and still be one."""
NEAR = (0.8, 1.25)
"""Native areas within which a window needs no zoom."""
JOINED = 0.2
"""Share of the levels, the last ones, in which a scene sees what is beyond its border."""
STRETCH = 1.1
"""How many times longer one axis may be shown than the other, so that less of the window is cut off."""
BEYOND = 1 / 16
"""Share of its side by which a window with a zoom is longer than its brush."""


@dataclass(frozen=True)
class SceneWindow:
    """The window of a scene in cells of the canvas, which it may leave, and in how many cells it is drawn.

    A brush that is too long for one picture goes on beyond it: `frame` holds both.
    """

    box: Box
    size: Size
    frame: Box

    @property
    def zoomed(self) -> bool:
        """Whether it is drawn beside the canvas, and not on it."""
        return not self.size == self.box.size == self.frame.size


def find_scene(weight: np.ndarray, latent: LatentSpec, ring: bool = False) -> SceneWindow | None:
    """The window of a scene with these weights [h, w]; None for an empty one."""
    inner = tiles.find_bounds(weight > 0, ring)
    if inner is None:
        return None
    native, canvas = latent.native // latent.pixels_per_cell, Size(*weight.shape)
    step = max(1, min(FINEST, native // 8))
    middle = _shorten(inner, latent.longest)
    high, wide = middle.size.height, middle.size.width
    share = high * wide / native**2
    if NEAR[0] <= share <= NEAR[1] and middle == inner:
        box = tiles.fit_window(inner, canvas, 1, step)
        return SceneWindow(box, box.size, box)
    size = choose_size(high, wide, latent)
    high, wide = _fit_sides(size, middle.size)
    top, bottom = _centre(middle.top, middle.bottom, high)
    left, right = _centre(middle.left, middle.right, wide)
    box = Box(top, left, bottom, right, ring)
    return SceneWindow(box, size, box.union(inner))


def _shorten(inner: Box, longest: float) -> Box:
    """The middle of a box that is no longer than a model was trained for."""
    high, wide = inner.size.height, inner.size.width
    if max(high, wide) <= SLACK * longest * min(high, wide):
        return inner
    most = round(longest * min(high, wide))
    if high > wide:
        top = (inner.top + inner.bottom - most) // 2
        return replace(inner, top=top, bottom=top + most)
    left = (inner.left + inner.right - most) // 2
    return replace(inner, left=left, right=left + most)


def _fit_sides(size: Size, shown: Size) -> tuple[int, int]:
    """Height and width on the canvas of a window in so many cells: a little more than what is shown, stretched if need
    be as far as nobody sees it."""
    least = find_scale(size, shown.height, shown.width) / STRETCH
    pairs = (size.height, shown.height), (size.width, shown.width)
    high, wide = (round((1 + BEYOND) * own * max(least, side / own)) for own, side in pairs)
    return high, wide


def _centre(first: int, last: int, long: int) -> tuple[int, int]:
    """A span of so many cells around the middle of another."""
    start = (first + last - long) // 2
    return start, start + long


@dataclass(frozen=True)
class SceneKey:
    """What the scenes of a step depend on: whether the step is the last one, and whether the next sees its borders."""

    last: bool
    joined: bool


def list_scene_keys(steps: int) -> list[SceneKey]:
    """The key of each of so many steps."""
    first = steps - max(1, math.ceil(JOINED * steps))
    return [SceneKey(step == steps - 1, step + 1 >= first) for step in range(steps)]


@dataclass(frozen=True, eq=False)
class SceneLayer:
    """The scenes of a plan, by the names of their views: window, and one seed of its noise for each image."""

    scenes: Mapping[int, tuple[SceneWindow, tuple[int, ...]]]
    channels: int
    keys: Sequence[SceneKey]

    @staticmethod
    def of(
        windows: Mapping[int, tuple[int, SceneWindow]],
        latent: LatentSpec,
        seeds: Sequence[int],
        brushes: Sequence[Brush],
        steps: int,
    ) -> SceneLayer:
        """The scenes in these windows, given as number of the brush and window by the number of the region.

        `seeds` are those of images.
        """
        found = {}
        for region, (place, window) in windows.items():
            brush = brushes[place - 1]
            each = tuple(seeds) if brush.seed is None else (brush.seed,) * len(seeds)
            found[region] = window, tuple(noise.derive_seed(one, noise.number_brush(brush.id)) for one in each)
        zoomed = any(window.zoomed for window, _ in found.values())
        keys = list_scene_keys(steps) if zoomed else [SceneKey(False, False)] * steps
        return SceneLayer(found, latent.channels, keys)

    def zoom(self, region: int, key: SceneKey, view: View) -> View:
        """The view of a region with the zoom that its window has, if it is a scene with one."""
        window, seeds = self.scenes.get(region, (None, ()))
        if window is None or not window.zoomed:
            return view
        core = window.box.moved(-window.frame.top, -window.frame.left)
        sides, part = (window.size.height, window.size.width), core.crop(view.weight)
        fitted = torch.nn.functional.interpolate(part[None, None], sides, mode="bilinear")[0, 0]
        inside = fitted if key.joined else torch.ones_like(fitted)
        own = Closeup(window.size, self.channels, seeds, inside, None, key.last, above=False, core=core, whole=True)
        return replace(view, zoom=own)
