"""The benchmark of sizes: its true pictures score fully by their own labels, and wrong ones as they should."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from fidelity_palettes import SEEDS, Meaning
from sizes_borders import score_picture
from sizes_classes import MAKERS, make_wish
from sizes_edges import FORMS
from sizes_labels import Seen, reduce_scene
from sizes_report import find_interval, find_wilson
from sizes_scores import score_labels
from sizes_wishes import SPLITS, Wish, draw_truth, trim
from toyworld_scenes import TRAINING, Drawing, Scene, draw

from lib_regiondiff.demo.labeller import Maps
from lib_regiondiff.demo.world import BACKGROUNDS, CLASSES, COLOURS, NATURAL
from lib_regiondiff.document.palette import dumps
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.weights import masks

NUMBERS = range(3)
THINGS = [kind for kind in MAKERS if kind.startswith("thing-")]
SOME = [(kind, number) for kind in MAKERS for number in NUMBERS]


@functools.cache
def make_case(kind: str, number: int) -> tuple[Wish, Drawing]:
    """A wish and its true picture."""
    wish = make_wish(kind, number, "development")
    return wish, draw_truth(wish)


def score(wish: Wish, classes: np.ndarray, colours: np.ndarray, true: Drawing) -> dict[str, float]:
    maps = Maps(classes.astype(np.uint8), colours.astype(np.uint8))
    return score_labels(wish, Seen.alike(maps, len(wish.pieces)), true)


def move(true: Drawing, meaning: Meaning, matrix: list[list[float]]) -> tuple[np.ndarray, np.ndarray]:
    """Labels in which a thing is where a matrix [2, 3] puts it, on the ground of the pixel in the corner."""
    kind, colour = meaning.seen
    own = (true.classes == kind).astype(np.uint8)
    there = cv2.warpAffine(own, np.array(matrix, np.float64), own.shape[::-1], flags=cv2.INTER_NEAREST) > 0
    classes = np.where(there, kind, np.where(own, true.classes[0, 0], true.classes))
    return classes, np.where(there, colour, np.where(own, true.colours[0, 0], true.colours))


def test_splits_are_disjoint_and_nothing_else_uses_their_seeds() -> None:
    one, two = SPLITS.values()
    assert max(one) < min(two) and max(SEEDS) + 10**7 < min(one) and TRAINING.stop <= min(one)
    for split, seeds in SPLITS.items():
        used = [make_wish(kind, number, split).seed for kind, number in SOME]
        assert len(set(used)) == len(SOME) and all(seed in seeds for seed in used)


def test_wishes_are_deterministic() -> None:
    for kind, number in SOME:
        assert dumps(make_wish(kind, number, "development").palette({})) == dumps(
            make_case(kind, number)[0].palette({})
        )


def test_settings_are_merged_into_palette_background_and_brushes() -> None:
    wish, _ = make_case("thing-96", 1)
    palette = wish.palette({"steps": 7, "brushes": {"feather": 3}, "background": {"negative": "rain"}})
    assert palette.steps == 7 and palette.background.negative == "rain"
    assert palette.background.prompt == wish.prompt
    assert [brush.feather for brush in palette.brushes] == [3] * len(wish.pieces)


@pytest.mark.parametrize(("kind", "number"), SOME)
def test_the_true_picture_scores_fully(kind: str, number: int) -> None:
    wish, true = make_case(kind, number)
    assert wish.size.height % 32 == wish.size.width % 32 == 0
    scores = score(wish, true.classes, true.colours, true)
    if not math.isnan(scores["whole"]):
        assert scores["whole"] == scores["once"] == scores["class"] == scores["colour"] == scores["inside"] == 1
        assert scores["missing"] == scores["second"] == scores["leak"] == 0
        assert scores["area"] == pytest.approx(1, abs=0.01) and scores["shape"] > 0.85
    assert math.isnan(scores["ground IoU"]) or scores["ground IoU"] > 0.99


@pytest.mark.parametrize("side", [56, 128, 320])
def test_a_thing_that_is_not_there_is_missing(side: int) -> None:
    wish, true = make_case(f"thing-{side}", 0)
    bare = np.full_like(true.classes, true.classes[0, 0])
    scores = score(wish, bare, np.full_like(bare, NATURAL), true)
    assert scores["missing"] == 1 and scores["second"] == 0
    assert scores["whole"] == scores["once"] == scores["class"] == scores["colour"] == scores["inside"] == 0
    assert math.isnan(scores["area"]) and math.isnan(scores["leak"]) and math.isnan(scores["shape"])


@pytest.mark.parametrize("kind", THINGS)
def test_another_colour_is_only_that(kind: str) -> None:
    wish, true = make_case(kind, 1)
    thing, colour = wish.pieces[0].meaning.seen
    scores = score(wish, true.classes, np.where(true.classes == thing, (colour + 1) % NATURAL, true.colours), true)
    assert scores["colour"] == scores["whole"] == 0
    assert scores["once"] == scores["class"] == scores["inside"] == 1


@pytest.mark.parametrize("kind", THINGS)
def test_another_class_is_only_that(kind: str) -> None:
    wish, true = make_case(kind, 1)
    thing, _ = wish.pieces[0].meaning.seen
    other = CLASSES.index("boat" if CLASSES[thing] != "boat" else "sun")
    scores = score(wish, np.where(true.classes == thing, other, true.classes), true.colours, true)
    assert scores["class"] == scores["whole"] == 0
    assert scores["once"] == scores["colour"] == scores["inside"] == 1


@pytest.mark.parametrize("kind", [kind for kind in THINGS if int(kind[6:]) <= 200])
def test_a_shifted_thing_leaks(kind: str) -> None:
    wish, true = make_case(kind, 0)
    meaning = wish.pieces[0].meaning
    half = meaning.box.size.width / 2
    sign = 1 if meaning.box.right + half < wish.size.width else -1
    scores = score(wish, *move(true, meaning, [[1, 0, sign * half], [0, 1, 0]]), true)
    assert scores["leak"] > 0.2 and scores["inside"] == scores["whole"] == 0


@pytest.mark.parametrize("kind", THINGS)
@pytest.mark.parametrize("factor", [0.7, 0.4])
def test_a_shrunk_thing_has_less_area_or_is_missing(kind: str, factor: float) -> None:
    wish, true = make_case(kind, 0)
    meaning = wish.pieces[0].meaning
    assert meaning.thing is not None
    x, y = ((1 - factor) * each for each in (meaning.thing.pose.x, meaning.thing.pose.y))
    scores = score(wish, *move(true, meaning, [[factor, 0, x], [0, factor, y]]), true)
    if factor > 0.5:
        assert scores["area"] == pytest.approx(factor**2, rel=0.1) and scores["whole"] == 1
    else:
        assert scores["missing"] == 1 and scores["whole"] == 0


@pytest.mark.parametrize("kind", THINGS)
def test_a_second_thing_is_seen_in_the_brush_and_elsewhere(kind: str) -> None:
    wish, true = make_case(kind, 0)
    meaning = wish.pieces[0].meaning
    assert meaning.thing is not None
    pose, box = meaning.thing.pose, meaning.box
    for x, y in ((box.left, box.top), (wish.size.width - box.right, wish.size.height - box.bottom)):
        small = min(0.45, 60 / pose.radius)
        at = (x + small * pose.radius, y + small * pose.radius)
        matrix = [[small, 0, at[0] - small * pose.x], [0, small, at[1] - small * pose.y]]
        again, colours = move(true, meaning, matrix)
        first = true.classes == meaning.seen[0]
        both = np.where(first, true.classes, again)
        scores = score(wish, both, np.where(first, true.colours, colours), true)
        if not (first & cv2.dilate((again == meaning.seen[0]).astype(np.uint8), np.ones((15, 15))).astype(bool)).any():
            assert scores["second"] == 1 and scores["once"] == scores["whole"] == 0 and scores["missing"] == 0


@pytest.mark.parametrize("side", [160, 256, 384])
def test_a_large_brush_full_of_native_things_is_not_one(side: int) -> None:
    wish, true = make_case(f"thing-{side}", 0)
    meaning = wish.pieces[0].meaning
    kind, colour = meaning.seen
    classes, step = np.full_like(true.classes, true.classes[0, 0]), side // max(2, round(side / 96))
    for y in range(meaning.box.top + step // 2, meaning.box.bottom, step):
        for x in range(meaning.box.left + step // 2, meaning.box.right, step):
            cv2.circle(classes, (x, y), int(0.36 * step), kind, -1)
    scores = score(wish, classes, np.where(classes == kind, colour, NATURAL), true)
    assert scores["second"] == 1 and scores["once"] == scores["whole"] == 0


@pytest.mark.parametrize("side", [96, 128, 256])
def test_two_things_that_have_grown_together_are_not_one(side: int) -> None:
    wish, true = make_case(f"thing-{side}", 0)
    meaning = wish.pieces[0].meaning
    classes, box = np.full_like(true.classes, true.classes[0, 0]), meaning.box
    middle = (box.top + box.bottom) // 2
    for x in (box.left + side // 4, box.right - side // 4):
        cv2.circle(classes, (x, middle), side // 4 + 1, meaning.seen[0], -1)
    cv2.rectangle(classes, (box.left, middle - side // 12), (box.right - 1, middle + side // 12), meaning.seen[0], -1)
    scores = score(wish, classes, np.where(classes == meaning.seen[0], meaning.seen[1], NATURAL), true)
    assert scores["once"] == 0 and scores["missing"] == 0 and scores["class"] == 1


@pytest.mark.parametrize(("side", "gap"), [(128, 7), (200, 13), (320, 19), (384, 21)])
def test_parts_of_a_large_thing_are_one_by_their_shape_and_others_are_not(side: int, gap: int) -> None:
    wish, true = make_case(f"thing-{side}", 0)
    kind, colour = wish.pieces[0].meaning.seen
    rows, columns = np.nonzero(true.classes == kind)
    middle = round(float(columns.mean()))
    cut = true.classes.copy()
    cut[:, middle - gap // 2 : middle + (gap + 1) // 2] = true.classes[0, 0]
    scores = score(wish, cut, np.where(cut == kind, colour, NATURAL), true)
    assert scores["once"] == 1 and scores["second"] == 0
    classes, apart = np.full_like(cut, true.classes[0, 0]), side // 4 + gap // 2 + 1
    for x in (middle - apart, middle + apart):
        cv2.circle(classes, (x, round(float(rows.mean()))), side // 4, kind, -1)
    scores = score(wish, classes, np.where(classes == kind, colour, NATURAL), true)
    assert scores["once"] == 0 and scores["missing"] == 0


def score_drawing(wish: Wish, drawing: Drawing, true: Drawing) -> dict[str, float]:
    """All scores of a drawing whose labels are known."""
    maps = Maps(drawing.classes, drawing.colours)
    return score_picture(wish, drawing.picture, Seen.alike(maps, len(wish.pieces)), true)


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("kind", ["columns", "rows", "grid", "strokes", "stacked", "textures", "borders", "scenery"])
def test_colours_and_borders_of_the_true_picture_are_right(kind: str, number: int) -> None:
    wish, true = make_case(kind, number)
    scores = score_drawing(wish, true, true)
    assert scores["border colour"] < 2
    for name, least in (("texture IoU", 0.95), ("stroke IoU", 0.85), ("boundary", 0.9), ("order", 1), ("whole", 1)):
        assert math.isnan(scores[name]) or scores[name] >= least
    assert math.isnan(scores["halo"]) or scores["halo"] < 0.02
    assert math.isnan(scores["order"]) == (kind != "stacked")


@pytest.mark.parametrize("kind", ["strokes", "textures", "scenery"])
def test_stuff_that_is_not_there_scores_nothing(kind: str) -> None:
    wish, true = make_case(kind, 0)
    bare = draw(Scene(wish.seed + 1, wish.ground, (), size=max(wish.size.height, wish.size.width)))
    scores = score_drawing(wish, trim(bare, wish.size), true)
    assert scores["stroke IoU" if kind == "strokes" else "texture IoU"] < 0.1
    assert scores["boundary"] < 0.2 and scores["border colour"] > 10


@pytest.mark.parametrize("number", range(4))
def test_things_in_the_other_order_are_not_right(number: int) -> None:
    wish, true = make_case("stacked", number)
    scores = score_drawing(wish, draw_truth(replace(wish, pieces=wish.pieces[::-1])), true)
    assert scores["order"] == scores["whole"] == 0


@pytest.mark.parametrize("kind", ["columns", "rows", "textures"])
def test_borders_that_are_elsewhere_are_seen(kind: str) -> None:
    wish, true = make_case(kind, 1)
    aside = Drawing(*(np.roll(part, (8, 8), (0, 1)) for part in (true.picture, true.classes, true.colours)))
    before, after = score_drawing(wish, true, true), score_drawing(wish, aside, true)
    assert after["boundary"] < 0.6 < before["boundary"]
    assert after["border colour"] > before["border colour"] + 3


def test_a_scene_whose_ground_is_another_ones_has_no_iou() -> None:
    wish, true = make_case("columns", 1)
    scores = score_drawing(wish, Drawing(*(part[:, ::-1] for part in (true.picture, true.classes, true.colours))), true)
    assert scores["ground IoU"] < 0.2 and scores["whole"] == 0


@pytest.mark.parametrize("kind", ["columns", "rows"])
def test_the_ground_of_a_scene_is_seen_at_its_own_size_or_reduced(kind: str) -> None:
    wish, true = make_case(kind, 1)
    unknown = Maps(np.where(true.classes < len(BACKGROUNDS), len(BACKGROUNDS) - 1, true.classes), true.colours)
    known = Maps(true.classes, true.colours)
    blind, seen = Seen.alike(unknown, len(wish.pieces)), Seen.alike(known, len(wish.pieces))
    for reduced, plain in ((known, unknown), (unknown, known)):
        both = replace(blind, plain=plain, grounds=[reduced] * len(wish.pieces))
        assert score_labels(wish, both, true)["ground IoU"] == score_labels(wish, seen, true)["ground IoU"] > 0.9
        assert score_picture(wish, true.picture, both, true)["boundary"] > 0.9
    assert score_labels(wish, blind, true)["ground IoU"] < 0.6


def test_a_scene_is_reduced_to_one_native_picture() -> None:
    assert reduce_scene(Size(128, 128)) == reduce_scene(Size(64, 96)) == 1, "none is enlarged"
    assert reduce_scene(Size(256, 256)) == 0.5
    assert reduce_scene(Size(600, 128)) == reduce_scene(Size(128, 256)) == pytest.approx(0.5**0.5)


def test_a_patch_around_a_thing_is_a_halo() -> None:
    wish, true = make_case("thing-128", 0)
    picture, around = true.picture.copy(), wish.covered[0] & (true.classes == true.classes[0, 0])
    picture[around] = 255 - picture[around]
    scores = score_drawing(wish, Drawing(picture, true.classes, true.colours), true)
    assert scores["halo"] > 0.9 and scores["border colour"] > 20


def test_borders_lie_on_cells_where_they_are_said_to_and_only_there() -> None:
    for number in range(2 * len(FORMS)):
        wish = make_wish("borders", number, "development")
        (brush,) = wish.palette({}).brushes
        cells = masks.measure_cells(brush.mask, wish.size, 8)
        mixed = (cells > 0.01) & (cells < 0.99)
        assert mixed.any() == (FORMS[number % len(FORMS)] != "aligned")


def test_intervals_are_those_of_shares_and_of_means() -> None:
    share, low, high = find_interval(np.array([1.0] * 9 + [0.0]), "once")
    assert (share, low, high) == find_wilson(0.9, 10)
    assert (low, high) == pytest.approx((0.596, 0.982), abs=1e-3)  # Wilson's own figures for 9 of 10
    assert find_interval(np.zeros(5), "leak") == (0, 0, 0)
    middle, low, high = find_interval(np.array([0.2, 0.4, np.nan, 0.6]), "area")
    assert middle == pytest.approx(0.4) and 0.2 <= low < middle < high <= 0.6
    assert all(math.isnan(each) for each in find_interval(np.array([np.nan]), "once"))
    assert len(COLOURS) == NATURAL + 1
