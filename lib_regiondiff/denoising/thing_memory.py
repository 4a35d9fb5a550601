"""What things drew in their close-ups at the level before: their x0, their noise, and what of it is the thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from lib_regiondiff.denoising.blend import average, fit, mirror
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Level, Zoom
from lib_regiondiff.planning.views import View

Key = tuple[tuple[str, ...], Box]
Pair = tuple[Tensor, Tensor]
SMOOTH = 3
"""Cells along a side over which differences are averaged."""
SOFT = 0.5
"""Share of the distance between the two kinds over which a matte goes from 0 to 1."""
ALIKE = 0.95
"""Share of the mean of one kind above which that of the other is no other kind."""
CHANCE = 0.1
"""How much of a noise, or of its square where things were, another one may hold by chance."""
REST = 0.01
"""Share of the square of what is left of a noise, or of what a sampler left beside x0, that may be unexplained."""
ALIGNED = 1e-6
"""Share of the greatest eigenvalue of cosines below which another is rounding."""
ROUNDED = 4
"""Roundings of a sampler's last step."""


@dataclass(frozen=True, eq=False)
class Kept:
    """What a close-up shows: x0 [C, h, w] to go on from, unit noise [C, h, w], and how far it differs from the ground.

    `grown` is x0 in the size of the next step, if that is another; it has no noise to go on with. `difference`
    [h', w'] sums the squares of all levels that asked for the ground; None before the first of them. All that a `whole`
    one shows is meant; `core` is the part of its box that is shown, if not all. Of the last level the `picture` is
    kept, and the share float32 [h, w] of the thing in each of its pixels, if that could be told. `begun` is the size of
    its first level, if that is another, and `spread` that which a stroke fills in a second pass.
    """

    x0: Tensor
    noise: Tensor
    difference: Tensor | None = None
    whole: bool = False
    core: Box | None = None
    picture: Image.Image | None = None
    shares: np.ndarray | None = None
    begun: Size | None = None
    grown: Tensor | None = None
    spread: Size | None = None

    @property
    def size(self) -> Size:
        """The size in cells of what it shows."""
        return Size(self.x0.shape[-2], self.x0.shape[-1])

    @property
    def shown(self) -> Tensor:
        """x0 [C, h, w] in the size in which it is shown."""
        return self.x0 if self.spread is None else fit(self.x0, self.spread)

    @property
    def first_size(self) -> Size:
        """The size in cells of its first level."""
        return self.begun or self.size

    def measure_matte(self) -> Tensor | None:
        """The share [h, w] in [0, 1] of the thing in each cell; None where the ground was never asked for."""
        if self.whole:
            return torch.ones_like(self.x0[0])
        if self.shares is not None:
            sides = self.x0.shape[-1], self.x0.shape[-2]
            return torch.from_numpy(cv2.resize(self.shares, sides, interpolation=cv2.INTER_AREA)).to(self.x0)
        return None if self.difference is None else make_matte(self.difference.sqrt())


