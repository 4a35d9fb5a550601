"""Kinds: which brushes may be things or scenes, by what they cover and what is said around them."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image, ImageDraw

from fakes import GaussianHost, clock_of, exploding, schedule
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from palettes import data_url, encoded, sized

LEVELS = tuple(exploding(sigma) for sigma in schedule(5))
LEFT, RIGHT = {"rectangle": [0, 0, 0.5, 1]}, {"rectangle": [0.5, 0, 1, 1]}
SMALL = {"rectangle": [0.2, 0.2, 0.35, 0.4]}


def brush(name: str, mask: Any, **more: Any) -> dict[str, Any]:
    return {"id": name, "prompt": name, "mask": mask} | more


def paint(*boxes: tuple[int, int, int, int]) -> str:
    """A mask of 64x64 pixels with some boxes (left, top, right, bottom)."""
    mask = Image.new("L", (64, 64))
    for box in boxes:
        ImageDraw.Draw(mask).rectangle(box, fill=255)
    return data_url(encoded(mask))


def draft(*brushes: dict[str, Any], ground: str = "0", **more: Any) -> Palette:
    return sized(256, 256, background={"prompt": ground}, brushes=list(brushes), **more)


def plan(palette: Palette, **more: Any) -> Plan:
    return make_plan(palette, Job(palette.size, clock_of(LEVELS), (1,), **more), GaussianHost(native=64))


def outcomes(palette: Palette, **more: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The kinds without any figure, and where all that may be one are figures, which is known before."""
    made = plan(palette, **more)
    if made.undecided is None:
        return made.brush_kinds, made.brush_kinds
    every = made.undecided.decide(made.undecided.names)
    assert made.undecided.kinds.items() <= every.chosen["kinds"].items()
    return made.brush_kinds, every.brush_kinds


def test_a_brush_on_a_ground_is_a_thing_if_it_draws_a_figure() -> None:
    assert outcomes(draft(brush("1", SMALL))) == (("stuff",), ("thing",))


def test_brushes_side_by_side_are_scenes() -> None:
    """They cover the canvas, or nearly all of one whose background says nothing."""
    both = brush("1", LEFT), brush("2", RIGHT)
    assert outcomes(draft(*both)) == (("stuff",) * 2, ("scene",) * 2)
    part = brush("1", LEFT), brush("2", {"rectangle": [0.5, 0, 0.8, 1]})
    assert outcomes(draft(*part)) == (("stuff",) * 2, ("thing",) * 2)
    assert outcomes(draft(*part, ground="")) == (("stuff",) * 2, ("scene",) * 2)
    assert outcomes(draft(brush("1", SMALL), ground="")) == (("stuff",), ("thing",)), "too little is covered"


@pytest.mark.parametrize(
    ("mask", "figure"),
    [
        (LEFT, "scene"),
        ({"rectangle": [0, 0, 1, 0.3]}, "scene"),
        ({"polygon": [[0, 0], [0.3, 0], [0.7, 1], [0, 1]]}, "scene"),
        ({"rectangle": [0, 0, 0.5, 0.9]}, "thing"),  # it leaves off before the other side
        ({"rectangle": [0, 0, 0.2, 1]}, "thing"),  # a lamp post
        (paint((0, 6, 22, 57), (41, 6, 63, 57)), "thing"),  # two trees, one at each side
    ],
)
def test_a_brush_that_divides_a_canvas_whose_background_says_nothing_is_a_scene(mask: Any, figure: str) -> None:
    """A knight in a courtyard brings the courtyard along; where there is a ground, it stands on that."""
    assert outcomes(draft(brush("1", mask), ground="")) == (("stuff",), (figure,))
    assert outcomes(draft(brush("1", mask))) == (("stuff",), ("thing",))


def test_a_ring_has_no_side_to_its_left_and_right() -> None:
    belt = brush("1", {"rectangle": [0, 0.3, 1, 0.8]})
    assert outcomes(draft(belt, ground=""))[1] == ("scene",)
    assert outcomes(draft(belt, ground="", tiles={"wrap": True}))[1] != ("scene",)


