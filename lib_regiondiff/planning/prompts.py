"""Prompts: a WebUI's document and the words around it in each image become a palette and the text of each brush."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lib_regiondiff.document.palette import BIAS, PROMPT, STUFF, Palette, loads, parse
from lib_regiondiff.document.plot_axes import AxisSetting, apply_settings
from lib_regiondiff.document.rules import Fault
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.errors import PaletteError, Problem
from lib_regiondiff.formats import infotext
from lib_regiondiff.formats.tags import split_networks
from lib_regiondiff.formats.typed import is_typed, parse_typed
from lib_regiondiff.formats.wildcard_files import Files, open_folder
from lib_regiondiff.planning.brush_texts import BACKGROUND, BrushText


@dataclass(frozen=True)
class Document:
    """What a request brings: a palette, or typed regions that become one with the main prompt; the other is None."""

    palette: Palette | None
    typed: Mapping[str, Any] | None
    settings: tuple[AxisSetting, ...] = ()
    """What a plot changes in the palette that the typed regions become."""


@dataclass(frozen=True)
class Words:
    """The words around a document for one image, and what turns its texts into others.

    `prompt` and `negative` are the main ones as the host encodes them, `raw` the same before styles, `style` adds the
    chosen styles to a text (True: a negative), `draw` resolves the wildcards of a text by a seed.
    """

    prompt: str
    negative: str
    raw: tuple[str, str]
    seed: int
    style: Callable[[str, bool], str]
    draw: Callable[[str, int], str]


def read(given: Any) -> Document:
    """The document of JSON text, plain data or an infotext's packed value; PaletteError for anything else."""
    if given is None or (isinstance(given, str) and not given.strip()):
        raise PaletteError([Problem("palette", "a palette", "nothing")])
    if isinstance(given, str) and infotext.is_value(given):
        return Document(infotext.read(given, None), None)
    try:
        data = loads(given) if isinstance(given, str) else given
    except Fault as error:
        raise PaletteError(error.problems) from None
    return Document(None, data) if is_typed(data) else Document(parse(given), None)


def adapt(document: Document, settings: Sequence[AxisSetting], blend: str) -> Document:
    """The document of one cell of a plot; typed regions that name no method are drawn by `blend`.

    Raises PaletteError where a setting does not fit the palette; typed regions find out in `make_palette`.
    """
    if document.typed is None:
        assert document.palette is not None
        return replace(document, palette=apply_settings(document.palette, settings))
    return replace(document, typed={"blend": blend, **document.typed}, settings=tuple(settings))


def make_palette(document: Document, words: Words) -> Palette:
    """The palette of one image: the document's own as it is, or that of typed regions, their text with wildcards drawn.

    Raises PaletteError where typed regions, the main prompts or a plot's settings do not fit.
    """
    if document.palette is not None:
        return document.palette
    assert document.typed is not None
    given = [_check_prompt(text, key) for key, text in zip(("prompt", "negative"), words.raw, strict=True)]
    prompt, negative = (words.draw(text, words.seed) for text in given)  # once, before it is taken apart
    return apply_settings(
        parse(parse_typed(_draw_background(document.typed, words), prompt, negative)), document.settings
    )


def _check_prompt(text: str, path: str) -> str:
    """A main prompt, checked before anything is drawn from it; PaletteError where no palette could hold it."""
    try:
        return PROMPT.read(text, path)
    except Fault as error:
        raise PaletteError(error.problems) from None


def _draw_background(data: Mapping[str, Any], words: Words) -> Mapping[str, Any]:
    """A typed document with the wildcards of its background drawn."""
    own = data.get("background")
    if not isinstance(own, Mapping):
        return data
    drawn = {key: _draw_text(text, BACKGROUND, words) for key, text in own.items() if isinstance(text, str)}
    return {**data, "background": {**own, **drawn}}


def resolve(document: Document, words: Words) -> Palette:
    """The palette of one image with every wildcard drawn, as it is painted and as the infotext keeps it.

    Raises PaletteError where typed regions do not fit, or a wildcard cannot be drawn.
    """
    palette = make_palette(document, words)
    return palette if document.palette is None else draw_wildcards(palette, words)


def draw_wildcards(palette: Palette, words: Words) -> Palette:
    """The palette with the wildcards of all its prompts drawn; PaletteError where one cannot be."""

    def chosen(text: str | None, key: str) -> str | None:
        return None if text is None else _draw_text(text, key, words)

    own = palette.background
    under = replace(own, prompt=chosen(own.prompt, BACKGROUND), negative=chosen(own.negative, BACKGROUND))
    brushes = tuple(
        replace(brush, prompt=chosen(brush.prompt, brush.id), negative=chosen(brush.negative, brush.id))
        for brush in palette.brushes
    )
    return replace(palette, background=under, brushes=brushes)


def _draw_text(text: str, key: str, words: Words) -> str:
    """A text with its wildcards drawn by the image's seed; each brush, by its key, has draws of its own."""
    seed = int.from_bytes(hashlib.sha256(f"{words.seed} {key}".encode()).digest()[:8], "big")
    return words.draw(text, seed) if text else text


def find_texts(palette: Palette, words: Words) -> dict[str, BrushText]:
    """What to encode for the background and each brush of a resolved palette, by brush id; wildcards stay as they are.

    The background has the main prompt, or negative, where it has none of its own. Words that are raised in the whole
    picture's prompt have no styles, since that prompt has them once.
    """
    own = palette.background
    under = BrushText(
        _style_text(own.prompt, words) or words.prompt,
        _style_text(own.negative, words, negative=True) or words.negative,
    )
    found = {BACKGROUND: under}
    for brush in palette.brushes:
        given = brush.negative
        negative = under.negative if given is None else _style_text(given, words, negative=True)
        raised = palette.attention == BIAS and brush.kind in (AUTO, STUFF)
        prompt = split_networks(brush.prompt)[0] if raised else _style_text(brush.prompt, words)
        found[brush.id] = BrushText(prompt, negative)
    return found


def _style_text(text: str, words: Words, negative: bool = False) -> str:
    """A text as it is encoded: styles added, tags of extra networks cut out."""
    return split_networks(words.style(text, negative))[0] if text else text


def list_networks(palette: Palette) -> tuple[str, ...]:
    """The tags of extra networks in all prompts of a palette, each once, in order of appearance."""
    prompts = [palette.background.prompt, *(brush.prompt for brush in palette.brushes)]
    return tuple(dict.fromkeys(tag for prompt in prompts for tag in split_networks(prompt)[1]))


def find_wildcards(data_path: Path) -> Files:
    """The wildcards of a WebUI with this data folder: its own `wildcards` first, then those of its extensions."""
    return functools.partial(_find_first, [open_folder(folder) for folder in _find_wildcard_folders(data_path)])


def _find_wildcard_folders(data_path: Path) -> Iterator[Path]:
    yield from (folder for folder in (data_path / "wildcards", data_path / "scripts" / "wildcards") if folder.is_dir())
    yield from sorted(data_path.glob("extensions/*/wildcards"))


def _find_first(sources: Sequence[Files], name: str) -> Sequence[str] | None:
    return next((lines for source in sources if (lines := source(name)) is not None), None)


def find_folder(value: str, folders: Sequence[Path]) -> Path | None:
    """The folder, at or below `folders`, with the sidecar that an infotext's value names; None where none has it."""
    if not infotext.SIDECAR.fullmatch(value.strip()):
        return None
    found = (path for folder in folders if folder.is_dir() for path in folder.rglob(value.strip()))
    return next((path.parent for path in found), None)
