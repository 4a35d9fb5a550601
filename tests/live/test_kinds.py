"""Things, scenes, stuff and strokes in all modes of a WebUI, with the demo model (DEMO=toyworld.safetensors)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np
import pytest
from fidelity_palettes import Meaning
from sizes_wishes import Piece, phrase
from toyworld_scenes import Backdrop

from lib_regiondiff.document.palette import Palette, dumps, parse
from lib_regiondiff.formats import infotext
from lib_regiondiff.geometry import Box, Size
from live.client import WebUI, png
from live.toys import (
    CANVAS,
    FAST,
    GRASS,
    SLOW,
    count_right,
    draw,
    enlarge,
    is_right,
    judge,
    make_wish,
    paint,
    put,
    read_auto,
)

pytestmark = pytest.mark.live
STAR = put((48, 80, 144, 176), "star", "red")
SAND, SKY, CHECKS = Backdrop("sand"), Backdrop("sky"), Backdrop("checks", "orange")
PAIR = (("heart", "red"), ("house", "blue"))
HALVES = ((0, 0, 192, 128), (0, 128, 192, 256))
KEY = "Region Diffusion"


@pytest.fixture(scope="module")
def meadow(toys: WebUI) -> np.ndarray:
    """A picture of grass, uint8 [h, w, 3], of twice the canvas."""
    size = {"width": 2 * CANVAS.width, "height": 2 * CANVAS.height}
    return toys.draw(**{**FAST, **size, "prompt": f"grass {FAST['prompt']}"}).pictures[0]


@pytest.mark.parametrize(
    ("side", "size", "kind", "colour"),
    [
        (40, CANVAS, "circle", "blue"),
        (72, CANVAS, "heart", "red"),
        (128, CANVAS, "house", "yellow"),
        (256, Size(320, 320), "star", "red"),
    ],
)
def test_a_thing_of_any_size_is_drawn_once(toys: WebUI, side: int, size: Size, kind: str, colour: str) -> None:
    top, left = (size.height - side) // 2, (size.width - side) // 2 // 8 * 8 + 5
    wish = put((top, left, top + side, left + side), kind, colour, size)
    made = draw(toys, wish, batch_size=3)
    assert count_right(wish, made.pictures[-3:]) >= 2
    assert read_auto(toys, made.files[-1]).endswith("thing 1")


def test_a_thing_is_drawn_with_guidance_in_many_steps_too(toys: WebUI) -> None:
    assert count_right(STAR, draw(toys, STAR, SLOW, batch_size=3).pictures[-3:]) >= 2


def test_what_a_thing_was_at_steps_before_is_no_ghost_in_the_ground(toys: WebUI) -> None:
    """DDIM carries its noise on; around the thing the picture is that of the ground alone."""
    dots = Backdrop("dots", "black")
    wish = make_wish(paint("thing", (16, 64, 176, 224), ("heart", "red"), dots), ground=dots)
    made = draw(toys, wish, SLOW).pictures[-1].astype(int)
    plain = toys.draw(**{**SLOW, "width": 256, "height": 192, "seed": wish.seed, "prompt": phrase(dots)}).pictures[-1]
    red = (made[..., 0] - made[..., 1:].max(axis=2) > 60).astype(np.uint8)
    around = cv2.dilate(red, np.ones((17, 17), np.uint8)) == 0
    assert 0.1 < red.mean() < 0.4
    assert (np.abs(made - plain).max(axis=2)[around] > 24).mean() < 0.1


def test_columns_without_a_ground_are_scenes_and_have_their_own(toys: WebUI) -> None:
    grounds = (SAND, SKY)
    wish = make_wish(
        *(paint("scene", *each) for each in zip(HALVES, PAIR, grounds, strict=True)), ground=SAND, prompt=""
    )
    made = draw(toys, wish, batch_size=3)
    assert count_right(wish, made.pictures[-3:]) >= 2
    assert "scene 1 and 2" in read_auto(toys, made.files[-1])


def test_columns_that_are_said_to_be_things_share_the_ground(toys: WebUI) -> None:
    wish = make_wish(*(paint("thing", *each, GRASS) for each in zip(HALVES, PAIR, strict=True)))
    made = draw(toys, wish, batch_size=6, settings={"brushes": {"kind": "thing"}})
    found = [judge(wish, each) for each in made.pictures[-6:]]
    assert sum(all(each[name] == 1 for name in ("once", "colour", "inside")) for each in found) >= 5, found
    assert np.mean([each["class"] for each in found]) >= 0.7, found  # in half of the seeds the houses have arms
    assert "thing" not in read_auto(toys, made.files[-1])


def test_small_textures_stay_in_their_brushes(toys: WebUI) -> None:
    wish = make_wish(fill({"ellipse": [0.1, 0.2, 0.4, 0.6]}, CHECKS), fill({"rectangle": [0.6, 0.5, 0.85, 0.9]}, SKY))
    made = draw(toys, wish, batch_size=3)
    found = [judge(wish, each)["texture IoU"] for each in made.pictures[-3:]]
    assert np.median(found) > 0.7, found
    assert not any(kind in read_auto(toys, made.files[-1]) for kind in ("thing", "scene"))


def test_strokes_of_half_a_cell_are_drawn(toys: WebUI) -> None:
    lines = {"polygon": [[0.1, 0.2], [0.9, 0.3], [0.9, 0.32], [0.1, 0.22]]}, {"rectangle": [0.2, 0.4, 0.8, 0.44]}
    wish = make_wish(*(fill(*each, role="stroke") for each in zip(lines, (Backdrop("night"), SAND), strict=True)))
    found = [judge(wish, each)["stroke IoU"] for each in draw(toys, wish, batch_size=2).pictures[-2:]]
    assert min(found) > 0.8, found


def fill(mask: Any, backdrop: Backdrop, role: str = "stuff") -> Piece:
    """A brush that is filled with a texture."""
    return Piece(mask, Meaning(backdrop, Box.whole(CANVAS)), role, phrase(backdrop))


def test_each_picture_of_batches_decides_and_is_the_one_that_its_seed_draws_alone(toys: WebUI) -> None:
    made = draw(toys, STAR, batch_size=2, n_iter=2)
    pictures, files = made.pictures[-4:], made.files[-4:]
    assert count_right(STAR, pictures) >= 3
    assert all("thing 1" in read_auto(toys, each) for each in files)
    alone = draw(toys, STAR, seed=STAR.seed + 3).pictures[0]
    difference = np.abs(alone.astype(int) - pictures[3])
    assert difference.mean() < 0.05
    assert (difference.max(axis=-1) > 8).mean() < 1e-3  # at a thing's outline, rounding may settle the tip of an arm


@pytest.mark.parametrize("strength", [0.4, 0.7])
def test_both_passes_of_hires_fix_show_one_thing(toys: WebUI, strength: float) -> None:
    how = {"enable_hr": True, "hr_scale": 2, "hr_upscaler": "None", "hr_cfg": 1, "denoising_strength": strength}
    made, wish = draw(toys, STAR, batch_size=3, **how), enlarge(STAR, 2)
    assert count_right(wish, made.pictures[-3:]) >= 2
    assert read_auto(toys, made.files[-1]).endswith("thing 1")


def test_hires_fix_keeps_strokes(toys: WebUI) -> None:
    mask = {"rectangle": [0.2, 0.4, 0.8, 0.44]}
    how = {"enable_hr": True, "hr_scale": 2, "hr_upscaler": "None", "hr_cfg": 1, "denoising_strength": 0.5}
    small = make_wish(fill(mask, Backdrop("night"), "stroke"))
    large = make_wish(fill(mask, Backdrop("night"), "stroke"), size=Size(2 * CANVAS.height, 2 * CANVAS.width))
    assert judge(large, draw(toys, small, **how).pictures[0])["stroke IoU"] > 0.8


def test_a_picture_that_is_drawn_anew_shows_a_thing_and_one_that_is_kept_no_close_up(
    toys: WebUI, meadow: np.ndarray
) -> None:
    how = {"path": "/sdapi/v1/img2img", "init_images": [png(meadow[: CANVAS.height, : CANVAS.width])]}
    anew = draw(toys, STAR, denoising_strength=1, **how)
    assert is_right(STAR, anew.pictures[0]) and "thing 1" in read_auto(toys, anew.files[0])
    kept = draw(toys, STAR, denoising_strength=0.4, **how)
    assert "thing" not in read_auto(toys, kept.files[0])
    assert np.abs(kept.pictures[0][:, :64].astype(int) - meadow[: CANVAS.height, :64]).mean() < 30


def test_inpainting_only_masked_draws_a_thing_where_it_is_in_the_whole_picture(toys: WebUI, meadow: np.ndarray) -> None:
    height, width = meadow.shape[:2]
    mask, inside = np.zeros_like(meadow), (slice(96, 288), slice(160, 416))
    mask[inside] = 255
    wish = put((140, 220, 236, 316), "star", "red", Size(height, width))
    how: dict[str, Any] = {"init_images": [png(meadow)], "mask": png(mask), "denoising_strength": 1, "mask_blur": 0}
    more: dict[str, Any] = {"inpaint_full_res": True, "inpaint_full_res_padding": 0, "inpainting_fill": 1}
    more |= {"width": CANVAS.width, "height": CANVAS.height, "path": "/sdapi/v1/img2img"}
    made = draw(toys, wish, **how, **more)
    assert is_right(wish, made.pictures[0])
    outside = mask[..., 0] == 0
    assert (made.pictures[0][outside] == meadow[outside]).all()


def test_a_thing_across_the_border_of_a_ring_is_whole(toys: WebUI) -> None:
    palette = write_changed(STAR.palette({}), cross_border)
    picture = toys.draw(palette, **FAST, width=CANVAS.width, height=CANVAS.height, seed=1).pictures[0]
    assert is_right(STAR, np.roll(picture, CANVAS.width // 2, axis=1))


def cross_border(palette: dict[str, Any]) -> None:
    """Move the star's brush to the border of a ring, and say what it is, for tiles are the palette's own."""
    mask = np.zeros((CANVAS.height, CANVAS.width, 3), np.uint8)
    mask[48:144, :48] = mask[48:144, -48:] = 255
    palette["tiles"] = {"wrap": True}
    palette["brushes"][0] |= {"mask": f"data:image/png;base64,{png(mask)}", "kind": "thing"}


def write_changed(palette: Palette, change: Callable[[dict[str, Any]], None]) -> str:
    """A palette with a change, as text."""
    document = json.loads(dumps(palette))
    change(document)
    return json.dumps(document)


def test_kinds_come_back_from_an_infotext_to_the_bit(toys: WebUI) -> None:
    pieces = [paint("thing", box, thing, GRASS) for box, thing in zip(HALVES, PAIR, strict=True)]
    wish = make_wish(*pieces, fill({"rectangle": [0.4, 0.4, 0.6, 0.7]}, CHECKS), *STAR.pieces)

    def say(palette: dict[str, Any]) -> None:
        for brush, kind in zip(palette["brushes"], ("thing", "scene", "stuff", "auto"), strict=True):
            brush["kind"] = kind

    palette = write_changed(wish.palette({}), say)
    how: Mapping[str, Any] = {**FAST, "width": CANVAS.width, "height": CANVAS.height, "seed": 1}
    made = toys.draw(palette, **how)
    told = toys.ask("/sdapi/v1/png-info", {"image": made.files[0]})
    found = infotext.read(told["parameters"][KEY], None)
    assert found == parse(palette)
    assert [brush.kind for brush in found.brushes] == ["thing", "scene", "stuff", "auto"]
    again = toys.draw(infotext=told["info"], **how)
    assert again.files == made.files and again.infotexts == made.infotexts
