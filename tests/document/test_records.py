"""Records that programs make are checked as documents are, and take images and arrays where documents have PNGs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import lib_regiondiff
from cli_stub import run
from lib_regiondiff.document import pictures
from lib_regiondiff.document.palette import (
    Background,
    Bootstrap,
    Brush,
    Init,
    Lora,
    Model,
    Nag,
    Noise,
    Overlap,
    Palette,
    Tiles,
    dump,
    parse,
)
from lib_regiondiff.document.pictures import Picture, Shape
from lib_regiondiff.document.records import make_record, replace_unchecked
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning import prompts
from lib_regiondiff.planning.weights import masks
from palettes import palettes

LEFT = Shape("rectangle", (0, 0, 0.5, 1))
RECORDS = (Background, Bootstrap, Brush, Init, Lora, Model, Nag, Noise, Overlap, Palette, Tiles)
NEEDED: dict[type, dict[str, Any]] = {
    Brush: {"id": "a", "mask": LEFT},
    Init: {"image": Image.new("RGB", (8, 8))},
    Lora: {"name": "a"},
    Noise: {"mask": LEFT, "seed": 1},
}
ROOM = Size(6, 9)


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        (Palette, {"steps": -5}, "Palette.steps: expected a whole number 1…1000, got -5"),
        (Palette, {"size": Size(8, 512)}, "Palette.size.height: expected a whole number 64…16384, got 8"),
        (Palette, {"brushes": (3,)}, "Palette.brushes[0]: expected an object, got 3"),
        (Brush, {"start": 0.9, "stop": 0.1}, "Brush.stop: expected more than start (0.9), got 0.1"),
        (Brush, {"id": ""}, "Brush.id: expected text of 1…64 characters, got 0 characters"),
        (Brush, {"mask": Picture("x")}, "Brush.mask: expected a PNG data URL, "),
        (Brush, {"mask": Picture.of(b"x")}, "Brush.mask: expected a whole still PNG image, got "),
        (Brush, {"mask": "left"}, "Brush.mask: expected a PNG data URL, "),
        (Init, {"image": LEFT}, "Init.image: expected a PNG, JPEG or WebP data URL"),
        (Tiles, {"overlap": 800}, "Tiles.overlap: expected less than a tile's shorter side (768), got 800"),
        (Background, {"colour": "red"}, "Background.colour: expected a colour such as '#2692f3', got 'red'"),
    ],
)
def test_bad_values_are_told_when_a_record_is_made(kind: type, values: dict[str, Any], told: str) -> None:
    with pytest.raises(PaletteError) as caught:
        kind(**(NEEDED.get(kind, {}) | values))
    assert str(caught.value).startswith(told) and len(caught.value.problems) == 1


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_no_field_of_any_record_takes_anything(kind: type) -> None:
    """All fields are told at once."""
    names = [field.name for field in dataclasses.fields(kind)]
    with pytest.raises(PaletteError) as caught:
        kind(**dict.fromkeys(names, object()))
    assert [problem.path for problem in caught.value.problems] == [f"{kind.__name__}.{name}" for name in names]


@given(palettes())
def test_a_record_that_is_made_is_what_a_document_says(palette: Palette) -> None:
    values = {field.name: getattr(palette, field.name) for field in dataclasses.fields(palette)}
    assert Palette(**values) == palette == dataclasses.replace(palette)


def test_what_is_made_is_kept_as_read() -> None:
    brushes: Any = [Brush(id="a", mask=LEFT, feather=4)]
    own = Palette(brushes=brushes, guidance=0)
    assert own.brushes == tuple(brushes) and own.guidance == 1 and isinstance(own.brushes[0].feather, float)
    with pytest.raises(PaletteError, match=r"^Palette\.brushes\[1\]\.id: expected an id of its own, got 'a' again$"):
        Palette(brushes=(brushes[0], brushes[0]))
    with pytest.raises(dataclasses.FrozenInstanceError):
        own.steps = 3  # pyright: ignore[reportAttributeAccessIssue]


def test_plans_may_go_beyond_a_document() -> None:
    small = replace_unchecked(Tiles(), width=8, height=8, overlap=2)
    assert small == make_record(Tiles, {"width": 8, "height": 8, "overlap": 2}) and small.window is None


GREY = np.linspace(0, 255, ROOM.area).astype(np.uint8).reshape(ROOM.height, ROOM.width)
HARD = GREY > 99


@pytest.mark.parametrize(
    ("mask", "wanted"),
    [
        (HARD, HARD * 255),
        (GREY, GREY),
        (np.asfortranarray(GREY), GREY),
        (GREY[::-1], GREY[::-1]),
        (GREY / 255, GREY),
        ((GREY / 255).astype(np.float32), GREY),
        (Image.fromarray(GREY), GREY),
        (Image.fromarray(GREY).convert("RGB"), GREY),
        (Image.fromarray((GREY / 255).astype(np.float32)), GREY),
        (Image.fromarray(HARD), HARD * 255),
        (Image.fromarray(GREY.astype(np.uint16) * 257), GREY),
        (Image.merge("RGBA", [Image.new("L", (ROOM.width, ROOM.height))] * 3 + [Image.fromarray(GREY)]), GREY),
    ],
)
def test_masks_may_be_images_and_arrays(mask: Any, wanted: np.ndarray) -> None:
    brush = Brush(id="a", mask=mask)
    assert isinstance(brush.mask, Picture) and np.array_equal(pictures.read_coverage(brush.mask), wanted)
    assert np.allclose(masks.rasterise(brush.mask, ROOM), wanted / 255)
    assert parse(dump(Palette(brushes=(brush,)))).brushes == (brush,)
    assert parse({"version": 1, "brushes": [{"id": "a", "mask": mask}]}).brushes == (brush,)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_any_bool_array_is_its_own_coverage(height: int, width: int, seed: int) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < 0.5
    held = Brush(id="a", mask=mask).mask
    assert np.array_equal(masks.rasterise(held, Size(height, width)), mask.astype(np.float32))


@pytest.mark.parametrize(
    ("mask", "told"),
    [
        (GREY.astype(np.int64), "an array [h, w] of bool, uint8 or floats 0…1, got int64 [6, 9]"),
        (np.zeros((2, 3, 3), np.uint8), "an array [h, w] of bool, uint8 or floats 0…1, got uint8 [2, 3, 3]"),
        (np.zeros(3), "an array [h, w] of bool, uint8 or floats 0…1, got float64 [3]"),
        (GREY.astype(float), "floats 0…1 (divide by 255 what is in 0…255), got 0…255"),
        (np.full((2, 2), np.nan), "floats 0…1 (divide by 255 what is in 0…255), got nan…nan"),
        (np.zeros((0, 5), bool), "an image with pixels, got one of 5x0"),
        (Image.new("L", (0, 0)), "an image with pixels, got one of 0x0"),
    ],
)
def test_images_that_are_no_masks_are_told(mask: Any, told: str) -> None:
    with pytest.raises(PaletteError) as caught:
        Brush(id="a", mask=mask)
    assert str(caught.value) == f"Brush.mask: expected {told}"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "F", "I;16"])
def test_pictures_may_be_images_of_any_mode(mode: str) -> None:
    image = Image.new(mode, (7, 5))
    held = Init(image=image).image
    assert isinstance(held, Picture) and pictures.decode(held).size == (7, 5)


def test_pictures_may_be_arrays_of_colours_and_keep_no_notes() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (6, 9, 3), np.uint8)
    image = Image.fromarray(pixels)
    image.info = {"exif": b"Exif\0\0MM\0*", "icc_profile": b"secret", "dpi": (3, 3)}
    exact = [Background(image=each).image for each in (pixels, pixels / 255, image)]
    for held in exact:
        assert isinstance(held, Picture) and np.array_equal(np.asarray(pictures.decode(held)), pixels)
    assert len({held.url for held in exact if isinstance(held, Picture)}) == 1 and image.info["dpi"] == (3, 3)


TWICE = {
    "version": 1,
    "steps": -5,
    "brushes": [
        {"id": "a", "mask": {"rectangle": [0, 0, 1, 1]}},
        {"id": "a", "mask": {"rectangle": [0, 0, 1]}, "strength": 3},
        {"id": "a", "mask": {"rectangle": [0, 0, 1, 1]}, "start": 1, "stop": 0},
    ],
}
PATHS = [
    "steps",
    "brushes[1].mask.rectangle",
    "brushes[1].strength",
    "brushes[2].stop",
    "brushes[1].id",
    "brushes[2].id",
]


def test_a_second_id_is_told_beside_all_other_faults(tmp_path: Path) -> None:
    with pytest.raises(PaletteError) as caught:
        parse(json.dumps(TWICE))
    assert [problem.path for problem in caught.value.problems] == PATHS
    with pytest.raises(PaletteError) as caught:
        prompts.read(TWICE)
    assert [problem.path for problem in caught.value.problems] == PATHS
    place = tmp_path / "twice.json"
    place.write_text(json.dumps(TWICE), encoding="utf-8")
    told = run("check", place, code=2).stderr
    assert [line.partition(": ")[0] for line in told.splitlines()] == PATHS
    empty: Any = {"version": 1, "brushes": [{"id": "", "mask": LEFT}, {"id": "", "mask": LEFT}, 3, None]}
    with pytest.raises(PaletteError) as caught:
        parse(empty)
    assert [problem.path for problem in caught.value.problems] == [f"brushes[{i}]{'.id' * (i < 2)}" for i in range(4)]


def test_the_library_shows_what_programs_need() -> None:
    pytest.importorskip("diffusers")
    for name in lib_regiondiff.__all__:
        assert getattr(lib_regiondiff, name).__name__ == name
    with pytest.raises(AttributeError, match="lib_regiondiff has no attribute nothing"):
        lib_regiondiff.nothing  # noqa: B018 # pyright: ignore[reportAttributeAccessIssue]
