"""What textures drew by themselves is around them at the next level: so they stay what they were about to become.

What is around a small texture outweighs it, and it fades from level to level. An object stands out by itself and has
to see the canvas, or it brings a background of its own along.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from lib_regiondiff.denoising.blend import average
from lib_regiondiff.denoising.thing_memory import Canvas, Kept, Key, ThingMemory
from lib_regiondiff.geometry import Box
from lib_regiondiff.host import Level
from lib_regiondiff.planning.plan import SAME_LEVEL
from lib_regiondiff.planning.surroundings import Surround
from lib_regiondiff.planning.views import View

FIGURE = 2.25
"""How many times as far as the border itself a figure's middle differs from what its border has on average."""
EVEN = 1e-3
"""Share of the middle's difference that a border has at least: one of a single colour differs by nothing."""

Drawn = Mapping[tuple[str, ...], Mapping[Box, Tensor]]
"""x0 [C, h, w] of one picture, by the names of a view's brushes and its box."""


@dataclass(frozen=True, eq=False)
class TextureMemory:
    """What the views of one picture drew that are to see it again: at the level of a `noise`, and at the one before it.

    It is a value: whoever samples holds it, hands it over with each frame and takes the next one from the prediction;
    to keep, copy or drop one changes no other. What is asked at a level sees what was drawn at the level before,
    however often it is asked: samplers of second order go between levels, extensions ask twice at one.
    """

    noise: float = math.inf
    before: Drawn = field(default_factory=dict)
    now: Drawn = field(default_factory=dict)
    things: ThingMemory = field(default_factory=ThingMemory)

    def at(self, noise: float, clock: Sequence[float]) -> TextureMemory:
        """The memory at a noise of a clock, whose first noise begins anew."""
        if noise == self.noise:
            return self
        begins = not clock or noise >= clock[0] * (1 - SAME_LEVEL)
        return TextureMemory(noise, {} if begins else self.now, {}, self.things.turn(begins))

    def surround(self, view: View, image: int) -> Surround | None:
        """What surrounds a view of an image of its plan: what it drew before, if it is a texture.

        A brush that begins later than others has drawn nothing yet, and sees white instead; scenery sees the canvas.
        """
        if view.surround is None:
            return None
        around = view.surround.of(image)
        if around.under or around.share == 1:
            return around
        known = nearest(self.before.get(view.names, {}), view.box)
        if known is None:
            if around.share > 0:
                return around
            return None if view.surround.scenery else replace(around, share=1.0)
        return replace(around, rest=None if is_figure(known) else known.to(around.white))

    def observe(self, x: Tensor, level: Level) -> TextureMemory:
        """The memory with what x [C, h, w] at a level tells of the sampler's noise."""
        return replace(self, things=self.things.observe(x, level))

    def note_things(self, canvas: Canvas, kept: Mapping[Key, Kept]) -> TextureMemory:
        """The memory with what close-ups show, and the canvas that they lie on."""
        return replace(self, things=self.things.note(canvas, kept))

    def note(self, views: Sequence[View], drawn: Sequence[Tensor]) -> TextureMemory:
        """The memory with what views drew [C, h, w], unless they have drawn at this noise before."""
        now = {names: dict(boxes) for names, boxes in self.now.items()}
        for view, x0 in zip(views, drawn, strict=True):
            if view.surround is not None and view.surround.under is None:
                now.setdefault(view.names, {}).setdefault(view.box, x0.detach().clone())
        return replace(self, now=now)


def is_figure(x0: Tensor) -> bool:
    """Whether the middle half of x0 [C, h, w] differs from its outermost eighth: an object rather than a texture.

    Values are averaged over 3 x 3 cells; the answer depends on no unit of them.
    """
    high, wide = x0.shape[-2:]
    smooth = average(x0.float(), 3)
    edge = torch.ones(high, wide, dtype=torch.bool, device=x0.device)
    rim = max(1, high // 8), max(1, wide // 8)
    Box(rim[0], rim[1], high - rim[0], wide - rim[1]).crop(edge)[...] = False
    far = (smooth - smooth[:, edge].mean(dim=1)[:, None, None]).square().sum(dim=0)
    inner = Box(high // 4, wide // 4, high - high // 4, wide - wide // 4).crop(far).mean()
    return bool(inner > FIGURE * (far[edge].mean() + EVEN * inner))


def nearest(drawn: Mapping[Box, Tensor], box: Box) -> Tensor | None:
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
