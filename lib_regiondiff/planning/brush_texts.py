"""Brush texts: what is encoded for the background and for each brush, with prefix and suffix, in each image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lib_regiondiff.document.palette import Brush, Palette
from lib_regiondiff.planning.prompt_words import add_words

BACKGROUND = ""  # no brush can have this id


@dataclass(frozen=True)
class BrushText:
    """The prompt and the negative of one brush, or of the background, in one image."""

    prompt: str
    negative: str


Texts = Mapping[str, tuple[BrushText, ...]]
"""Brush id, BACKGROUND for the background -> its text in each image."""


def resolve_texts(palette: Palette, given: Sequence[Mapping[str, BrushText]]) -> Texts:
    """The text of each brush and of the background before prefix and suffix, in each image.

    It is the one that is `given` for an image by brush id, else the palette's own; a brush without a negative has the
    background's.
    """
    own = BrushText(palette.background.prompt, palette.background.negative)
    found = {BACKGROUND: tuple(texts.get(BACKGROUND, own) for texts in given)}
    for brush in palette.brushes:
        found[brush.id] = tuple(
            texts.get(brush.id) or _make_own(brush, under)
            for texts, under in zip(given, found[BACKGROUND], strict=True)
        )
    return found


def _make_own(brush: Brush, under: BrushText) -> BrushText:
    return BrushText(brush.prompt, under.negative if brush.negative is None else brush.negative)


def is_background(brush: Brush, palette: Palette, resolved: Texts) -> bool:
    """Whether a brush says in every image what the background says, at the same guidance, and nothing is painted on."""
    same = resolved[brush.id] == resolved[BACKGROUND]
    return same and brush.guidance is None and not palette.background.painted


def prepare_texts(palette: Palette, given: Sequence[Mapping[str, BrushText]]) -> Texts:
    """The texts to encode for the background and each brush in each image, prefix and suffix included.

    `given` has texts for each image by brush id; the palette's own fill the gaps. Brushes that say what the background
    says get neither. Raises PaletteError where a prompt would become longer than it may be.
    """
    resolved = resolve_texts(palette, given)
    found = {BACKGROUND: resolved[BACKGROUND]}
    for brush in palette.brushes:
        if is_background(brush, palette, resolved):
            found[brush.id] = found[BACKGROUND]
            continue
        pairs = zip(resolved[brush.id], found[BACKGROUND], strict=True)
        found[brush.id] = tuple(
            replace(text, prompt=add_words(text.prompt, palette.prefix, palette.suffix, under.prompt))
            for text, under in pairs
        )
    return found
