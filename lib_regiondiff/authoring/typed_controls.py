"""Switch and options of typed regions as they stand in the accordion, and the palette's text that says the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib_regiondiff.authoring.presets import copy_preset, format_json, list_presets
from lib_regiondiff.document.json_text import loads
from lib_regiondiff.document.palette import parse
from lib_regiondiff.document.rules import Fault, Object
from lib_regiondiff.formats.typed import Options, is_typed, parse_typed
from lib_regiondiff.planning.prompts import Words

SPLITS, LAYOUTS = ("auto", "lines", "BREAK", "ADDCOL"), ("columns", "rows", "grid")
CONTROLS = ("split", "layout", "ratios", "common", "feather")
LABELS: Mapping[str, str] = {
    "split": "Regions are split by",
    "layout": "Layout",
    "ratios": "Ratios",
    "common": "The first part is common to all",
    "feather": "Soft edges",
}
PLACES: Mapping[str, str] = {f"typed.{key}": LABELS[key] for key in CONTROLS} | {
    "prompt": "Prompt",
    "negative": "Negative prompt",
    "palette": "Palette",
}
"""A path in a document -> the label of its field on the page."""


def read_typed(text: str) -> Mapping[str, Any] | None:
    """The plain data of a text that asks for typed regions; None for any other text."""
    try:
        data = loads(text)
    except Fault:
        return None
    return data if is_typed(data) else None


def is_own(text: str) -> bool:
    """Whether a person would miss a text: it is neither empty, nor a preset as it came, nor typed regions alone."""
    plain = [format_json(copy_preset(name)) for name in list_presets()] + [format_json({"typed": {}})]
    return bool(text.strip()) and text not in plain


def write_options(text: str, split: str, layout: str, ratios: str, common: bool, feather: float) -> str:
    """The text of typed regions with these options, `feather` in pixels; what else `text` says of them is kept."""
    if read_typed(text) is not None and read_controls(text) == (split, layout, ratios or "", common, feather or 0):
        return text
    data = read_typed(text) or {}
    old = data.get("typed")
    rest = {key: value for key, value in old.items() if key not in CONTROLS} if isinstance(old, Mapping) else {}
    plain = Options()
    new: dict[str, Any] = {
        "split": split,
        "layout": layout,
        "ratios": ratios or "",
        "common": "first" if common else "none",
    }
    new["feather"] = feather or 0
    new = {key: value for key, value in new.items() if value != getattr(plain, key)}
    return format_json({**data, "typed": {**new, **rest}})


def turn_switch(on: bool, text: str, kept: str, *options: Any) -> tuple[str, str]:
    """The palette's text after typed regions were switched `on` or off, and the text that comes back when they go off.

    `text` is the palette's text now, `kept` what would come back, `options` are those of `write_options`.
    """
    is_on = read_typed(text) is not None
    if on:
        return (write_options(text, *options), kept) if is_on else (write_options("", *options), text)
    return (kept, "") if is_on else (text, kept)


def read_controls(text: str) -> tuple[str, str, str, bool, float]:
    """Split, layout, ratios, whether the first part is common, and feather in pixels, as a text says or by default."""
    try:
        options = Object(Options).read((read_typed(text) or {}).get("typed", {}), "typed")
    except Fault:
        options = Options()
    return options.split, options.layout, options.ratios, options.common == "first", options.feather


def spell_out(text: str, words: Words) -> str:
    """The text of the palette that typed regions make of the main prompts; PaletteError for what is wrong in them."""
    data = parse_typed(read_typed(text) or {"typed": {}}, *words.raw)
    parse(data)
    return format_json(data)
