"""Things of a palette: which brushes are drawn in a close-up, where, and how much of the canvas they may have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lib_regiondiff.document import budget
from lib_regiondiff.document.palette import THING, Palette
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import LatentSpec
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.conditioning import Job, Meaning, RegionEncoder
from lib_regiondiff.planning.regions import Region
from lib_regiondiff.planning.things.closeups import Closeup, enlarge, find_window, list_asked, list_fine
from lib_regiondiff.planning.things.pieces import label_pieces
from lib_regiondiff.planning.views import View, cut
from lib_regiondiff.planning.weights.blur import blur
from lib_regiondiff.planning.weights.level_weights import LevelWeights


@dataclass(frozen=True, eq=False)
class Thing:
    """A piece of a brush, whose thing is drawn in the close-up of a `window`, with its weight there.

    `index` is the brush's number in the palette, `number` that of its noise, and `seed` that of the noise, if the brush
    has one of its own. It is drawn in `size` cells; a pass before has `shown` it in so many.
    """

    index: int
    number: int
    weight: np.ndarray
    window: Box
    size: Size
    seed: int | None = None
    shown: Size | None = None


def find_things(
    palette: Palette, coverages: Sequence[np.ndarray], scale: float, job: Job, latent: LatentSpec
) -> list[Thing]:
    """The things among brushes that cover these shares [h, w] of cells; `scale` is the number of cells along a pixel.

    `latent` is the latent space of their windows. What lies above a thing and is none covers it; things lie above each
    other in their order. One that a pass before has drawn keeps its size.
    """
    found: list[Thing] = []
    for index, (brush, coverage) in enumerate(zip(palette.brushes, coverages, strict=True), start=1):
        if brush.kind != THING or not coverage.any():
            continue
        seen = np.ones_like(coverage)
        for above, other in zip(palette.brushes[index:], coverages[index:], strict=True):
            seen = seen if above.kind == THING else seen * (1 - other)
        labels, kept = label_pieces(coverage, palette.wraps)
        budget.expect_things(len(found) + len(kept))
        drawn = job.kept.things.get(brush.id) if job.over else None
        for place, label in enumerate(kept):
            piece = np.where(labels == label, coverage, np.float32(0))
            before, shown = drawn[place] if drawn else (None, None)
            window, size = find_window(piece, latent, palette.wraps, before)
            weight = blur(piece, brush.feather * scale, palette.wraps) * seen
            number = noise.number_brush(brush.id, place)
            own = cut(np.asarray(weight, np.float32), window), window, size, brush.seed, shown
            found.append(Thing(index, number, *own))
    return found


@dataclass(frozen=True)
class ThingKey:
    """What the things of a step depend on: which act, whether their grounds are asked, whether they are drawn finer at
    this step and at the next one, whether the step is the last."""

    active: tuple[bool, ...]
    asked: bool = False
    fine: tuple[bool, bool] = (False, False)
    last: bool = False


@dataclass(frozen=True, eq=False)
class ThingLayer:
    """The things of a plan with their regions and grounds; `keys` says of each step which of them act and how."""

    things: Sequence[Thing]
    regions: Sequence[Region]
    grounds: Sequence[Region | None]
    latent: LatentSpec
    canvas: Size
    seeds: tuple[int, ...]
    keys: Sequence[ThingKey]

    @staticmethod
    def of(
        things: Sequence[Thing],
        meanings: Sequence[Meaning],
        space: tuple[RegionEncoder, LatentSpec],
        below: tuple[LevelWeights, Sequence[Region | None]],
        job: Job,
    ) -> ThingLayer:
        """Encode things for their windows; the ground of each is the region `below` that has most of its window.

        `space` is whoever encodes, and the latent space of the windows.
        """
        steps, (encoder, latent) = len(job.clock) - 1, space
        asked = list_asked(steps)
        regions = [encoder.region((thing.index,), Box.whole(thing.size)) for thing in things]
        weights = below[0].at(steps - 1) if things else np.zeros((0, 1, 1))
        grounds = [below[1][int(np.argmax([cut(each, t.window).sum() for each in weights]))] for t in things]
        canvas = job.size.cells(latent.pixels_per_cell)
        if not things:
            return ThingLayer(things, regions, grounds, latent, canvas, job.seeds, [ThingKey(())] * steps)
        acts = [tuple(meanings[thing.index].acts(step) for thing in things) for step in range(steps)]
        fine = [*list_fine(job.clock, latent.prediction), False]
        keys = [
            ThingKey(each, step in asked and not job.over, (fine[step], fine[step + 1]), step == steps - 1)
            for step, each in enumerate(acts)
        ]
        return ThingLayer(things, regions, grounds, latent, canvas, job.seeds, keys)

    def views(self, key: ThingKey) -> tuple[View, ...]:
        """The views of the things that act, from the lowest up; those that a pass before has shown only where they
        become finer than that."""
        every = zip(self.things, self.regions, self.grounds, key.active, strict=True)
        return tuple(
            self._view(thing, own, ground if key.asked else None, key)
            for thing, own, ground, acts in every
            if acts and (thing.shown is None or (key.fine[0] and self._refines(thing)))
        )

    def _refines(self, thing: Thing) -> bool:
        """Whether a thing has more cells in its last steps than a pass before has shown it in."""
        return thing.shown is None or self._enlarge(thing).area > thing.shown.area

    def _enlarge(self, thing: Thing) -> Size:
        return enlarge(thing.size, thing.window.size, self.canvas, self.latent)

    @property
    def finished(self) -> tuple[View, ...]:
        """The views of all things when they are done; `next` is the size in which they are drawn again, if they are."""
        key = ThingKey((True,) * len(self.things), last=True)
        return tuple(
            self._view(thing, own, None, key, self._enlarge(thing) if self._refines(thing) else None)
            for thing, own in zip(self.things, self.regions, strict=True)
        )

    def _view(self, thing: Thing, own: Region, ground: Region | None, key: ThingKey, again: Size | None = None) -> View:
        latent, window = self.latent, thing.window
        weight = torch.from_numpy(np.ascontiguousarray(thing.weight)).to(latent.device)
        now, later = (self._enlarge(thing) if fine else thing.size for fine in key.fine)
        sides = now.height, now.width
        inside = torch.nn.functional.interpolate(weight[None, None], sides, mode="bilinear")[0, 0]
        first = self.seeds if thing.seed is None else (thing.seed,) * len(self.seeds)
        seeds = tuple(noise.derive_seed(seed, thing.number) for seed in first)
        sizes = {"begun": thing.size, "next": again if key.last or later == now else later}
        zoom = Closeup(now, latent.channels, seeds, inside, ground, key.last, **sizes)
        return View(window, window, (own,), weight, zoom=zoom)
