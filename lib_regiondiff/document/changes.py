"""Changes to a palette from outside the document: `brushes.tree.strength=0.5`; the validator has the last word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lib_regiondiff.document.json_text import loads
from lib_regiondiff.document.palette import Palette, Tiles, parse
from lib_regiondiff.document.rules import Fault, Many, Maybe, Object, Rule, join, list_rules, show
from lib_regiondiff.document.values import AUTO, Apart, Auto, Checked
from lib_regiondiff.errors import PaletteError, Problem

STEP = r"[^.\[\]=]+|\[[^\]]+\]"
CHANGE = re.compile(rf"((?:{STEP})(?:\.[^.\[\]=]+|\[[^\]]+\])*)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class Change:
    """A new value, and the steps that lead to its place: keys, and ids, names or numbers of entries."""

    steps: tuple[str, ...]
    value: Any


def make_change(path: str, value: Any) -> Change:
    """The change of the value at a path of keys joined by dots, such as `tiles.wrap`."""
    return Change(tuple(path.split(".")), value)


def make_tile_changes(palette: Palette, wrap: bool) -> list[Change]:
    """The changes that give a palette without a grid of its own one of the model's native size, closed where `wrap`."""
    own = isinstance(palette.tiles, Tiles)
    tiles = [] if own else [make_change(f"tiles.{key}", AUTO) for key in ("width", "height", "overlap")]
    return [*tiles, make_change("tiles.wrap", True)] if wrap else tiles


def read(text: str) -> Change:
    """The change that `PATH=VALUE` asks for; PaletteError for text of another form.

    The value is JSON where that fits its place, else the text itself.
    """
    match = CHANGE.fullmatch(text)
    if not match:
        raise _refusal("--set", "PATH=VALUE, such as brushes[0].prompt=a tree", text)
    steps = tuple(step.strip("[]") for step in re.findall(STEP, match[1]))
    return Change(steps, read_value(match[2], find_rule(steps)))


def override(palette: Palette, changes: Sequence[Change]) -> Palette:
    """The palette with these changes, made in order.

    Raises PaletteError for a path that leads nowhere, and for everything that is wrong with the result.
    """
    if not changes:
        return palette
    data = {key: rule.write(getattr(palette, key)) for key, (rule, _) in list_rules(Palette).items()}
    for each in changes:
        _put(data, each)
    return parse(data)


def find_rule(steps: Sequence[str]) -> Rule | None:
    """The rule of the value that steps lead to through records and lists; None where they lead elsewhere."""
    rule: Rule | None = Object(Palette)
    for step in steps:
        while isinstance(rule, Maybe | Checked | Apart | Auto):
            rule = rule.rule
        if isinstance(rule, Many):
            rule = rule.rule
        else:
            rule = list_rules(rule.record).get(step, (None, False))[0] if isinstance(rule, Object) else None
    return rule


def read_value(text: str, rule: Rule | None) -> Any:
    """The value that text stands for where `rule` holds: JSON where that fits, else the text itself."""
    try:
        value = loads(text)
    except Fault:
        return text
    return value if rule is None or _fits(value, rule) or not _fits(text, rule) else text


def _fits(value: Any, rule: Rule) -> bool:
    try:
        rule.read(value, "")
    except Fault:
        return False
    return True


def _put(data: Any, change: Change) -> None:
    """Write a change into plain data, in place; objects on the way that are null or `auto` are made."""
    path = ""
    for step in change.steps[:-1]:
        key = _find_key(data, step, path)
        path = _join_path(path, key)
        if isinstance(key, str) and data.get(key) in (None, AUTO):
            data[key] = {}
        data = data[key]
    data[_find_key(data, change.steps[-1], path)] = change.value


def _join_path(path: str, key: str | int) -> str:
    return f"{path}[{key}]" if isinstance(key, int) else join(path, key)


def _find_key(data: Any, step: str, path: str) -> str | int:
    """What a step stands for in `data`: a key of an object, or a place in a list by id, number or unique name."""
    if isinstance(data, dict):
        return step
    if not isinstance(data, list):
        raise _refusal(path, f"an object or a list, because of '{step}' below it", data)
    ids, names = ([entry.get(key) if isinstance(entry, dict) else None for entry in data] for key in ("id", "name"))
    if step in ids:
        return ids.index(step)
    if step.isdecimal() and len(step) < 9 and int(step) < len(data):
        return int(step)
    if names.count(step) == 1:
        return names.index(step)
    called = [_describe_entry(*each) for each in zip(ids[:10], names, strict=False) if each[0]]
    known = ", ".join(called) or "none has an id"
    raise _refusal(path, f"one of its {len(data)} entries, by id, name or number from 0 ({known})", step)


def _describe_entry(identity: Any, name: Any) -> str:
    return f"{identity} or {show(name)}" if name and name != identity else str(identity)


def _refusal(path: str, expected: str, got: Any) -> PaletteError:
    return PaletteError([Problem(path, expected, show(got))])
