"""The plan: a palette and a job become regions with conditions and, for each level, views whose weights sum to 1."""

from __future__ import annotations

import bisect
import itertools
import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lib_regiondiff import masks
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Host, Level, Part, Parts, composed
from lib_regiondiff.palette import Brush, Palette
from lib_regiondiff.views import Layout, Region, View, fading, hull

BACKGROUND = ""  # no brush can have this id
SAME_LEVEL = 1e-4


@dataclass(frozen=True)
class Text:
    """The prompt and negative of one brush in one image, as they are to be encoded."""

    prompt: str
    negative: str


@dataclass(frozen=True)
class Job:
    """One run of a sampler: size in pixels, the clock, one seed for each image.

    `clock` is the noise of each level that the sampler plans to run, descending, with the final 0; it may ask between
    two of them, above the first, or again. `texts` has one mapping for each image from brush id (BACKGROUND for the
    background) to its resolved text; what is missing is taken from the palette. `guidance` None means the palette's.
    `negatives` has them encoded even for guidance 1, for a host that may ask for them or change its scale.
    """

    size: Size
    clock: tuple[float, ...]
    seeds: tuple[int, ...]
    texts: tuple[Mapping[str, Text], ...] = ()
    guidance: float | None = None
    negatives: bool = False

    def text(self, image: int, key: str, otherwise: Text) -> Text:
        """The text of a brush in an image."""
        return self.texts[image].get(key, otherwise) if self.texts else otherwise


@dataclass(frozen=True)
class Meaning:
    """All of a brush but where it is; brushes of equal meaning become one region."""

    texts: tuple[Text, ...]
    guidance: float | None = None
    prompt_strength: float = 1.0
    first: int = 0
    last: int | None = None


@dataclass(frozen=True)
class Plan:
    """What to evaluate at each level."""

    size: Size
    clock: tuple[float, ...]
    guidance: float
    rescale: float
    steps: tuple[tuple[View, ...], ...]

    def views(self, level: Level) -> tuple[View, ...]:
        """The views of a level; one between two levels of the clock belongs to the noisier of them."""
        return self.steps[step_of(self.clock, level.noise)]

    @property
    def single(self) -> View | None:
        """The only view of the whole run, if it covers the canvas: one prompt for the whole picture."""
        first = self.steps[0][0]
        only = all(len(views) == 1 and views[0] is first for views in self.steps)
        return first if only and first.box == Box.whole(self.size) else None

    @property
    def plain(self) -> bool:
        """Whether the picture is that of the background's prompt alone, so that the host's own path makes it."""
        region = self.single.region if self.single else None
        return region is not None and region.background and region.guidance is None and self.rescale == 0


def step_of(clock: Sequence[float], noise: float) -> int:
    """The index of the level in force at a noise: the last one of a clock that is not quieter."""
    return max(0, bisect.bisect_right(clock[:-1], -noise * (1 - SAME_LEVEL), key=operator.neg) - 1)


def make_plan(palette: Palette, job: Job, host: Host, merge: bool = True) -> Plan:
    """Plan a job. Raises HostError for what cannot be honoured yet; `merge` False keeps equal brushes apart."""
    refuse(palette)
    layout = Layout.of(palette, job.size, host.latent)
    meanings = _meanings(palette, job)
    stack = _partition(palette, job, host)
    owners = _owners(meanings, merge)
    kinds, weights = _weights(stack, meanings, owners, palette, job)
    boxes = [layout.boxes(np.max(maps, axis=0)) for maps in zip(*weights, strict=True)]
    guidance = palette.guidance if job.guidance is None else job.guidance
    encoder = _Encoder(
        host, meanings, ("background", *(brush.id for brush in palette.brushes)), job.negatives or guidance != 1
    )
    regions = [
        encoder.region(group, hull(places)) if places else None for group, places in zip(owners, boxes, strict=True)
    ]
    views = [layout.views(maps, boxes, regions) for maps in weights]
    return Plan(layout.canvas, job.clock, guidance, palette.rescale, tuple(views[kind] for kind in kinds))


def refuse(palette: Palette) -> None:
    """HostError for what the format can say and this version cannot do."""
    missing = {
        "init": palette.init is not None,
        "background.image": palette.background.image is not None,
        "background.colour": palette.background.colour is not None,
        "bootstrap.levels": palette.bootstrap.levels > 0,
        "attention": palette.attention != "none",
    }
    for path, is_set in missing.items():
        if is_set:
            raise HostError(path, "nothing", "a value", "this version can't do it yet; leave it out")


