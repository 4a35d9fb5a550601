"""The tutorial docs/first-palette.md: its palettes, what it says the command prints, and its commands."""

from __future__ import annotations

import json
import re
import runpy
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from lib_regiondiff.authoring.preflight import JobContext, preflight
from lib_regiondiff.command.cli import main
from lib_regiondiff.document.palette import parse
from lib_regiondiff.geometry import Size
from places import ROOT

TOOL = runpy.run_path(str(ROOT / "tools" / "tutorial_picture.py"))
PAGE = TOOL["PAGE"].read_text(encoding="utf-8")
STEPS: list[dict[str, Any]] = list(TOOL["read_palettes"](PAGE))
NATIVE = 128
WIDTH, HEIGHT = 384, 256
HOUSE, SUN = (STEPS[-1]["brushes"][number]["mask"][kind] for number, kind in ((1, "rectangle"), (2, "ellipse")))
KINDS: Mapping[str, Callable[..., np.ndarray]] = {
    "sky": lambda red, green, blue: (blue > red + 20) & (blue > green),
    "grass": lambda red, green, blue: (green > red) & (green > blue + 40),
    "red": lambda red, green, blue: (red > 2 * green) & (red > 2 * blue),
    "yellow": lambda red, green, blue: (red > 150) & (green > 120) & (blue < green - 60),
}


def commands() -> Iterator[list[str]]:
    """The words of each command of ours, as shells of all systems split them."""
    for line in re.findall(r"^ *regiondiff (.+)$", PAGE, re.MULTILINE):
        yield shlex.split(line)


def test_each_step_adds_to_the_last_and_raises_no_doubt() -> None:
    assert [len(step["brushes"]) for step in STEPS] == [0, 1, 3]
    for step in STEPS:
        notices = preflight(parse(step), JobContext(native=NATIVE))
        assert [notice for notice in notices if notice.kind != "note"] == []


def test_things_fit_the_model() -> None:
    palette = parse(STEPS[-1])
    assert palette.size == Size(256, 384)
    for brush in palette.brushes[1:]:
        left, top, right, bottom = (float(value) for value in brush.mask.numbers)  # type: ignore[union-attr]
        width, height = (right - left) * palette.size.width, (bottom - top) * palette.size.height
        assert NATIVE / 2 < min(width, height) <= max(width, height) < NATIVE


def test_the_check_prints_what_the_page_shows() -> None:
    shown = re.findall(r"^```text\n(384x256.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    result = CliRunner().invoke(main, ["check", "-"], input=json.dumps(STEPS[-1]))
    assert result.exit_code == 0 and [result.stdout] == shown


def test_the_commands_have_options_that_exist_and_no_comments() -> None:
    found = list(commands())
    assert len(found) >= 6
    assert {words[0] for words in found} == {"render", "check", "overlay", "demo", "--version"}
    for words in found:
        if words == ["--version"]:
            continue
        group = main.commands[words[0]]
        target = group.commands[words[1]] if isinstance(group, click.Group) else group
        known = {name for option in target.params for name in option.opts}
        assert {word for word in words if word.startswith("-")} <= known and "#" not in words


@pytest.mark.parametrize("page", ["README.md", "docs/first-palette.md", "docs/troubleshooting.md"])
def test_no_command_of_a_page_for_beginners_has_a_comment_behind_it(page: str) -> None:
    """In cmd.exe and an interactive zsh such a comment is arguments."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```(?:bash|powershell|bat|text)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    assert not [line for block in blocks for line in block.splitlines() if re.search(r"\s#", line)]


def test_the_picture_is_small() -> None:
    assert TOOL["PICTURE"].stat().st_size <= TOOL["MOST_BYTES"]


def panels() -> list[Image.Image]:
    """The pictures of the page's three steps, as they lie in its picture, at the palette's size."""
    with Image.open(TOOL["PICTURE"]) as image:
        row = image.convert("RGB")
    unit = row.width / (3 * WIDTH + 2 * TOOL["GAP"])
    starts = [(WIDTH + TOOL["GAP"]) * unit * place for place in range(3)]
    found = [row.crop((round(start), 0, round(start + WIDTH * unit), row.height)) for start in starts]
    return [each.resize((WIDTH, HEIGHT)) for each in found]


def share(picture: Image.Image, box: tuple[float, ...], kind: str) -> float:
    """How much of a box, in shares of the picture, has a colour."""
    left, top, right, bottom = (round(value * side) for value, side in zip(box, [WIDTH, HEIGHT] * 2, strict=True))
    pixels = np.asarray(picture, np.int16)[top:bottom, left:right].reshape(-1, 3).T
    return float(KINDS[kind](*pixels).mean())


def test_the_picture_shows_what_the_page_says() -> None:
    sky, meadow, things = panels()
    assert share(sky, (0, 0, 1, 1), "sky") > 0.9
    for each in (meadow, things):
        assert share(each, (0, 0, 0.6, 0.4), "sky") > 0.9 and share(each, (0.45, 0.6, 1, 1), "grass") > 0.9
    assert share(things, HOUSE, "red") > 0.2 and share(things, SUN, "yellow") > 0.15
    assert share(meadow, HOUSE, "red") == share(meadow, SUN, "yellow") == 0


@pytest.mark.slow
@pytest.mark.diffusers
def test_the_page_ends_in_its_picture(tmp_path: Path) -> None:
    pytest.importorskip("diffusers")
    picture = TOOL["draw"](STEPS[-1], tmp_path / "first.json")
    assert picture.size == (WIDTH, HEIGHT)
    apart = np.asarray(picture, np.int16) - np.asarray(panels()[-1], np.int16)
    assert np.abs(apart).mean() < 8  # grey levels; what fewer pixels and colours change
    assert share(picture, HOUSE, "red") > 0.2 and share(picture, SUN, "yellow") > 0.15
