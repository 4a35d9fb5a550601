"""The palette as a picture: each brush in its colour where it shows, nothing elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from PIL import Image

from lib_regiondiff import cli
from lib_regiondiff.overlay import GROUND, TINT, overlay
from lib_regiondiff.palette import dump, parse

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
