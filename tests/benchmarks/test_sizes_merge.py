"""Reports keep what a run has not drawn: rows of tables and sentences."""

from __future__ import annotations

import pytest
from fidelity_report import PAGE as SUMMARY
from fidelity_report import read_measured
from sizes_classes import MAKERS
from sizes_merge import merge
from sizes_report import PAGE, format_page

from measured import make_things


def test_rows_of_classes_that_were_not_drawn_stay_in_their_places() -> None:
    kinds = ("thing-40", "thing-96", "columns", "textures")
    old = {kind: make_things([0, 1, 0], kind) for kind in kinds}
    new = {kind: make_things([1, 1], kind) for kind in ("thing-72", "thing-96", "columns")}
    made = "\n\n".join((format_page([each for some in new.values() for each in some]), "2 were looked at."))
    whole = merge(made, format_page([each for some in old.values() for each in some]))
    known = {**old, **new}
    wanted = [each for kind in MAKERS if kind in known for each in known[kind]]
    assert whole == "\n\n".join((format_page(wanted), "2 were looked at."))
    assert merge(made, "") == made and merge(made, made) == made


def test_sentences_on_stuff_keep_what_was_not_drawn() -> None:
    made, before = (f"IoU of stuff and grounds: {each}." for each in ("rows 2/3, strokes 4/5", "columns 1/1, rows 9/9"))
    assert merge(made, before) == "IoU of stuff and grounds: columns 1/1, rows 2/3, strokes 4/5."


def test_a_run_of_stuff_keeps_the_table_and_one_of_things_the_sentence() -> None:
    table, sentence = format_page(make_things([1, 0])), "IoU of stuff and grounds: textures 2/3."
    before = f"{table}\n\n{sentence}"
    assert merge(sentence.replace("2/3", "4/5"), before) == f"{table}\n\n{sentence.replace('2/3', '4/5')}"
    assert merge(table, before) == before == merge(before, before)


def test_a_row_with_other_cells_is_not_kept() -> None:
    before = format_page(make_things([1], "thing-40")).replace("| ours |", "| ours | 1 |")
    with pytest.raises(SystemExit, match="thing-40"):
        merge(format_page(make_things([1])), before)


@pytest.mark.parametrize("steps", ["LCM 5", "DDIM 20"])
def test_the_reports_that_are_shipped_can_be_renewed_class_by_class(steps: str) -> None:
    before = read_measured(PAGE, f"measured {steps}")
    after = merge(format_page(make_things([1, 0])), before).splitlines()
    assert next(line for line in before.splitlines() if line.startswith("| thing-128 ")) in after
    assert sum(line.startswith("| thing-96 ") for line in after) == 1
    for page in (PAGE, SUMMARY):
        told = read_measured(page, f"measured {steps}")
        assert merge(told, told) == told


def test_a_run_without_failures_leaves_what_is_said_of_them() -> None:
    page = format_page(make_things([1]))
    told = f"{page}\n\nOf 360 pictures of things 55 are not wholly right."
    assert merge(page, told) == told
    assert merge(f"{page}\n\nOf 60, 3.", told) == f"{page}\n\nOf 60, 3."
