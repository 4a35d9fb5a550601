"""Benchmarks in pairs: a variation is the defaults but for one setting, and gains are those of equal palettes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("diffusers")

import blends
import pairs
import settings
from fidelity_palettes import GRADES, draw_truth, make_puzzle, rasterise
from fidelity_report import renew
from pairs import Pair, Recipe, Record

from lib_regiondiff.document.palette import Palette, dumps

GIVEN = make_puzzle(pairs.FIRST)
ONE, TWO = Recipe("one", {}), Recipe("two", {})
PAIR = Pair("two", ONE, TWO)


def differing(one: Palette, two: Palette) -> set[str]:
    """The names of what differs, of brushes where they differ."""
    assert len(one.brushes) == len(two.brushes)
    brushes = zip(one.brushes, two.brushes, strict=True)
    sides = [(one, replace(two, brushes=one.brushes)), *brushes]
    return {name for a, b in sides for name in vars(a) if getattr(a, name) != getattr(b, name)}


@pytest.mark.parametrize("name", settings.ALL)
def test_a_variation_changes_the_setting_that_its_label_names(name: str) -> None:
    pair = settings.ALL[name]
    one, two = (recipe.palette(GIVEN) for recipe in (pair.one, pair.two))
    (changed,) = differing(one, two)
    assert changed in pair.label and changed in ("bootstrap", "overlap", *vars(one), *vars(one.brushes[0]))


def test_pictures_of_different_palettes_have_different_names() -> None:
    recipes = pairs.list_recipes([*settings.ALL.values(), *blends.PAIRS.values()])
    assert len({dumps(each.palette(GIVEN)) + str(each.fast) for each in recipes}) == len(recipes)
    for name, pair in blends.PAIRS.items():
        assert pair.one.name == f"average-{name}" and differing(pair.one.palette(GIVEN), pair.two.palette(GIVEN)) == {
            "blend"
        }


def test_what_is_painted_on_is_the_true_background() -> None:
    true, under = draw_truth(GIVEN).picture, pairs.draw_ground(GIVEN)
    bare = ~np.logical_or.reduce(rasterise(GIVEN.palette()))
    assert (true == under)[bare].all() and not (true == under)[~bare].all()


def test_what_changes_outside_of_brushes_is_a_share_of_it(tmp_path: Path) -> None:
    under, path = pairs.draw_ground(GIVEN), tmp_path / "picture.png"
    bare = ~np.logical_or.reduce(rasterise(GIVEN.palette()))
    for spoilt, share in ((~bare, 0), (bare, 1)):
        Image.fromarray(np.where(spoilt[..., None], 255 - under // 2, under).astype(np.uint8)).save(path)
        told = pairs.measure_outside(path, GIVEN, settings.PAINTED)[pairs.OUTSIDE]
        assert told == pytest.approx(share, abs=0.2 * share)
    assert pairs.measure_outside(path, GIVEN, settings.BASE) == {}


def record(number: int, **fidelity: float) -> Record:
    """Scores of a palette by recipes."""
    same = dict.fromkeys(("rows", *pairs.SCORES), 0.5)
    return Record(number, {name: same | {"fidelity": value} for name, value in fidelity.items()})


def test_gains_are_of_palettes_that_both_have_drawn() -> None:
    records = [record(0, one=0.2, two=0.3), record(1, one=0.9), record(3, one=0.4, two=0.5), record(4, one=0.1, two=0)]
    assert pairs.count(records, PAIR) == 3
    assert pairs.select_both(records, PAIR, "fidelity")[0].tolist() == [0.2, 0.4, 0.1]
    line = pairs.make_line(records, PAIR)
    assert line["palettes"] == 3 and line["rows gained"] == [0, 0, 0]
    assert line["fidelity gained"][0] == pytest.approx(0.1 / 3, abs=1e-4)
    assert line[f"fidelity gained, {GRADES[0]}"] == pytest.approx([0.1] * 3)
    assert line[f"fidelity gained, {GRADES[1]}"] == pytest.approx([-0.1] * 3)
    assert line[f"fidelity gained, {GRADES[2]}"] == [None] * 3


def test_the_table_has_the_defaults_then_gains() -> None:
    records = [record(number, one=0.5, two=0.75) for number in range(4)]
    third = Pair("three", ONE, Recipe("three", {}))
    text = settings.format_page(records, {"two": PAIR, "three": third}, ("fidelity", "rows"))
    assert text.split("\n")[2:] == [
        "| the defaults | 4 | 50.0 | 0 |",
        "| two | 4 | +25.0 (+25.0 to +25.0) | +0 (+0 to +0) |",
    ]


def test_a_table_goes_between_its_own_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- measured -->\nold\n<!-- end -->\n<!-- settings -->\nold\n<!-- end -->\n")
    renew(page, "new", "settings")
    assert page.read_text() == "<!-- measured -->\nold\n<!-- end -->\n<!-- settings -->\nnew\n<!-- end -->\n"
