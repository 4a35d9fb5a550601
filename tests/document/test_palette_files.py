"""Pictures of a palette: read from the folder beside it, decoded as they are to be seen."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hostile_cases import link
from lib_regiondiff.document import admission, pictures
from lib_regiondiff.document.palette import dump, parse
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.errors import PaletteError
from palettes import IMAGES, JPEG, MASKS, WEBPS, encoded

EXIF = {1: "abcdef", 2: "cbafed", 3: "fedcba", 4: "defabc", 5: "adbecf", 6: "daebfc", 7: "fcebda", 8: "cfbead"}


def with_mask(name: str) -> dict[str, Any]:
    """A document whose mask is a file."""
    return {"version": 1, "brushes": [{"id": "a", "mask": {"file": name}}]}


def refusal(data: Any, folder: Path | None) -> str:
    """What is said of a document with files."""
    with pytest.raises(PaletteError) as caught:
        parse(data, folder)
    return str(caught.value)


def filled(folder: Path) -> Path:
    """A folder of pictures."""
    (folder / "deep").mkdir()
    kinds = {"a.png": MASKS[1], "deep/b.PNG": MASKS[2], "c.jpg": JPEG}
    kinds |= {"d.webp": WEBPS[-1]} if WEBPS else {}
    for name, data in kinds.items():
        (folder / name).write_bytes(data.data)
    return folder


def test_files_become_data_urls(tmp_path: Path) -> None:
    data = {
        "version": 1,
        "init": {"image": {"file": "c.jpg"}, "mask": {"file": "a.png"}},
        "background": {"image": {"file": "./d.webp" if WEBPS else "./a.png"}},
        "brushes": [{"id": "a", "mask": {"file": "deep/b.PNG"}}],
        "noise": [{"mask": {"file": "a.png"}, "seed": 1}],
    }
    result = parse(data, filled(tmp_path))
    assert result.init and (result.init.image, result.init.mask) == (JPEG, MASKS[1])
    assert result.background.image == (WEBPS[-1] if WEBPS else MASKS[1])
    assert (result.brushes[0].mask, result.noise[0].mask) == (MASKS[2], MASKS[1])
    assert parse(dump(result)) == result


def test_the_media_type_of_a_file_is_that_of_its_ending(tmp_path: Path) -> None:
    for name in ("A.PNG", ".png", "b.webp.png"):
        (tmp_path / "deep").mkdir(exist_ok=True)
        (tmp_path / "deep" / name).write_bytes(MASKS[1].data)
        assert parse(with_mask(f"deep/{name}"), tmp_path).brushes[0].mask == MASKS[1]


def test_without_a_folder_files_are_refused_all_at_once(tmp_path: Path) -> None:
    data = with_mask("a.png") | {"init": {"image": {"file": "b.jpg"}}}
    assert refusal(data, None).splitlines() == [
        "init.image.file: expected no file (this palette has no folder), got 'b.jpg'",
        "brushes[0].mask.file: expected no file (this palette has no folder), got 'a.png'",
    ]
    assert "which is none" in refusal(data, tmp_path)


@pytest.mark.parametrize("name", ["../a.png", "deep/../../a.png", "/a.png", "C:/a.png", "deep\\b.png", "..", "."])
def test_names_that_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "inner").mkdir()
    assert "brushes[0].mask.file: expected a relative name" in refusal(with_mask(name), tmp_path / "inner")


def test_links_are_followed_within_the_folder_only(tmp_path: Path) -> None:
    inner = filled(tmp_path) / "inner"
    inner.mkdir()
    (inner / "real.png").write_bytes(MASKS[1].data)
    for name, target in {"good.png": "real.png", "bad.png": "../a.png", "loop.png": "loop.png"}.items():
        link(inner / name, target)
    link(inner / "out", tmp_path / "deep")
    link(tmp_path / "alias", inner)
    assert parse(with_mask("good.png"), tmp_path / "alias").brushes[0].mask == MASKS[1]
    assert "'bad.png', a link out of it" in refusal(with_mask("bad.png"), inner)
    assert "'out/b.PNG', a link out of it" in refusal(with_mask("out/b.PNG"), inner)
    assert "loop.png" in refusal(with_mask("loop.png"), inner)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_does_not_hold_the_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert "which is none" in refusal(with_mask("pipe.png"), tmp_path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "big.png").open("wb") as file:
        file.truncate(pictures.MAX_BYTES + 1)
    assert "expected a file of at most 48 MB, got more" in refusal(with_mask("big.png"), tmp_path)


def test_files_share_the_room_of_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(MASKS[1].data)
    data = with_mask("a.png") | {"noise": [{"mask": {"file": "a.png"}, "seed": 1}]}
    monkeypatch.setattr(admission, "MAX_BYTES", len(MASKS[1].url) * 3 // 2)
    assert refusal(data, tmp_path) == "noise[0].mask.file: expected less text and pictures (64 MB in all), got more"


def letters(image: Image.Image) -> str:
    """The grey levels of six pixels as letters, row by row."""
    return "".join("abcdef"[value // 40] for value in image.convert("L").tobytes())


@pytest.mark.parametrize("orientation", EXIF)
def test_pictures_are_decoded_upright(orientation: int) -> None:
    image = Image.frombytes("L", (3, 2), bytes(40 * value for value in range(6)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    shown = pictures.decode(Picture.of(encoded(image, exif=exif)))
    assert letters(shown) == EXIF[orientation]
    assert shown.size == ((3, 2) if orientation < 5 else (2, 3))


def test_broken_exif_is_no_fault() -> None:
    image = Picture.of(encoded(Image.new("RGB", (4, 4)), "JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xff\xff"), "image/jpeg")
    pictures.check_picture(image, "image")
    assert pictures.decode(image).size == (4, 4)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "I;16"])
def test_coverage_of_an_opaque_mask_is_its_luminance(mode: str) -> None:
    image = Image.new("L", (3, 2), 0)
    image.putpixel((2, 1), 255)
    wide = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    mask = Picture.of(encoded(wide if mode == "I;16" else image.convert(mode)))
    assert pictures.read_coverage(mask).tolist() == [[0, 0, 0], [0, 0, 255]]


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_coverage_of_a_transparent_mask_is_its_alpha(mode: str) -> None:
    image = Image.new(mode, (2, 1), (255,) * len(mode))
    image.putpixel((0, 0), (255,) * (len(mode) - 1) + (7,))
    assert pictures.read_coverage(Picture.of(encoded(image))).tolist() == [[7, 255]]


def test_the_media_type_says_how_to_read() -> None:
    assert {pictures.decode(image).format for image in IMAGES} - {"WEBP"} == {"PNG", "JPEG"}
    assert not WEBPS or pictures.decode(WEBPS[0]).format == "WEBP"
