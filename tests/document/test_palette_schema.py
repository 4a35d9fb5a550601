"""The format as JSON schema: valid itself, and of one mind with `parse` wherever it can say the rule."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib_regiondiff.document.palette import (
    Background,
    Brush,
    Init,
    Lora,
    Model,
    Noise,
    Palette,
    Tiles,
    dump,
    make_schema,
    parse,
)
from lib_regiondiff.document.pictures import Picture, Shape
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.geometry import Size
from palettes import MASKS, changed, mutants, palettes, places

SCHEMA = make_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
VALUES = (
    None,
    True,
    False,
    "",
    "x",
    "1",
    "#zzzzzz",
    0,
    1,
    2,
    -1,
    0.5,
    10**20,
    1e300,
    [],
    {},
    [[]],
    {"x": 1},
    [0, 0, 1, 1],
)
# What `parse` says where the schema has no words for it.
BEYOND = re.compile(
    r"expected (an id of its own|more than start|less than a tile's|\[left, top, right, bottom\] with|"
    r"a whole still|no file|numbers, sigma, |"
    r"text that can be written|smaller pictures|1 \(this program knows no other\), got 1\.0)"
)


def full() -> dict[str, Any]:
    """A document that has every key of every object."""
    mask = Shape("polygon", (0.0, 0.0, 1.0, 0.0, 0.5, 1.0))
    lora = Lora(name="detail", weight=0.8)
    model = Model(name="sd", hash="abc", loras=(lora,), vae="v", clip_skip=2)
    init = Init(image=MASKS[0], strength=0.5, mask=Shape("ellipse", (0.0, 0.0, 1.0, 1.0)))
    ground = Background(prompt="p", negative="n", image=MASKS[0], colour="#000000", strength=0.5)
    brush = Brush(id="a", name="n", colour="#111111", prompt="p", negative="", mask=mask, feather=1.0, strength=0.5)
    values = {"prompt_strength": 0.5, "guidance": 2, "seed": 1, "weight": 2, "start": 0.25, "stop": 0.75}
    values["kind"] = "thing"
    tiles = Tiles(width=512, height=640, overlap=64, window="cosine")
    palette = Palette(
        size=Size(640, 768), seed=5, model=model, init=init, background=ground, brushes=(brush,), tiles=tiles
    )
    data: dict[str, Any] = dump(palette) | {"noise": [dump_noise(Noise(mask=MASKS[1], seed=3, amount=0.5))]}
    data["brushes"][0] |= values
    data["background"]["share"] = 0.25
    data["bootstrap"] = {"levels": 3, "mix": 0.5, "leak_sensitivity": 0.5}
    data["overlap"] = {"rule": "weighted", "cover_alpha": 0.5}
    single = {"steps": 5, "sampler": "DDIM", "guidance": 3, "rescale": 0.5, "blend": "mixture", "attention": "bias"}
    return (
        data
        | single
        | {
            "quantization": "discrete",
            "prefix": "foggy, ",
            "suffix": ", on {background}",
            "nag": {"scale": 3, "tau": 2, "alpha": 0.25},
            "bias": {
                "scale": 1,
                "noise": "sigma",
                "scores": "std",
                "area": 1,
                "layers": "fine",
                "start": 0.25,
                "stop": 0.5,
            },
        }
    )


def dump_noise(noise: Noise) -> Any:
    """One operation on the noise as plain data."""
    return dump(Palette(noise=(noise,)))["noise"][0]


def says(data: Any) -> str:
    """What `parse` has against a document; nothing if nothing."""
    try:
        parse(data)
    except PaletteError as error:
        return str(error)
    return ""


def assert_of_one_mind(data: Any) -> None:
    """The schema refuses nothing that `parse` takes, and takes what `parse` refuses only where it has no words."""
    complaints, valid = says(data), VALIDATOR.is_valid(data)
    if not complaints:
        assert valid, next(VALIDATOR.iter_errors(data)).message
    elif valid:
        assert all(BEYOND.search(line) for line in complaints.split("\n")), complaints


def objects(schema: Any) -> list[dict[str, Any]]:
    """The descriptions of all objects inside a schema."""
    below = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    here = [schema] if isinstance(schema, dict) and "properties" in schema and "type" in schema else []
    return here + [found for each in below for found in objects(each)]


def test_the_schema_is_valid_itself() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_every_object_is_closed_and_every_key_explained() -> None:
    assert len(objects(SCHEMA)) > 10
    assert all(each["additionalProperties"] is False for each in objects(SCHEMA))
    for each in (each for each in objects(SCHEMA) if len(each["properties"]) > 2):
        assert all(value["description"].endswith(".") for value in each["properties"].values())


def test_defaults_are_those_of_parse() -> None:
    defaults = {key: value["default"] for key, value in SCHEMA["properties"].items() if "default" in value}
    assert set(defaults) == set(SCHEMA["properties"])
    assert parse(defaults) == parse({"version": 1})


def test_the_full_document_has_every_key() -> None:
    data = full()
    VALIDATOR.validate(data)
    assert dump(parse(data)) == data
    assert set(data) == set(SCHEMA["properties"])
    for key in ("model", "background", "bootstrap", "overlap"):
        assert set(data[key]) == set(SCHEMA["properties"][key]["properties"])
    assert set(data["brushes"][0]) == set(SCHEMA["properties"]["brushes"]["items"]["properties"])


@settings(max_examples=60, deadline=None)
@given(palettes())
def test_the_schema_takes_every_palette_that_is_dumped(palette: Palette) -> None:
    VALIDATOR.validate(dump(palette))


@pytest.mark.parametrize("path", list(places(full())), ids=lambda path: ".".join(map(str, path)))
def test_one_wrong_value_is_wrong_for_both(path: tuple[Any, ...]) -> None:
    for value in VALUES:
        assert_of_one_mind(changed(full(), path, value))


@settings(max_examples=30, deadline=None)
@given(mutants())
def test_any_change_is_wrong_for_both(data: Any) -> None:
    assert_of_one_mind(data)


URLS = [
    "data:image/png;base64,",
    "data:image/gif;base64,AAAA",
    "data:image/png;base64,A_A-",
    "data:image/png,AAAA",
    " " + MASKS[0].url,
    "DATA" + MASKS[0].url[4:],
    MASKS[0].url + " ",
    "https://example.org/mask.png",
]
NAMES = [
    "",
    "/a.png",
    "../a.png",
    "b/../a.png",
    "a\\b.png",
    "C:a.png",
    "a\0.png",
    "a.gif",
    "png",
    "b/..",
    "a" * 257 + ".png",
]
GOOD_NAMES = ["a.png", "b/a.PNG", "..a.png", "a..png", "b..c/a.png", "ä ö.png", "a/.png"]


@pytest.mark.parametrize("mask", [*URLS, *({"file": name} for name in NAMES)], ids=str)
def test_both_refuse_the_same_urls_and_file_names(mask: Any) -> None:
    data = {"version": 1, "brushes": [{"id": "a", "mask": mask}]}
    assert says(data) and not VALIDATOR.is_valid(data)


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_both_take_the_same_file_names(name: str) -> None:
    data = {"version": 1, "brushes": [{"id": "a", "mask": {"file": name}}]}
    assert VALIDATOR.is_valid(data)
    assert "expected no file (this palette has no folder)" in says(data)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=40))
def test_bytes_that_are_no_picture_are_refused_by_parse_alone(data: bytes) -> None:
    palette = {"version": 1, "background": {"image": Picture.of(data).url}}
    assert "expected a whole still PNG image" in says(palette)
    assert VALIDATOR.is_valid(palette)
