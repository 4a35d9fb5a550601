"""Kinds: whether a brush is drawn as one thing, as a scene of its own, or filled with stuff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lib_regiondiff.document.palette import SCENE, STUFF, THING, Bootstrap, Palette
from lib_regiondiff.document.records import replace_unchecked
from lib_regiondiff.host import LatentSpec
from lib_regiondiff.planning.conditioning import Job, Meaning
from lib_regiondiff.planning.things.candidates import Candidate, Facts, list_candidates
from lib_regiondiff.planning.things.pieces import label_pieces
from lib_regiondiff.planning.things.scenes import find_scene


@dataclass(frozen=True)
class Kinds:
    """The kinds of a palette's brushes, in their order; `figures` are those that become another kind, by their numbers
    from 1 on, where the first level draws a figure for them."""

    known: tuple[str, ...]
    figures: Mapping[int, str]

    def list_textures(self, figures: frozenset[int] | None) -> frozenset[int]:
        """The brushes, by their numbers, that show a texture on what lies below, once it is known for which the first
        level draws figures; none before."""
        lie = frozenset(number for number, kind in self.figures.items() if kind == THING)
        return frozenset() if figures is None else lie - figures

    def decide(self, figures: frozenset[int]) -> tuple[str, ...]:
        """The kinds once it is known for which brushes the first level draws figures."""
        return tuple(self.figures[n] if n in figures else kind for n, kind in enumerate(self.known, start=1))


def find_apart(said: Palette, meanings: Sequence[Meaning], textures: frozenset[int], steps: int) -> frozenset[int]:
    """Those of the textures, by their numbers, that are drawn apart in a palette as it was said: where nobody says how
    brushes mix with what is around them, and which act to the end."""
    under, overlap = said.background, said.overlap
    silent = said.bootstrap == Bootstrap() and said.quantization == "none" and not said.noise
    if not silent or under.painted or under.share > 0 or overlap.cover_alpha > 0:
        return frozenset()
    last = steps - 1
    return frozenset(each for each in textures if said.brushes[each - 1].weight == 1 and meanings[each].acts(last))


def apply_kinds(palette: Palette, kinds: Sequence[str]) -> Palette:
    """The palette with its brushes' kinds decided."""
    made = (replace_unchecked(brush, kind=kind) for brush, kind in zip(palette.brushes, kinds, strict=True))
    return replace_unchecked(palette, brushes=tuple(made))


def choose_kinds(
    palette: Palette, coverages: Sequence[np.ndarray], meanings: Sequence[Meaning], job: Job, latent: LatentSpec
) -> Kinds:
    """The kinds of brushes that cover these shares [h, w] of cells.

    All are stuff where each view is the whole canvas, and over a picture, of which a thing's beginning would be another
    part, but for things that are kept from the pass before. As far as it would change what is drawn whether a brush
    shows a figure, the first level decides.
    """
    if not job.centred or job.over:
        return Kinds((STUFF,) * len(coverages), _find_kept(palette, coverages, job) if job.centred else {})
    under, known, figures = meanings[0], [], {}
    silent = not palette.background.painted and not any(text.prompt.strip() for text in under.texts)
    plain = [own.texts == under.texts or own.first > 0 for own in meanings[1:]]
    facts = Facts(latent.native // latent.pixels_per_cell, silent, plain)
    guesses = list_candidates(palette, coverages, facts)
    for number, (coverage, guess) in enumerate(zip(coverages, guesses, strict=True), start=1):
        kind, figure = _look_at_scene(guess, coverage, latent, palette.wraps)
        known.append(kind)
        if figure is not None:
            figures[number] = figure
    return Kinds(tuple(known), figures)


def _find_kept(palette: Palette, coverages: Sequence[np.ndarray], job: Job) -> dict[int, str]:
    """The brushes, by their numbers, each of whose pieces may have a close-up that is kept."""
    found = {}
    for number, (brush, coverage) in enumerate(zip(palette.brushes, coverages, strict=True), start=1):
        sizes = job.kept.things.get(brush.id, ())
        if sizes and len(sizes) == len(label_pieces(coverage, palette.wraps)[1]):
            found[number] = THING
    return found


def _look_at_scene(guess: Candidate, coverage: np.ndarray, latent: LatentSpec, ring: bool) -> tuple[str, str | None]:
    """What a brush is; one that would be a scene is one anyway where its window has about the native area."""
    scene = find_scene(coverage, latent, ring) if guess.figure == SCENE else None
    return (guess.kind, guess.figure) if scene is None or scene.zoomed else (SCENE, None)
