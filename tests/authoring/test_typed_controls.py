"""The switch and the options of typed regions as functions of texts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib_regiondiff.authoring.preflight import JobContext
from lib_regiondiff.authoring.presets import copy_preset, format_json, list_presets
from lib_regiondiff.authoring.typed_controls import (
    LAYOUTS,
    SPLITS,
    is_own,
    read_controls,
    read_typed,
    spell_out,
    turn_switch,
    write_options,
)
from lib_regiondiff.document.palette import parse
from lib_regiondiff.errors import PaletteError

PLAIN = json.dumps({"version": 1, "brushes": [{"id": "a", "mask": {"rectangle": [0, 0, 1, 1]}}]})
DEFAULTS = ("auto", "columns", "", False, 0)
TEXTS = st.sampled_from(["", PLAIN, "{", '{"typed": {}}', '{"typed": {"feather": 3, "layout": "grid"}}'])
OPTIONS = st.tuples(
    st.sampled_from(SPLITS),
    st.sampled_from(LAYOUTS),
    st.text("12,; x", max_size=8),
    st.booleans(),
    st.integers(0, 1024),
)


def test_options_that_are_wrong_show_the_defaults() -> None:
    for text in ("", PLAIN, '{"typed": {"layout": "rings"}}', '{"typed": 3}'):
        assert read_controls(text) == DEFAULTS
    assert write_options('{"typed": 3}', "auto", "rows", "", False, 0) == format_json({"typed": {"layout": "rows"}})


@given(TEXTS, OPTIONS)
def test_a_text_says_what_was_chosen_and_choosing_that_again_changes_nothing(
    text: str, options: tuple[str, str, str, bool, int]
) -> None:
    new = write_options(text, *options)
    assert read_controls(new) == options and write_options(new, *options) == new


@given(TEXTS, OPTIONS, st.booleans())
def test_an_answer_to_the_switch_that_comes_twice_is_as_one(
    text: str, options: tuple[str, str, str, bool, int], on: bool
) -> None:
    once = turn_switch(on, text, "", *options)
    assert turn_switch(on, *once, *options) == once
    assert (read_typed(once[0]) is not None) == on
    if on and read_typed(text) is None:
        assert turn_switch(False, *once, *options)[0] == text


def test_typed_regions_are_spelled_out_with_the_prompt_or_refused() -> None:
    words = JobContext("sky\nwood", "blur").words
    palette = parse(spell_out('{"typed": {"layout": "rows"}}', words))
    assert [brush.prompt for brush in palette.brushes] == ["sky", "wood"]
    with pytest.raises(PaletteError, match=r"typed\.ratios"):
        spell_out('{"typed": {"ratios": "1,2,3"}}', words)


def test_a_text_is_a_persons_own_unless_it_came_as_it_is() -> None:
    came = ["", " \n", format_json({"typed": {}}), *(format_json(copy_preset(name)) for name in list_presets())]
    assert not any(map(is_own, came))
    assert all(is_own(text + " ") for text in came[2:]) and is_own(PLAIN) and is_own("{")
