"""A palette as an infotext value: what is packed unpacks as the same, all else is refused in one line."""

from __future__ import annotations

import base64
import json
import random
import re
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from freehand import freehand
from lib_regiondiff.document.palette import Background, Brush, Palette, dumps, parse
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.formats import infotext
from lib_regiondiff.formats.infotext import LIMIT, make_value, pack, read, unpack
from palettes import palettes, picture

VALUE = re.compile(r"rd1\.[A-Za-z0-9+/]+={0,2}")
NAME = re.compile(r"[0-9a-f]{16}\.regiondiff\.json")


def noisy(side: int = 160) -> Picture:
    """A mask that hardly compresses."""
    pixels = np.random.default_rng(0).integers(0, 256, (side, side), np.uint8)
    return Picture.of(cv2.imencode(".png", pixels)[1].tobytes())


def painted(*masks: Picture, **values: Any) -> Palette:
    """A palette with a brush for each mask."""
    brushes = tuple(Brush(id=f"{index}", prompt=f"thing {index}", mask=mask) for index, mask in enumerate(masks))
    return Palette(brushes=brushes, **values)


def crafted(body: bytes) -> str:
    """Packed text of any body."""
    return infotext.PREFIX + base64.b64encode(zlib.compress(body)).decode()


def told(text: str, folder: Path | None = None) -> str:
    """What is said of a value that can't be read."""
    with pytest.raises(PaletteError) as caught:
        read(text, folder)
    (problem,) = caught.value.problems
    assert "\n" not in str(problem)
    return str(problem)


@settings(max_examples=100, deadline=None)
@given(palettes())
def test_what_is_packed_unpacks_to_the_same(palette: Palette) -> None:
    text = pack(palette)
    assert unpack(text) == palette == read(f" {text}\n", None)
    assert VALUE.fullmatch(text)


@settings(max_examples=50, deadline=None)
@given(palettes())
def test_unpacked_text_is_the_same_to_the_letter(palette: Palette) -> None:
    assert dumps(unpack(pack(palette))) == dumps(palette)
    assert pack(palette) == pack(unpack(pack(palette)))


@pytest.mark.parametrize(
    "prompt",
    [
        picture().url,
        f'"{picture().url}"',
        "data:image/png;base64,QUI=",
        "data:image/png;base64,QUJ=",
        "data:image/png;base64,Q",
        "\x01",
        '"\x010"',
        "a\\",
    ],
)
def test_a_prompt_may_look_like_anything(prompt: str) -> None:
    palette = painted(picture(), background=Background(prompt=prompt, negative=f"x {prompt}"))
    assert unpack(pack(palette)) == palette


def test_unusual_base64_comes_back_to_the_letter() -> None:
    url = next(url for size in range(1, 9) if (url := picture(size=(size, 1)).url).endswith("=="))
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    loose = f"{url[:-3]}{last[last.index(url[-3]) + 1]}=="
    palette = parse({"version": 1, "brushes": [{"id": "a", "mask": loose}]})
    assert loose != url
    assert unpack(pack(palette)) == palette


def test_a_host_finds_the_value_between_commas_and_colons() -> None:
    line = f"Steps: 20, Sampler: Euler a, Region Diffusion: {pack(painted(freehand(1)))}, Version: v1.10.1"
    values = dict(part.split(": ") for part in line.split(", "))
    assert unpack(values["Region Diffusion"]) == painted(freehand(1))


def test_six_freehand_masks_with_hard_edges_fit() -> None:
    palette = painted(*map(freehand, range(6)))
    assert len(pack(palette)) < min(LIMIT, 0.8 * len(dumps(palette)))
    assert make_value(palette) == (pack(palette), None)


def test_equal_pictures_are_stored_once() -> None:
    once, often = pack(painted(noisy(64))), pack(painted(*[noisy(64)] * 20))
    assert len(often) < 1.1 * len(once)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
@example("")
@example("rd1.")
@example("rd2.QQ==")
@example("../x.regiondiff.json")
@example("a" * 16 + ".regiondiff.json\n/../../x")
def test_foreign_text_is_told(text: str) -> None:
    assert told(text).startswith("infotext: expected a palette that this program packed")


def test_truncated_text_is_told_wherever_it_was_cut() -> None:
    text = pack(painted(freehand(2)))
    for length in range(len(infotext.PREFIX), len(text), 5):
        assert told(text[:length]).endswith("got a damaged one")
    assert told(text + "QUJD").endswith("got a damaged one")


