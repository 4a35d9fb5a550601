"""The palette as a picture: each brush in its colour where it shows, nothing elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from PIL import Image, ImageFont

from lib_regiondiff.authoring.overlay import GROUND, TINT, measure_shares, overlay, tint
from lib_regiondiff.command import cli
from lib_regiondiff.document.palette import Palette, dump, parse
from mixtures import mixing, planned

PALETTE = parse(
    {
        "version": 1,
        "size": {"width": 200, "height": 160},
        "brushes": [
            {"id": "under", "colour": "#ff0000", "mask": {"rectangle": [0, 0, 0.6, 1]}},
            {"id": "over", "colour": "#0000ff", "mask": {"rectangle": [0.3, 0, 0.6, 1]}},
            {"id": "speck", "colour": "#00ff00", "mask": {"rectangle": [0.99, 0.99, 0.991, 0.991]}},
        ],
    }
)


def test_each_brush_is_tinted_where_it_shows() -> None:
    picture = np.asarray(overlay(PALETTE), float)
    red, blue, ground = picture[20, 10], picture[20, 110], picture[20, 180]
    assert np.allclose(red, [GROUND + TINT * (255 - GROUND), GROUND * (1 - TINT), GROUND * (1 - TINT)], atol=1)
    assert blue[2] > blue[0] and np.allclose(blue[:2], GROUND * (1 - TINT), atol=1)
    assert np.allclose(ground, GROUND)


def test_a_picture_shows_through_and_names_are_written() -> None:
    image = Image.new("RGB", (100, 80), (10, 200, 30))
    picture = np.asarray(overlay(PALETTE, image))
    assert picture.shape == (160, 200, 3) and tuple(picture[20, 180]) == (10, 200, 30)
    assert (picture < 40).all(axis=-1).any(), "no black letters"


def test_the_command_draws_a_palette_and_keeps_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(dump(PALETTE)), encoding="utf-8")
    words = ["overlay", str(tmp_path / "p.json"), "-o", str(tmp_path / "shown.png")]
    first = CliRunner().invoke(cli.main, words)
    assert first.exit_code == 0 and first.stdout.strip() == str(tmp_path / "shown.png")
    with Image.open(tmp_path / "shown.png") as picture:
        assert picture.size == (200, 160)
    again = CliRunner().invoke(cli.main, words)
    assert again.exit_code == 2 and "--force" in again.stderr


def tint_of(picture: np.ndarray) -> np.ndarray:
    """The shares [3, h, w] that a red, a green and a blue brush have in a tinted picture without lines and names."""
    total = (3 * GROUND - picture.sum(axis=-1)) / (TINT * (3 * GROUND - 255))
    return np.stack([(picture[..., c] - GROUND * (1 - TINT * total)) / (255 * TINT) for c in range(3)])


@given(mixing())
@settings(max_examples=40, deadline=None)
def test_tints_are_what_the_planner_gives_to_each_brush(palette: Palette) -> None:
    picture = np.asarray(tint(palette, measure_shares(palette)), float).reshape(64, 8, 64, 8, 3).mean(axis=(1, 3))
    due = planned(palette)
    off = np.abs(tint_of(picture) - due)
    soft = palette.blend == "mixture" or any(brush.feather for brush in palette.brushes)
    assert off.sum() < (0.04 if soft else 0.03) * due.sum() and off.max() < (0.15 if soft else 0.02)


def test_a_pair_of_nine_to_one_is_tinted_nine_to_one() -> None:
    pair = [
        {"id": name, "colour": colour, "prompt": name, "weight": weight, "mask": {"rectangle": [0, 0, 1, 1]}}
        for name, colour, weight in (("a", "#ff0000", 9), ("b", "#0000ff", 1))
    ]
    palette = parse({"version": 1, "brushes": pair, "overlap": {"rule": "weighted"}})
    red, green, blue = np.asarray(tint(palette, measure_shares(palette)), float)[40, 40]
    assert (red - green) / (blue - green) == pytest.approx(9, rel=0.1)


def test_names_are_drawn_by_fonts_of_few_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow before 10.1 has a font of Latin-1 alone."""
    old = getattr(ImageFont, "load_default_imagefont", ImageFont.load_default)()
    monkeypatch.setattr(ImageFont, "load_default", lambda: old)
    brush = {"id": "a", "name": "空 é", "mask": {"rectangle": [0, 0, 1, 1]}}
    shown = overlay(parse({"version": 1, "size": {"width": 64, "height": 64}, "brushes": [brush]}))
    assert len(np.unique(np.asarray(shown).reshape(-1, 3), axis=0)) > 2
