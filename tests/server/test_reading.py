"""Files that are dropped onto the page: each gives its palette back, or says what it is not."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lib_regiondiff.document import png
from lib_regiondiff.document.palette import Palette, dump, parse
from lib_regiondiff.errors import HostError, PaletteError
from lib_regiondiff.formats import infotext, psd
from lib_regiondiff.planning.weights.masks import rasterise
from lib_regiondiff.server import reading
from server_page import PALETTE

OVAL: dict[str, Any] = {"id": "b", "name": "木 tree", "prompt": "a tree", "mask": {"ellipse": [0.5, 0, 1, 1]}}
MANY: dict[str, Any] = {**PALETTE, "suffix": ", on grass", "brushes": [*PALETTE["brushes"], OVAL, {**OVAL, "id": "c"}]}


def painted() -> Palette:
    """A palette with shapes, a painted mask and a colour under the brushes."""
    mask = np.zeros((64, 128), np.uint8)
    mask[10:40, 5:90] = 130
    brush = {"id": "p", "prompt": "sand", "mask": {"rectangle": [0, 0, 1, 1]}}
    palette = parse({**MANY, "brushes": [*MANY["brushes"], brush], "background": {"prompt": "x", "colour": "#102030"}})
    last = replace(palette.brushes[-1], mask=mask)
    return replace(palette, brushes=(*palette.brushes[:-1], last))


def encode(image: Image.Image, kind: str, **more: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def told(value: str) -> str:
    return f"a tree\nNegative prompt: x\nSteps: 4, Size: 8x8, Region Diffusion: {value}, Version: 1.10"


def test_every_kind_of_file() -> None:
    palette, small = painted(), Image.new("RGB", (8, 8))
    ours = io.BytesIO()
    png.write(small, palette, png.MadeWith("cpu", "float32", {}), ours)
    notes, exif, value = PngInfo(), Image.Exif(), infotext.pack(palette)
    notes.add_text("parameters", told(value))
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + told(value).encode("utf-16-be")
    exif[0x8769] = exif.get_ifd(0x8769)
    text = json.dumps(dump(palette))
    files = {
        "our PNG": ours.getvalue(),
        "a WebUI's PNG": encode(small, "PNG", pnginfo=notes),
        "a WebUI's JPEG": encode(small, "JPEG", exif=exif),
        "a WebUI's WebP": encode(small, "WEBP", exif=exif),
        "its text": told(value).encode(),
        "the value": value.encode(),
        "JSON": text.encode(),
        "JSON with a mark": text.encode("utf-8-sig"),
        "JSON of PowerShell": text.encode("utf-16"),
    }
    for kind, data in files.items():
        assert parse(reading.read_upload(data)["palette"]) == palette, kind


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        encode(Image.new("L", (8, 8)), "PNG"),
        encode(Image.new("L", (8, 8)), "JPEG"),
        encode(Image.new("L", (8, 8)), "WEBP"),
        b"RIFF\0\0\0\0",
        b"\xff\xd8\xff\0",
        told("0123456789abcdef.regiondiff.json").encode(),
        told("rd1.AAAA").encode(),
        b"8BPS",
        b"8BPS\0\1" + bytes(6) + b"\0\4" + b"\xff" * 200,
        bytes(range(256)),
    ],
    ids=range(12),
)
def test_files_without_a_palette(data: bytes) -> None:
    if data.startswith(psd.SIGNATURE):
        pytest.importorskip("psd_tools")
    with pytest.raises(PaletteError) as error:
        reading.read_upload(data)
    assert len(error.value.problems) == 1 and error.value.problems[0].path


def test_layers_come_back_equal() -> None:
    pytest.importorskip("psd_tools")
    palette = painted()
    again = psd.read(reading.write_psd(dump(palette)), rasterise)
    assert again == palette
    assert reading.read_upload(reading.write_psd(PALETTE))["palette"] == dump(parse(PALETTE))


def test_a_layer_that_was_moved_and_one_that_is_new() -> None:
    tools = pytest.importorskip("psd_tools")
    made = tools.PSDImage.open(io.BytesIO(reading.write_psd(MANY)))
    layers = {layer.name: layer for layer in made}
    assert [*layers] == ["a tree", "木 tree", "木 tree 2"]
    layers["木 tree"].left -= 8
    layers["木 tree 2"].visible = False
    new = made.create_pixel_layer(Image.new("RGBA", (16, 8), "#ff8000"), name="a red boat", left=3, top=50)
    new.move_down()
    file = io.BytesIO()
    made.save(file)
    before, after = parse(MANY), psd.read(file.getvalue(), rasterise)
    assert [brush.name or brush.id for brush in after.brushes] == ["a", "木 tree", "a red boat"]
    by_name = {brush.name or brush.id: brush for brush in after.brushes}
    assert by_name["a"] == before.brushes[0] and after.suffix == before.suffix
    moved = psd.measure_coverage(by_name["木 tree"].mask, after.size, rasterise)
    old = psd.measure_coverage(before.brushes[1].mask, after.size, rasterise)
    assert np.array_equal(moved[:, :-8], old[:, 8:]) and by_name["木 tree"].prompt == "a tree"
    boat = by_name["a red boat"]
    cover = psd.measure_coverage(boat.mask, after.size, rasterise)
    assert boat.colour == "#ff8000" and boat.prompt == "a red boat"
    assert cover[50:58, 3:19].min() == 255 and cover.sum() == 255 * 16 * 8


def test_anybodys_layers() -> None:
    tools = pytest.importorskip("psd_tools")
    made = tools.PSDImage.new("RGB", (64, 96))
    made.create_pixel_layer(Image.new("RGB", (64, 96), "#336699"), name="photo")
    group = made.create_group(name="things")
    cat = made.create_pixel_layer(Image.new("RGBA", (20, 30), (255, 0, 0, 128)), name="a cat", left=-5, top=80)
    cat.move_to_group(group)
    file = io.BytesIO()
    made.save(file)
    palette = psd.read(file.getvalue(), rasterise)
    assert [palette.size.width, palette.size.height] == [64, 96]
    assert palette.background.image is not None and palette.background.prompt == ""
    assert [(brush.prompt, brush.colour) for brush in palette.brushes] == [("a cat", "#ff0000")]
    cover = psd.measure_coverage(palette.brushes[0].mask, palette.size, rasterise)
    assert cover[80:, :15].min() == cover.max() == 128 and cover.sum() == 128 * 15 * 16


def test_without_psd_tools_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psd, "PACKAGE", "no_such_package")
    for act in (lambda: reading.write_psd(PALETTE), lambda: reading.read_upload(b"8BPS")):
        with pytest.raises(HostError, match="pip install psd-tools"):
            act()