def test_any_changed_letter_is_seen() -> None:
    text = pack(painted(picture()))
    for place in range(len(infotext.PREFIX), len(text.rstrip("=")) - 1):
        other = "A" if text[place] != "A" else "B"
        assert told(f"{text[:place]}{other}{text[place + 1 :]}").endswith("got a damaged one")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"png 5\n\nabc",
        b"gif 1\n\na{}",
        b"png -1\n\n{}",
        b'\n{"a":"\x010"}',
        b"\n\xff",
        b"png 0\n" * (infotext.MAX_BLOBS + 1) + b"\n{}",
        b"\n" + b"\x01" * (infotext.MAX_BLOBS + 1),
    ],
)
def test_a_crafted_body_is_told(body: bytes) -> None:
    assert told(crafted(body)).endswith("got a damaged one")


def test_a_crafted_document_is_read_as_strictly_as_any() -> None:
    assert told(crafted(b"\n" + b"[" * 100000)) == "palette: expected JSON, got brackets nested too deeply"
    assert told(crafted(b'\n{"version":1,"steps":0}')).startswith("steps: expected")
    assert told(crafted(b'\n{"version":1,"background":{"image":{"file":"a.png"}}}')).startswith("background.image.file")
    broken = b'png 3\n\nabc{"version":1,"background":{"image":"\x010"}}'
    assert told(crafted(broken)).startswith("background.image: expected a whole still PNG image")


def test_a_bomb_is_told_before_it_bursts(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = crafted(bytes(2**25))
    monkeypatch.setattr(infotext, "MAX_BYTES", 2**20)
    tracemalloc.start()
    try:
        assert told(bomb).endswith("of at most 1 MB, got more")
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()


def test_a_picture_in_very_many_places_is_told() -> None:
    places = ",".join(['"\x010"'] * 1000).encode()
    body = b"png 100000\n\n" + bytes(100000) + b'{"version":1,"brushes":[' + places + b"]}"
    assert told(crafted(body)).endswith("of at most 64 MB, got more")


def test_overlong_text_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    text = pack(painted(picture()))
    monkeypatch.setattr(infotext, "MAX_BYTES", len(text) // 2 - 10)
    assert told(text).endswith("got more")


def written(folder: Path) -> tuple[Palette, str]:
    """A palette that is too large for an infotext, and its value, the file being in the folder."""
    palette = painted(noisy())
    value, content = make_value(palette)
    assert NAME.fullmatch(value) and content is not None
    (folder / value).write_text(content, encoding="utf-8")
    return palette, value


def test_a_large_palette_lies_beside_the_picture(tmp_path: Path) -> None:
    palette, value = written(tmp_path)
    assert len(pack(palette)) > LIMIT
    assert read(value, tmp_path) == read(f" {value} ", tmp_path) == palette
    assert json.loads((tmp_path / value).read_text("utf-8"))["version"] == 1
    assert make_value(palette)[0] == value != make_value(painted(noisy(161)))[0]


def test_a_sidecar_in_any_language_is_read(tmp_path: Path) -> None:
    letters = "".join(random.Random(0).choices([chr(code) for code in range(0x4E00, 0x9FA5)], k=9000))
    palette = Palette(background=Background(prompt=letters))
    value, content = make_value(palette)
    assert content
    (tmp_path / value).write_bytes(content.encode())
    assert read(value, tmp_path) == palette


def test_a_missing_sidecar_is_told_with_its_place(tmp_path: Path) -> None:
    _, value = written(tmp_path)
    assert f"for the file {value} in it, got a picture that lies in none" in told(value)
    (tmp_path / value).unlink()
    assert told(value, tmp_path).startswith(
        f"infotext: expected the file {value} in {tmp_path.as_posix()!r}, got no such file"
    )
    (tmp_path / value).mkdir()
    assert "no such file" in told(value, tmp_path)


def test_a_changed_sidecar_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, value = written(tmp_path)
    content = (tmp_path / value).read_bytes()
    for other in (content[:-1], b"", content + b" ", content.replace(b"thing", b"being")):
        (tmp_path / value).write_bytes(other)
        assert told(value, tmp_path).endswith("got a file that was changed")
    monkeypatch.setattr(infotext, "MAX_BYTES", 10)
    assert told(value, tmp_path).endswith("got more")


def test_an_unreadable_sidecar_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, value = written(tmp_path)

    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    assert told(value, tmp_path).endswith("got 'Permission denied'")
