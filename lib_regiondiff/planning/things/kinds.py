"""Kinds: whether a brush is drawn as one thing, as a scene of its own, or filled with stuff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lib_regiondiff.document.palette import SCENE, STUFF, THING, Palette
from lib_regiondiff.document.records import replace_unchecked
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.geometry import Box
from lib_regiondiff.host import LatentSpec
from lib_regiondiff.planning import tiles
from lib_regiondiff.planning.auto import EARLY
from lib_regiondiff.planning.conditioning import Job, Meaning
from lib_regiondiff.planning.things.candidates import MOST, is_settled, is_whole
from lib_regiondiff.planning.things.pieces import label_pieces
from lib_regiondiff.planning.things.scenes import find_scene
from lib_regiondiff.planning.things.strokes import is_stroke

COVERED, MOSTLY = 0.98, 0.6
"""Shares of a canvas that brushes cover where nothing of the background is seen, and where one without a prompt is
hardly missed."""
PIECES = 8
"""Separate pieces of a brush above which nothing but stuff is chosen."""
COMPACT, FILLED = 0.25, 0.4
"""Native sides, and share of its box, from which on a brush without a broad part may still show a thing."""
BELOW = 0.5
"""Share of a brush, at most, that may lie above other brushes where it is a scene beside them."""


@dataclass(frozen=True)
class Kinds:
    """The kinds of a palette's brushes, in their order; `figures` are those that become another kind, by their numbers
    from 1 on, where the first level draws a figure for them."""

    known: tuple[str, ...]
    figures: Mapping[int, str]

    def decide(self, figures: frozenset[int]) -> tuple[str, ...]:
        """The kinds once it is known for which brushes the first level draws figures."""
        return tuple(self.figures[n] if n in figures else kind for n, kind in enumerate(self.known, start=1))


def apply_kinds(palette: Palette, kinds: Sequence[str]) -> Palette:
    """The palette with its brushes' kinds decided."""
    made = (replace_unchecked(brush, kind=kind) for brush, kind in zip(palette.brushes, kinds, strict=True))
    return replace_unchecked(palette, brushes=tuple(made))


def choose_kinds(
    palette: Palette, coverages: Sequence[np.ndarray], meanings: Sequence[Meaning], job: Job, latent: LatentSpec
) -> Kinds:
    """The kinds of brushes that cover these shares [h, w] of cells.

    All are stuff over a picture, of which a thing's beginning would be another part, and where each view is the whole
    canvas. Where nothing else is said, brushes side by side that cover the canvas are scenes, and others are things on
    what lies below them; as far as that would change what is drawn, the first level decides.
    """
    if not job.centred or job.clock[0] <= EARLY:
        return Kinds((STUFF,) * len(coverages), {})
    scenes, many = _covers(palette, coverages, meanings[0]), len(coverages) > MOST
    below, known, figures = np.zeros_like(coverages[0]) if coverages else None, [], {}
    for number, (brush, coverage) in enumerate(zip(palette.brushes, coverages, strict=True), start=1):
        kind = brush.kind
        if kind == AUTO and many:
            kind = STUFF
        elif kind == AUTO:
            beside = scenes and float((coverage * below).sum()) < BELOW * float(coverage.sum())
            kind, figure = _guess(palette, coverage, (meanings[0], meanings[number]), beside, latent)
            if figure is not None:
                figures[number] = figure
        known.append(kind)
        below = np.maximum(below, coverage) if below is not None else None
    return Kinds(tuple(known), figures)


def _covers(palette: Palette, coverages: Sequence[np.ndarray], under: Meaning) -> bool:
    """Whether brushes leave nothing of the background to see, or hardly anything of one that says nothing."""
    bare = np.prod([1 - each for each in coverages], axis=0) if coverages else np.ones(1)
    silent = not palette.background.painted and not any(text.prompt.strip() for text in under.texts)
    return 1 - float(bare.mean()) >= (MOSTLY if silent else COVERED)


def _guess(
    palette: Palette, coverage: np.ndarray, meanings: tuple[Meaning, Meaning], beside: bool, latent: LatentSpec
) -> tuple[str, str | None]:
    """What a brush is, and what it becomes if it draws a figure; None where it stays what it is."""
    under, own = meanings
    inner = tiles.find_bounds(coverage > 0, palette.wraps)
    plain = own.texts == under.texts or own.first > 0
    if inner is None or is_settled(palette) or plain or is_whole(inner, coverage):
        return STUFF, None
    if is_line(coverage, inner, latent.native // latent.pixels_per_cell):
        return STUFF, None
    if not beside:
        return STUFF, THING if len(label_pieces(coverage, palette.wraps)[1]) <= PIECES else None
    scene = find_scene(coverage, latent, palette.wraps)
    assert scene is not None, "not empty"
    return (STUFF, SCENE) if scene.zoomed else (SCENE, None)


def is_line(coverage: np.ndarray, inner: Box, native: int) -> bool:
    """Whether a brush that covers these shares [h, w] of the cells of a box is a stroke and no small, compact spot."""
    least, filled = COMPACT * native, float(coverage.sum()) / inner.size.area
    return is_stroke(coverage, native) and (min(inner.size.height, inner.size.width) < least or filled < FILLED)
