"""Worlds to train on: what a seed draws stays, labels agree with pictures, captions say what is there."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import cv2
import numpy as np
import pytest
import world_captions
from demo_sheet import EDGE, join_sprites, read_sprite
from emoji_scenes import CONTRAST
from emoji_sprites import CODES, SHEET, SIDE, load_sprites
from emoji_textures import PAINTS, TEXTURES, TONES
from PIL import Image
from world_aspects import make_aspect_scene
from world_composites import RADII, draw_window, make_composite
from world_scenes import HELD_OUT, SHAPES, SHARES, SIZE, TRAINING, Backdrop, Pose, Scene, Thing
from worlds import EMOJI, TOYWORLD, WORLDS, World, find_shape

from lib_regiondiff.demo.emoji import COLOURED_BACKGROUNDS, TINTS
from lib_regiondiff.demo.world import COLOURS, NATURAL

every_world = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
SEEDS = (*TRAINING[:40], *HELD_OUT[:2], HELD_OUT[5 * 10**5])
DRAWN = "f6c5bf3f23a98bf960179d1cccf42bbc4269fa6d6251ce2bd66d8bcb42d940f8"
"""What the toy world's SEEDS drew and said when the model that ships was trained."""


def test_the_toy_world_draws_and_says_what_it_always_did() -> None:
    made, words = hashlib.sha256(), TOYWORLD.words
    for seed in SEEDS:
        scene, rng = TOYWORLD.make_scene(seed), np.random.default_rng(seed)
        drawing = TOYWORLD.draw(scene)
        for part in (drawing.picture, drawing.classes, drawing.colours):
            made.update(part.tobytes())
        said = [world_captions.caption(words, scene, rng), world_captions.caption_briefly(words, scene, rng)]
        made.update("|".join([*said, world_captions.caption_plainly(words, scene)]).encode())
    assert made.hexdigest() == DRAWN


@every_world
def test_what_a_world_needs_once_is_made_once(world: World) -> None:
    """Programs keep what they made for a world under the world itself."""
    assert {world: world.name}[world] == world.name


@every_world
def test_a_seed_says_everything_and_others_say_something_else(world: World) -> None:
    for seed in (3, HELD_OUT[3]):
        first, second, other = (world.draw(world.make_scene(each)) for each in (seed, seed, seed + 1))
        for name in ("picture", "classes", "colours"):
            assert np.array_equal(getattr(first, name), getattr(second, name))
        assert not np.array_equal(first.picture, other.picture)


@every_world
def test_every_name_has_its_words_and_no_two_share_one(world: World) -> None:
    assert set(world.words.nouns) == set(world.objects) and set(world.words.backdrops) == set(world.backgrounds)
    nouns = [noun for nouns in world.words.nouns.values() for noun in nouns]
    assert len(set(nouns)) == len(nouns) and len(set(world.classes)) == len(world.classes)
    assert set(world.words.tints) <= set(COLOURS)


@every_world
def test_pictures_have_the_native_area_and_sides_that_the_autoencoder_takes(world: World) -> None:
    shapes = [find_shape(world.make_scene(seed)) for seed in TRAINING[:150]]
    assert {*shapes} == ({*SHAPES} if world is EMOJI else {(SIZE, SIZE)})


def test_shapes_go_from_half_to_double() -> None:
    assert sum(SHARES) == pytest.approx(1) and len(SHARES) == len(SHAPES)
    assert {(width, height) for height, width in SHAPES} == {*SHAPES}
    assert max(width / height for height, width in SHAPES) == 2
    for height, width in SHAPES:
        assert height % 8 == width % 8 == 0 and abs(height * width / SIZE**2 - 1) < 0.06


@every_world
def test_things_are_whole_and_about_the_middle_in_every_shape(world: World) -> None:
    make = world.make_scene if world is EMOJI else lambda seed: make_aspect_scene(world, seed)
    for scene in map(make, TRAINING[:200]):
        height, width = find_shape(scene)
        for thing in scene.things:
            x, y = thing.pose.x - scene.size / 2, thing.pose.y - scene.size / 2
            for away, side in ((x, width), (y, height)):
                reach = abs(away) + thing.pose.radius
                assert reach <= side / 2 + 3, (scene, side)


