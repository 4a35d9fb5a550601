"""Changes by PATH=VALUE: what they reach, how their values are read, and how a bad one is told."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli_stub import PALETTE
from lib_regiondiff.document.changes import make_change, override, read
from lib_regiondiff.document.palette import Palette, dump, parse
from lib_regiondiff.errors import PaletteError
from palettes import palettes


def overridden(*texts: str) -> Palette:
    """The palette after some changes."""
    return override(parse(PALETTE), [read(text) for text in texts])


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("brushes.tree.strength=0.5", ("brushes", 0, "strength"), 0.5),
        ("brushes[tree].prompt=an = oak", ("brushes", 0, "prompt"), "an = oak"),
        ("brushes.Old tree.prompt=x", ("brushes", 0, "prompt"), "x"),
        ("brushes[0].prompt=5", ("brushes", 0, "prompt"), "5"),
        ("brushes[0].prompt=null", ("brushes", 0, "prompt"), "null"),
        ("brushes[0].negative=none", ("brushes", 0, "negative"), "none"),
        ("brushes.1.prompt=the id goes before the number", ("brushes", 1, "prompt"), "the id goes before the number"),
        ("brushes[0].mask.rectangle[2]=0.25", ("brushes", 0, "mask", "rectangle", 2), 0.25),
        ('brushes[1].mask={"ellipse": [0, 0, 1, 1]}', ("brushes", 1, "mask"), {"ellipse": [0, 0, 1, 1]}),
        ("tiles.width=640", ("tiles", "width"), 640),
        ("overlap.rule=weighted", ("overlap", "rule"), "weighted"),
        ("size.width=64", ("size",), {"width": 64, "height": 512}),
        ("blend=mixture", ("blend",), "mixture"),
        ("model.clip_skip=2", ("model", "clip_skip"), 2),
    ],
)
def test_any_value_can_be_set(text: str, path: tuple[Any, ...], value: Any) -> None:
    found: Any = dump(overridden(text))
    for key in path:
        found = found[key]
    assert found == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("steps", "--set: expected PATH=VALUE, such as brushes[0].prompt=a tree, got 'steps'"),
        ("=3", "--set: expected PATH=VALUE"),
        ("a..b=3", "--set: expected PATH=VALUE"),
        ("steps=many", "steps: expected a whole number 1…1000, got 'many'"),
        ("steps=NaN", "steps: expected a whole number 1…1000, got 'NaN'"),
        ("stepps=3", "stepps: expected a known key (did you mean 'steps'?), got an unknown key"),
        ("tiles.widht=512", "tiles.widht: expected a known key (did you mean 'width'?), got an unknown key"),
        (
            "brushes.oak.prompt=x",
            "brushes: expected one of its 2 entries, by id, name or number from 0 (tree or 'Old tree', 1)",
        ),
        ("brushes[2].prompt=x", "brushes: expected one of its 2 entries"),
        ("brushes.prompt=x", "brushes: expected one of its 2 entries"),
        (
            "noise[0].seed=1",
            "noise: expected one of its 0 entries, by id, name or number from 0 (none has an id), got '0'",
        ),
        ("seed.x=1", "seed: expected an object or a list, because of 'x' below it, got 7"),
        ("brushes.tree.strength=2", "brushes[0].strength: expected a number 0…1, got 2"),
        ("brushes.tree.id=1", "brushes[1].id: expected an id of its own, got '1' again"),
        ("version=2", "version: expected 1 (this program knows no other), got 2"),
        ("steps=" + "[" * 100000, "steps: expected a whole number 1…1000, got '[[["),
    ],
)
def test_a_bad_change_is_told_in_a_line(text: str, told: str) -> None:
    with pytest.raises(PaletteError) as caught:
        overridden(text)
    assert str(caught.value).startswith(told)
    assert "\n" not in str(caught.value)


def test_what_is_set_last_counts() -> None:
    palette = overridden("brushes[0].negative=x", "brushes[1].negative=y", "brushes[0].negative=null")
    assert [brush.negative for brush in palette.brushes] == [None, "y"]


def test_empty_text_is_text() -> None:
    assert overridden("brushes[0].prompt=").brushes[0].prompt == ""


@settings(max_examples=40, deadline=None)
@given(palettes(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30))
def test_a_prompt_is_taken_as_it_is_and_nothing_else_changes(palette: Palette, prompt: str) -> None:
    changed = override(palette, [make_change("background.prompt", prompt)])
    assert changed.background.prompt == prompt
    assert override(changed, [make_change("background.prompt", palette.background.prompt)]) == palette


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("brushe[0].=tizlnomask1"), max_size=16) | st.text(max_size=12))
def test_any_text_is_a_change_or_a_palette_error(text: str) -> None:
    with contextlib.suppress(PaletteError):
        assert isinstance(overridden(text), Palette)
