"""Brush texts: what is encoded for the background and for each brush, suffix included, in each image of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lib_regiondiff.document.palette import Brush, Palette
from lib_regiondiff.planning.prompt_suffix import add_suffix

BACKGROUND = ""  # no brush can have this id


@dataclass(frozen=True)
class BrushText:
    """The prompt and negative of one brush in one image."""

    prompt: str
    negative: str


Texts = Mapping[str, tuple[BrushText, ...]]
"""From brush id (BACKGROUND for the background) to its text in each image."""


def resolve_texts(palette: Palette, given: Sequence[Mapping[str, BrushText]]) -> Texts:
    """The texts of all before the suffix: those `given` for each image, by brush id, or the palette's own.

    A brush without a negative has the background's.
    """
    own = BrushText(palette.background.prompt, palette.background.negative)
    found = {BACKGROUND: tuple(texts.get(BACKGROUND, own) for texts in given)}
    for brush in palette.brushes:
        found[brush.id] = tuple(
            texts.get(brush.id) or _own(brush, under) for texts, under in zip(given, found[BACKGROUND], strict=True)
        )
    return found


def _own(brush: Brush, under: BrushText) -> BrushText:
    return BrushText(brush.prompt, under.negative if brush.negative is None else brush.negative)


def is_background(brush: Brush, palette: Palette, resolved: Texts) -> bool:
    """Whether a brush says in all images what the background says, and as strongly, where that is words alone."""
    same = resolved[brush.id] == resolved[BACKGROUND]
    return same and brush.guidance is None and not palette.background.painted


def encoded_texts(palette: Palette, given: Sequence[Mapping[str, BrushText]]) -> Texts:
    """What is encoded of texts that are `given` for each image, or of the palette's own, for background and brushes.

    The suffix ends the prompts of all brushes but those that say what the background says. PaletteError where a prompt
    would be longer than it may be.
    """
    resolved = resolve_texts(palette, given)
    found = {BACKGROUND: resolved[BACKGROUND]}
    for brush in palette.brushes:
        if is_background(brush, palette, resolved):
            found[brush.id] = found[BACKGROUND]
            continue
        pairs = zip(resolved[brush.id], found[BACKGROUND], strict=True)
        found[brush.id] = tuple(
            replace(text, prompt=add_suffix(text.prompt, palette.suffix, under.prompt)) for text, under in pairs
        )
    return found