def test_what_lies_on_or_beside_a_brush_that_divides_a_canvas_is_a_thing() -> None:
    for place in ([0.1, 0.3, 0.4, 0.6], [0.6, 0.3, 0.9, 0.6]):
        found = outcomes(draft(brush("1", LEFT), brush("2", {"rectangle": place}), ground=""))
        assert found == (("stuff",) * 2, ("scene", "thing"))


def test_a_brush_on_others_is_a_thing_on_them() -> None:
    on_top = draft(brush("1", LEFT), brush("2", RIGHT), brush("3", {"rectangle": [0.3, 0.3, 0.6, 0.6]}))
    assert outcomes(on_top)[1] == ("scene", "scene", "thing")


def test_a_scene_of_the_native_area_needs_no_first_level() -> None:
    quarters = [{"rectangle": [x, y, x + 0.5, y + 0.5]} for x in (0, 0.5) for y in (0, 0.5)]
    palette = sized(128, 128, background={"prompt": "0"}, brushes=[brush(str(n), m) for n, m in enumerate(quarters, 1)])
    made = plan(palette)
    assert made.brush_kinds == ("scene",) * 4 and made.undecided is None
    assert all(view.zoom is None for view in made.steps[0])


@pytest.mark.parametrize(
    "more",
    [
        {"blend": "mixture"},
        {"overlap": {"rule": "weighted"}},
        {"tiles": {"width": 128, "height": 128, "overlap": 64}},
        {"tiles": {"width": 256, "wrap": True}},
        {"tiles": {}},
    ],
)
def test_what_is_said_of_tiles_and_method_is_kept_to(more: dict[str, Any]) -> None:
    assert outcomes(draft(brush("1", SMALL), **more)) == (("stuff",), ("stuff",))


@pytest.mark.parametrize("more", [{"wrap": True}, dict.fromkeys(("width", "height", "overlap"), "auto")])
def test_a_canvas_that_closes_says_nothing_of_the_method(more: dict[str, Any]) -> None:
    assert outcomes(draft(brush("1", SMALL), tiles=more)) == (("stuff",), ("thing",))


def test_only_what_begins_with_the_picture_is_decided() -> None:
    late = brush("1", SMALL, start=0.5), brush("2", SMALL, strength=0.5)
    assert outcomes(draft(*late))[1] == ("stuff", "stuff")
    assert outcomes(draft(brush("0", SMALL)))[1] == ("stuff",), "it says what the background says"
    assert outcomes(draft(brush("1", {"rectangle": [0, 0, 1, 1]})))[1] == ("stuff",), "it is the whole picture"
    assert outcomes(draft(brush("1", SMALL)), centred=False)[1] == ("stuff",), "each view is the whole canvas"


def test_what_is_said_is_done() -> None:
    said = [brush(str(n), SMALL, kind=kind) for n, kind in enumerate(("thing", "scene", "stuff"), 1)]
    assert outcomes(draft(*said)) == (("thing", "scene", "stuff"),) * 2
    assert plan(draft(*said)).chosen.get("kinds") is None, "nothing was left open"


def test_what_was_chosen_is_told() -> None:
    made = plan(draft(brush("1", SMALL), brush("2", {"rectangle": [0.6, 0.6, 0.8, 0.8]})))
    assert made.undecided is not None and made.undecided.names == ("1", "2")
    assert made.undecided.decide(["2"]).chosen["kinds"] == {"2": "thing"}
    assert made.undecided.decide(["2"]) is made.undecided.decide(("2",)), "made once"


def test_many_brushes_and_many_pieces_stay_stuff() -> None:
    many = [brush(str(n), {"rectangle": [n / 30, 0, (n + 0.6) / 30, 0.1]}) for n in range(1, 27)]
    assert set(outcomes(draft(*many))[1]) == {"stuff"}
