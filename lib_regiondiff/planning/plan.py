"""The plan: a palette and a job become regions with conditions and, for each level, views whose weights sum to 1."""

from __future__ import annotations

import bisect
import functools
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from torch import Tensor

from lib_regiondiff.document import budget
from lib_regiondiff.document.palette import SCENE, THING, Bias, Nag, Palette
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Encoder, LatentSpec, Level
from lib_regiondiff.planning.attention.bias import WordLayer, find_bias, say_sentence
from lib_regiondiff.planning.attention.couple import join_regions, keep_on_canvas, make_coupled_views
from lib_regiondiff.planning.auto import (
    drop_idle,
    drop_idle_nag,
    drop_unasked_tiles,
    list_choices,
    list_tilings,
    settle,
    settle_scenery,
)
from lib_regiondiff.planning.conditioning import Job, Meaning, RegionEncoder, find_meanings, group_meanings
from lib_regiondiff.planning.ground import (
    FirstLevels,
    Placed,
    divide_canvas,
    encode_under,
    make_level_weights,
    measure_brushes,
    parts_regions,
    place_regions,
    shows_scenery,
)
from lib_regiondiff.planning.refusals import refuse
from lib_regiondiff.planning.surroundings import Around
from lib_regiondiff.planning.things.candidates import fit_native
from lib_regiondiff.planning.things.kinds import Kinds, apply_kinds, choose_kinds, find_apart
from lib_regiondiff.planning.things.scenes import SceneKey, SceneLayer
from lib_regiondiff.planning.things.strokes import Stroke, StrokeKey, StrokeLayer, find_strokes, list_apart, sort_views
from lib_regiondiff.planning.things.things import Thing, ThingKey, ThingLayer, find_things
from lib_regiondiff.planning.views import Layout, View
from lib_regiondiff.planning.weights.level_weights import LevelWeights, Steps

SAME_LEVEL = 1e-4
"""Share of a noise by which another may differ and still be the same level."""


