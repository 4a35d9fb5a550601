"""The comparison of methods: overlaps by bin, their scores on true pictures, tables, the best scale of a function."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import methods
import methods_order
import methods_overlaps
import numpy as np
import pytest
from methods_names import FUNCTIONS, LISTING, METHODS, SCALES, list_functions
from methods_order import ENDS, METHOD, judge_order, measure_told, part, tell_stuff
from methods_overlaps import AROUND, BINS, CEILING, find_bodies, find_palettes, judge_overlap, make_overlap, swap
from methods_report import BEYOND, PAGE, SHOWN, choose_best, compare, draw_sheet, format_table, make_lines
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
    assert len(list_functions()) == len(FUNCTIONS) * len(SCALES)


def test_a_function_is_measured_at_the_scale_that_obeys_best() -> None:
    found = {"max, 1, 0.2": 0.4, "max, 1, 0.8": 0.6, "std, 1, 0.2": 0.3, CEILING: 0.9}
    records = [make_record(n, {name: {"fidelity": value} for name, value in found.items()}) for n in range(3)]
    assert choose_best(records) == ["max, 1, 0.8", "std, 1, 0.2", CEILING]


def test_functions_are_compared_with_one_prompt_palette_by_palette() -> None:
    made = compare(make_record(0, {"max, 1, 0.8": {"fidelity": 0.5}, LISTING: {"fidelity": 0.75}}))
    assert {name: each[BEYOND] for name, each in made["methods"].items()} == {"max, 1, 0.8": -0.25, LISTING: 0}


@pytest.mark.parametrize("number", NUMBERS)
def test_true_pictures_are_in_their_order_where_it_can_be_told(number: int) -> None:
    wish = make_overlap(number)
    orders = wish, swap(wish)
    true = [draw_truth(each).picture for each in orders]
    colours = [find_palettes(each) for each in orders]
    there = tell_stuff(orders, true, colours)
    assert 0.75 < there.sum() / np.logical_and.reduce(find_bodies(wish)).sum() <= 1
    assert judge_order(wish, true, there, colours)["order"] == 1
    assert judge_order(wish, true[::-1], there, colours)["order"] < 0.2, "the other one is above"
    hardly = judge_order(wish, true, np.zeros_like(there), colours)
    assert hardly["told"] == 0 and np.isnan(hardly["order"])


def test_each_brush_alone_keeps_its_id_and_its_mask() -> None:
    wish = make_overlap(1)
    for each, alone in zip(wish.palette({}).brushes, part(wish), strict=True):
        assert alone.palette({}).brushes == (each,)


def test_the_order_of_things_is_told_where_both_are_drawn_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """By one who draws true pictures, but the lower thing above: none of the pixels is the upper one's."""
    wish, drawn = make_overlap(5), dict[str, Any]()

    def draw(each: Any, number: int, end: str, job: Any) -> Any:
        drawn[end] = draw_truth(each if end not in ENDS[:2] or job.right else swap(each)).picture
        path = tmp_path / f"{number}{end}.png"
        Image.fromarray(drawn[end]).save(path)
        return path

    monkeypatch.setattr(methods_order, "keep_picture", draw)
    monkeypatch.setattr(methods_order, "find_networks", lambda job: ("", ""))
    monkeypatch.setattr(methods_order, "draw_true", lambda networks: lambda each: draw_truth(each).picture)
    for right, low, high in ((True, 0.9, 1), (False, 0, 0.1)):
        made = measure_told(5, {METHOD: SimpleNamespace(right=right)})  # type: ignore[dict-item]
        assert made is not None and low <= made["methods"][METHOD]["order"] <= high
    assert set(drawn) == set(ENDS) and wish.pieces[0].meaning.thing is not None


@pytest.mark.parametrize("part", SHOWN)
def test_each_part_has_a_line_and_a_row_for_each_method(part: str) -> None:
    names = ["max, 1, 0.2", "std, 1, 0.4"] if part == "functions" else [*METHODS, CEILING]
    score = dict.fromkeys(SHOWN[part], 0.5) | {"rows": 5, "multiply-adds": 8e9, "seconds": 1.25}
    records = [make_record(n, dict.fromkeys(names, score), bin=n) for n in range(3)]
    groups = 3 if part in ("overlaps", "order") else 1
    assert len(make_lines(part, records)) == groups * len(names)
    rows = format_table(part, records).splitlines()
    assert len(rows) == 2 + groups * len(names)
    assert len({row.count("|") for row in rows}) == 1
    assert "50 (50 to 50)" in rows[2] and ("CPU seconds" in rows[0]) == (groups == 1)


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
    assert "expected some of puzzles, splits, overlaps, order, functions, got dreams" in capsys.readouterr().err
