"""The plan: a palette and a job become regions with conditions and, for each level, views whose weights sum to 1."""

from __future__ import annotations

import bisect
import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from lib_regiondiff.document import budget, pictures
from lib_regiondiff.document.palette import Nag, Palette
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Encoder, Level
from lib_regiondiff.planning import tiles
from lib_regiondiff.planning.auto import drop_idle_nag, list_choices, settle
from lib_regiondiff.planning.conditioning import Job, Meaning, RegionEncoder, find_meanings, group_meanings
from lib_regiondiff.planning.intervals import round_levels
from lib_regiondiff.planning.refusals import refuse
from lib_regiondiff.planning.surroundings import Around, find_white_share
from lib_regiondiff.planning.things.things import Thing, ThingKey, ThingLayer, find_things
from lib_regiondiff.planning.views import Layout, View
from lib_regiondiff.planning.weights import feather_limit, masks
from lib_regiondiff.planning.weights.level_weights import LevelWeights, Steps
from lib_regiondiff.planning.weights.partition import divide

SAME_LEVEL = 1e-4
"""Share of a noise by which another may differ and still be the same level."""


@dataclass(frozen=True)
class Plan:
    """What the network is asked at each level: canvas in cells, clock, guidance, rescale, views; it never changes."""

    size: Size
    clock: tuple[float, ...]
    guidance: float
    rescale: float
    steps: Steps[tuple[View, ...]] | tuple[tuple[View, ...], ...]
    """The views of each level, made when they are asked for."""
    under: Tensor | None = None
    """x0 [C, h, w] of the picture under the brushes, where views leave weight to it."""
    sensitivity: float = 0.0
    """How much of x0 that is like its surroundings is suppressed, where a view has surroundings."""
    chosen: Mapping[str, Any] = field(default_factory=dict)
    """What the palette left open, as it was settled."""
    nag: Nag | None = None
    """How negatives act in cross-attention, if they do."""

    def views(self, level: Level) -> tuple[View, ...]:
        """The views at a level; a level between two of the clock has those of the noisier one."""
        return self.steps[find_step(self.clock, level.noise)]

    def kinds(self, most: int) -> Sequence[tuple[tuple[View, ...], float]]:
        """The views of steps that differ, and how many steps each stands for.

        Where all of them would have more than `most` views together, a few stand for all.
        """
        if isinstance(self.steps, tuple):
            return [(views, 1.0) for views in self.steps]
        count = len(self.steps)
        largest = max(len(self.steps[step]) for step in (0, count // 2, count - 1))  # brushes may come and go
        return self.steps.kinds(max(2, most // max(1, largest)))

    @functools.cached_property
    def single(self) -> View | None:
        """The only view of the whole run, if it covers the canvas and `nag` is off: the host's own path may draw it."""
        if not self.steps or not self.steps[0] or self.nag is not None:
            return None
        first = self.steps[0][0]
        only = all(len(views) == 1 and views[0] is first for views in self.steps)
        return first if only and first.surround is None and first.box == Box.whole(self.size) else None

    @property
    def plain(self) -> bool:
        """Whether the picture is that of the background's prompt alone, which the host's own path makes."""
        region = self.single.region if self.single else None
        return region is not None and region.background and region.guidance is None and self.rescale == 0


def find_step(clock: Sequence[float], noise: float) -> int:
    """The index of the level in force at a noise: the last one of a clock that is not quieter, or else the first."""
    return max(0, bisect.bisect_right(clock[:-1], -noise * (1 - SAME_LEVEL), key=operator.neg) - 1)


def make_plan(palette: Palette, job: Job, host: Encoder, merge: bool = True) -> Plan:
    """Plan a job; with `merge` False, brushes of equal meaning stay apart.

    Raises HostError for what cannot be honoured, and PaletteError for a palette that asks for too much work or a prompt
    that its suffix makes too long.
    """
    refuse(palette, canvas=(job.size, host.latent.pixels_per_cell), methods=host.methods)
    guidance = palette.guidance if job.guidance is None else job.guidance
    if len(job.clock) < 2:
        return Plan(job.size.cells(host.latent.pixels_per_cell), job.clock, guidance, palette.rescale, ())
    said = palette
    palette = settle(palette, job.size, host.latent.native, job.clock, guidance)
    budget.expect(palette, job.size, len(job.clock) - 1)
    under = _encode_under(palette, job, host)
    meanings = find_meanings(palette, job)
    weights, things = _weigh_brushes(palette, meanings, job, host)
    owners = group_meanings(meanings, merge, {thing.index for thing in things})
    if len(owners) == 1:
        palette, job = _drop_unasked_tiles(said, palette), replace(job, centred=False)
    layout = Layout.of(palette, job.size, host.latent)
    weights, kinds, boxes = _place(weights, owners, layout)
    nag = drop_idle_nag(palette.nag)
    names = ("background", *(brush.id for brush in palette.brushes))
    encoder = RegionEncoder(host, meanings, names, job.negatives or guidance != 1 or nag is not None)
    regions = [
        encoder.region(group, Box.hull(places)) if places else None
        for group, places in zip(weights.owners, boxes, strict=True)
    ]
    first = _First.of(palette, job, host, under)
    firsts = [first.at(step, under is not None) for step in range(len(kinds))]

    def views(key: tuple[int, tuple[bool, Around | None], ThingKey]) -> tuple[View, ...]:
        kind, (repainted, around), thing_key = key
        drawn = [None, *regions[1:]] if repainted else regions
        return layout.views(weights.at(kind), boxes, drawn, around) + above.views(thing_key)

    above = ThingLayer.of(things, meanings, encoder, (weights, regions), job)
    steps = Steps(list(zip(kinds, firsts, above.keys, strict=True)), views)
    objects = job.centred and any(
        places and 0 not in group and not layout.is_ground(places)
        for group, places in zip(weights.owners, boxes, strict=True)
    )
    choices = list_choices(said, _drop_idle(palette, objects, boxes))
    sensitivity = palette.bootstrap.leak_sensitivity
    return Plan(layout.canvas, job.clock, guidance, palette.rescale, steps, under, sensitivity, choices, nag)


def _place(
    weights: LevelWeights, owners: Sequence[Sequence[int]], layout: Layout
) -> tuple[LevelWeights, list[int], list[list[Box]]]:
    """The weights of regions, for each step the earliest one of the same weights, and the boxes of each region."""
    peaks, kinds = weights.surveyed()
    grouped = weights.grouped(layout.parted(owners, peaks))
    if grouped.owners != weights.owners:
        peaks, kinds = grouped.surveyed()
    boxes = [layout.boxes(peak, 0 in group) for peak, group in zip(peaks, grouped.owners, strict=True)]
    budget.expect_views(sum(map(len, boxes)))
    return grouped, kinds, boxes


def _drop_unasked_tiles(said: Palette, palette: Palette) -> Palette:
    """A palette of one meaning, whose picture is the host's own, without tiles that were not asked for."""
    return replace(palette, tiles=None) if said.tiles == AUTO else palette


def _drop_idle(palette: Palette, objects: bool, boxes: Sequence[Sequence[Box]]) -> Palette:
    """The settled palette without what changes nothing, given the boxes of its regions.

    That is a bootstrap without small objects, tiles where one holds everything, a method where there is only one box.
    """
    bootstrap = palette.bootstrap if objects else replace(palette.bootstrap, levels=0, mix=0.0)
    tiles = palette.tiles if any(len(places) > 1 for places in boxes) else None
    blend = palette.blend if sum(map(len, boxes)) > 1 else AUTO
    return replace(palette, blend=blend, tiles=tiles, bootstrap=bootstrap)


@dataclass(frozen=True)
class _First:
    """What is peculiar to the first levels: surroundings, and putting back the picture under the brushes."""

    palette: Palette
    painted: int
    centred: bool
    around: Callable[[float], Around]

    @staticmethod
    def of(palette: Palette, job: Job, host: Encoder, under: Tensor | None) -> _First:
        """The first levels of a job; white is encoded where it is needed, at the model's native size."""
        side = host.latent.native
        painted = round_levels(palette.background.strength * (len(job.clock) - 1)) if under is not None else 0

        @functools.cache
        def white() -> Tensor:
            return host.encode_image(Image.new("RGB", (side, side), "white"))[0].mean(dim=(1, 2), keepdim=True)

        @functools.cache
        def around(share: float) -> Around:
            return Around(share, white(), under, job.seeds)

        return _First(palette, painted, job.centred, around)

    def at(self, step: int, under: bool) -> tuple[bool, Around | None]:
        """Whether the picture `under` the brushes is put back at a step, and what is around brushes then."""
        share = find_white_share(self.palette.bootstrap, step, under) if self.centred else None
        return step < self.painted, None if share is None else self.around(share)


def _encode_under(palette: Palette, job: Job, host: Encoder) -> Tensor | None:
    """x0 [C, h, w] of the background's picture or colour, stretched to the canvas; None if it is a prompt alone."""
    picture = pictures.draw_ground(palette.background.image, palette.background.colour, job.size, job.store)
    return None if picture is None else host.encode_image(pictures.pad_border(picture, host.latent.pixels_per_cell))[0]


def _weigh_brushes(
    palette: Palette, meanings: Sequence[Meaning], job: Job, host: Encoder
) -> tuple[LevelWeights, list[Thing]]:
    """The weights of background and brushes at each step, and the things, which lie above and have none there."""
    coverages = _measure_brushes(palette, job, host)
    scale = (job.size.area / palette.size.area) ** 0.5 / host.latent.pixels_per_cell
    things = find_things(palette, coverages, scale, job)
    apart = {thing.index for thing in things}
    rest = [np.zeros_like(each) if index in apart else each for index, each in enumerate(coverages, start=1)]
    return _make_level_weights(_divide_canvas(palette, rest, job, host), meanings, palette, job), things


def _measure_brushes(palette: Palette, job: Job, host: Encoder) -> list[np.ndarray]:
    """The share [h, w] of each cell that each brush covers."""
    pixels = host.latent.pixels_per_cell
    return [masks.measure_cells(brush.mask, job.size, pixels, job.store) for brush in palette.brushes]


def _divide_canvas(palette: Palette, coverages: Sequence[np.ndarray], job: Job, host: Encoder) -> np.ndarray:
    """The weights [1 + P, h, w] of background and brushes before quantization."""
    pixels, size = host.latent.pixels_per_cell, job.size
    scale = (size.area / palette.size.area) ** 0.5 / pixels
    stack = divide(palette, coverages, size.cells(pixels), scale)
    feathered = [brush.feather > 0 for brush in palette.brushes]
    painted = [
        tiles.find_bounds(each > 0, palette.wraps) if soft else None
        for each, soft in zip(coverages, feathered, strict=True)
    ]
    least = host.latent.native // pixels
    return feather_limit.fit_feathers(stack, painted, (least, tiles.measure_widest(least)), palette.wraps)


def _make_level_weights(stack: np.ndarray, meanings: Sequence[Meaning], palette: Palette, job: Job) -> LevelWeights:
    """The weights of background and brushes at each step, within the brushes' intervals."""
    acts = [tuple(each.acts(step) for each in meanings[1:]) for step in range(len(job.clock) - 1)]
    return LevelWeights.of(stack[1:], palette.quantization, job.clock, acts)
