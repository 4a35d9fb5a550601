"""Losses: a palette and its job come in; what is not drawn as somebody may have meant it goes out, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lib_regiondiff.authoring.notices import Remark, join_names, mention
from lib_regiondiff.authoring.room import Drawing, Painted, is_over
from lib_regiondiff.document.palette import SCENE, THING, Overlap, Palette, Tiles
from lib_regiondiff.document.records import replace_unchecked
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box
from lib_regiondiff.planning.auto import FEW, list_tilings, settle
from lib_regiondiff.planning.things.candidates import FINER, MOST, PIECES, Facts, fit_native, list_candidates
from lib_regiondiff.planning.things.pieces import label_pieces
from lib_regiondiff.planning.tiles import find_bounds

SHARP, FINE_STEPS = 2, 4
"""Native sides above which a thing is as soft as its enlargement, and the steps from which on the last ones are finer,
so that it is as many times larger: a sampler of fewer steps has too much noise left."""
NAMED = 3
"""Brushes that a sentence names, at most; more of them are counted."""
FREE: dict[str, Any] = {"tiles": AUTO, "blend": AUTO, "overlap": Overlap()}
"""What a palette says of its method where it leaves kinds open."""
SHARED = 1.001
"""Share of a cell that two brushes cover together, above which they overlap and are not just neighbours."""
OPEN = "; the first step decides whether one is drawn"
"""How a sentence about things ends where a brush may also be filled."""


@dataclass(frozen=True)
class Run:
    """How a palette is drawn: in so many steps, at least 1, at a guidance scale."""

    steps: int
    guidance: float


def find_losses(palette: Palette, painted: Painted, how: Drawing, run: Run) -> Iterator[Remark]:
    """A sentence for each reason for which brushes are not drawn as somebody may have meant them."""
    if is_over(palette, how):
        yield from _find_filled_over(palette, painted, how)
        return
    if palette.attention == "none":
        yield from _find_filled(palette, painted, how)
    else:
        yield from _find_repeated(palette, painted, how, run)
    for numbers, end in _list_things(palette, painted, how):
        for told in (*_find_soft(palette, painted, how, run, numbers), *_find_unheeded(palette, painted, numbers)):
            yield replace(told, text=told.text + end)


def _find_filled_over(palette: Palette, painted: Painted, how: Drawing) -> Iterator[Remark]:
    """Brushes that would be things or scenes, or be looked at, but for the picture that drawing begins with."""
    guesses = list_candidates(palette, painted.coverages, painted.find_facts(palette, how))
    on_canvas = palette.attention != "none"
    lost = [
        number
        for number, (brush, guess) in enumerate(zip(palette.brushes, guesses, strict=True), start=1)
        if brush.kind in (THING, SCENE) or (guess.figure is not None and not on_canvas)
    ]
    why = "it is drawn over a picture (img2img); at a strength near 1 nothing is left of that"
    yield from _tell(palette, lost, f"only filled, with no object drawn by itself, because {why}")


def _find_filled(palette: Palette, painted: Painted, how: Drawing) -> Iterator[Remark]:
    """Brushes of no kind in which an object would be looked for but for what else the palette says, by reasons."""
    free, facts = replace_unchecked(palette, **FREE), painted.find_facts(palette, how)
    told = "only filled, and no object is looked for, because {}; kind: thing draws one"
    if len(palette.brushes) > MOST:
        why = f"the palette has {len(palette.brushes)} brushes, more than {MOST}"
        lost = [n for n, each in enumerate(painted.coverages, start=1) if _is_open(free, facts, n, each)]
        yield from _tell(palette, lost, told.format(why))
        return
    open_ones = _list_open(free, painted, facts)
    reasons = {
        "tiles": "the palette has tiles of its own",
        "blend": f"the blend is {palette.blend}",
        "overlap": f"the overlap rule is {palette.overlap.rule}",
    }
    for name, why in reasons.items():
        said = replace_unchecked(free, **{name: getattr(palette, name)})
        yield from _tell(palette, sorted(open_ones - _list_open(said, painted, facts)), told.format(why))
    lost = [
        number
        for number, coverage in enumerate(painted.coverages, start=1)
        if number not in open_ones and _is_open(free, facts, number, _keep_pieces(coverage, palette.wraps))
    ]
    yield from _tell(palette, lost, told.format(f"there are more than {PIECES} separate pieces"))


def _list_open(palette: Palette, painted: Painted, facts: Facts) -> set[int]:
    """The numbers, from 1 on, of the brushes that become another kind where the first level draws a figure."""
    guesses = list_candidates(palette, painted.coverages, facts)
    return {number for number, guess in enumerate(guesses, start=1) if guess.figure is not None}


def _is_open(palette: Palette, facts: Facts, number: int, coverage: np.ndarray) -> bool:
    """Whether a brush, by its number from 1 on, would be looked at if it covered this [h, w] and were alone."""
    alone = replace_unchecked(palette, brushes=palette.brushes[number - 1 : number])
    own = Facts(facts.native, facts.silent, facts.plain[number - 1 : number])
    return list_candidates(alone, [coverage], own)[0].figure is not None


def _keep_pieces(coverage: np.ndarray, ring: bool) -> np.ndarray:
    """As many of a brush's pieces [h, w] as those may have in which an object is looked for."""
    labels, kept = label_pieces(coverage, ring)
    return np.where(np.isin(labels, kept[:PIECES]), coverage, np.float32(0))


