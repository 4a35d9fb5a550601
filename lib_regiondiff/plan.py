"""The plan: a palette and a job become regions with conditions and, for each level, views whose weights sum to 1."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lib_regiondiff import masks
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Cond, Host, Level
from lib_regiondiff.palette import Brush, Palette
from lib_regiondiff.views import Layout, Region, View, fading

BACKGROUND = "background"
SAME_LEVEL = 1e-4


@dataclass(frozen=True)
class Text:
    """The prompt and negative of one brush in one image, as they are to be encoded."""

    prompt: str
    negative: str


@dataclass(frozen=True)
class Job:
    """One run of a sampler: size in pixels, levels descending with the final 0, one seed for each image.

    `texts` has one mapping for each image from brush id ("background" for the background) to its resolved text;
    what is missing is taken from the palette. `guidance` None means the palette's.
    """

    size: Size
    levels: tuple[Level, ...]
    seeds: tuple[int, ...]
    texts: tuple[Mapping[str, Text], ...] = ()
    guidance: float | None = None

    def text(self, image: int, key: str, otherwise: Text) -> Text:
        """The text of a brush in an image."""
        return self.texts[image].get(key, otherwise) if self.texts else otherwise


@dataclass(frozen=True)
class Meaning:
    """All of a brush but where it is; brushes of equal meaning become one region."""

    texts: tuple[Text, ...]
    guidance: float
    prompt_strength: float = 1.0
    first: int = 0
    last: int | None = None


@dataclass(frozen=True)
class Plan:
    """What to evaluate at each level."""

    size: Size
    levels: tuple[Level, ...]
    rescale: float
    steps: tuple[tuple[View, ...], ...]
    clock: tuple[float, ...] = field(repr=False)

    def views(self, level: Level) -> tuple[View, ...]:
        """The views of a level; one between two levels of the job belongs to the noisier of them."""
        return self.steps[step_of(self.clock, level.noise)]

    @property
    def single(self) -> View | None:
        """The only view of the whole run, if it covers the canvas: then the host's own path gives the picture."""
        first = self.steps[0][0]
        only = all(len(views) == 1 and views[0] is first for views in self.steps)
        return first if only and first.box == Box.whole(self.size) else None


def step_of(clock: Sequence[float], noise: float) -> int:
    """The index of the level in force at a noise; `clock` holds the negated noises of all levels but the last."""
    return max(0, bisect.bisect_right(clock, -noise * (1 - SAME_LEVEL)) - 1)


def make_plan(palette: Palette, job: Job, host: Host, merge: bool = True) -> Plan:
    """Plan a job. Raises HostError for what cannot be honoured yet; `merge` False keeps equal brushes apart."""
    refuse(palette)
    layout = Layout.of(palette, job.size, host.latent)
    meanings = _meanings(palette, job)
    stack = _partition(palette, job, host)
    owners = _owners(meanings, merge)
    weights = [_at_step(stack, meanings, owners, step, palette, job) for step in range(len(job.levels) - 1)]
    boxes = [layout.boxes(np.max(maps, axis=0)) for maps in zip(*weights, strict=True)]
    encoder, names = _Encoder(host, job.size), (BACKGROUND, *(brush.id for brush in palette.brushes))
    regions = [
        encoder.region(meanings[group[0]], meanings[0], tuple(names[index] for index in group)) if places else None
        for group, places in zip(owners, boxes, strict=True)
    ]
    known: dict[bytes, tuple[View, ...]] = {}
    for maps in weights:
        if maps.tobytes() not in known:
            known[maps.tobytes()] = layout.views(maps, boxes, regions)
    clock = tuple(-level.noise for level in job.levels[:-1])
    return Plan(layout.canvas, job.levels, palette.rescale, tuple(known[maps.tobytes()] for maps in weights), clock)


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
    guidance = palette.guidance if job.guidance is None else job.guidance
    images, count = range(len(job.seeds)), len(job.levels) - 1
    base = palette.background
    own = Text(base.prompt, base.negative)
    under = Meaning(tuple(job.text(image, BACKGROUND, own) for image in images), guidance)

    def meaning(brush: Brush) -> Meaning:
        texts = []
        for image in images:
            negative = under.texts[image].negative if brush.negative is None else brush.negative
            texts.append(job.text(image, brush.id, Text(brush.prompt, negative)))
        scale = guidance if brush.guidance is None else brush.guidance
        if tuple(texts) == under.texts and scale == guidance:
            return under
        first = max(round(brush.start * count), count - round(brush.strength * count))
        return Meaning(tuple(texts), scale, brush.prompt_strength, first, round(brush.stop * count))

    return [under, *(meaning(brush) for brush in palette.brushes)]


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


def _at_step(
    stack: np.ndarray, meanings: Sequence[Meaning], owners: list[list[int]], step: int, palette: Palette, job: Job
) -> np.ndarray:
    """Weights [regions, h, w] at a step: brushes outside their interval leave their cells to the background."""
    acts = np.array([m.first <= step and (m.last is None or step < m.last) for m in meanings[1:]], np.float32)
    noise, following = job.levels[step].noise, job.levels[step + 1].noise
    brushes = masks.quantize(stack[1:] * acts[:, None, None], palette.quantization, noise, following)
    every = masks.with_background(brushes)
    return np.stack([every[group].sum(axis=0) for group in owners])


@dataclass(frozen=True)
class _Encoder:
    """Encodes each prompt once, so that equal prompts are one object and rows of them can be shared."""

    host: Host
    size: Size
    known: dict[tuple[str, bool], Cond] = field(default_factory=dict)

    def encode(self, words: str, negative: bool) -> Cond:
        if (words, negative) not in self.known:
            self.known[words, negative] = self.host.encode(words, negative, self.size)
        return self.known[words, negative]

    def mixed(self, words: str, under: str, strength: float, negative: bool) -> Cond:
        """The condition between the background's words and a brush's own."""
        if strength == 1 or words == under:
            return self.encode(words, negative)
        return self.host.lerp(self.encode(under, negative), self.encode(words, negative), strength)

    def region(self, meaning: Meaning, under: Meaning, names: tuple[str, ...]) -> Region:
        """The region of a meaning above a background."""
        pairs, strength = list(zip(meaning.texts, under.texts, strict=True)), meaning.prompt_strength
        conds = tuple(self.mixed(own.prompt, base.prompt, strength, False) for own, base in pairs)
        unconds = None
        if meaning.guidance != 1:
            unconds = tuple(self.mixed(own.negative, base.negative, strength, True) for own, base in pairs)
        return Region(names, meaning.guidance, conds, unconds)
