"""The comparison of methods: overlaps by bin, their scores on true pictures, tables, the best scale of a function."""

from __future__ import annotations

from typing import Any

import methods
import methods_overlaps
import numpy as np
import pytest
from methods_names import METHODS, NOISE, SCALES, SCORES, list_functions
from methods_overlaps import AROUND, BINS, CEILING, find_bodies, judge_overlap, make_overlap, swap
from methods_report import PAGE, SHOWN, draw_sheet, format_table, keep_best, make_lines
from PIL import Image
from sizes_colours import spread
from sizes_wishes import draw_truth

from lib_regiondiff.document.palette import parse

NUMBERS = range(6)  # each bin with stuff and with things


def make_record(number: int, methods: dict[str, dict[str, Any]], **others: Any) -> dict[str, Any]:
    return {"number": number, "methods": methods, **others}


@pytest.mark.parametrize("number", NUMBERS)
def test_overlaps_are_in_their_bins_and_true_pictures_obey(number: int) -> None:
    wish = make_overlap(number)
    low, high = BINS[number // 2 % 3]
    one, two = (piece.meaning.box for piece in wish.pieces)
    assert low <= methods_overlaps.measure_overlapping(one, two) < high
    assert {piece.role for piece in wish.pieces} == {"stuff" if number % 2 == 0 else "thing"}
    scores = judge_overlap(wish, draw_truth(wish).picture, draw_truth(swap(wish)).picture)
    assert scores["order"] > 0.85 and scores["mIoU"] > 0.9 and scores["mIoU inside"] > 0.85


def test_a_picture_that_never_changes_has_half_the_order_and_keeps_all() -> None:
    wish = make_overlap(0)
    picture = draw_truth(wish).picture
    scores = judge_overlap(wish, picture, picture)
    assert abs(scores["order"] - 0.5) < 0.02 and scores["kept"] == 1


def test_what_changes_away_from_the_overlap_is_told() -> None:
    wish = make_overlap(0)
    picture = draw_truth(wish).picture
    far = ~spread(np.logical_and.reduce(find_bodies(wish)), AROUND)
    other = picture.copy()
    rows, columns = np.nonzero(far)
    half = slice(0, len(rows) // 2)
    other[rows[half], columns[half]] = 255 - other[rows[half], columns[half]] // 2
    scores = judge_overlap(wish, picture, other)
    assert 0.45 < scores["kept"] < 0.75


def test_the_same_brushes_change_places() -> None:
    wish = make_overlap(3)
    assert swap(swap(wish)) == wish and swap(wish).pieces == wish.pieces[::-1]
    before, after = ({each.id: each.prompt for each in one.palette({}).brushes} for one in (wish, swap(wish)))
    assert before == after and [*before] == [*after][::-1], "each keeps its id"
    np.testing.assert_array_equal(find_bodies(swap(wish)), find_bodies(wish)[::-1])


def test_each_method_and_each_function_is_a_palette() -> None:
    for settings in (*METHODS.values(), *list_functions().values()):
        parse({"version": 1, "size": {"width": 64, "height": 64}, "background": {"prompt": "sky"}, **settings})
    assert len(list_functions()) == len(SCORES) * len(NOISE) * len(SCALES)


def test_a_function_stands_with_the_scale_that_obeys_best() -> None:
    found = {"max, 1, 0.2": 0.4, "max, 1, 0.8": 0.6, "std, 1, 0.2": 0.3}
    records = [make_record(n, {name: {"fidelity": value} for name, value in found.items()}) for n in range(3)]
    assert list(keep_best(records, records[0])["methods"]) == ["max, 1, 0.8", "std, 1, 0.2"]


@pytest.mark.parametrize("part", SHOWN)
def test_each_part_has_a_line_and_a_row_for_each_method(part: str) -> None:
    names = ["max, 1, 0.2", "std, 1, 0.4"] if part == "functions" else [*METHODS, CEILING]
    score = dict.fromkeys(SHOWN[part], 0.5) | {"rows": 5, "multiply-adds": 8e9, "seconds": 1.25}
    records = [make_record(n, dict.fromkeys(names, score), bin=n) for n in range(3)]
    groups = 3 if part == "overlaps" else 1
    assert len(make_lines(part, records)) == groups * len(names)
    rows = format_table(part, records).splitlines()
    assert len(rows) == 2 + groups * len(names)
    assert len({row.count("|") for row in rows}) == 1
    assert "50 (50 to 50)" in rows[2] and ("CPU seconds" in rows[0]) == (part != "overlaps")


def test_the_page_has_a_place_for_each_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert all(text.count(f"<!-- measured {part} -->") == 1 for part in SHOWN)


def test_the_sheet_shows_every_fourth_palette_by_each_method(tmp_path: Any) -> None:
    path = tmp_path / "made.png"
    Image.new("RGB", (256, 192), "red").save(path)
    records = [make_record(n, {name: {"picture": str(path)} for name in METHODS}) for n in (0, 1, 4)]
    sheet = draw_sheet(records)
    red = (np.asarray(sheet) == (255, 0, 0)).all(axis=-1).sum()
    assert red == 2 * len(METHODS) * 192 * 144


def test_a_part_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        methods.read_arguments(["--parts", "puzzles,dreams"])
    assert "expected some of puzzles, splits, overlaps, functions, got dreams" in capsys.readouterr().err