@dataclass(frozen=True, eq=False)
class Canvas:
    """The blended x0 [C, h, w] of a level, the same without things, and the unit noise [C, h, w] that x held of each.

    `unguided` are both noises by the negatives alone, which CFG++ carries on; None where there are none. `change` is
    how far x0, and the same without things, are from those of the level before, which multistep samplers add.
    """

    x0: Tensor
    ground: Tensor
    noise: Tensor
    ground_noise: Tensor
    unguided: Pair | None = None
    change: Pair | None = None

    @staticmethod
    def of(level: Level, seen: Pair, drawn: Pair, unguided: Pair | None, before: Canvas | None) -> Canvas:
        """The canvas of a level, given what was `seen` and `drawn` [C, h, w] at each, the canvas and the ground, and
        what the negatives alone have drawn; and the canvas of the level `before`."""
        noises = [_tell_noise(x, x0, level) for x, x0 in zip(seen, drawn, strict=True)]
        more = None
        if unguided is not None:
            more = _tell_noise(seen[0], unguided[0], level), _tell_noise(seen[1], unguided[1], level)
        x0, ground = drawn[0].float(), drawn[1].float()
        change = None if before is None else (x0 - before.x0, ground - before.ground)
        return Canvas(x0, ground, noises[0], noises[1], more, change)

    @property
    def noises(self) -> list[Pair]:
        """The noises that a sampler may carry on, each with that of the ground."""
        guided = self.noise, self.ground_noise
        return [guided] if self.unguided is None else [guided, self.unguided]

    def find_own(self, noise: Tensor, carried: bool) -> Tensor | None:
        """How far the ground's own noise at the next level [C, h, w] is from that which a sampler has made of this one.

        What it has made of its parts is told by least squares where things were, and made of the ground's likewise.
        None where nothing of a thing is left, or the noise is new.
        """
        where = (self.noise != self.ground_noise).any(dim=0)
        parts = self.noises if self.change is None else [*self.noises, self.change]
        rows = (torch.stack([noise, *(shown for shown, _ in parts)]) * where).flatten(1)
        if not rows[0].any():
            return None
        alone = [[n] for n in range(len(self.noises))]
        more = [] if self.change is None else [[n, len(self.noises)] for n in range(len(self.noises))]
        whole, found = _explain(rows, [*alone, *more])
        rest, shares = min(found[: len(alone)], key=lambda each: each[0])
        left, others = min(found[len(alone) :], key=lambda each: each[0], default=(rest, shares))
        explained = left <= REST * rest
        if not explained and not (carried and rest <= (1 - CHANCE) * whole):
            return None
        own = torch.zeros_like(noise)
        for part, share in (others if explained else shares).items():
            shown, ground = parts[part]
            own += share * (ground - shown)
        return own


@dataclass(frozen=True, eq=False)
class ThingMemory:
    """The close-ups of one picture, at a level (`now`) and at the one before it; a value, as TextureMemory is.

    Where sampling goes on from the picture of a pass before, `begun` is that, and `kept` what its close-ups show of
    views with these names, to be laid above all else. `carried` is how much of its noise the sampler has carried on
    from the level before: 1 for one that adds none, 0 for one that draws it anew at each level; `own` is how far what
    it has carried on differs from the ground's own [C, h, w], None where it is new.
    """

    before: Mapping[Key, Kept] = field(default_factory=dict)
    now: Mapping[Key, Kept] = field(default_factory=dict)
    canvas_before: Canvas | None = None
    canvas_now: Canvas | None = None
    carried: float = 0.0
    own: Tensor | None = None
    begun: Canvas | None = None
    kept: Mapping[tuple[str, ...], Sequence[Kept]] = field(default_factory=dict)

    def turn(self, begins: bool) -> ThingMemory:
        """The memory at the next level, or at the first one again."""
        before, canvas = ({}, self.begun) if begins else (self.now, self.canvas_now)
        return replace(self, before=before, now={}, canvas_before=canvas, canvas_now=None, carried=0.0, own=None)

    def observe(self, x: Tensor, level: Level) -> ThingMemory:
        """The memory with what x [C, h, w] tells of the noise that the sampler carries on."""
        before = self.canvas_before
        if before is None:
            return self
        noise = _tell_noise(x, before.x0, level)
        carried = max(float(correlate(noise, known).clamp(0, 1)) for known, _ in before.noises)
        return replace(self, carried=carried, own=before.find_own(noise, carried > CHANCE))

    def hide(self, x: Tensor, level: Level) -> Tensor:
        """x [C, h, w] as the ground sees it: things of the level before have made room for what lies below them.

        A sampler that carries its noise on takes it from the canvas with the things, and hands a changed thing on in
        it; the ground goes on with its own noise, as if there had never been a thing: exactly so with samplers of first
        order and DPM++ 2M, nearly so with others.
        """
        before = self.canvas_before
        if before is None:
            return x
        change = level.alpha * (before.ground - before.x0)
        return x + (change if self.own is None else change + level.beta * self.own).to(x)

    def settle(self, x: Tensor) -> Tensor:
        """The x [C, h, w] that a sampler ended with, without the noise that it left.

        DDIM stops at a level with a little noise, and that is where an outline that was found at the last level would
        hand on what was there before. What is no sum of x0 and that noise stays: around a mask there is a picture.
        """
        last = self.canvas_now
        if last is None:
            return x
        change = x.float() - last.x0
        whole = change.square().sum()
        rounded = (ROUNDED * torch.finfo(x.dtype).eps * x.float()).square().sum()
        for noise, _ in last.noises if whole > rounded else ():
            left = (change * noise).sum() / noise.square().sum() * noise
            if (change - left).square().sum() <= REST * whole + rounded:
                return x - left.to(x)
        return x

    def recall(self, view: View) -> Kept | None:
        """What a view drew at the level before; None also for another network, which draws it in another size."""
        kept, zoom = self.before.get((view.names, view.box)), view.zoom
        if kept is None or zoom is None or kept.first_size != (zoom.begun or zoom.size):
            return None
        return kept

    def see(self, view: View, fresh: Tensor) -> Zoom:
        """What a view sees at this level, given unit noise [C, h, w] that is new."""
        kept = self.recall(view)
        first = next(iter(self.kept.get(view.names, ())), None)
        if kept is None and first is not None and first.whole:  # alone: what is around it would grow into it
            return Zoom(fresh, mirror(first.shown, view.size))
        if kept is None:  # a brush that begins later than others goes on from what is there
            below = self.canvas_before
            return Zoom(fresh, None if below is None else fit(view.seen.padded(below.x0), view.size))
        if kept.size != view.size:
            return Zoom(fresh, fit(kept.x0 if kept.grown is None else kept.grown, view.size))
        return Zoom(self.carried * kept.noise.to(fresh) + (1 - self.carried**2) ** 0.5 * fresh, kept.x0)

    def note(self, canvas: Canvas, kept: Mapping[Key, Kept]) -> ThingMemory:
        """The memory with what was drawn, unless this level has drawn before."""
        if self.canvas_now is not None:
            return self
        return replace(self, now=kept, canvas_now=canvas)


