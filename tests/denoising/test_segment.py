"""Segmenting: the thing in a close-up is told from the ground by its colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lib_regiondiff.denoising.segment import cut_out, find_rare

SIDE = 128
INSIDE = np.zeros((16, 16), np.float32)
INSIDE[2:14, 2:14] = 1


def make_shape(kind: str) -> np.ndarray:
    """A shape bool [SIDE, SIDE] in the middle."""
    found = np.zeros((SIDE, SIDE), np.uint8)
    if kind == "disc":
        cv2.circle(found, (64, 64), 34, 1, -1)
    elif kind == "ring":
        cv2.circle(found, (64, 64), 38, 1, 12)
    else:
        cv2.fillPoly(found, [np.array([[64, 26], [98, 96], [30, 96]])], 1)
    return found > 0


def make_ground(kind: str, rng: np.random.Generator) -> np.ndarray:
    """A ground uint8 [SIDE, SIDE, 3]."""
    base = np.full((SIDE, SIDE, 3), (60, 140, 70), float)
    if kind == "stripes":
        base[(np.arange(SIDE) // 8 % 2).astype(bool)] = (235, 235, 235)
    elif kind == "slope":
        base *= np.linspace(0.7, 1.3, SIDE)[:, None, None]
    return np.clip(base + rng.normal(0, 6, base.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("likely", ["unknown", "all", "coarse"])
@pytest.mark.parametrize("ground", ["plain", "stripes", "slope"])
@pytest.mark.parametrize("kind", ["disc", "ring", "triangle"])
def test_a_shape_is_cut_out_to_the_pixel(kind: str, ground: str, likely: str) -> None:
    shape = make_shape(kind)
    picture = make_ground(ground, np.random.default_rng(1))
    picture[shape] = (200, 30, 40)
    coarse = cv2.resize(shape.astype(np.float32), (16, 16), interpolation=cv2.INTER_AREA)
    guess = {"unknown": None, "all": np.ones((16, 16), np.float32), "coarse": coarse}[likely]
    found = cut_out(picture, INSIDE, guess)
    assert found is not None and found.shape == shape.shape and 0 <= found.min() <= found.max() <= 1
    both, either = ((found > 0.5) & shape).sum(), ((found > 0.5) | shape).sum()
    hole = kind == "ring" and likely != "coarse"  # nothing says that a hole as the ground is no part of it
    assert both / either > (0.45 if hole else 0.95)


def test_nothing_is_cut_out_of_a_picture_of_one_colour() -> None:
    picture = np.full((SIDE, SIDE, 3), 90, np.uint8)
    assert cut_out(picture, INSIDE, np.zeros((16, 16), np.float32)) is None, "nothing is likely"
    assert cut_out(picture, np.zeros((16, 16), np.float32), None) is None, "no brush"


def test_what_is_around_the_brush_is_never_the_thing() -> None:
    picture = make_ground("plain", np.random.default_rng(2))
    picture[:, 40:70] = (200, 30, 40)  # goes on beyond the brush
    narrow = np.zeros((16, 16), np.float32)
    narrow[4:12, 4:12] = 1
    found = cut_out(picture, narrow, None)
    outside = cv2.resize(narrow, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR) < 0.4
    assert found is None or found[outside].max() < 0.5


def test_a_large_picture_is_cut_as_a_small_one() -> None:
    shape = make_shape("disc")
    picture = make_ground("plain", np.random.default_rng(3))
    picture[shape] = (200, 30, 40)
    large = cv2.resize(picture, (SIDE * 6, SIDE * 5), interpolation=cv2.INTER_CUBIC)
    found = cut_out(large, INSIDE, None)
    assert found is not None and found.shape == large.shape[:2]
    wanted = cv2.resize(shape.astype(np.float32), (SIDE * 6, SIDE * 5)) > 0.5
    assert ((found > 0.5) & wanted).sum() / ((found > 0.5) | wanted).sum() > 0.95


@pytest.mark.parametrize("likely", ["outline", "ground", "nowhere plain"])
def test_a_thing_in_the_middle_is_found_where_what_is_likely_misleads(likely: str) -> None:
    """Two prompts agree on a thing that both would draw, or differ in the ground that a bare prompt brought along."""
    shape, rng = make_shape("disc"), np.random.default_rng(4)
    picture = make_ground("plain", rng)
    picture[16:112, 16:112] = np.clip(
        np.array([40, 120, 150]) + rng.normal(0, 6, (96, 96, 3)), 0, 255
    )  # what it brought
    picture[shape] = (235, 140, 30)
    coarse = cv2.resize(shape.astype(np.float32), (16, 16), interpolation=cv2.INTER_AREA)
    guess = {
        "outline": ((coarse > 0.1) & (coarse < 0.9)).astype(np.float32),
        "ground": INSIDE * (coarse < 0.5),
        "nowhere plain": rng.uniform(0, 1, (16, 16)).astype(np.float32),
    }[likely]
    found = cut_out(picture, INSIDE, guess)
    assert found is not None
    assert ((found > 0.5) & shape).sum() / ((found > 0.5) | shape).sum() > 0.95


def test_scraps_that_are_likely_are_not_taken_for_the_thing() -> None:
    """Plainer than the thing, but hardly a thing's size: two prompts may differ by dots in the corners of a brush."""
    shape, scraps = make_shape("disc"), np.zeros((SIDE, SIDE), np.uint8)
    for centre in ((26, 26), (102, 28), (27, 101)):
        cv2.circle(scraps, centre, 7, 1, -1)
    picture = make_ground("plain", np.random.default_rng(5))
    picture[shape], picture[scraps > 0] = (150, 180, 60), (20, 20, 90)
    likely = cv2.resize(scraps.astype(np.float32), (16, 16), interpolation=cv2.INTER_AREA) > 0.3
    found = cut_out(picture, INSIDE, likely.astype(np.float32))
    assert found is not None and (found[shape] > 0.5).mean() > 0.95


def test_what_lies_around_the_thing_is_not_taken_for_it_where_it_is_likely() -> None:
    """As plain as the thing, and large: one prompt brought it along, and both would draw the thing."""
    shape = make_shape("disc")
    picture = make_ground("plain", np.random.default_rng(6))
    picture[shape], picture[18:30, 20:108] = (150, 180, 60), (30, 40, 60)
    likely = INSIDE * (cv2.resize(shape.astype(np.float32), (16, 16), interpolation=cv2.INTER_AREA) < 0.5)
    found = cut_out(picture, INSIDE, likely)
    assert found is not None and (found[shape] > 0.5).mean() > 0.95


@pytest.mark.parametrize("at", [(14, 14), (32, 60), (50, 30), (32, 32)])
def test_rare_colours_are_where_the_thing_stands_also_at_a_side(at: tuple[int, int]) -> None:
    checks = (np.indices((64, 64)) // 6).sum(axis=0) % 2
    picture = np.where(checks[..., None], [255, 255, 255], [250, 140, 20]).astype(np.uint8)
    disc = np.zeros((64, 64), np.uint8)
    cv2.circle(disc, at[::-1], 13, 1, -1)
    picture[disc > 0] = (110, 70, 40)
    found = find_rare(picture) > 0.5
    assert (found & (disc > 0)).sum() / (found | (disc > 0)).sum() > 0.7
    assert not find_rare(np.where(checks[..., None], 255, 20).repeat(3, 2).astype(np.uint8)).any()
