"""Ground: what is laid out on the canvas itself: the weights of background and brushes, places, the first levels."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from torch import Tensor

from lib_regiondiff.document import budget, pictures
from lib_regiondiff.document.palette import COUPLE, Palette
from lib_regiondiff.geometry import Box
from lib_regiondiff.host import Encoder, LatentSpec
from lib_regiondiff.planning import tiles
from lib_regiondiff.planning.conditioning import Job, Meaning
from lib_regiondiff.planning.intervals import round_levels
from lib_regiondiff.planning.surroundings import Around, find_white_share
from lib_regiondiff.planning.things.scenes import SceneWindow, find_scene
from lib_regiondiff.planning.views import Layout
from lib_regiondiff.planning.weights import feather_limit, masks
from lib_regiondiff.planning.weights.level_weights import LevelWeights
from lib_regiondiff.planning.weights.partition import divide


@dataclass(frozen=True)
class FirstLevels:
    """What is peculiar to the first levels: surroundings, and putting back the picture under the brushes."""

    palette: Palette
    painted: int
    centred: bool
    around: Callable[[float], Around]

    @staticmethod
    def of(palette: Palette, job: Job, host: Encoder, under: Tensor | None) -> FirstLevels:
        """The first levels of a job; white is encoded where it is needed, at the model's native size."""
        side = host.latent.native
        painted = round_levels(palette.background.strength * (len(job.clock) - 1)) if under is not None else 0

        @functools.cache
        def white() -> Tensor:
            return host.encode_image(Image.new("RGB", (side, side), "white"))[0].mean(dim=(1, 2), keepdim=True)

        @functools.cache
        def around(share: float) -> Around:
            return Around(share, white(), under, job.seeds)

        return FirstLevels(palette, painted, job.centred, around)

    def at(self, step: int, under: bool) -> tuple[bool, Around | None]:
        """Whether the picture `under` the brushes is put back at a step, and what is around brushes then."""
        share = find_white_share(self.palette.bootstrap, step, under) if self.centred else None
        return step < self.painted, None if share is None else self.around(share)


def encode_under(palette: Palette, job: Job, host: Encoder) -> Tensor | None:
    """x0 [C, h, w] of the background's picture or colour, stretched to the canvas; None if it is a prompt alone."""
    picture = pictures.draw_ground(palette.background.image, palette.background.colour, job.size, job.store)
    return None if picture is None else host.encode_image(pictures.pad_border(picture, host.latent.pixels_per_cell))[0]


def measure_brushes(palette: Palette, job: Job, host: Encoder) -> list[np.ndarray]:
    """The share [h, w] of each cell that each brush covers."""
    pixels = host.latent.pixels_per_cell
    return [masks.measure_cells(brush.mask, job.size, pixels, job.store) for brush in palette.brushes]


def divide_canvas(palette: Palette, coverages: Sequence[np.ndarray], job: Job, host: Encoder) -> np.ndarray:
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


def make_level_weights(stack: np.ndarray, meanings: Sequence[Meaning], palette: Palette, job: Job) -> LevelWeights:
    """The weights of background and brushes at each step, within the brushes' intervals."""
    acts = [tuple(each.acts(step) for each in meanings[1:]) for step in range(len(job.clock) - 1)]
    return LevelWeights.of(stack[1:], palette.quantization, job.clock, acts, palette.background.share)


@dataclass(frozen=True, eq=False)
class Placed:
    """The weights of regions, for each step the earliest one of equal weights, the boxes of each region, the windows
    of those that are scenes, by the regions' numbers, and the numbers of those that share the same boxes."""

    weights: LevelWeights
    kinds: Sequence[int]
    boxes: list[list[Box]]
    scenes: Mapping[int, tuple[int, SceneWindow]]
    coupled: frozenset[int]

    @property
    def shared(self) -> list[Box]:
        """The boxes of the regions that share them, as far as they are drawn at all."""
        return max((self.boxes[number] for number in self.coupled), key=len, default=[])

    @property
    def looks(self) -> list[Box]:
        """The boxes of all views."""
        own = [box for number, places in enumerate(self.boxes) if number not in self.coupled for box in places]
        return [*self.shared, *own]

    @property
    def cells(self) -> int:
        """What all boxes together ask of the network."""
        return sum(box.size.area for box in self.looks)


def place_regions(
    weights: LevelWeights,
    owners: Sequence[Sequence[int]],
    layout: Layout,
    scenes: Collection[int],
    how: tuple[LatentSpec, Palette],
) -> Placed:
    """Where the regions with these owners are drawn; `scenes` are the numbers of brushes that have a window each.

    `how` has the latent space of close-ups and the palette.
    """
    peaks, kinds = weights.surveyed()
    couple = how[1].attention != "none"
    grouped = weights.grouped(owners if couple else layout.parted(owners, peaks))
    if grouped.owners != weights.owners:
        peaks, kinds = grouped.surveyed()
    boxes = [layout.boxes(peak, 0 in group) for peak, group in zip(peaks, grouped.owners, strict=True)]
    windows = {}
    for number, (peak, group) in enumerate(zip(peaks, grouped.owners, strict=True)):
        window = find_scene(peak, how[0], layout.ring) if group[0] in scenes else None
        if window is not None:
            windows[number] = group[0], window
            boxes[number] = [window.frame]
    coupled = frozenset(range(len(boxes))) - windows.keys() if couple else frozenset[int]()
    coupled = coupled if sum(bool(boxes[number]) for number in coupled) > (how[1].attention == COUPLE) else frozenset()
    whole = layout.boxes(np.ones_like(peaks[0]), background=True) if coupled else []
    boxes = [whole if number in coupled and places else places for number, places in enumerate(boxes)]
    made = Placed(grouped, kinds, boxes, windows, coupled)
    budget.expect_views(len(made.looks))
    return made


def parts_regions(placed: Placed, layout: Layout, together: Collection[int], bare: bool) -> bool:
    """Whether the first levels may keep anything to itself: an object or, on a `bare` canvas without a picture, scenery
    beside other scenery; scenes and the regions `together` in one view are left out."""
    scenery = _tell_scenery(placed, layout, together)
    return not all(scenery) or (bare and len(scenery) > 1)


def shows_scenery(placed: Placed, layout: Layout) -> bool:
    """Whether several pieces of scenery divide the canvas, and nothing else but scenes, and no two of them are seen in
    one box: what is around them differs, so that they would not share a negative's row there."""
    scenery = _tell_scenery(placed, layout, ())
    boxes = [box for places in placed.boxes for box in places]
    return all(scenery) and len(scenery) > 1 and len(set(boxes)) == len(boxes)


def _tell_scenery(placed: Placed, layout: Layout, together: Collection[int]) -> list[bool]:
    """Which regions are scenery, of those that are no scenes, nor `together` in one view."""
    return [
        0 in group or layout.is_ground(places)
        for number, (group, places) in enumerate(zip(placed.weights.owners, placed.boxes, strict=True))
        if places and number not in {*placed.scenes, *together}
    ]
