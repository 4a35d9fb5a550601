"""Records of strangers: what inflates, never ends or counts wildly is told, soon, and never held in memory."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from PIL import Image

from bounded import bounded
from hostile_cases import document
from hostile_pictures import head
from hostile_pictures import png as png_of
from lib_regiondiff.document import json_text, png
from lib_regiondiff.document.palette import Palette, dumps, parse
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.geometry import Size
from palettes import data_url, encoded
from png_files import chunk, grey, saved, told, with_text


def test_the_pixels_are_read_without_anything_else(tmp_path: Path) -> None:
    path = saved(tmp_path, Palette())
    assert png.read_pixels(path, Palette()).tobytes() == grey().tobytes()
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(PaletteError, match=r"^a\.png: expected a picture .*, got .* end too early$"):
        png.read_pixels(path, Palette())


@pytest.mark.parametrize(("side", "is_read"), [(6016, True), (6080, False)])
def test_pixels_are_read_up_to_the_canvas(tmp_path: Path, side: int, is_read: bool) -> None:
    """Canvases may be larger than pictures inside a palette."""
    path = tmp_path / "a.png"
    path.write_bytes(png_of(first=head(side, side, depth=1), pixels=bytes((side // 8 + 1) * side)))
    if is_read:
        assert png.read_pixels(path, Palette(size=Size(6016, 6016))).size == (side, side)
        return
    with pytest.raises(PaletteError, match="6080x6080 pixels"):
        png.read_pixels(path, Palette(size=Size(6016, 6016)))


def test_a_record_that_inflates_is_told_and_never_held(tmp_path: Path) -> None:
    """16 kB of text once took half a gigabyte."""
    start = b'{"palette": {"version": 1, "sampler": "'
    path = with_text(tmp_path, zlib.compress(start + b"a" * (300 * 2**20), 9), 1)
    with bounded(2.0, 250):
        assert told(path).endswith("a damaged one")


def test_the_largest_palette_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "MAX_BYTES", 2**20)
    monkeypatch.setattr(png, "MAX_TEXT", 2**20 + 2**16)
    noise = Image.effect_noise((860, 860), 90)
    palette = parse(document(background={"image": data_url(encoded(noise))}))
    assert 2**20 - 2**17 < len(dumps(palette)) < 2**20
    assert png.load(saved(tmp_path, palette))[0] == palette
    monkeypatch.setattr(png, "MAX_TEXT", 2**19)
    assert told(tmp_path / "a.png").endswith("a damaged one")


def test_a_png_of_chunks_without_end_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png.SIGNATURE + chunk(b"teSt", b"") * 200_000)
    with bounded(1.0, 50):
        assert told(tmp_path / "a.png").endswith("a damaged one")


@pytest.mark.parametrize("number", ["1" + "0" * 400, "1e999", "-1e999", "NaN", "1" + "0" * 30, "true"])
def test_strange_numbers_of_what_was_chosen_are_left_out(tmp_path: Path, number: str) -> None:
    chosen = f'{{"bootstrap": {{"levels": {number}, "mix": 1.5}}}}'
    path = with_text(tmp_path, f'{{"palette": {{"version": 1}}, "made_with": {{"chosen": {chosen}}}}}'.encode())
    if number == "NaN":
        assert told(path).endswith("a damaged one")
    else:
        assert png.load(path)[1].chosen == {"bootstrap": {"mix": 1.5}}
