"""The document: what is written reads back, what is wrong is told, whatever it is."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import example, given, settings

from lib_regiondiff.document.palette import Background, Bootstrap, Brush, Model, Overlap, Palette, dump, dumps, parse
from lib_regiondiff.document.pictures import Shape
from lib_regiondiff.errors import PaletteError, Problem
from lib_regiondiff.geometry import Size
from palettes import MASKS, json_values, mutants, palettes, picture

SQUARE: dict[str, Any] = {"rectangle": [0.25, 0.25, 0.75, 0.75]}


def problems(data: Any) -> list[str]:
    """The lines that tell what is wrong with a document."""
    with pytest.raises(PaletteError) as caught:
        parse(data)
    return [str(problem) for problem in caught.value.problems]


def brush(**values: Any) -> dict[str, Any]:
    """A document of one brush."""
    return {"version": 1, "brushes": [{"id": "a", "mask": SQUARE} | values]}


@settings(max_examples=100, deadline=None)
@given(palettes())
def test_what_is_dumped_parses_to_the_same(palette: Palette) -> None:
    assert parse(dump(palette)) == palette


@settings(max_examples=60, deadline=None)
@given(palettes())
def test_text_parses_to_the_same_and_is_written_the_same_again(palette: Palette) -> None:
    text = dumps(palette)
    again = parse(text)
    assert again == palette
    assert dumps(again) == text
    assert parse(text.encode()) == palette


@settings(max_examples=150, deadline=None)
@given(json_values())
@example({"version": 1})
def test_any_value_gives_a_palette_or_an_error_that_says_why(data: Any) -> None:
    assert_told(data)


@settings(max_examples=50, deadline=None)
@given(mutants())
def test_any_change_of_a_document_gives_a_palette_or_an_error_that_says_why(data: Any) -> None:
    assert_told(data)


def assert_told(data: Any) -> None:
    """Plain data and its JSON text are either read, and then can be written, or refused for the same reasons."""
    text = json.dumps(data)
    try:
        palette = parse(data)
    except PaletteError as error:
        assert_lines(error)
        with pytest.raises(PaletteError):
            parse(text)
    else:
        assert parse(dump(palette)) == palette == parse(text)


def assert_lines(error: PaletteError) -> None:
    """One line for each problem, none of them long."""
    lines = str(error).split("\n")
    assert len(lines) == len(error.problems) > 0
    assert lines == str(error).splitlines()
    assert max(map(len, lines)) <= 300


@pytest.mark.parametrize("mask", MASKS, ids=range(len(MASKS)))
def test_data_urls_are_kept_to_the_letter(mask: Any) -> None:
    assert parse(brush(mask=mask.url)).brushes[0].mask == mask
    loose = mask.url[:-3] + "h==" if mask.url.endswith("g==") else mask.url  # the same bytes, written otherwise
    text = json.dumps(brush(mask=loose), separators=(",", ":"))
    assert dumps(parse(text)) == text


def test_an_empty_document_has_the_defaults() -> None:
    palette = parse({"version": 1})
    assert palette == Palette()
    assert (palette.size, palette.steps, palette.guidance, palette.seed) == (Size(512, 512), 20, 7.0, None)
    assert (palette.model, palette.background, palette.brushes) == (Model(), Background(), ())
    assert (palette.bootstrap, palette.overlap, palette.tiles) == (Bootstrap(), Overlap(), "auto")
    assert dump(palette) == {"version": 1}


def test_a_brush_needs_an_id_and_a_mask_only() -> None:
    (only,) = parse(brush()).brushes
    assert only == Brush(id="a", mask=Shape("rectangle", (0.25, 0.25, 0.75, 0.75)))
    assert (only.strength, only.start, only.stop, only.negative) == (1.0, 0.0, 1.0, None)


@pytest.mark.parametrize("number", [0, 0.0, -0.0, 1])
def test_guidance_of_nought_means_one(number: float) -> None:
    assert parse({"version": 1, "guidance": number}).guidance == 1.0
    assert parse(brush(guidance=number)).brushes[0].guidance == 1.0
    assert dump(parse({"version": 1, "guidance": number}))["guidance"] == 1


def test_whole_numbers_may_be_written_with_a_point() -> None:
    palette = parse('{"version": 1, "steps": 3e1, "seed": 7.0}')
    assert (palette.steps, palette.seed) == (30, 7)
    assert all(isinstance(value, int) for value in (palette.steps, palette.seed))
    assert dumps(palette) == '{"version":1,"seed":7,"steps":30}'


def test_a_byte_order_mark_is_no_fault() -> None:
    assert parse("\ufeff" + '{"version": 1}') == parse(b"\xef\xbb\xbf" + b'{"version": 1}') == Palette()


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("Prompt", "prompt"), ("negativ", "negative"), ("guidence", "guidance"), ("color", "colour"), ("masks", "mask")],
)
def test_a_misspelt_key_is_told_the_nearest_one(wrong: str, right: str) -> None:
    assert f"brushes[0].{wrong}: expected a known key (did you mean '{right}'?)" in problems(brush(**{wrong: "x"}))[0]


def test_misspelt_words_and_shapes_are_told_the_nearest_one_too() -> None:
    assert "did you mean 'mixture'?" in problems({"version": 1, "blend": "mixtrue"})[0]
    assert "did you mean 'ellipse'?" in problems(brush(mask={"elipse": [0, 0, 1, 1]}))[0]
    assert "did you mean 'width'?" in problems({"version": 1, "size": {"with": 512, "height": 512}})[0]


def test_a_key_like_no_other_is_told_them_all() -> None:
    assert problems({"version": 1, "overlap": {"zzz": 1}}) == [
        "overlap.zzz: expected a known key (one of rule, cover_alpha), got an unknown key, or a newer one"
    ]


def test_all_problems_are_told_at_once() -> None:
    data = brush(prompt=5, start=0.5, stop=0.5) | {"steps": 0, "tiles": {"overlap": 768}, "sed": 1}
    data["brushes"] += [{"id": "b", "mask": SQUARE, "start": 0.5, "stop": 0.5}, {}]
    data["noise"] = [{"mask": {"polygon": [[0, 0], [1]]}, "seed": "1"}]
    assert [line.split(":")[0] for line in problems(data)] == [
        "sed",
        "steps",
        "brushes[0].prompt",
        "brushes[1].stop",
        "brushes[2].id",
        "brushes[2].mask",
        "tiles.overlap",
        "noise[0].mask.polygon",
        "noise[0].seed",
    ]


def test_very_many_problems_are_cut() -> None:
    lines = problems({"version": 1} | {f"key{number}": 0 for number in range(1000)})
    assert len(lines) == 101
    assert lines[-1] == "palette: expected at most 100 faults, got more, which are not listed"


def test_a_problem_has_a_path_and_what_was_expected_and_found() -> None:
    with pytest.raises(PaletteError) as caught:
        parse(brush(feather="soft"))
    assert caught.value.problems == (Problem("brushes[0].feather", "a number 0…1024", "'soft'"),)


def test_records_are_values() -> None:
    palette = Palette(brushes=(Brush(id="a", mask=picture()),))
    assert hash(palette) == hash(parse(dumps(palette)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        palette.steps = 5  # pyright: ignore[reportAttributeAccessIssue]
