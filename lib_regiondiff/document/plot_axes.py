"""Axes of a plot: a label and a value become changes of a palette, so that each cell of the plot draws another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lib_regiondiff.document.changes import Change, find_rule, override, read_value
from lib_regiondiff.document.palette import ATTENTIONS, METHODS, Palette, Tiles
from lib_regiondiff.document.rules import Choice, show
from lib_regiondiff.errors import PaletteError, Problem


@dataclass(frozen=True)
class Axis:
    """An axis of a plot: the keys that lead to the value that varies, from the palette or from a brush.

    `choices` maps names for people to values. A brush's axis takes NAME=VALUE, and where `every` one VALUE for all.
    """

    label: str
    path: tuple[str, ...]
    brush: bool = False
    every: bool = True
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AxisSetting:
    """One value of an axis, as it was typed into the plot."""

    axis: Axis
    text: str


def _list_words(*path: str) -> dict[str, str]:
    """The words that a value of a palette may be, each under itself."""
    rule = find_rule(path)
    assert isinstance(rule, Choice)
    return {word: word for word in rule.words}


METHOD = ("blend",)
AXES = (
    Axis("Method", METHOD, choices={**METHODS, **ATTENTIONS}),
    Axis("Overlap", ("overlap", "rule"), choices=_list_words("overlap", "rule")),
    Axis("Tile overlap", ("tiles", "overlap")),
    Axis("Brush prompt", ("prompt",), brush=True, every=False),
    Axis("Brush strength", ("strength",), brush=True),
    Axis("Brush feather", ("feather",), brush=True),
    Axis("Brush guidance", ("guidance",), brush=True),
)


def apply_settings(palette: Palette, settings: Sequence[AxisSetting]) -> Palette:
    """The palette with these settings, in order; PaletteError for an unknown brush or a value that does not fit."""
    for setting in settings:
        palette = override(palette, _list_changes(palette, setting))
    return palette


def _list_changes(palette: Palette, setting: AxisSetting) -> list[Change]:
    """The changes of a palette that a setting asks for; PaletteError where it cannot be applied."""
    axis, text = setting.axis, setting.text
    if axis.path == METHOD:
        return _choose_method(axis.choices.get(text, text))
    if not axis.brush:
        if axis.path[0] == "tiles" and not isinstance(palette.tiles, Tiles):
            raise _refusal("tiles", "a grid of tiles, whose overlap the axis changes", show(palette.tiles))
        return [_make_change(axis.path, axis.choices.get(text, text))]
    name, equals, value = text.partition("=")
    if equals:
        return [_make_change(("brushes", name.strip(), *axis.path), value.strip())]
    if not axis.every:
        raise _refusal(axis.label, "NAME=VALUE, such as tree=an old oak", show(text))
    return [_make_change(("brushes", brush.id, *axis.path), text) for brush in palette.brushes]


def _choose_method(word: str) -> list[Change]:
    """The changes by which a palette is drawn by a method: one of attention, or a blend without any."""
    if word in ATTENTIONS.values():
        return [_make_change(("attention",), word)]
    return [_make_change(METHOD, word), _make_change(("attention",), "none")]


def _make_change(steps: tuple[str, ...], text: str) -> Change:
    return Change(steps, read_value(text, find_rule(steps)))


def _refusal(path: str, expected: str, got: str) -> PaletteError:
    return PaletteError([Problem(path, expected, got)])