def _list_things(palette: Palette, painted: Painted, how: Drawing) -> Iterator[tuple[list[int], str]]:
    """The numbers, from 1 on, of brushes that are things, then of those that may become some, and how what is told of
    them ends."""
    every = list(enumerate(zip(palette.brushes, painted.coverages, strict=True), start=1))
    yield [number for number, (brush, coverage) in every if brush.kind == THING and coverage.any()], ""
    if palette.attention == "none":  # else they stay on the canvas
        guesses = list_candidates(palette, painted.coverages, painted.find_facts(palette, how))
        yield [number for number, guess in enumerate(guesses, start=1) if guess.figure == THING], OPEN


def _find_soft(palette: Palette, painted: Painted, how: Drawing, run: Run, things: Sequence[int]) -> Iterator[Remark]:
    """Those of such `things`, by their numbers, that are much larger than the close-up in which they are drawn."""
    native = fit_native(how.native, palette.size)
    finer = FINER if run.steps >= FINE_STEPS else 1
    most, drawn = round(SHARP * finer * native), round(finer * native)
    lost = [
        number
        for number in things
        if _measure_things(painted.coverages[number - 1], palette.wraps) * painted.side > most
    ]
    why = f"of more than {most} px on its shorter side is as soft as an enlarged picture of {drawn}x{drawn}"
    yield from _tell(palette, lost, f"a thing {why}", "mask")


def _measure_things(coverage: np.ndarray, ring: bool) -> int:
    """The cells along the shorter side of the largest thing of a brush that covers this [h, w]; 0 without any."""
    labels, kept = label_pieces(coverage, ring)
    boxes = [find_bounds(labels == label, ring) for label in kept]
    return max((min(box.size.height, box.size.width) for box in boxes if box is not None), default=0)


def _find_unheeded(palette: Palette, painted: Painted, things: Sequence[int]) -> Iterator[Remark]:
    """What the palette says that does not act on such `things`, given by their numbers, but on brushes that are
    filled."""
    told = "a thing is drawn by itself, so that {} does not act on it"
    heavy = [number for number in things if palette.brushes[number - 1].weight != 1]
    yield from _tell(palette, heavy, told.format("its weight"), "weight")
    said = {
        "quantization": ("quantization", palette.quantization != "none"),
        "background.share": ("background.share", palette.background.share > 0),
        "noise": ("the palette's noise", bool(palette.noise)),
    }
    for path, (name, is_said) in said.items():
        yield from _tell(palette, things if is_said else (), told.format(name), path=path)
    mixes = palette.overlap.rule == "weighted"
    if mixes or palette.overlap.cover_alpha:
        over = [number for number in things if _overlaps(painted.coverages, number)]
        path, name = ("overlap.rule", "the overlap rule") if mixes else ("overlap.cover_alpha", "cover_alpha")
        yield from _tell(palette, over, told.format(name), path=path)


def _overlaps(coverages: Sequence[np.ndarray], number: int) -> bool:
    """Whether a brush, by its number from 1 on, covers what another one of those that cover these [h, w] covers."""
    own = coverages[number - 1]
    return any((own + each > SHARED).any() for n, each in enumerate(coverages, start=1) if n != number)


def _find_repeated(palette: Palette, painted: Painted, how: Drawing, run: Run) -> Iterator[Remark]:
    """Brushes of no kind that a method of attention draws in several tiles, in few steps, which settle all at once."""
    grid = _find_tiles(palette, how, run)
    if grid is None:
        return
    (high, wide), facts = grid, painted.find_facts(palette, how)
    lost = [
        number
        for number, coverage in enumerate(painted.coverages, start=1)
        if palette.brushes[number - 1].kind == AUTO
        and not facts.plain[number - 1]
        and _is_larger(find_bounds(coverage > 0, palette.wraps), painted, (high, wide))
    ]
    why = f"larger than a tile of {wide}x{high} px, so that each tile may draw its object again in few steps"
    yield from _tell(palette, lost, f"{why}; tiles: null draws the canvas as one", "mask")


def _find_tiles(palette: Palette, how: Drawing, run: Run) -> tuple[int, int] | None:
    """The largest height and width in pixels that tiles may get in a run of few steps; None without any, or in more."""
    if run.guidance != 1 or run.steps > FEW:
        return None
    try:
        made = settle(palette, palette.size, how.native, (*(1.0,) * run.steps, 0.0), run.guidance)
    except HostError:
        return None  # told with the cost
    grids = [each.tiles for each in list_tilings(palette, made, how.native) if isinstance(each.tiles, Tiles)]
    if not grids:
        return None
    return max(int(each.height) for each in grids), max(int(each.width) for each in grids)


def _is_larger(inner: Box | None, painted: Painted, tile: tuple[int, int]) -> bool:
    """Whether no tile of a height and width in pixels holds a box of cells; what is all of the canvas is a ground."""
    if inner is None or (inner.size.height, inner.size.width) == painted.coverages[0].shape:
        return False
    return inner.size.height * painted.side > tile[0] or inner.size.width * painted.side > tile[1]


def _tell(
    palette: Palette, numbers: Sequence[int], told: str, key: str = "kind", path: str | None = None
) -> Iterator[Remark]:
    """The sentence that tells something of a value of the brushes with these numbers, from 1 on, if there are any.

    It is about the value of theirs that `key` names, or about that at a `path`.
    """
    names = [mention(number, palette.brushes[number - 1]) for number in numbers]
    subject = join_names(names) if len(names) <= NAMED else f"{len(names)} brushes"
    if names:
        own = f"brushes[{numbers[0] - 1}].{key}" if len(names) == 1 else "brushes"
        yield Remark(f"{subject}: {told}", path or own)
