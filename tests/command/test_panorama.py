"""`regiondiff panorama`: wide pictures in tiles, whose borders meet if asked; regions obey on the real network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cli_stub import MADE, PALETTE, draw, run
from lib_regiondiff.command import drawing
from lib_regiondiff.document import png
from lib_regiondiff.document.palette import Palette, Tiles, parse
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.renderer import Renderer
from lib_regiondiff.planning.auto import settle
from palettes import data_url, encoded


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the picture goes; a stub draws it."""
    monkeypatch.setattr(drawing, "load_renderer", lambda *how: Renderer(draw, MADE, "abc"))
    return tmp_path / "out.png"


def drawn(place: Path, *words: str | Path) -> Palette:
    run("panorama", *words, "--model", "demo", "-o", place, "--seed", "3")
    return png.load(place)[0]


def test_a_prompt_alone_is_wide_and_tiled(place: Path) -> None:
    palette = drawn(place, "the Alps")
    assert (palette.background.prompt, palette.size, palette.wraps) == ("the Alps", Size(512, 2048), False)
    assert palette.tiles == Tiles(width="auto", height="auto", overlap="auto")


def test_options_and_brushes_are_those_of_render(place: Path, tmp_path: Path) -> None:
    source = tmp_path / "palette.json"
    source.write_text(json.dumps(PALETTE), encoding="utf-8")
    palette = drawn(place, "--palette", source, "--wrap", "--width", "1024", "--steps", "4", "--set", "tiles.width=256")
    assert palette.wraps and palette.size == Size(512, 1024) and palette.steps == 4
    assert palette.brushes == parse(PALETTE).brushes
    assert isinstance(palette.tiles, Tiles) and palette.tiles.width == 256 and palette.tiles.height == "auto"


def test_own_tiles_of_a_palette_are_kept(place: Path, tmp_path: Path) -> None:
    source = tmp_path / "palette.json"
    source.write_text(json.dumps(PALETTE | {"tiles": {"width": 320}}), encoding="utf-8")
    palette = drawn(place, "words", "--palette", source, "--wrap")
    assert palette.tiles == Tiles(width=320, wrap=True) and palette.background.prompt == "words"


def test_nothing_to_draw_is_a_usage_error(place: Path) -> None:
    assert "expected a PROMPT or --palette" in run("panorama", "-o", place, code=2).output


def test_sides_left_open_are_those_of_the_model() -> None:
    tiles = {"width": "auto", "height": "auto", "overlap": "auto", "wrap": True}
    clock = (0.9, 0.0)
    for native in (512, 1024):
        found = settle(parse({"version": 1, "tiles": tiles}), Size(512, 512), native, clock, 7).tiles
        assert found == Tiles(width=native, height=native, overlap=native // 4, wrap=True)
    with pytest.raises(HostError, match=r"tiles.overlap: expected less than .* \(512\), got 600"):
        settle(parse({"version": 1, "tiles": tiles | {"overlap": 600}}), Size(512, 512), 512, clock, 7)


@pytest.mark.diffusers
def test_regions_obey_in_a_panorama_across_its_border(known_pipeline: Any) -> None:
    from lib_regiondiff.hosts.diffusers.host import DiffusersHost
    from lib_regiondiff.hosts.diffusers.render import render

    mask = np.zeros((64, 256), np.uint8)
    mask[:, 240:] = mask[:, :24] = 255
    brushes = [
        {"id": "across", "prompt": "a red thing", "mask": data_url(encoded(Image.fromarray(mask)))},
        {"id": "middle", "prompt": "a green thing", "mask": {"rectangle": [0.4, 0, 0.6, 1]}},
    ]
    head = {"version": 1, "size": {"width": 256, "height": 64}, "seed": 5, "sampler": "LCM", "steps": 2, "guidance": 2}
    tiles = {"width": 64, "height": 64, "overlap": 32, "wrap": True}
    palette = parse(head | {"tiles": tiles, "background": {"prompt": "blue"}, "brushes": brushes})
    pixels = np.array(render(DiffusersHost.of(known_pipeline, "known"), palette)[0].image, int)
    for left, right, colour in ((0, 16, 0), (248, 256, 0), (112, 144, 1), (40, 88, 2), (168, 232, 2)):
        own = pixels[:, left:right].mean(axis=(0, 1))
        assert own[colour] > 200 and np.delete(own, colour).max() < 55, (left, right, own)
    assert np.abs(pixels[:, 0] - pixels[:, -1]).mean() <= 8
