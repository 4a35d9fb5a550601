"""Losses: what is told of a palette is what the planner makes of it, and is told once for each reason."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from lib_regiondiff.authoring.cost import Sketch
from lib_regiondiff.authoring.losses import NAMED, OPEN, Run, find_losses
from lib_regiondiff.authoring.notices import Remark
from lib_regiondiff.authoring.preflight import JobContext, preflight
from lib_regiondiff.authoring.room import Drawing
from lib_regiondiff.authoring.summary import Shares, summarise
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.document.records import replace_unchecked
from lib_regiondiff.errors import RegionDiffError
from lib_regiondiff.planning.auto import FEW
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.things.candidates import MOST, PIECES
from palettes import data_url, encoded, palettes, sized

NATIVE = 256
HOW, MANY, FAST = Drawing(NATIVE), Run(20, 7), Run(5, 1)
SUN = {"id": "sun", "prompt": "a sun", "mask": {"rectangle": [0.1, 0.1, 0.4, 0.4]}}
HOUSE = {"id": "house", "prompt": "a house", "mask": {"rectangle": [0.5, 0.5, 0.9, 0.9]}}
FILLED = "only filled"


def make(*brushes: dict[str, Any], side: int = 512, **more: Any) -> Palette:
    return sized(side, side, **{"background": {"prompt": "grass"}, "brushes": [*brushes]} | more)


def tell(palette: Palette, run: Run = MANY, how: Drawing = HOW) -> list[str]:
    shares = Shares.of(palette, how)
    return [str(each) for each in find_losses(palette, shares.painted_cells(palette), how, run)]


def plan(palette: Palette, run: Run = MANY, first: float = 1.0) -> Plan:
    noises = tuple(np.linspace(first, 0, run.steps + 1).tolist())
    return make_plan(palette, Job(palette.size, noises, (1,), guidance=run.guidance), Sketch(NATIVE))


def speckle(count: int, size: int = 40, step: int = 60) -> dict[str, Any]:
    """A mask of so many separate squares of pixels."""
    pixels = np.zeros((512, 512), np.uint8)
    for number in range(count):
        top, left = 10 + step * (number // 8), 10 + step * (number % 8)
        pixels[top : top + size, left : left + size] = 255
    return {"id": "birds", "prompt": "birds", "mask": data_url(encoded(Image.fromarray(pixels)))}


def init(strength: float) -> dict[str, Any]:
    return {"init": {"image": data_url(encoded(Image.new("RGB", (8, 8)))), "strength": strength}}


TILES: dict[str, Any] = {"tiles": {"width": 256, "height": 256, "overlap": 64}}
SETTLED: list[tuple[dict[str, Any], str]] = [
    (TILES, "because the palette has tiles of its own"),
    ({"blend": "mixture"}, "because the blend is mixture"),
    ({"overlap": {"rule": "weighted"}}, "because the overlap rule is weighted"),
]


@pytest.mark.parametrize(("more", "why"), SETTLED)
def test_what_a_palette_says_of_its_method_is_why_nobody_looks_for_objects(more: dict[str, Any], why: str) -> None:
    (told,) = tell(make(SUN, HOUSE, **more))
    assert told.startswith(f"brush 1 (sun) and brush 2 (house): {FILLED}") and why in told
    assert plan(make(SUN, HOUSE, **more)).undecided is None, "it is true"
    found = plan(make(SUN, HOUSE)).undecided
    assert found is not None and found.names == ("sun", "house") and tell(make(SUN, HOUSE)) == []
    said = [SUN | {"kind": "thing"}, HOUSE | {"kind": "stuff"}]
    assert tell(make(*said, **more)) == [], "somebody gave them kinds"


def test_each_reason_is_told_once() -> None:
    both = SETTLED[0][0] | SETTLED[1][0]
    assert [told.partition("because ")[2].partition(";")[0] for told in tell(make(SUN, HOUSE, **both))] == [
        "the palette has tiles of its own",
        "the blend is mixture",
    ]


@pytest.mark.parametrize("tiles", ["auto", None])
def test_tiles_that_leave_kinds_open_are_no_reason(tiles: Any) -> None:
    assert tell(make(SUN, tiles=tiles)) == []


def test_brushes_that_are_filled_anyway_lose_nothing() -> None:
    line = {"id": "line", "prompt": "a road", "mask": {"rectangle": [0, 0.5, 1, 0.53]}}
    late, same = SUN | {"start": 0.5}, HOUSE | {"prompt": "grass"}
    whole = SUN | {"id": "all", "mask": {"rectangle": [0, 0, 1, 1]}}
    for more in ({}, *(each for each, _ in SETTLED)):
        for brush in (line, late, same, whole):
            assert tell(make(brush, **more)) == []


@pytest.mark.parametrize(("count", "lost"), [(MOST, False), (MOST + 1, True)])
def test_many_brushes_are_a_reason(count: int, lost: bool) -> None:
    boxes = [[0.02 + 0.19 * (n % 5), 0.02 + 0.19 * (n // 5)] for n in range(count)]
    brushes = [
        {"id": f"b{n}", "prompt": f"thing {n}", "mask": {"rectangle": [x, y, x + 0.12, y + 0.12]}}
        for n, (x, y) in enumerate(boxes)
    ]
    brushes[0]["kind"] = "thing"
    told = tell(make(*brushes, **TILES) if lost else make(*brushes))
    why = f"because the palette has {count} brushes, more than {MOST}"
    assert len(told) == lost and all(line.startswith(f"{count - 1} brushes: {FILLED}") and why in line for line in told)
    assert (plan(make(*brushes)).undecided is None) == lost


@pytest.mark.parametrize(("count", "lost"), [(PIECES, False), (PIECES + 1, True)])
def test_many_pieces_are_a_reason(count: int, lost: bool) -> None:
    palette = make(SUN | {"mask": {"rectangle": [0.1, 0.6, 0.4, 0.9]}}, speckle(count))
    told = tell(palette)
    assert len(told) == lost and all(line.startswith(f"brush 2 (birds): {FILLED}") for line in told)
    assert all(f"more than {PIECES} separate pieces" in line for line in told)
    undecided = plan(palette).undecided
    assert undecided is not None and ("birds" in undecided.names) != lost


@pytest.mark.parametrize(("strength", "lost"), [(0.5, True), (1, False)])
def test_over_a_picture_every_brush_is_filled(strength: float, lost: bool) -> None:
    brushes = [SUN, HOUSE | {"kind": "thing"}, speckle(2) | {"kind": "stuff"}]
    told = tell(make(*brushes, **init(strength)))
    assert len(told) == lost
    assert all(line.startswith(f"brush 1 (sun) and brush 2 (house): {FILLED}") and "(img2img)" in line for line in told)
    assert (set(plan(make(*brushes), first=strength).brush_kinds) == {"stuff"}) == lost
    told = tell(make(*brushes), how=Drawing(NATIVE, over=True))
    assert len(told) == 1 and "(img2img)" in told[0]
    assert tell(make(brushes[2], **init(0.5))) == []


@pytest.mark.parametrize("kind", ["thing", "auto", "scene", "stuff"])
@pytest.mark.parametrize(("steps", "most"), [(3, 512), (4, 768), (20, 768)])
@pytest.mark.parametrize(("more", "soft"), [(-12, False), (18, True)])
def test_a_thing_that_is_much_larger_than_its_close_up_is_soft(
    kind: str, steps: int, most: int, more: int, soft: bool
) -> None:
    """Its shorter side counts, for its close-up is as large as that."""
    share, end = (most + more) / 1024, OPEN if kind == "auto" else ""
    for box in ([0, 0, share, share], [0, 0, 1, share], [0, 0, share, 1]):
        told = tell(make(SUN | {"kind": kind, "mask": {"rectangle": box}}, side=1024), Run(steps, 1))
        assert len(told) == (soft and kind in ("thing", "auto"))
        assert all(line.startswith(f"brush 1 (sun): a thing of more than {most} px on its") for line in told)
        assert all(line.endswith(f" {most // 2}x{most // 2}{end}") for line in told)


def test_what_cannot_become_a_thing_is_not_told_to_be_a_soft_one() -> None:
    wide = {"mask": {"rectangle": [0.04, 0.04, 0.96, 0.96]}}
    soft = [line for line in tell(make(SUN | wide, side=2048)) if "soft" in line]
    assert soft and plan(make(SUN | wide, side=2048)).undecided is not None
    for more in (*(each for each, _ in SETTLED), {"attention": "couple"}, {"background": {}}):
        assert not any("soft" in line for line in tell(make(SUN | wide, side=2048, **more)))
    whole = SUN | {"mask": {"rectangle": [0, 0, 1, 1]}}
    assert tell(make(whole, side=2048)) == []


def test_pieces_of_a_thing_are_things_of_their_own() -> None:
    assert tell(make(speckle(2, 200, 260) | {"kind": "thing"}), how=Drawing(64)) != []
    assert tell(make(speckle(2, 100, 260) | {"kind": "thing"}), how=Drawing(64)) == []


UNHEEDED: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({"weight": 3}, {}, "its weight", "brushes[1].weight"),
    ({}, {"quantization": "continuous"}, "quantization", "quantization"),
    ({}, {"background": {"prompt": "grass", "share": 0.5}}, "background.share", "background.share"),
    ({}, {"noise": [{"mask": {"rectangle": [0, 0, 1, 1]}, "seed": 3}]}, "the palette's noise", "noise"),
    ({}, {"overlap": {"rule": "weighted"}}, "the overlap rule", "overlap.rule"),
    ({}, {"overlap": {"cover_alpha": 0.5}}, "cover_alpha", "overlap.cover_alpha"),
]
HILL = {"id": "hill", "prompt": "a hill", "kind": "stuff", "mask": {"rectangle": [0, 0.2, 1, 1]}}


def look(made: Plan, name: str) -> list[tuple[Any, ...]]:
    """What a brush has at each step: weight, and the seeds of its own noise."""
    return [
        (view.weight.tolist(), view.zoom and view.zoom.seeds)
        for views in made.steps
        for view in views
        if name in view.names
    ]


@pytest.mark.parametrize(("own", "more", "name", "path"), UNHEEDED)
def test_what_does_not_act_on_a_thing_is_told(own: dict[str, Any], more: dict[str, Any], name: str, path: str) -> None:
    def draw(kind: str, own: dict[str, Any], more: dict[str, Any]) -> Palette:
        return make(HILL, SUN | {"kind": kind} | own, **more)

    palette = draw("thing", own, more)
    line = f"brush 2 (sun): a thing is drawn by itself, so that {name} does not act on it"
    assert tell(palette) == [line]
    shares = Shares.of(palette, HOW)
    (remark,) = find_losses(palette, shares.painted_cells(palette), HOW, MANY)
    assert remark.path == path
    assert look(plan(palette), "sun") == look(plan(draw("thing", {}, {})), "sun") != []
    if "noise" not in more:
        assert look(plan(draw("stuff", own, more)), "sun") != look(plan(draw("stuff", {}, {})), "sun")
    assert tell(draw("stuff", own, more)) == tell(draw("scene", own, more)) == tell(draw("thing", {}, {})) == []
    assert tell(draw("auto", own, more)) == [line + OPEN] or path == "overlap.rule"
    assert not any("does not act" in each for each in tell(draw("auto", own, {"attention": "couple"} | more)))
    assert not any("does not act" in each for each in tell(palette, how=Drawing(NATIVE, over=True)))


@pytest.mark.parametrize("overlap", [{"rule": "weighted"}, {"cover_alpha": 0.5}])
def test_what_happens_where_brushes_overlap_is_nothing_to_things_beside_them(overlap: dict[str, Any]) -> None:
    """Also where their common border crosses cells."""
    beside = HOUSE | {"kind": "stuff", "mask": {"rectangle": [0.4, 0.1, 0.8, 0.4]}}
    assert tell(make(SUN | {"kind": "thing"}, beside, overlap=overlap)) == []


def test_the_main_prompt_is_the_background_that_a_thing_lies_on() -> None:
    large = SUN | {"mask": {"rectangle": [0.04, 0.04, 0.96, 0.96]}}
    palette = make(large, side=2048, background={})
    for prompt, soft in (("a meadow", True), ("", False), ("a sun", False)):
        around = JobContext(prompt, native=NATIVE)
        assert any("soft" in each.text for each in preflight(palette, around)) == soft


WIDE = {"id": "wide", "prompt": "a bridge", "mask": {"rectangle": [0.05, 0.3, 0.95, 0.6]}}


@pytest.mark.parametrize("attention", ["couple", "bias"])
@pytest.mark.parametrize(
    ("run", "more", "lost"),
    [
        (FAST, {}, True),
        (FAST, TILES, True),
        (FAST, {"tiles": None}, False),
        (Run(FEW + 1, 1), {}, False),
        (Run(5, 2), {}, False),
    ],
    ids=["few", "own tiles", "no tiles", "many steps", "guided"],
)
def test_a_method_of_attention_may_draw_what_is_larger_than_a_tile_in_each(
    attention: str, run: Run, more: dict[str, Any], lost: bool
) -> None:
    palette = make(SUN, WIDE, side=768, attention=attention, **more)
    told = tell(palette, run)
    assert len(told) == lost and all(line.startswith("brush 2 (wide): larger than a tile of ") for line in told)
    seen = [view for view in plan(palette, run).steps[0] if "wide" in view.names]
    assert len(seen) > 1 or not lost or attention == "bias", "which draws one prompt everywhere"
    assert tell(make(SUN, WIDE | {"kind": "stuff"}, side=768, attention=attention, **more), run) == []


def test_what_fits_into_a_tile_and_small_canvases_are_not_told() -> None:
    assert tell(make(SUN, HOUSE, side=768, attention="couple"), FAST) == []
    assert tell(make(SUN, WIDE, side=256, attention="couple"), FAST) == []
    assert tell(make(SUN, WIDE, side=768), FAST) == [], "regions of their own have one view each"


def test_many_brushes_are_counted_and_not_named() -> None:
    brushes = [
        {"id": f"b{n}", "prompt": f"{n}", "mask": {"rectangle": [0.25 * n, 0.1, 0.25 * n + 0.2, 0.3]}} for n in range(4)
    ]
    assert tell(make(*brushes, **TILES))[0].startswith(f"{NAMED + 1} brushes: ")
    assert tell(make(*brushes[:NAMED], **TILES))[0].startswith("brush 1 (b0), brush 2 (b1) and brush 3 (b2): ")


def test_check_and_the_preview_say_it_once_and_warn_of_nothing() -> None:
    palette = make(SUN, HOUSE, **TILES)
    (line,) = [line for line in summarise(palette) if FILLED in line]
    assert line.startswith("note: brush 1 (sun) and")
    (notice,) = [each for each in preflight(palette, JobContext(native=NATIVE)) if FILLED in each.text]
    assert (notice.kind, notice.path, notice.brush) == ("note", "brushes", "")
    (notice,) = [each for each in preflight(make(SUN, **TILES), JobContext(native=NATIVE)) if FILLED in each.text]
    assert (notice.path, notice.brush) == ("brushes[0].kind", "sun")


def test_check_measures_things_by_the_model_that_a_palette_names() -> None:
    palette = make(SUN | {"kind": "thing", "mask": {"rectangle": [0, 0, 1, 1]}}, side=1552)
    assert any("of more than 1536 px" in line for line in summarise(palette))
    assert not any("soft" in line for line in summarise(palette, Drawing(1024)))


@settings(max_examples=60, deadline=None)
@given(palettes())
def test_no_brush_of_which_it_is_told_that_it_is_filled_is_looked_at(palette: Palette) -> None:
    palette = replace_unchecked(palette, init=None)
    shares = Shares.of(palette, HOW)
    told = [*find_losses(palette, shares.painted_cells(palette), HOW, MANY)]
    assert len({each.text for each in told}) == len(told) and all(isinstance(each, Remark) for each in told)
    try:
        undecided = plan(palette).undecided
    except RegionDiffError:
        return  # it is refused
    looked_at = set(undecided.names) if undecided else set()
    filled = {int(n) for each in told if FILLED in each.text for n in re.findall(r"brush (\d+) \(", each.text)}
    assert not looked_at & {palette.brushes[number - 1].id for number in filled}