def _meanings(palette: Palette, job: Job) -> list[Meaning]:
    """The background's meaning and those of the brushes, from the lowest up."""
    images, count = range(len(job.seeds)), len(job.clock) - 1
    own = Text(palette.background.prompt, palette.background.negative)
    under = Meaning(tuple(job.text(image, BACKGROUND, own) for image in images))

    def meaning(brush: Brush) -> Meaning:
        texts = []
        for image in images:
            negative = under.texts[image].negative if brush.negative is None else brush.negative
            texts.append(job.text(image, brush.id, Text(brush.prompt, negative)))
        if tuple(texts) == under.texts and brush.guidance is None:
            return under
        first = max(_whole(brush.start * count), count - _whole(brush.strength * count))
        return Meaning(tuple(texts), brush.guidance, brush.prompt_strength, first, _whole(brush.stop * count))

    return [under, *(meaning(brush) for brush in palette.brushes)]


def _whole(levels: float) -> int:
    """A share of levels as a number of them; halves count up."""
    return math.floor(levels + 0.5)


def _owners(meanings: Sequence[Meaning], merge: bool) -> list[list[int]]:
    """Indices of equal meaning, grouped; the background's group comes first."""
    groups: dict[object, list[int]] = {}
    for index, meaning in enumerate(meanings):
        groups.setdefault(meaning if merge else index, []).append(index)
    return list(groups.values())


def _partition(palette: Palette, job: Job, host: Host) -> np.ndarray:
    """Weights [1 + P, h, w] before quantization."""
    pixels = host.latent.pixels_per_cell
    scale = (job.size.area / palette.size.area) ** 0.5 / pixels

    def layer(brush: Brush) -> masks.Layer:
        coverage = masks.cells(brush.mask, job.size, pixels)
        fade = fading(coverage) if palette.blend == "mixture" else 1.0
        return masks.Layer(coverage, brush.feather * scale, np.float32(brush.weight) * fade)

    return masks.partition([layer(brush) for brush in palette.brushes], job.size.cells(pixels), palette.overlap)


def _weights(
    stack: np.ndarray, meanings: Sequence[Meaning], owners: list[list[int]], palette: Palette, job: Job
) -> tuple[list[int], list[np.ndarray]]:
    """The kind of each step, and the weights [regions, h, w] of each kind: steps of equal weights are of one kind.

    Brushes outside their interval leave their cells to the background.
    """
    weights: dict[bytes, np.ndarray] = {}
    known: dict[object, bytes] = {}
    kinds = []
    for step, pair in enumerate(itertools.pairwise(job.clock)):
        acts = tuple(each.first <= step and (each.last is None or step < each.last) for each in meanings[1:])
        key = (acts, pair if palette.quantization != "none" else None)
        if key not in known:
            acting = stack[1:] * np.array(acts, np.float32)[:, None, None]
            every = masks.with_background(masks.quantize(acting, palette.quantization, *pair))
            maps = np.stack([every[group].sum(axis=0) for group in owners])
            known[key] = maps.tobytes()
            weights.setdefault(known[key], maps)
        kinds.append(known[key])
    order = {maps: number for number, maps in enumerate(weights)}
    return [order[kind] for kind in kinds], list(weights.values())


@dataclass(frozen=True)
class _Encoder:
    """Encodes each prompt once, so that equal prompts are one object and rows of them can be shared."""

    host: Host
    meanings: Sequence[Meaning]
    names: Sequence[str]
    guided: bool
    known: dict[tuple[str, bool, Size], Parts] = field(default_factory=dict)

    def encode(self, words: str, negative: bool, size: Size) -> Parts:
        key = (words, negative, size)
        if key not in self.known:
            self.known[key] = self.host.encode(*key)
        return self.known[key]

    def mixed(self, words: tuple[str, str], strength: float, negative: bool, size: Size) -> Parts:
        """The parts between the background's words (first) and a brush's own (second)."""
        under, own = words
        parts = self.encode(own, negative, size)
        if strength == 1 or own == under:
            return parts
        base = self.encode(under, negative, size)[0].cond
        return tuple(Part(self.host.lerp(base, part.cond, strength), part.weight) for part in parts)

    def region(self, group: Sequence[int], frame: Box) -> Region:
        """The region of brushes of one meaning, encoded for its frame."""
        meaning, size = self.meanings[group[0]], frame.size.pixels(self.host.latent.pixels_per_cell)
        pairs, strength = list(zip(self.meanings[0].texts, meaning.texts, strict=True)), meaning.prompt_strength
        conds = tuple(self.mixed((base.prompt, own.prompt), strength, False, size) for base, own in pairs)
        unconds = None
        if self.guided or meaning.guidance not in (None, 1) or any(composed(parts) for parts in conds):
            negatives = [(base.negative, own.negative) for base, own in pairs]
            unconds = tuple(self.mixed(words, strength, True, size)[0].cond for words in negatives)
        names = tuple(self.names[index] for index in group)
        return Region(names, 0 in group, meaning.guidance, conds, unconds)
