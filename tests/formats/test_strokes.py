"""Masks by their pixels: palettes with painted masks fit into infotexts, and every pixel comes back."""

from __future__ import annotations

import base64
import bz2
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from freehand import freehand
from lib_regiondiff.document import pictures
from lib_regiondiff.document.palette import Background, Brush, Palette
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.document.records import replace_unchecked
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.formats import infotext, strokes
from lib_regiondiff.formats.infotext import LIMIT, make_value, pack, read, unpack


def painted(*masks: Picture, **values: Any) -> Palette:
    """A palette with a brush for each mask."""
    brushes = tuple(Brush(id=f"{index}", prompt=f"thing {index}", mask=mask) for index, mask in enumerate(masks))
    return Palette(brushes=brushes, **values)


def told(text: str) -> str:
    """What is said of a value that can't be read."""
    with pytest.raises(PaletteError) as caught:
        unpack(text)
    (problem,) = caught.value.problems
    return str(problem)


def soft(side: int = 512) -> Palette:
    """Six masks with soft edges."""
    return painted(*(freehand(seed, soft=True, side=side) for seed in range(6)), background=Background(prompt="a, b"))


def coverages(palette: Palette) -> list[bytes]:
    """The pixels of a palette's masks."""
    return [
        pictures.read_coverage(brush.mask).tobytes() for brush in palette.brushes if isinstance(brush.mask, Picture)
    ]


def test_six_freehand_masks_with_soft_edges_fit_by_their_pixels() -> None:
    palette = soft()
    value, content = make_value(palette)
    assert content is None and len(value) <= LIMIT < len(pack(palette))
    back = read(value, None)
    assert coverages(back) == coverages(palette)
    assert replace(back, brushes=palette.brushes) == palette
    assert [replace_unchecked(each, mask=None) for each in back.brushes] == [
        replace_unchecked(each, mask=None) for each in palette.brushes
    ]
    assert make_value(back) == (value, None) and read(value, None) == back


def test_larger_ones_lie_in_a_file_to_the_letter(tmp_path: Path) -> None:
    palette = soft(1024)
    value, content = make_value(palette)
    assert content is not None and infotext.SIDECAR.fullmatch(value)
    (tmp_path / value).write_text(content, encoding="utf-8")
    assert read(value, tmp_path) == palette


@settings(max_examples=100, deadline=None)
@given(st.lists(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9)), max_size=4))
def test_coverages_come_back_from_planes_and_parts(maps: list[np.ndarray]) -> None:
    planes, parts = strokes.split(maps)
    back = strokes.join(planes, parts)
    assert len(planes) == sum(each.size for each in maps)
    assert all(np.array_equal(a, b) for a, b in zip(back, maps, strict=True))


def test_masks_by_pixels_leave_other_pictures_and_prompts_to_the_letter() -> None:
    mask = freehand(1)
    palette = painted(mask, freehand(2), background=Background(prompt=mask.url))
    value = infotext.pack_painted(palette)
    assert value is not None
    back = unpack(value)
    assert back.background == palette.background and back.brushes[0] == palette.brushes[0]
    assert coverages(back) == coverages(palette) and back.brushes[1] != palette.brushes[1]
    assert infotext.pack_painted(painted()) is None


def test_damaged_masks_by_pixels_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    value = infotext.pack_painted(painted(freehand(1, soft=True, side=64))) or ""
    for length in range(len(infotext.PAINTED), len(value), 3):
        assert told(value[:length]).endswith("got a damaged one")
    planes, _, body = value.partition(".")[2].partition(".")
    assert told(f"rd1.{body}").endswith("got a damaged one")
    for stream in (bytes(64 * 64), bytes(64 * 64 + 1), b"", b"\x03" * 64 * 64):
        other = base64.b64encode(bz2.compress(stream)).decode()
        assert told(f"rd2.{other}.{body}").endswith("got a damaged one")
    assert told(f"rd2.{planes}.{base64.b64encode(zlib.compress(b'png 0')).decode()}").endswith("got a damaged one")
    monkeypatch.setattr(strokes, "MOST", 64 * 64 - 1)
    assert told(value).endswith("got more")
    assert infotext.pack_painted(painted(freehand(1, side=64))) is None