def test_a_square_world_in_other_shapes_keeps_what_it_shows() -> None:
    for seed in TRAINING[:30]:
        square, other = TOYWORLD.make_scene(seed), make_aspect_scene(TOYWORLD, seed)
        assert other.backdrop == square.backdrop and other.relation == square.relation
        assert [thing.kind for thing in other.things] == [thing.kind for thing in square.things]
        drawing = TOYWORLD.draw(other)
        assert drawing.picture.shape == (*find_shape(other), 3) and drawing.classes.shape == find_shape(other)
        seen = {TOYWORLD.classes[each] for each in np.unique(drawing.classes)}
        assert {each.kind for each in other.things} <= seen


@every_world
def test_a_picture_of_another_shape_is_the_middle_of_the_square(world: World) -> None:
    scene = Scene(5, Backdrop(world.backgrounds[0]), (Thing(world.objects[3], "red", Pose(88, 90, 40)),), size=176)
    whole, part = world.draw(scene), world.draw(replace(scene, shape=(88, 176)))
    for name in ("picture", "classes", "colours"):
        assert np.array_equal(getattr(whole, name)[44:132], getattr(part, name))


def test_the_sheet_holds_every_thing_within_its_cell() -> None:
    assert len(CODES) == len(set(CODES)) == len(EMOJI.objects) == len(load_sprites())
    assert SHEET.stat().st_size < 2 * 10**6
    assert "Copyright (c) Microsoft Corporation." in (SHEET.parent / "LICENSE").read_text(encoding="utf-8")
    for name, sprite in load_sprites().items():
        alpha = sprite[..., 1]
        assert alpha.shape == (SIDE, SIDE) and 0.08 < alpha.mean() < 0.9, name
        inside = np.argwhere(alpha > 0.05)
        assert inside.min() >= 1 and inside.max() <= SIDE - 2, name
        assert np.ptp(inside, axis=0).max() == pytest.approx(SIDE - 4, abs=3), name