@dataclass(frozen=True, eq=False)
class Undecided:
    """Which brushes are figures is seen when the first level has drawn these views, one of each such brush.

    `decide` makes the plan from the names of those that are.
    """

    views: tuple[View, ...]
    decide: Callable[[Collection[str]], Plan]

    @property
    def names(self) -> tuple[str, ...]:
        """The brushes that may be figures."""
        return tuple(view.names[0] for view in self.views)

    @property
    def kinds(self) -> dict[str, str]:
        """What each of them becomes if it is one: things lie above what is around them, scenes beside it."""
        return {view.names[0]: THING if view.zoom is not None and view.zoom.above else SCENE for view in self.views}


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
    bias: Bias | None = None
    """How words are raised in cross-attention, if they are."""
    brush_kinds: tuple[str, ...] = ()
    """What each brush is drawn as."""
    kept: tuple[View, ...] = ()
    """What close-ups of the pass before show, from the lowest up; asked for are only things that become finer."""
    undecided: Undecided | None = None
    """What the first level is to decide before anything else is drawn, if anything is."""

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

    def apply_kinds(self, palette: Palette) -> Palette:
        """The palette that this plan was made of, with its brushes' kinds decided."""
        return apply_kinds(palette, self.brush_kinds) if self.brush_kinds else palette

    @functools.cached_property
    def single(self) -> View | None:
        """The only view of the whole run, if it covers the canvas and `nag` is off: the host's own path may draw it."""
        if not self.steps or not self.steps[0] or self.nag is not None or self.kept:
            return None
        first = self.steps[0][0]
        only = all(len(views) == 1 and views[0] is first for views in self.steps)
        own = first.surround is None and first.zoom is None and len(first.regions) == 1 and not first.words
        return first if only and own and self.undecided is None and first.box == Box.whole(self.size) else None

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

    Where the first level is to decide what a brush is, the plan is the one without figures. Raises HostError for what
    cannot be honoured, and PaletteError for a palette that asks for too much work or a prompt that its suffix makes too
    long.
    """
    refuse(palette, canvas=(job.size, host.latent.pixels_per_cell), methods=host.methods)
    guidance = palette.guidance if job.guidance is None else job.guidance
    if len(job.clock) < 2:
        return Plan(job.size.cells(host.latent.pixels_per_cell), job.clock, guidance, palette.rescale, ())
    made = settle(palette, job.size, host.latent.native, job.clock, guidance)
    budget.expect(made, job.size, len(job.clock) - 1)
    draft = Draft.of((palette, made), job, host, merge)
    decide = functools.cache(draft.plan)
    plan = decide(None)
    if not draft.kinds.figures:
        return plan
    ids = {palette.brushes[index - 1].id: index for index in draft.kinds.figures}
    every = decide(frozenset(ids.values()))
    first = {view.names: view for view in reversed((*every.steps[0], *every.kept)) if view.zoom is not None}
    views = tuple(view for names, view in reversed(first.items()) if names[0] in ids)
    if not views:
        return plan
    return replace(plan, undecided=Undecided(views, lambda names: decide(frozenset(ids[name] for name in names))))


Views = tuple[View, ...]
Found = tuple[Palette, Layout, Placed]
StepKeys = tuple[int, tuple[bool, Around | None], SceneKey, ThingKey, StrokeKey, int | None]
"""What the views of a step depend on: weights, first levels, scenes, things, strokes, words."""


@dataclass(frozen=True, eq=False)
class Draft:
    """What all plans of a palette have in common, whatever the first level draws for its brushes.

    `said` is the palette as it was given, `palette` with all settled but its brushes' kinds.
    """

    said: Palette
    palette: Palette
    job: Job
    host: Encoder
    merge: bool
    meanings: Sequence[Meaning]
    encoder: RegionEncoder
    coverages: Sequence[np.ndarray]
    kinds: Kinds
    under: Tensor | None

    @property
    def close(self) -> LatentSpec:
        """The latent space of close-ups, which are no larger than a picture of the canvas's longer side."""
        latent = self.host.latent
        return replace(latent, native=fit_native(latent.native, self.job.size))

    @staticmethod
    def of(palettes: tuple[Palette, Palette], job: Job, host: Encoder, merge: bool) -> Draft:
        """The draft of a palette as it was given and as it was settled."""
        said, palette = palettes
        meanings, coverages = find_meanings(palette, job), measure_brushes(palette, job, host)
        names = ("background", *(brush.id for brush in palette.brushes))
        guided = job.negatives or (palette.guidance if job.guidance is None else job.guidance) != 1
        if palette.attention != "none":  # one row shows several regions: if one of them has a negative, all have
            guided = guided or any(brush.guidance not in (None, 1) for brush in palette.brushes)
        encoder = RegionEncoder(host, meanings, names, guided or drop_idle_nag(palette.nag) is not None)
        parts = (meanings, encoder, coverages, Kinds((), {}), encode_under(palette, job, host))
        made = Draft(said, palette, job, host, merge, *parts)
        return replace(made, kinds=choose_kinds(keep_on_canvas(said), coverages, meanings, job, made.close))

    def plan(self, figures: frozenset[int] | None) -> Plan:
        """The plan where the brushes with these numbers have turned out to be figures; None where nobody has looked."""
        kinds, textures = self.kinds.decide(figures or frozenset()), self.kinds.list_textures(figures)
        palette, job, host = apply_kinds(self.palette, kinds), self.job, self.host
        said = self._say(say_sentence(palette, job, self.meanings))
        scale = (job.size.area / palette.size.area) ** 0.5 / host.latent.pixels_per_cell
        things = find_things(palette, self.coverages, scale, job, self.close)
        what = host.latent, find_apart(self.said, said.meanings, textures, len(job.clock) - 1)
        strokes = find_strokes(palette, self.coverages, said.meanings, job, what) if palette.attention == "none" else []
        apart = {thing.index for thing in things} | list_apart(strokes)
        weights = said._weigh(palette, apart)
        scenes = {index for index, kind in enumerate(kinds, start=1) if kind == SCENE}
        owners = group_meanings(said.meanings, self.merge, apart, scenes)
        if len(owners) == 1 and not strokes:
            palette, job = drop_unasked_tiles(self.said, palette), replace(job, centred=False)
        placed = min(
            (
                (each, layout, place_regions(weights, owners, layout, scenes, (self.close, each)))
                for each in list_tilings(self.said, palette, host.latent.native)
                for layout in (Layout.of(each, job.size, host.latent),)
            ),
            key=lambda found: found[2].cells,
        )
        return said._assemble(job, placed, (things, strokes), WordLayer.of(palette, job, weights))

    def _say(self, meanings: Sequence[Meaning]) -> Draft:
        """The draft whose brushes mean this."""
        return replace(self, meanings=meanings, encoder=replace(self.encoder, meanings=meanings))

    def _weigh(self, palette: Palette, apart: Collection[int]) -> LevelWeights:
        """The weights of background and brushes at each step; those `apart` lie above and have none there."""
        rest = [np.zeros_like(each) if n in apart else each for n, each in enumerate(self.coverages, start=1)]
        return make_level_weights(divide_canvas(palette, rest, self.job, self.host), self.meanings, palette, self.job)

    def _assemble(
        self, job: Job, found: Found, apart: tuple[Sequence[Thing], Sequence[Stroke]], words: WordLayer
    ) -> Plan:
        palette, layout, placed = found
        host, weights, boxes = self.host, placed.weights, placed.boxes
        regions = [
            self.encoder.region(group, Box.hull(places)) if places else None
            for group, places in zip(weights.owners, boxes, strict=True)
        ]
        together = join_regions(regions, placed.coupled)
        words.expect_words(together.values())
        if job.centred and self.under is None and not together and shows_scenery(placed, layout):
            palette = settle_scenery(self.said, palette, job.clock)
            found = palette, layout, placed
        first = FirstLevels.of(palette, job, host, self.under)
        firsts = [first.at(step, self.under is not None) for step in range(len(placed.kinds))]
        above = ThingLayer.of(apart[0], self.meanings, (self.encoder, self.close), (weights, regions), job)
        thin = StrokeLayer.of(apart[1], self.meanings, self.encoder, job)
        beside = SceneLayer.of(placed.scenes, self.close, job.seeds, palette.brushes, len(placed.kinds))

        def views(key: StepKeys) -> Views:
            kind, (repainted, around), scene_key, thing_key, stroke_key, word_key = key
            left = {*together, 0} if repainted else together
            drawn = [None if number in left else region for number, region in enumerate(regions)]
            scenes = {number: functools.partial(beside.zoom, number, scene_key) for number in placed.scenes}
            upper = sort_views(palette, [*above.views(thing_key), *thin.views(stroke_key)])
            maps = weights.at(kind)
            coupled = make_coupled_views(layout, maps, placed.shared, together, repainted) if together else ()
            return words.raise_words(coupled, word_key) + layout.views(maps, boxes, drawn, around, scenes) + upper

        kept = sort_views(palette, [*above.finished, *thin.finished]) if job.over else ()
        keys = zip(placed.kinds, firsts, beside.keys, above.keys, thin.keys, words.keys, strict=True)
        steps = Steps(list(keys), views)
        return self._finish(job, found, together, steps, kept)

    def _finish(self, job: Job, found: Found, together: Collection[int], steps: Steps[Views], kept: Views) -> Plan:
        """The plan of what was placed; `together` are the numbers of regions that share views."""
        palette, layout, placed = found
        apart = job.centred and parts_regions(placed, layout, together, self.under is None)
        choices = list_choices(self.said, drop_idle(palette, apart, placed.boxes))
        guidance = palette.guidance if job.guidance is None else job.guidance
        sensitivity = palette.bootstrap.leak_sensitivity
        nag, bias = drop_idle_nag(palette.nag), find_bias(palette)
        made = palette.rescale, steps, self.under, sensitivity, choices, nag, bias
        kinds = tuple(brush.kind for brush in palette.brushes)
        return Plan(layout.canvas, job.clock, guidance, *made, brush_kinds=kinds, kept=kept)
