"""The toy world: labels agree with pictures, captions name exactly what is there, seeds say everything."""

from __future__ import annotations

import re

import numpy as np
import pytest
from toyworld_captions import BACKDROPS, NOUNS, RELATIONS, TINTS, caption, caption_briefly, caption_plainly
from toyworld_scenes import HELD_OUT, TRAINING, Backdrop, Scene, Thing, draw, find_visible_colours, make_scene
from toyworld_shapes import OUTLINES, Pose, place, rasterise
from toyworld_textures import PAINTS, TEXTURES

from lib_regiondiff.demo.world import BACKGROUNDS, CLASSES, COLOURED_BACKGROUNDS, COLOURS, NATURAL, OBJECTS

SEEDS = range(40)
SCENES = [make_scene(seed) for seed in SEEDS]


def test_every_name_has_its_drawing_and_its_words() -> None:
    assert set(OBJECTS) == set(OUTLINES) == set(NOUNS)
    assert set(BACKGROUNDS) == set(TEXTURES) == set(BACKDROPS)
    assert (*PAINTS, "natural") == COLOURS


def test_seeds_of_training_and_held_out_scenes_are_disjoint() -> None:
    assert TRAINING.stop <= HELD_OUT.start


@pytest.mark.parametrize("seed", SEEDS[:6])
def test_a_seed_says_everything(seed: int) -> None:
    first, second = draw(make_scene(seed)), draw(make_scene(seed))
    assert np.array_equal(first.picture, second.picture) and np.array_equal(first.classes, second.classes)


@pytest.mark.parametrize("kind", OBJECTS)
def test_labels_are_where_the_object_changed_the_picture(kind: str) -> None:
    backdrop = Backdrop("plain", "white")
    empty = draw(Scene(3, backdrop))
    drawing = draw(Scene(3, backdrop, (Thing(kind, "red", Pose(64, 64, 45)),)))
    changed = np.abs(drawing.picture.astype(int) - empty.picture).max(axis=2) > 100
    inside = drawing.classes == CLASSES.index(kind)
    assert inside.sum() > 1000
    assert (changed & ~inside).sum() + (inside & ~changed).sum() < 0.05 * inside.sum()
    assert np.array_equal(inside, drawing.colours == COLOURS.index("red"))
    assert set(np.unique(drawing.classes)) == {CLASSES.index("plain"), CLASSES.index(kind)}


@pytest.mark.parametrize("colour", PAINTS)
def test_colours_are_what_the_labels_say(colour: str) -> None:
    drawing = draw(Scene(4, Backdrop("plain", colour)))
    nearest = min(PAINTS, key=lambda name: float(np.abs(drawing.picture.mean((0, 1)) - PAINTS[name]).sum()))
    assert nearest == colour and (drawing.colours == COLOURS.index(colour)).all()


def test_backgrounds_have_a_colour_or_are_natural() -> None:
    for scene in SCENES:
        colours = draw(Scene(scene.seed, scene.backdrop)).colours
        coloured = scene.backdrop.kind in COLOURED_BACKGROUNDS
        assert (colours == (COLOURS.index(scene.backdrop.colour) if coloured else NATURAL)).all()


def test_objects_can_be_told_from_their_background() -> None:
    for scene in SCENES:
        assert all(thing.colour in find_visible_colours(scene.backdrop) for thing in scene.things)


def test_two_objects_stand_as_the_relation_says() -> None:
    for scene in (scene for scene in map(make_scene, range(200)) if len(scene.things) == 2):
        first, second = (thing.pose for thing in scene.things)
        aside = {"left": second.x - first.x, "right": first.x - second.x}
        assert {**aside, "above": second.y - first.y, "below": first.y - second.y}[scene.relation] > 40


def test_a_picture_may_have_any_size() -> None:
    assert draw(Scene(1, Backdrop("brick"), size=192)).picture.shape == (192, 192, 3)


def test_coverage_is_the_area() -> None:
    pose = Pose(64, 64, 40)
    assert rasterise(place(OUTLINES["square"].body, pose), 128).sum() == pytest.approx((2 * 0.78 * 40) ** 2, rel=0.03)


def words_of(text: str, table: dict[str, tuple[str, ...]]) -> list[str]:
    """The entries of a table that a text names, longest names first, so that no name is found within another."""
    found = []
    for name, key in sorted(((n, key) for key, names in table.items() for n in names), key=lambda each: -len(each[0])):
        text, times = re.subn(rf"\b{name}\b", "", text)
        found += [key] * times
    return sorted(found)


@pytest.mark.parametrize("seed", SEEDS)
def test_captions_name_exactly_what_is_there(seed: int) -> None:
    scene, rng = SCENES[seed], np.random.default_rng(seed)
    tints = {colour: TINTS.get(colour, (colour,)) for colour in PAINTS}
    for text in (caption(scene, rng), caption(scene, rng), caption_plainly(scene)):
        assert words_of(text, dict(NOUNS)) == sorted(thing.kind for thing in scene.things), text
        assert any(_names(text, phrase, scene.backdrop.colour) for phrase in BACKDROPS[scene.backdrop.kind]), text
        named = words_of(text, tints)
        assert all(thing.colour in named for thing in scene.things), text


def _names(text: str, phrase: str, colour: str) -> bool:
    """Whether a background's phrase, in this colour, is in the text."""
    tints = TINTS.get(colour, (colour,))
    return any(phrase.format(c=tint) in text.replace("an orange", "a orange") for tint in tints)


def test_brief_captions_leave_the_background_open() -> None:
    scene = next(scene for scene in SCENES if len(scene.things) == 1 and scene.backdrop.kind == "grass")
    text = caption_briefly(scene, np.random.default_rng(0))
    assert "grass" not in text and words_of(text, dict(NOUNS)) == [scene.things[0].kind]


def test_the_relation_can_be_said_from_either_side() -> None:
    scene = next(scene for scene in SCENES if len(scene.things) == 2)
    texts = [caption(scene, np.random.default_rng(i)) for i in range(30)]
    for words in RELATIONS[scene.relation]:
        assert any(words in text for text in texts)