@pytest.mark.parametrize(("width", "height"), [(90, 40), (40, 90), (1, 60)])
def test_a_sprite_fills_its_square_and_keeps_its_form(width: int, height: int) -> None:
    picture = np.zeros((100, 100, 4), np.uint8)
    picture[5 : 5 + height, 3 : 3 + width] = (10, 20, 30, 255)
    picture[5 : 5 + height // 2, 3 : 3 + width, :3] = 200
    sprite = read_sprite(Image.fromarray(picture))
    inside = np.argwhere(sprite[..., 1] > 127)
    high, wide = np.ptp(inside, axis=0) + 1
    assert max(high, wide) == SIDE - 2 * EDGE and high / wide == pytest.approx(height / width, rel=0.2)
    light = sprite[..., 0][sprite[..., 1] == 255]
    assert light.max() == 255 and light.min() < 5
    assert join_sprites([sprite] * 16).shape == (2 * SIDE, 8 * SIDE, 2)


def cover(name: str, pose: Pose, size: int) -> np.ndarray:
    """The alpha [size, size] of a thing at a pose, by Pillow and four times as fine."""
    fine, sprite = 4 * size, Image.fromarray((load_sprites()[name][..., 1] * 255).astype(np.uint8))
    back, cos, sin = SIDE / 2 / pose.radius / 4, np.cos(pose.angle), np.sin(pose.angle)
    x, y = 4 * pose.x, 4 * pose.y
    rows = (cos * back, sin * back), (-sin * back, cos * back)
    matrix = [part for a, b in rows for part in (a, b, SIDE / 2 - a * x - b * y)]
    big = sprite.transform((fine, fine), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    return np.asarray(big.resize((size, size), Image.Resampling.BOX), np.float32) / 255


@pytest.mark.parametrize(
    "pose", [Pose(64, 64, 45), Pose(70.3, 55.6, 33, 0.4), Pose(30, 100, 60, -0.3), Pose(64, 64, 11)]
)
def test_labels_are_where_the_things_alpha_lies(pose: Pose) -> None:
    for number, kind in enumerate(EMOJI.objects[::3]):
        colour = ("red", "blue")[number % 2]
        drawing = EMOJI.draw(Scene(number, Backdrop("paper"), (Thing(kind, colour, pose),)))
        inside, truth = drawing.classes == EMOJI.classes.index(kind), cover(kind, pose, SIZE)
        assert np.array_equal(inside, drawing.colours == COLOURS.index(colour))
        assert not (inside & (truth < 0.2)).any() and not (~inside & (truth > 0.8)).any(), kind
        assert set(np.unique(drawing.classes[~inside])) == {EMOJI.classes.index("paper")}
        assert (drawing.colours[~inside] == NATURAL).all()


def test_a_thing_changes_its_own_pixels_and_no_others() -> None:
    pose = Pose(64, 64, 44, 0.1)
    for number, kind in enumerate(EMOJI.objects[::3]):
        with_it, without = (
            EMOJI.draw(Scene(number, Backdrop("stone"), things)).picture.astype(int)
            for things in ((Thing(kind, "yellow", pose),), ())
        )
        near = cv2.dilate(cover(kind, pose, SIZE), np.ones((7, 7)))
        assert not (with_it - without)[near < 0.01].any(), kind


@pytest.mark.parametrize("colour", TINTS)
def test_colours_are_what_the_labels_say(colour: str) -> None:
    drawings = [EMOJI.draw(Scene(4, Backdrop(kind, colour))) for kind in COLOURED_BACKGROUNDS]
    things = [(Thing(kind, colour, Pose(64, 64, 45)),) for kind in EMOJI.objects[::5]]
    shown = [drawing.picture.reshape(-1, 3) for drawing in drawings]
    for each in things:
        drawing = EMOJI.draw(Scene(5, Backdrop("lava"), each))
        shown.append(drawing.picture[drawing.colours == COLOURS.index(colour)])
    for pixels in shown:
        nearest = min(PAINTS, key=lambda name: float(np.abs(np.median(pixels, axis=0) - PAINTS[name]).sum()))
        assert nearest == colour
    for drawing in drawings:
        assert (drawing.colours == COLOURS.index(colour)).all()


def test_things_stand_out_from_what_is_behind_them() -> None:
    assert set(TONES) | set(COLOURED_BACKGROUNDS) == set(TEXTURES) == set(EMOJI.backgrounds)
    for kind, tone in TONES.items():
        mean = np.mean([EMOJI.draw(Scene(seed, Backdrop(kind))).picture.mean((0, 1)) for seed in range(6)], axis=0)
        assert np.abs(mean - tone).max() < 14, kind
    for scene in map(EMOJI.make_scene, TRAINING[:200]):
        behind = TONES.get(scene.backdrop.kind) or PAINTS[scene.backdrop.colour]
        for thing in scene.things:
            assert np.hypot.reduce(np.subtract(PAINTS[thing.colour], behind)) > CONTRAST


@every_world
def test_a_thing_is_labelled_where_it_covers_more_than_half(world: World) -> None:
    for number, kind in enumerate(world.objects[:8]):
        thing = Thing(kind, "blue", Pose(60, 70, 30 + number))
        drawing = world.draw(Scene(number, Backdrop(world.backgrounds[0]), (thing,)))
        assert np.array_equal(drawing.classes == world.classes.index(kind), world.cover(thing, SIZE) > 0.5)


@every_world
def test_composites_show_things_of_all_sizes_and_the_last_is_on_top(world: World) -> None:
    scenes = [make_composite(world, seed) for seed in TRAINING[:120]]
    radii = [thing.pose.radius for scene in scenes for thing in scene.things]
    assert min(radii) < 10 and max(radii) > 90 and RADII[0] <= min(radii) and max(radii) <= RADII[1]
    assert max(len(scene.things) for scene in scenes) > 3
    for scene in scenes[:25]:
        drawing, top = world.draw(scene), scene.things[-1]
        alone = world.draw(replace(scene, things=(top,))).classes == world.classes.index(top.kind)
        assert (drawing.classes[alone] == world.classes.index(top.kind)).all()
        assert (drawing.colours[alone] == COLOURS.index(top.colour)).all()
        assert np.array_equal(draw_window(world, scene.seed).classes, drawing.classes)


@every_world
def test_captions_name_kind_colour_and_background_and_a_brief_one_leaves_the_background_open(world: World) -> None:
    words, rng = world.words, np.random.default_rng(1)
    for scene in map(world.make_scene, TRAINING[:150]):
        texts = [world_captions.caption(words, scene, rng), world_captions.caption_briefly(words, scene, rng)]
        for text in texts:
            for thing in scene.things:
                assert any(noun in text for noun in words.nouns[thing.kind]), text
                assert any(tint in text for tint in words.tints.get(thing.colour, (thing.colour,))), text
        tints = words.tints.get(scene.backdrop.colour, (scene.backdrop.colour,))
        named = [name.format(c=tint) for name in words.backdrops[scene.backdrop.kind] for tint in tints]
        assert any(each in texts[0].replace("an orange", "a orange") for each in named), texts[0]
