"""What the picture under the brushes shows: who is asked, what he is shown, and what becomes of his words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cli_stub import MADE, TREE, draw, run
from lib_regiondiff.command import caption, drawing
from lib_regiondiff.document import png
from lib_regiondiff.document.caption import add_caption, describe_ground, is_wordless
from lib_regiondiff.document.palette import parse
from lib_regiondiff.errors import HostError, PaletteError
from lib_regiondiff.hosts.renderer import Renderer
from palettes import data_url, encoded

RED = Image.new("RGB", (6, 4), (200, 10, 20))


def under(image: Image.Image = RED, **more: Any) -> dict[str, Any]:
    """A palette's data with a picture under its brush."""
    background = {"image": data_url(encoded(image, exif=more.pop("exif", None))), **more}
    return {"version": 1, "model": {"name": "demo"}, "background": background, "brushes": [TREE]}


def said(image: Image.Image) -> str:
    """Words of somebody who sees nothing but size and first pixel."""
    assert image.mode == "RGB"
    return f"{image.size} {image.getpixel((0, 0))}"


@pytest.mark.parametrize(
    ("background", "wordless"),
    [
        ({"image": data_url(encoded(RED))}, True),
        ({"image": data_url(encoded(RED)), "prompt": " \n"}, True),
        ({"image": data_url(encoded(RED)), "prompt": "a wall"}, False),
        ({"colour": "#ff0000"}, False),
        ({}, False),
    ],
)
def test_only_a_picture_without_words_wants_some(background: dict[str, Any], wordless: bool) -> None:
    assert is_wordless(parse({"version": 1, "background": background}).background) == wordless


def test_it_is_seen_in_its_own_size_upright_and_on_its_colour() -> None:
    assert describe_ground(parse(under()).background, said) == "(6, 4) (200, 10, 20)"
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert describe_ground(parse(under(exif=exif)).background, said).startswith("(4, 6) ")
    clear = Image.new("RGBA", (3, 3), (9, 9, 9, 0))
    assert describe_ground(parse(under(clear)).background, said) == "(3, 3) (255, 255, 255)"
    assert describe_ground(parse(under(clear, colour="#0000ff")).background, said) == "(3, 3) (0, 0, 255)"


def test_the_words_become_the_prompt_and_nothing_else_changes() -> None:
    palette = parse(under(negative="fog"))
    made = add_caption(palette, lambda image: " a wall,\n\tred \x1b[31m ")
    assert made == parse(under(negative="fog", prompt="a wall, red [31m"))


@pytest.mark.parametrize(("words", "error"), [(" \n", HostError), ("a" * 20001, PaletteError)])
def test_no_words_and_far_too_many_are_an_error(words: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"caption|background\.prompt"):
        add_caption(parse(under()), lambda image: words)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The models that were asked for captions; stubs describe and draw."""
    found: list[str] = []

    def look(model: str) -> Any:
        found.append(model)
        return said

    monkeypatch.setattr(caption, "_load_captioner", look)
    monkeypatch.setattr(drawing, "load_renderer", lambda *how: Renderer(draw, MADE, "abc"))
    return found


@pytest.mark.parametrize(
    ("data", "words", "told", "prompt"),
    [
        (under(), [], "note: nothing says what the picture under the brushes shows; --prompt TEXT does, or", ""),
        (under(), ["--prompt", "a wall"], "", "a wall"),
        (under(), ["--caption-model", "m"], "caption: (6, 4) (200, 10, 20)\n", "(6, 4) (200, 10, 20)"),
        (under(), ["--caption-model", "m", "--prompt", "a wall"], "note: no caption: the background has", "a wall"),
        ({**under(), "background": {}}, ["--caption-model", "m"], "note: no caption: the background has no", ""),
        ({**under(), "background": {}}, [], "", ""),
    ],
)
def test_the_command_describes_what_has_no_words(
    seen: list[str], tmp_path: Path, data: Any, words: list[str], told: str, prompt: str
) -> None:
    source, out = tmp_path / "palette.json", tmp_path / "out.png"
    source.write_text(json.dumps(data), encoding="utf-8")
    lines = run("render", source, *words, "-o", out).stderr
    assert lines.startswith(told) and lines.count("\n") == bool(told)
    assert png.load(out)[0].background.prompt == prompt
    assert seen == (["m"] if told.startswith("caption:") else [])


@pytest.mark.parametrize(("words", "prompt"), [([], "(6, 4) (200, 10, 20)"), (["the Alps"], "the Alps")])
def test_wide_pictures_are_described_too(seen: list[str], tmp_path: Path, words: list[str], prompt: str) -> None:
    source, out = tmp_path / "palette.json", tmp_path / "out.png"
    source.write_text(json.dumps(under()), encoding="utf-8")
    run("panorama", *words, "--palette", source, "--caption-model", "m", "-o", out)
    assert png.load(out)[0].background.prompt == prompt and len(seen) == (not words)


def test_a_picture_that_was_described_is_drawn_again_as_it_is(seen: list[str], tmp_path: Path) -> None:
    source, out, again = (tmp_path / name for name in ("palette.json", "out.png", "again.png"))
    source.write_text(json.dumps(under()), encoding="utf-8")
    run("render", source, "--caption-model", "m", "-o", out)
    result = run("render", out, "-o", again)
    assert (result.stderr, seen) == ("", ["m"])
    assert png.load(again)[0] == png.load(out)[0]
    assert np.array_equal(np.asarray(Image.open(again)), np.asarray(Image.open(out)))


def test_without_transformers_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caption, "find_missing_packages", lambda: ["transformers"])
    with pytest.raises(HostError, match="--caption-model: expected the package transformers, got nothing; "):
        caption.caption_background(parse(under()), "m")
