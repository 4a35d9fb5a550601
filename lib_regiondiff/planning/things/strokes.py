"""Strokes: thin brushes are drawn apart from the canvas, as if they filled a picture, and cut out by their masks.

On the canvas what is around a thin brush outweighs it, whatever its weight, and from level to level it fades. So do
small textures, which are drawn in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from lib_regiondiff.document import budget
from lib_regiondiff.document.palette import STUFF, THING, Palette
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import LatentSpec
from lib_regiondiff.planning import noise, tiles
from lib_regiondiff.planning.conditioning import Job, Meaning, RegionEncoder
from lib_regiondiff.planning.regions import Region
from lib_regiondiff.planning.things.candidates import is_stroke
from lib_regiondiff.planning.things.closeups import Closeup
from lib_regiondiff.planning.views import WINDOW_MULTIPLE, View, cut
from lib_regiondiff.planning.weights.blur import blur


@dataclass(frozen=True, eq=False)
class Stroke:
    """Thin brushes of one meaning, by their indices, with their common weight [h, w] in a window of the canvas.

    `number` is that of its noise, by one of the brushes, and `seed` that of the noise, if they have one of their own.
    Over a picture one is `asked` for that is no line and that one view shows; others stay as they are kept.
    """

    owners: tuple[int, ...]
    number: int
    weight: np.ndarray
    window: Box
    seed: int | None = None
    asked: bool = True


def find_strokes(
    palette: Palette,
    coverages: Sequence[np.ndarray],
    meanings: Sequence[Meaning],
    job: Job,
    what: tuple[LatentSpec, frozenset[int]],
) -> list[Stroke]:
    """The strokes among brushes that cover these shares [h, w] of cells, of each meaning together.

    `what` is the latent space, and the brushes that are to be drawn so also where they are not thin, if one view shows
    them.
    Over a picture, whose own colours go on below a thin brush, there are none but those that are kept from the pass
    before. There are none where each view is the whole canvas, nor of a prompt that is the background's.
    """
    latent, textures = what
    if not job.centred:
        return []
    scale = (job.size.area / palette.size.area) ** 0.5 / latent.pixels_per_cell
    native = latent.native // latent.pixels_per_cell
    groups: list[list[int]] = []
    for owners, coverage in _group_stuff(palette, coverages, meanings):
        if job.over:
            parts = [owners] if _name(palette, owners) in job.kept.strokes else [[index] for index in owners]
            groups += [part for part in parts if _name(palette, part) in job.kept.strokes]
        elif is_stroke(coverage, native):
            groups.append(owners)
        elif found := [each for each in owners if each in textures and _fits(coverages[each - 1], native, palette)]:
            together = np.maximum.reduce([coverages[index - 1] for index in found])
            groups += [found] if _fits(together, native, palette) else [[index] for index in found]
    if not groups:
        return []
    budget.expect_things(len(groups))
    soft = [
        np.asarray(blur(each, brush.feather * scale, palette.wraps), np.float32)
        for brush, each in zip(palette.brushes, coverages, strict=True)
    ]
    made = [_make_stroke(palette, soft, owners, latent) for owners in groups]
    if job.over:
        made = [replace(each, asked=_shows_more(each, coverages, native, palette)) for each in made]
    return [each for each in made if each.weight.any()]


def _shows_more(stroke: Stroke, coverages: Sequence[np.ndarray], native: int, palette: Palette) -> bool:
    """Whether a picture that is larger than that of the pass before may show more of a stroke: of a texture."""
    together = np.maximum.reduce([coverages[index - 1] for index in stroke.owners])
    return not is_stroke(together, native) and _fits(together, native, palette)


def _fits(coverage: np.ndarray, native: int, palette: Palette) -> bool:
    """Whether one view shows all that has these shares [h, w] of cells."""
    inner = tiles.find_bounds(coverage > 0, palette.wraps)
    return inner is not None and max(inner.size.height, inner.size.width) <= tiles.LARGE * native


def _name(palette: Palette, owners: Sequence[int]) -> tuple[str, ...]:
    return tuple(palette.brushes[index - 1].id for index in owners)


def _group_stuff(
    palette: Palette, coverages: Sequence[np.ndarray], meanings: Sequence[Meaning]
) -> list[tuple[list[int], np.ndarray]]:
    """The indices of brushes of stuff of each meaning, and seed, with what they cover [h, w] together."""
    groups: dict[object, list[int]] = {}
    for index, brush in enumerate(palette.brushes, start=1):
        if brush.kind == STUFF and meanings[index] != meanings[0] and coverages[index - 1].any():
            groups.setdefault((meanings[index], brush.seed), []).append(index)
    return [(owners, np.maximum.reduce([coverages[index - 1] for index in owners])) for owners in groups.values()]


def _make_stroke(palette: Palette, soft: Sequence[np.ndarray], owners: Sequence[int], latent: LatentSpec) -> Stroke:
    """The stroke of brushes of one meaning, given the soft coverages [h, w] of all brushes."""
    weight = np.zeros_like(soft[0])
    for index in owners:
        seen = soft[index - 1]
        for above, other in zip(palette.brushes[index:], soft[index:], strict=True):
            seen = seen if above.kind == THING else seen * (1 - other)
        weight = np.maximum(weight, seen)
    inner = tiles.find_bounds(weight > 0, palette.wraps)
    canvas, cell = Size(*weight.shape), latent.pixels_per_cell
    least, multiple = latent.native // cell, max(1, WINDOW_MULTIPLE // cell)
    window = tiles.fit_window(inner or Box(0, 0, 1, 1), canvas, least, multiple)
    number = min(noise.number_brush(each) for each in _name(palette, owners))
    return Stroke(tuple(owners), number, cut(weight, window), window, palette.brushes[owners[0] - 1].seed)


@dataclass(frozen=True)
class StrokeKey:
    """What the strokes of a step depend on: which of them act, and whether the picture is done after it."""

    active: tuple[bool, ...]
    last: bool


@dataclass(frozen=True, eq=False)
class StrokeLayer:
    """The strokes of a plan with their regions; `keys` says of each step which of them act."""

    strokes: Sequence[Stroke]
    regions: Sequence[Region]
    latent: LatentSpec
    seeds: tuple[int, ...]
    keys: Sequence[StrokeKey]

    @staticmethod
    def of(strokes: Sequence[Stroke], meanings: Sequence[Meaning], encoder: RegionEncoder, job: Job) -> StrokeLayer:
        """Encode strokes for what is drawn of them."""
        latent = encoder.host.latent
        regions = [encoder.region(each.owners, Box.whole(_choose_size(each.window.size, latent))) for each in strokes]
        steps = len(job.clock) - 1
        keys = [
            StrokeKey(
                tuple(meanings[stroke.owners[0]].acts(step) for stroke in strokes),
                bool(strokes) and job.final and step == steps - 1,
            )
            for step in range(steps)
        ]
        return StrokeLayer(strokes, regions, latent, job.seeds, keys)

    def views(self, key: StrokeKey) -> tuple[View, ...]:
        """The views of the strokes that act and are asked for."""
        found = zip(self.strokes, self.regions, key.active, strict=True)
        return tuple(self._make_view(each, region, key.last) for each, region, acts in found if acts and each.asked)

    @property
    def finished(self) -> tuple[View, ...]:
        """The views of all strokes when they are done."""
        return tuple(self._make_view(*each, True) for each in zip(self.strokes, self.regions, strict=True))

    def _make_view(self, stroke: Stroke, region: Region, last: bool) -> View:
        size = _choose_size(stroke.window.size, self.latent)
        first = self.seeds if stroke.seed is None else (stroke.seed,) * len(self.seeds)
        seeds = tuple(noise.derive_seed(seed, stroke.number) for seed in first)
        inside = torch.ones(size.height, size.width, device=self.latent.device)
        zoom = Closeup(size, self.latent.channels, seeds, inside, last=last, whole=True)
        weight = torch.from_numpy(np.ascontiguousarray(stroke.weight)).to(self.latent.device)
        return View(stroke.window, stroke.window, (region,), weight, zoom=zoom)


def list_apart(strokes: Sequence[Stroke]) -> set[int]:
    """The indices of all brushes that are drawn as strokes."""
    return {index for stroke in strokes for index in stroke.owners}


def sort_views(palette: Palette, views: Sequence[View]) -> tuple[View, ...]:
    """Views that lie above all others, in the order of their brushes."""
    places = {brush.id: index for index, brush in enumerate(palette.brushes)}
    return tuple(sorted(views, key=lambda view: places[view.names[0]]))


def _choose_size(window: Size, latent: LatentSpec) -> Size:
    """What is drawn of a window, in cells: all of it, or what one view shows, which is mirrored to fill it."""
    cell = latent.pixels_per_cell
    most = tiles.LARGE * latent.native / cell
    multiple = max(1, WINDOW_MULTIPLE // cell)
    limit = max(multiple, int(most) // multiple * multiple)
    return Size(min(window.height, limit), min(window.width, limit))
