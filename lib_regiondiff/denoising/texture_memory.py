"""What textures drew by themselves is around them at the next level: so they stay what they were about to become.

What is around a small texture outweighs it, and it fades from level to level. An object stands out by itself and has
to see the canvas, or it brings a background of its own along.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from lib_regiondiff.geometry import Box
from lib_regiondiff.planning.plan import SAME_LEVEL, Plan
from lib_regiondiff.planning.views import View

FIGURE = 1.0
"""Least squared difference between the middle and the border of a figure, in units of their own mean variance."""
PLAIN = 0.02
"""Variance of x0 below which an area counts as flat."""

Drawn = dict[tuple[str, ...], dict[Box, Tensor]]
"""x0 [B, C, h, w] by the names of a region and then by the boxes of its views."""


class TextureMemory:
    """Remembers x0 of the views of a plan that have surroundings, while it is sampled from its first noise down.

    At each level a view sees what it drew at the level before, however often it is evaluated: samplers of second
    order go between levels, extensions ask twice at one. The first noise begins anew.
    """

    def __init__(self, plan: Plan) -> None:
        self._first = plan.clock[0] * (1 - SAME_LEVEL) if plan.clock else 0.0
        self._noise = math.inf
        self._before: Drawn = {}
        self._now: Drawn = {}

    def around(self, views: Sequence[View], noise: float) -> tuple[View, ...]:
        """The views of the level at `noise` in [0, 1], each surrounded by what it drew at the level before."""
        if noise != self._noise:
            self._before = self._now if noise < self._first else {}
            self._noise, self._now = noise, {}
        return tuple(map(self._surround, views))

    def note(self, views: Sequence[View], drawn: Sequence[Tensor]) -> None:
        """Remember what each view drew, x0 [B, C, h, w], unless it has drawn at this noise before."""
        for view, x0 in zip(views, drawn, strict=True):
            if view.surround is not None and not view.surround.under:
                self._now.setdefault(view.region.names, {}).setdefault(view.box, x0.detach())

    def _surround(self, view: View) -> View:
        """A view with what it drew before around it; one that has just begun has drawn nothing yet and sees white."""
        around = view.surround
        if around is None or around.under or around.share == 1:
            return view
        known = _find_nearest(self._before.get(view.region.names, {}), view.box)
        if known is None:
            return view if around.share > 0 else replace(view, surround=replace(around, share=1.0))
        rest = tuple(None if is_figure(each) else each.to(around.white) for each in known)
        return replace(view, surround=replace(around, rest=rest))


def is_figure(x0: Tensor) -> bool:
    """Whether the middle half of x0 [C, h, w] differs from its outermost eighth: an object rather than a texture."""
    high, wide = x0.shape[-2:]
    inner = Box(high // 4, wide // 4, high - high // 4, wide - wide // 4).crop(x0).flatten(1).float()
    edge = torch.ones(high, wide, dtype=torch.bool, device=x0.device)
    rim = max(1, high // 8), max(1, wide // 8)
    Box(rim[0], rim[1], high - rim[0], wide - rim[1]).crop(edge)[...] = False
    outer = x0[:, edge].float()
    varied = sum(each.var(dim=1, correction=0).sum() for each in (inner, outer)) / 2
    return bool((inner.mean(dim=1) - outer.mean(dim=1)).square().sum() > FIGURE * (varied + PLAIN))


def _find_nearest(drawn: dict[Box, Tensor], box: Box) -> Tensor | None:
    """What was drawn in a box or near it, its border repeated: a mask that grows moves the middle of its window."""

    def distance(other: Box) -> int:
        return max(abs(other.top - box.top), abs(other.left - box.left))

    near = min(box.size.height, box.size.width)
    alike = [other for other in drawn if other.size == box.size and distance(other) < near]
    if not alike:
        return None
    other = min(alike, key=distance)
    seen = replace(box.moved(-other.top, -other.left), ring=False).padded(drawn[other])
    assert isinstance(seen, Tensor)
    return seen
