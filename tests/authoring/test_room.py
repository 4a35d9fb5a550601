"""Room: check takes for things what the planner may draw as things."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lib_regiondiff.authoring.cost import Sketch
from lib_regiondiff.authoring.room import Drawing, find_things
from lib_regiondiff.authoring.summary import Shares
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.planning.plan import Job, make_plan
from lib_regiondiff.planning.weights.partition import divide_for_people
from palettes import data_url, encoded, sized

SIDE, NATIVE = 512, 256
CLOCK = (1.0, 0.75, 0.5, 0.25, 0.0)


def plan_things(palette: Palette, **job: Any) -> set[int]:
    """The numbers of brushes that the planner draws as things if all undecided ones show figures."""
    made = make_plan(palette, Job(palette.size, **{"clock": CLOCK, "seeds": (1,)} | job), Sketch(NATIVE))
    every = made if made.undecided is None else made.undecided.decide(made.undecided.names)
    return {number for number, kind in enumerate(every.brush_kinds, start=1) if kind == "thing"}


def check_things(palette: Palette) -> set[int]:
    made = divide_for_people(palette, 2)
    return find_things(palette, made.coverages, made.cell, Drawing(NATIVE))


@st.composite
def documents(draw: st.DrawFn) -> Palette:
    def brush(number: int) -> dict[str, Any]:
        places = st.tuples(*(st.integers(0, 16),) * 4)
        left, top, right, bottom = draw(places.filter(lambda p: p[0] < p[2] and p[1] < p[3]))
        more = draw(st.fixed_dictionaries({}, optional={
            "kind": st.sampled_from(["thing", "scene", "stuff"]), "start": st.sampled_from([0.1, 0.5]),
            "strength": st.sampled_from([0.5, 0.9]), "prompt": st.sampled_from(["ground", "another"]),
            "negative": st.sampled_from(["", "no"]),
        }))  # fmt: skip
        return {
            "id": str(number),
            "prompt": str(number),
            "mask": {"rectangle": [left / 16, top / 16, right / 16, bottom / 16]},
        } | more

    how = draw(st.sampled_from([{}, {}, {"blend": "mixture"}, {"tiles": {"width": 256, "height": 256, "overlap": 64}}]))
    ground = {"prompt": draw(st.sampled_from(["", "ground"]))}
    brushes = [brush(number) for number in range(1, draw(st.integers(1, 4)) + 1)]
    return sized(SIDE, SIDE, steps=4, background=ground, brushes=brushes, **how)


@given(documents())
@settings(max_examples=150, deadline=None)
def test_check_and_planner_have_the_same_things(palette: Palette) -> None:
    assert check_things(palette) == plan_things(palette)


def test_side_by_side_on_a_background_that_says_nothing_brushes_are_scenes() -> None:
    """They cover a part that is enough for scenes there, and too little where the background says something."""
    boxes = [0, 0, 0.5, 0.8], [0.5, 0, 1, 0.8]
    brushes = [{"id": f"{n}", "prompt": f"{n}", "mask": {"rectangle": box}} for n, box in enumerate(boxes, 1)]
    for prompt, things in (("", set()), ("ground", {1, 2})):
        palette = sized(SIDE, SIDE, background={"prompt": prompt}, brushes=brushes)
        assert check_things(palette) == plan_things(palette) == things


def test_over_a_picture_all_is_filled_and_hides_what_is_below() -> None:
    """Unless so little of the picture is left that the first levels can draw anything."""
    low = {"id": "low", "prompt": "low", "mask": {"rectangle": [0.25, 0.25, 0.5, 0.5]}}
    high = {"id": "high", "prompt": "high", "kind": "thing", "mask": {"rectangle": [0.125, 0.125, 0.75, 0.75]}}
    init = {"image": data_url(encoded(Image.new("RGB", (8, 8)))), "strength": 0.5}
    for strength, things in ((0.5, set()), (1.0, {1, 2})):
        picture = {"init": init | {"strength": strength}, "background": {"prompt": "ground"}}
        palette = sized(SIDE, SIDE, brushes=[low, high], **picture)
        assert check_things(palette) == plan_things(palette, clock=(strength, strength / 2, 0.0)) == things
        assert (Shares.of(palette).visible(1) > 0) == bool(things)