def _tell_noise(x: Tensor, x0: Tensor, level: Level) -> Tensor:
    """The unit noise [C, h, w] in x that is not x0."""
    return (x.float() - level.alpha * x0.float()) / level.beta


def _explain(rows: Tensor, sums: Sequence[Sequence[int]]) -> tuple[float, list[tuple[float, dict[int, float]]]]:
    """The square of the first of some rows [1 + n, cells], and for sums of others (counted after it) what is left of
    it, and the share of each in it, by least squares."""
    products = torch.stack([(rows * row).sum(dim=1) for row in rows]).cpu().double().numpy()  # autocast rounds matmul
    lengths = np.sqrt(products.diagonal())
    units = np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    cosines, found = units[:, None] * products * units, []
    for parts in sums:
        chosen = [part + 1 for part in parts]
        agreed = np.linalg.pinv(cosines[np.ix_(chosen, chosen)], ALIGNED, hermitian=True) @ cosines[chosen, 0]
        found.append(dict(zip(parts, (lengths[0] * units[chosen] * agreed).tolist(), strict=True)))
    left = [rows[0] - sum(share * rows[part + 1] for part, share in shares.items()) for shares in found]
    squares = torch.stack([each.square().sum() for each in left])  # a difference of products would be rounded
    return float(products[0, 0]), list(zip(squares.tolist(), found, strict=True))


def correlate(a: Tensor, b: Tensor) -> Tensor:
    """How much two noises of one shape agree: the cosine of the angle between them."""
    return functional.cosine_similarity(a.flatten().float(), b.flatten().float(), dim=0)


def make_matte(values: Tensor) -> Tensor:
    """The share [h, w] in [0, 1] to which values [h, w] belong to the greater of two kinds; 1 where all are alike."""
    smooth = average(values[None], SMOOTH)[0]
    threshold, low, high = find_threshold(smooth)
    if low >= ALIKE * high:
        return torch.ones_like(smooth)
    return ((smooth - threshold) / (SOFT * (high - low)) + 0.5).clamp(0, 1)


def find_threshold(values: Tensor) -> tuple[float, float, float]:
    """The threshold that parts values into two kinds such that each varies least, and their means (Otsu 1979)."""
    ordered = values.flatten().cpu().sort().values.double()  # not every device has such numbers
    below = torch.arange(1, len(ordered))
    sums = ordered.cumsum(0)
    low, high = sums[:-1] / below, (sums[-1] - sums[:-1]) / (len(ordered) - below)
    best = int((below * (len(ordered) - below) * (high - low).square()).argmax())
    return float(ordered[best] + ordered[best + 1]) / 2, float(low[best]), float(high[best])
