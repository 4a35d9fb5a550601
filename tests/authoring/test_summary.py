"""The summary of `check`: who gets how much, and what looks like a mistake."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cli_stub import PALETTE, SUN, TREE, run
from lib_regiondiff.authoring.summary import Shares, describe_cost, summarise
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.document.records import replace_unchecked
from lib_regiondiff.geometry import Size
from mixtures import mixing, planned
from palettes import encoded, palettes

PALE = base64.b64encode(encoded(Image.new("L", (8, 8), 0))).decode()


def check(code: int = 0, **changes: Any) -> list[str]:
    """What `check` prints of a palette, costs aside."""
    result = run("check", "-", input=json.dumps(PALETTE | changes), code=code)
    assert (result.stdout if code == 2 else result.stderr) == ""
    return [line for line in result.output.splitlines() if not line.startswith("cost: ")]


def brush(left: float, right: float, **values: Any) -> dict[str, Any]:
    """A brush from top to bottom."""
    return {"id": f"{left}", "mask": {"rectangle": [left, 0, right, 1]}} | values


def test_a_palette_is_told_in_short() -> None:
    lines = check(background={"prompt": "grass"})
    assert lines == [
        "512x512, 2 brushes, 3 steps of Euler a, guidance 7",
        "  25.0 %  background",
        "  50.0 %  tree (Old tree)",
        "  25.0 %  1",
        "note: tree (Old tree) and 1: one thing, or something that fills the mask? The first step decides;"
        " the cost is that of the dearer way",
    ]


def test_shares_are_those_of_the_painters_order() -> None:
    upper = SUN | {"mask": {"rectangle": [0.25, 0, 1, 1]}}
    assert check(brushes=[TREE, upper])[1:4] == ["   0.0 %  background", "  25.0 %  tree (Old tree)", "  75.0 %  1"]
    keeps = check(brushes=[TREE, upper], overlap={"cover_alpha": 1})
    assert keeps[2] == "  50.0 %  tree (Old tree)"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "25.0 % of the canvas has no brush, and the background has no prompt"),
        (
            {"brushes": [TREE | {"mask": f"data:image/png;base64,{PALE}"}]},
            "brush 1 (Old tree): its mask is empty",
        ),
        ({"brushes": [TREE, brush(0, 1)]}, "brush 1 (Old tree): later brushes cover it wholly"),
        (
            {"brushes": [brush(0.5, 0.53)]},
            "brush 1 (0.5): too thin for whole things: nowhere does it have 24x24 pixels to itself",
        ),
    ],
)
def test_likely_mistakes_are_warnings(changes: dict[str, Any], told: str) -> None:
    assert [line for line in check(**changes) if line.startswith(f"warning: {told}")]


@pytest.mark.parametrize(
    "mask", [(0, 0, 0.03, 1), (0.97, 0, 1, 1), (0, 0, 1, 0.03), (0, 0.97, 1, 1), (0.5, 0, 0.53, 1), (0, 0, 0.04, 0.04)]
)
def test_a_sliver_is_one_also_at_the_edge_and_nowhere_if_it_is_wide_enough(mask: tuple[float, ...]) -> None:
    wide = [edge + (0.02 if edge in (0.03, 0.04, 0.53) else -0.02 if edge == 0.97 else 0) for edge in mask]
    for box, thin in ((mask, True), (wide, False)):
        told = check(brushes=[{"id": "a", "mask": {"rectangle": list(box)}}])
        assert any("too thin" in line for line in told) == thin


@pytest.mark.parametrize("angle", [0, 17, 45, 73, 90])
@pytest.mark.parametrize("shift", [0, 1, 2.5])
@pytest.mark.parametrize(("width", "faint"), [(2, True), (3, True), (4, False), (6, False)])
def test_lines_below_half_a_cell_are_told_whatever_their_direction(
    angle: float, shift: float, width: float, faint: bool
) -> None:
    turned = np.radians(angle)
    along, across = (np.array((np.cos(turned + add), np.sin(turned + add))) for add in (0, np.pi / 2))
    middle = np.array((256 + shift, 250 - shift))
    ends = [middle + a * 150 * along + b * width / 2 * across for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    told = check(brushes=[{"id": "a", "mask": {"polygon": [(end / 512).tolist() for end in ends]}}])
    assert any("too thin to show much: nowhere is it 4 pixels wide" in line for line in told) == faint
    assert any("too thin for whole things" in line for line in told) != faint


def test_what_others_outweigh_is_not_called_thin() -> None:
    low, high = (brush(0.2, 0.6, weight=weight) | {"id": f"{weight}"} for weight in (1, 3))
    told = check(background={"prompt": "sky"}, brushes=[low, high], overlap={"rule": "weighted"})
    assert "warning: brush 1 (1): others outweigh it: it has at most 25 % of any place" in told
    assert not any("too thin" in line for line in told)


def test_what_is_added_to_the_prompt_of_the_whole_picture_is_told() -> None:
    brushes = [brush(0.2, 0.4, prompt="red hose"), brush(0.5, 0.7, prompt="star")]
    told = check(background={"prompt": "a star"}, brushes=brushes, attention="bias")
    assert "note: added to the whole picture's prompt: red hose" in told
    assert not any("added" in line for line in check(background={"prompt": "a star"}, brushes=brushes))


@pytest.mark.parametrize("attention", ["couple", "bias"])
def test_what_no_model_can_draw_is_an_error(attention: str) -> None:
    brushes = [brush(0, 0.4, prompt="a house AND a tree"), brush(0.5, 0.7, prompt="star")]
    told = check(1, background={"prompt": "grass"}, brushes=brushes, attention=attention)
    assert told[-1].startswith("error: ") and "because of attention" in told[-1]


def test_what_is_thin_by_its_soft_edge_is_told_that_too() -> None:
    (told,) = (line for line in check(brushes=[brush(0.4, 0.6, feather=255)]) if "too thin" in line)
    assert "feather of 255 smaller" in told
    assert not any("feather" in line for line in check(brushes=[brush(0.5, 0.501)]))


MEADOW = {"id": "m", "kind": "stuff", "prompt": "grass", "mask": {"rectangle": [0.2, 0.5, 0.8, 0.8]}}
COVERS = {
    "wholly": [0.2, 0.5, 0.8, 0.8],
    "but for a rim": [0.22, 0.52, 0.78, 0.78],
    "over its border": [0.1, 0.4, 0.9, 0.79],
}


@pytest.mark.parametrize("covers", COVERS.values(), ids=list(COVERS))
@pytest.mark.parametrize(("kind", "hides"), [("thing", False), ("auto", False), ("stuff", True), ("scene", True)])
def test_what_things_cover_is_neither_hidden_nor_thin(covers: list[float], kind: str, hides: bool) -> None:
    house = {"id": "h", "kind": kind, "prompt": "a house", "mask": {"rectangle": covers}}
    told = check(background={"prompt": "sky"}, brushes=[MEADOW, house])
    assert any("brush 1 (m): " in line for line in told) == hides


@pytest.mark.parametrize("kind", ["thing", "auto"])
def test_what_lies_over_things_covers_them(kind: str) -> None:
    low, high = (brush(0.2, end, id=word, kind=word) for end, word in ((0.5, kind), (0.49, "stuff")))
    assert any("too thin" in line for line in check(background={"prompt": "sky"}, brushes=[low, high]))
    assert not any(
        "too thin" in line for line in check(background={"prompt": "sky"}, brushes=[high, low | {"id": "b"}])
    )
    thin = check(background={"prompt": "sky"}, brushes=[brush(0.2, 0.23, kind=kind), brush(0.6, 0.9)])
    assert any("brush 1 (0.2): too thin" in line for line in thin)


@pytest.mark.parametrize(
    "more", [{"blend": "mixture"}, {"overlap": {"rule": "weighted"}}, {"tiles": {"width": 256, "height": 256}}]
)
def test_brushes_that_no_first_step_decides_on_are_stuff(more: dict[str, Any]) -> None:
    upper = [MEADOW | {"id": "h", "prompt": "a house", "kind": kind} for kind in ("auto", "stuff")]
    auto, stuff = (summarise(parse({"version": 1, "brushes": [MEADOW, each]} | more)) for each in upper)
    assert [line for line in auto if not line.startswith("note: brush 2 (h): only filled")] == stuff != auto
    auto, stuff = (summarise(parse({"version": 1, "brushes": [MEADOW, each]})) for each in upper)
    assert auto != stuff


@settings(max_examples=30, deadline=None)
@given(palettes())
def test_there_is_never_less_room_than_among_stuff(palette: Palette) -> None:
    brushes = tuple(replace_unchecked(each, kind="stuff") for each in palette.brushes)
    shares, flat = Shares.of(palette), Shares.of(replace_unchecked(palette, brushes=brushes))
    assert (shares.weights == flat.weights).all() and (flat.room == flat.weights).all()
    for index, each in enumerate(palette.brushes, start=1):
        if each.kind == "auto":
            assert (shares.room[index] >= flat.room[index] - 1e-6).all()


def test_a_canvas_that_is_low_itself_has_no_slivers() -> None:
    low = replace_unchecked(parse({"version": 1, "brushes": [brush(0, 1)]}), size=Size(16, 64))
    assert not Shares.of(low).is_thin(1)


def test_all_that_this_version_cannot_do_is_told() -> None:
    lines = check(1, background={"prompt": "a"}, attention="bias", bootstrap={"levels": 2})
    assert [line.split(":")[1] for line in lines if line.startswith("error")] == [" bootstrap.levels"]


def test_a_colour_under_the_brushes_is_no_gap() -> None:
    assert not [line for line in check(background={"colour": "#ffffff"}) if line.startswith("warning")]


def test_names_cannot_steer_a_terminal() -> None:
    assert check(brushes=[TREE | {"name": "\x1b[2J\x9b"}])[2] == "  50.0 %  tree (\\u001b[2J\\u009b)"


def test_a_large_canvas_is_no_trouble() -> None:
    thin = [brush(index / 64, (index + 1) / 64) for index in range(60)]
    lines = check(size={"width": 8192, "height": 2048}, brushes=thin)
    assert lines[1] == "   6.2 %  background"


def test_all_problems_are_told_and_the_code_is_2() -> None:
    assert check(2, steps=0, brushes=[TREE | {"strength": 2}, SUN | {"id": ""}]) == [
        "steps: expected a whole number 1…1000, got 0",
        "brushes[0].strength: expected a number 0…1, got 2",
        "brushes[1].id: expected text of 1…64 characters, got 0 characters",
    ]


@pytest.mark.parametrize(
    ("ratio", "told"),
    [
        (0.0, "next to no time"),
        (0.5, "less time than a plain picture"),
        (0.96, "about as long as a plain picture"),
        (1.02, "about as long as a plain picture"),
        (1.5, "about 1.5 times as long as a plain picture"),
        (1.99, "about twice as long as a plain picture"),
        (2.6, "about 2.5 times as long as a plain picture"),
        (9.8, "about 10 times as long as a plain picture"),
        (1024.0, "about 1,000 times as long as a plain picture"),
    ],
)
def test_a_cost_is_told_in_plain_words(ratio: float, told: str) -> None:
    assert describe_cost(ratio) == told


@given(st.floats(0, 1e12), st.floats(0, 1e12))
def test_a_higher_cost_never_sounds_lower(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert loudness(describe_cost(low)) <= loudness(describe_cost(high))
    if low > 1:
        assert loudness(describe_cost(low)) == pytest.approx(low, rel=0.13)
    assert describe_cost(low, "the others").replace("the others", "a plain picture") in (
        describe_cost(low),
        "next to no time",
    )


def loudness(told: str) -> float:
    """The number that the words stand for."""
    known = {"next to no": 0.0, "less time": 0.5, "about as": 1.0, "about twice": 2.0}
    numbers = [number for start, number in known.items() if told.startswith(start)]
    return numbers[0] if numbers else float(told.split()[1].replace(",", ""))


@settings(max_examples=30, deadline=None)
@given(palettes())
def test_any_palette_has_a_summary(palette: Palette) -> None:
    lines = summarise(palette)
    shares = [float(line.split("%")[0]) for line in lines[1 : 2 + len(palette.brushes)]]
    assert sum(shares) == pytest.approx(100, abs=0.2)


@settings(max_examples=30, deadline=None)
@given(mixing())
def test_shares_are_what_the_planner_gives_to_each_brush(palette: Palette) -> None:
    shares = Shares.of(palette)
    for index, due in enumerate(planned(palette).mean(axis=(1, 2)), start=1):
        assert shares.part(index) == pytest.approx(due, abs=0.01)
