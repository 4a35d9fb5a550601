"""What palettes leave open: tiles by the native side, bootstrap by few steps, and nothing that was said is changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import GaussianHost
from lib_regiondiff.authoring.cost import count_cells
from lib_regiondiff.document.palette import Bootstrap, Palette, Tiles, dump, parse
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.planning.auto import describe_choices, list_choices, list_tilings, settle
from lib_regiondiff.planning.plan import Job, make_plan
from palettes import palettes

FULL, LATE = 0.998, 0.6
SQUARE = Size(512, 512)


def clock(steps: int, first: float = FULL) -> tuple[float, ...]:
    return tuple(first * (1 - step / steps) for step in range(steps + 1))


def choose(size: Size = SQUARE, native: int = 512, steps: int = 20, guidance: float = 7) -> Palette:
    return settle(Palette(), size, native, clock(steps), guidance)


@pytest.mark.parametrize(
    ("size", "native", "few", "many"),
    [
        (Size(768, 768), 512, False, False),
        (Size(768, 776), 512, True, False),
        (Size(1024, 1536), 512, True, False),
        (Size(768, 1920), 512, True, True),
        (Size(1024, 1536), 1024, False, False),
        (Size(192, 256), 128, True, False),
    ],
)
def test_sides_far_beyond_the_native_one_get_tiles_of_it(size: Size, native: int, few: bool, many: bool) -> None:
    tiles = Tiles(width=native, height=native, overlap=native // 4)
    assert choose(size, native, steps=5, guidance=1).tiles == (tiles if few else None)
    assert choose(size, native).tiles == (tiles if many else None)
    late = settle(Palette(), size, native, clock(5, LATE), 1).tiles
    assert late == (tiles if many else None)


@pytest.mark.parametrize(
    ("steps", "guidance", "levels"), [(1, 1, 0), (2, 1, 1), (4, 1, 3), (5, 1, 4), (8, 1, 6), (9, 1, 0), (5, 1.5, 0)]
)
def test_few_steps_without_guidance_get_a_bootstrap(steps: int, guidance: float, levels: int) -> None:
    made = choose(steps=steps, guidance=guidance).bootstrap
    assert (made.levels, made.mix) == (levels, min(levels, 1))


def test_over_a_picture_one_level_is_white() -> None:
    painted = parse({"version": 1, "background": {"colour": "#ffffff"}})
    assert settle(painted, SQUARE, 512, clock(5), 1).bootstrap.mix == 1


def test_runs_that_begin_from_a_picture_get_no_bootstrap() -> None:
    assert settle(Palette(), Size(512, 512), 512, clock(5, LATE), 1).bootstrap.levels == 0


def fitting(palette: Palette) -> Palette:
    """The palette with an overlap that goes with every native side, where a tile has such a side."""
    tiles = palette.tiles
    if not isinstance(tiles, Tiles) or isinstance(tiles.overlap, str) or "auto" not in (tiles.width, tiles.height):
        return palette
    return replace(palette, tiles=replace(tiles, overlap=min(tiles.overlap, 63)))


def left_open(tiles: Tiles | str | None) -> bool:
    return "auto" in (tiles.width, tiles.height, tiles.overlap) if isinstance(tiles, Tiles) else tiles == "auto"


@given(palettes().map(fitting), st.integers(1, 40), st.sampled_from([64, 512, 1024]), st.sampled_from([1.0, 7.0]))
@settings(max_examples=60, deadline=None)
def test_what_was_said_stays_and_nothing_stays_open(palette: Palette, steps: int, native: int, guidance: float) -> None:
    made = settle(palette, palette.size, native, clock(steps), guidance)
    assert settle(made, palette.size, native, clock(steps), guidance) == made
    assert not isinstance(made.tiles, str) and made.tiles in (palette.tiles, made.tiles)
    assert made.blend == (palette.blend if palette.blend != "auto" else "average")
    for key in ("levels", "mix", "leak_sensitivity"):
        said, now = getattr(palette.bootstrap, key), getattr(made.bootstrap, key)
        assert not isinstance(now, str) and (said == "auto" or said == now)
    if palette.tiles is None:
        assert made.tiles is None
    if isinstance(palette.tiles, Tiles):
        assert made.tiles is not None and made.tiles.wrap == palette.tiles.wrap
        for key in ("width", "height", "overlap", "window"):
            said, now = getattr(palette.tiles, key), getattr(made.tiles, key)
            assert said == now if said != "auto" else not isinstance(now, str)


def test_a_large_picture_of_one_meaning_stays_the_host_s_own() -> None:
    document = parse({"version": 1, "size": {"width": 512, "height": 512}, "background": {"prompt": "2"}})
    same = parse({"version": 1, "size": {"width": 512, "height": 512}, "background": {"prompt": "2"}, "brushes": [
        {"id": "a", "prompt": "2", "mask": {"rectangle": [0, 0, 0.5, 1]}}]})  # fmt: skip
    for each in (document, same):
        plan = make_plan(each, Job(each.size, clock(20), (1,)), GaussianHost())
        assert plan.plain and plan.steps[0][0].box == Box.whole(plan.size)


def test_the_document_keeps_the_word() -> None:
    said = {"version": 1, "bootstrap": {"levels": "auto", "mix": "auto"}, "tiles": "auto"}
    assert parse(said) == Palette() and Bootstrap().levels == "auto"


WIDE, LONG = {"width": 1024, "height": 512}, {"width": 1024, "height": 1024}
SMALL, LARGE = {"rectangle": [0.1, 0.1, 0.3, 0.5]}, {"rectangle": [0, 0, 0.9, 0.5]}
EVERYWHERE = {"rectangle": [0, 0, 1, 1]}


@pytest.mark.parametrize(
    ("mask", "size", "steps", "wanted"),
    [
        (SMALL, WIDE, 5, "tiles of 640x640 px that overlap by 128 px, bootstrap levels 4, mix 1"),
        (LARGE, WIDE, 5, "tiles of 640x640 px that overlap by 128 px, bootstrap levels 4, mix 1"),
        (EVERYWHERE, WIDE, 5, "tiles of 640x640 px that overlap by 128 px"),
        (SMALL, {"width": 512, "height": 512}, 5, "bootstrap levels 4, mix 1"),
        (SMALL, WIDE, 20, ""),
    ],
)
def test_a_plan_tells_what_acts_by_number_and_size_of_brushes(mask: Any, size: Any, steps: int, wanted: str) -> None:
    brushes = [{"id": "a", "prompt": "2", "mask": mask}]
    document = parse({"version": 1, "size": size, "guidance": 1, "brushes": brushes})
    plan = make_plan(document, Job(document.size, clock(steps), (1,)), GaussianHost(native=512))
    assert describe_choices(plan.chosen) == wanted
    assert (plan.chosen["bootstrap"]["levels"] > 0) == any(view.surround for views in plan.steps for view in views)
    said = parse({"version": 1, "size": size, "guidance": 1, "brushes": brushes, "tiles": None,
                  "bootstrap": {"levels": 1, "mix": 1}})  # fmt: skip
    assert make_plan(said, Job(said.size, clock(steps), (1,)), GaussianHost(native=512)).chosen == {}


@given(palettes().map(fitting), st.integers(1, 12), st.sampled_from([64, 512]))
@settings(max_examples=40, deadline=None)
def test_choices_settle_the_palette_as_it_was(palette: Palette, steps: int, native: int) -> None:
    made = settle(palette, palette.size, native, clock(steps), 1)
    choices = list_choices(palette, made)
    assert ("tiles" in choices) == left_open(palette.tiles)
    given_tiles = palette.tiles if isinstance(palette.tiles, Tiles) else Tiles()
    tiles = replace(given_tiles, **choices["tiles"]) if choices.get("tiles") else None
    again = replace(palette, tiles=tiles) if "tiles" in choices else palette
    again = replace(again, blend=choices.get("blend", again.blend))
    assert replace(again, bootstrap=replace(palette.bootstrap, **choices.get("bootstrap", {}))) == made


@pytest.mark.parametrize("steps", [5, 20])
@pytest.mark.parametrize("brushes", [[], [{"id": "a", "prompt": "2", "mask": LARGE}]])
def test_the_method_is_chosen_where_there_is_something_to_blend(steps: int, brushes: Any) -> None:
    said = {"blend": "auto", "tiles": None, "bootstrap": {"levels": 0}}
    document = parse({"version": 1, "size": WIDE, "guidance": 7, "brushes": brushes} | said)
    job, host = Job(document.size, clock(steps), (1,)), GaussianHost(native=512)
    plan = make_plan(document, job, host)
    assert (describe_choices(plan.chosen), plan.chosen["blend"]) == (
        ("blend average", "average") if brushes else ("", None)
    )
    named = make_plan(replace(document, blend="average"), job, host)
    assert "blend" not in named.chosen and dump(document)["blend"] == "auto"
    views = zip(plan.steps[0], named.steps[0], strict=True)
    assert all(one.box == two.box and one.weight.equal(two.weight) for one, two in views)


@pytest.mark.parametrize(("guidance", "steps", "levels"), [(1, 5, 4), (7, 5, 4), (7, 20, 16), (1, 20, 16)])
@pytest.mark.parametrize(("mask", "alone"), [({"rectangle": [0, 0.5, 0.85, 1]}, True), (SMALL, False)])
def test_scenery_is_kept_apart_in_any_steps_where_nothing_else_is(
    mask: Any, alone: bool, guidance: float, steps: int, levels: int
) -> None:
    """It takes no row more, as an object on the canvas might, which sees what is around it from the first level on."""
    brushes = [{"id": str(n), "prompt": str(n), "mask": m, "kind": "stuff"} for n, m in enumerate((LARGE, mask), 2)]
    document = parse({"version": 1, "size": WIDE, "guidance": guidance, "brushes": brushes, "tiles": None})
    job, host = Job(document.size, clock(steps), (1,)), GaussianHost(native=512)
    few = guidance == 1 and steps == 5
    made, none = (
        make_plan(replace(document, bootstrap=each), job, host) for each in (Bootstrap(), Bootstrap(levels=0))
    )
    assert (made.chosen.get("bootstrap") or {}).get("levels", 0) == (levels if alone or few else 0)
    assert few or count_cells(made, guidance) == count_cells(none, guidance)


@pytest.mark.parametrize("guidance", [1, 5])
def test_scenery_that_shares_boxes_stays_as_it_is(guidance: float) -> None:
    """Each would have a negative of its own there."""
    halves = ([[0, 0], [1, 0], [0, 1]], [[1, 0], [1, 1], [0, 1]])
    each = [{"id": str(n), "prompt": str(n), "mask": {"polygon": corners}} for n, corners in enumerate(halves, start=2)]
    brushes = [brush | {"kind": "stuff"} for brush in each]
    document = parse({"version": 1, "size": LONG, "guidance": guidance, "brushes": brushes})
    plan = make_plan(document, Job(document.size, clock(20), (1,)), GaussianHost(native=512))
    assert plan.chosen["bootstrap"]["levels"] == 0 and not any(view.surround for view in plan.steps[0])


SPREAD = [[0, 0, 0.8, 1], [0.8, 0, 1, 1]]  # the first one takes four tiles of 512 pixels, or three of 640


@pytest.mark.parametrize(
    ("said", "side", "cells"),
    [("auto", 640, 64 * (3 * 80 + 64)), ({"width": 512, "height": 512, "overlap": 128}, 512, 64 * 5 * 64)],
)
def test_tiles_are_larger_where_that_asks_for_less(said: Any, side: int, cells: int) -> None:
    size = {"width": 1920, "height": 512}
    brushes = [
        {"id": str(number), "prompt": f"{number}", "mask": {"rectangle": box}, "kind": "stuff"}
        for number, box in enumerate(SPREAD, start=1)
    ]
    palette = parse({"version": 1, "size": size, "guidance": 1, "brushes": brushes, "tiles": said})
    plan = make_plan(palette, Job(palette.size, clock(5), (1,)), GaussianHost(native=512))
    views = plan.steps[-1]
    assert max(view.box.size.width for view in views) * 8 == side
    assert sum(view.box.size.area for view in views) == cells
    if said == "auto":
        assert plan.chosen["tiles"] == {"width": 640, "height": 640, "overlap": 128}


@given(st.sampled_from([128, 512, 640, 768, 1024]))
def test_the_native_tiles_are_the_first_choice_and_asked_ones_the_only(native: int) -> None:
    whole = Tiles(width=native, height=native, overlap=native // 4)
    made = list_tilings(Palette(), replace(Palette(), tiles=whole), native)
    sides = [each.tiles.width for each in made if isinstance(each.tiles, Tiles)]
    assert sides[0] == native and all(native < int(side) <= 1.5 * native for side in sides[1:])
    assert list_tilings(replace(Palette(), tiles=whole), made[0], native) == [made[0]]
