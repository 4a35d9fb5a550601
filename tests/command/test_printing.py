"""What the command line prints steers no terminal, whatever a palette, a picture or a file is called."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cli_stub import MADE, draw
from lib_regiondiff.command import cli, drawing
from lib_regiondiff.command.printing import escape
from lib_regiondiff.document import png
from lib_regiondiff.document.palette import parse
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.renderer import Renderer

NASTY = "\x1b[2J\x1b]0;title\x07\x9b31m\u202etxt\u2066x\u2028y\u061c\ufeff\U000e0041\r\b\nforged: line"
OBEYED = {"Cc", "Cf", "Zl", "Zp"}


def obeyed(text: str) -> list[str]:
    """The characters of printed text that a terminal obeys, line ends aside."""
    return [sign for sign in text if sign != "\n" and unicodedata.category(sign) in OBEYED]


def invoke(*words: str | Path, **more: Any) -> Result:
    return CliRunner().invoke(cli.main, [str(word) for word in words], **more)


def nasty(**more: Any) -> dict[str, Any]:
    """A palette whose names are all nasty and right."""
    brush = {"id": NASTY[:64], "name": NASTY, "prompt": NASTY, "negative": NASTY, "mask": {"rectangle": [0, 0, 1, 1]}}
    model = {"name": NASTY, "vae": NASTY, "loras": [{"name": NASTY}], "hash": NASTY[:64]}
    text = {"prompt": NASTY, "negative": NASTY}
    return {"version": 1, "model": model, "background": text, "brushes": [brush], "guidance": 1, "suffix": NASTY} | more


WAYS: list[tuple[list[str], dict[str, Any]]] = [
    (["check", "-"], {}),
    (["info", "-"], {}),
    (["info", "-", "--full"], {}),
    (["render", "-", "-o", "OUT"], {}),
    (["render", "-", "-o", "OUT", "--trust"], {}),
    (["check", "-"], {"sampler": NASTY}),
    (["check", "-"], {NASTY: 1, "blend": NASTY, "sampler": NASTY * 9}),
    (["check", "-"], {"brushes": [{"id": NASTY, "mask": {"file": NASTY + ".png"}}, {NASTY: NASTY}]}),
    (["render", "-", "-o", "OUT", "--set", NASTY], {}),
    (["render", "-", "-o", "OUT", "--set", f"brushes.{NASTY}=1"], {}),
    (["render", "-", "-o", NASTY], {}),
    (["render", NASTY, "-o", "OUT"], {}),
]


@pytest.mark.parametrize(
    ("words", "more"), WAYS, ids=lambda value: " ".join(value)[:20] if isinstance(value, list) else ""
)
def test_nothing_that_is_printed_is_obeyed(words: list[str], more: dict[str, Any], tmp_path: Path) -> None:
    words = [str(tmp_path / "out.png") if word == "OUT" else word for word in words]
    result = invoke(*words, input=json.dumps(nasty(**more)))
    assert result.output and "unexpected" not in result.output
    assert obeyed(result.output) == []
    assert not any(line.startswith("forged") for line in result.output.splitlines())


def test_pictures_and_files_are_shown_as_plainly(tmp_path: Path) -> None:
    picture = tmp_path / ("a\x1b[31m\u202e.png")
    png.save(Image.new("RGB", (8, 8)), parse(nasty()), MADE, picture)
    for words in (["info", picture], ["check", picture], ["overlay", picture, "-o", tmp_path / "b\x9b.png"]):
        result = invoke(*words)
        assert result.exit_code == 0 and obeyed(result.output) == []
    Image.new("L", (8, 8)).save(picture)
    assert obeyed(invoke("info", picture).output) == []


def test_what_is_escaped_in_json_is_still_the_same_json() -> None:
    data = nasty()
    assert json.loads(invoke("info", "-", input=json.dumps(data)).stdout)["palette"]["brushes"][0]["name"] == NASTY


@given(st.text())
def test_a_line_is_one_line_and_keeps_all_that_can_be_seen(text: str) -> None:
    line = escape(text)
    assert len(line.splitlines()) <= 1 and all(sign in "\u200c\u200d\u00ad" for sign in obeyed(line))
    assert json.loads(f'"{escape(json.dumps(text, ensure_ascii=False)[1:-1])}"') == text


def test_writing_systems_and_emoji_are_left_alone() -> None:
    for text in ("Bäume 木", "👩\u200d👩\u200d👧", "نامه\u200cای", "a b", "C:\\new\\u001b"):
        assert escape(text) == text


@pytest.mark.parametrize(
    "error",
    [HostError(NASTY, NASTY, NASTY, NASTY), OSError(2, "gone", NASTY), ValueError(NASTY), KeyboardInterrupt(NASTY)],
)
def test_an_error_is_one_line(error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as that of a LoRA or VAE whose name comes from a palette that is trusted."""

    def broken(*how: Any) -> None:
        raise error

    monkeypatch.setattr(drawing, "load_renderer", broken)
    palette = json.dumps({"version": 1, "model": {"name": "demo"}})
    told = invoke("render", "-", "-o", tmp_path / "out.png", input=palette).stderr
    begun, line = told.splitlines(keepends=True)
    assert begun == "loading demo ...\n" and obeyed(line) == [] and line.count("\n") == 1


def test_what_has_changed_since_a_picture_was_made_is_told_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "load_renderer", lambda *how: Renderer(draw, MADE, "abc"))
    palette = parse({"version": 1, "model": {"name": "demo", "hash": NASTY[:64]}})
    png.save(Image.new("RGB", (8, 8)), palette, MADE, tmp_path / "then.png")
    result = invoke("render", tmp_path / "then.png", "-o", tmp_path / "now.png")
    assert "differs: model hash" in result.stderr and obeyed(result.output) == []
