"""Conditioning: what the brushes of a palette mean in a job (texts, guidance, intervals), each meaning encoded once."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from lib_regiondiff.document.palette import Brush, Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Encoder, Part, Parts, Prompt, is_composed
from lib_regiondiff.planning.auto import EARLY
from lib_regiondiff.planning.brush_texts import BACKGROUND, BrushText, is_background, prepare_texts, resolve_texts
from lib_regiondiff.planning.intervals import find_interval
from lib_regiondiff.planning.regions import Formula, Region
from lib_regiondiff.store import Store

ROUNDED = 1e-4
"""By how much a noise of a clock may exceed 1 or the one before it."""


@dataclass(frozen=True)
class Kept:
    """Brushes, by their names, whose close-ups a pass has drawn: `things`, by the cells of each one in its first level
    and in its last, and `strokes`."""

    things: Mapping[str, tuple[tuple[Size, Size], ...]] = field(default_factory=dict)
    strokes: frozenset[tuple[str, ...]] = frozenset()


@dataclass(frozen=True)
class Job:
    """One run of a sampler: size in pixels, the clock, one seed for each image.

    `clock` is the noise of each level that the sampler plans to run, descending, with the final 0; it may ask between
    two of them, above the first, or again. `texts` has one mapping for each image from brush id (BACKGROUND for the
    background) to its resolved text; the palette's own fill the gaps. `guidance` None means the palette's. `negatives`
    has them encoded even at guidance 1, for a host that may ask for them or change its scale.

    Raises HostError for no seeds, and for a clock that is not noises in [0, 1] that never rise and end in 0; an empty
    one runs no level.
    """

    size: Size
    clock: tuple[float, ...]
    seeds: tuple[int, ...]
    texts: tuple[Mapping[str, BrushText], ...] = ()
    guidance: float | None = None
    negatives: bool = False
    centred: bool = True
    """Whether brushes may be moved to the middle in the first levels, and surrounded."""
    final: bool = True
    """Whether pictures are done after it, so that what is pasted into them need not be in their latents."""
    kept: Kept = field(default_factory=Kept)
    """What stays as it is of the pass before, where this one goes on from its pictures."""
    formula: Formula | None = None
    """How words are raised, in place of the palette's scale, noise and scores."""
    store: Store = field(default_factory=Store, repr=False, compare=False)
    """What masks became, of whoever runs the sampler."""

    def __post_init__(self) -> None:
        if not self.seeds:
            raise HostError("Job.seeds", "one for each picture", "none")
        noises = (1.0, *self.clock)
        falls = all(0 <= then <= here + ROUNDED for here, then in itertools.pairwise(noises))
        if not falls or (self.clock and self.clock[-1] != 0):
            raise HostError("Job.clock", "noises in [0, 1] that never rise, the last one 0", str(self.clock)[:80])

    @property
    def over(self) -> bool:
        """Whether it begins with a picture, of which something is left in the noise."""
        return bool(self.clock) and self.clock[0] <= EARLY


@dataclass(frozen=True)
class Meaning:
    """All of a brush but its mask: texts in each image, guidance, prompt strength, interval of levels.

    It acts from level `first` up to, but not in, `last`. Brushes of equal meaning become one region.
    """

    texts: tuple[BrushText, ...]
    guidance: float | None = None
    prompt_strength: float = 1.0
    first: int = 0
    last: int | None = None

    def acts(self, step: int) -> bool:
        """Whether it acts at a step."""
        return self.first <= step and (self.last is None or step < self.last)


def find_meanings(palette: Palette, job: Job) -> list[Meaning]:
    """The meanings of background and brushes, from the lowest up, in a job; PaletteError for overlong prompts."""
    given = [job.texts[image] if job.texts else {} for image in range(len(job.seeds))]
    resolved, encoded, count = resolve_texts(palette, given), prepare_texts(palette, given), len(job.clock) - 1
    under = Meaning(encoded[BACKGROUND])

    def meaning(brush: Brush) -> Meaning:
        if is_background(brush, palette, resolved):
            return under
        return Meaning(encoded[brush.id], brush.guidance, brush.prompt_strength, *find_interval(brush, count))

    return [under, *map(meaning, palette.brushes)]


def group_meanings(
    meanings: Sequence[Meaning], merge: bool, apart: Collection[int] = (), alone: Collection[int] = ()
) -> list[list[int]]:
    """Group the indices of meanings where they are equal, with `merge`; the background's group comes first.

    Those that are `apart` are in no group, those that are `alone` in one of their own.
    """
    groups: dict[object, list[int]] = {}
    for index, meaning in enumerate(meanings):
        if index in apart:
            continue
        groups.setdefault(meaning if merge and index not in alone else index, []).append(index)
    return list(groups.values())


@dataclass(frozen=True)
class RegionEncoder:
    """Encodes each prompt once, so that equal prompts are one object and rows of them can be shared."""

    host: Encoder
    meanings: Sequence[Meaning]
    names: Sequence[str]
    guided: bool
    known: dict[Prompt, Parts] = field(default_factory=dict)

    def encode(self, prompt: Prompt) -> Parts:
        if prompt not in self.known:
            self.known[prompt] = self.host.encode(prompt)
        return self.known[prompt]

    def mixed(self, words: tuple[str, str], strength: float, negative: bool, size: Size) -> Parts:
        """The parts between the background's words (first) and a brush's own (second)."""
        under, own = words
        parts = self.encode(Prompt(own, negative, size))
        if strength == 1 or own == under:
            return parts
        base = self.encode(Prompt(under, negative, size))[0].cond
        return tuple(Part(self.host.lerp(base, part.cond, strength), part.weight) for part in parts)

    def region(self, group: Sequence[int], frame: Box) -> Region:
        """The region of brushes of one meaning, encoded for its frame."""
        meaning, size = self.meanings[group[0]], frame.size.pixels(self.host.latent.pixels_per_cell)
        pairs, strength = list(zip(self.meanings[0].texts, meaning.texts, strict=True)), meaning.prompt_strength
        conds = tuple(self.mixed((base.prompt, own.prompt), strength, False, size) for base, own in pairs)
        unconds = None
        if self.guided or meaning.guidance not in (None, 1) or any(is_composed(parts) for parts in conds):
            negatives = [(base.negative, own.negative) for base, own in pairs]
            unconds = tuple(self.mixed(words, strength, True, size)[0].cond for words in negatives)
        names = tuple(self.names[index] for index in group)
        return Region(names, 0 in group, meaning.guidance, conds, unconds)
