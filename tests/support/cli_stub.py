"""A palette, a stub that draws it, and the command line in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from click.testing import CliRunner, Result
from PIL import Image

from lib_regiondiff.command import cli
from lib_regiondiff.document import png
from lib_regiondiff.document.palette import Palette
from places import ROOT

LAND = ROOT / "lib_regiondiff" / "demo" / "palettes" / "land.json"
MADE = png.MadeWith("cpu", "float32", {"regiondiff": "0.1.0", "torch": "2.13.0"})
TREE: dict[str, Any] = {"id": "tree", "name": "Old tree", "prompt": "a tree", "mask": {"rectangle": [0, 0, 0.5, 1]}}
SUN: dict[str, Any] = {"id": "1", "prompt": "a sun", "mask": {"rectangle": [0.5, 0, 1, 0.5]}}
PALETTE: dict[str, Any] = {"version": 1, "seed": 7, "model": {"name": "demo"}, "steps": 3, "brushes": [TREE, SUN]}


def draw(palette: Palette, seeds: Sequence[int], progress: Callable[[int, int], None], batch: int) -> Iterator[Any]:
    """Grey pictures; the shade is the seed."""
    for index, seed in enumerate(seeds):
        progress((index + 1) * palette.steps, len(seeds) * palette.steps)
        model = replace(palette.model, hash="abc")
        image = Image.new("L", (palette.size.width, palette.size.height), seed % 256)
        chosen = {"tiles": None, "bootstrap": {"levels": 2, "mix": 1.5}} if palette.steps == 6 else {}
        yield SimpleNamespace(image=image, palette=replace(palette, seed=seed, model=model), chosen=chosen)


def run(*words: str | Path, code: int = 0, **more: Any) -> Result:
    """Run the command line in this process: the exit code is as expected, and there is no traceback.

    What is drawn is drawn without a word on how it goes on, unless that is asked for.
    """
    quiet = words[0] in ("render", "panorama") and "--progress" not in words
    given = [str(word) for word in words] + ["--no-progress"] * quiet
    result = CliRunner().invoke(cli.main, given, **more)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result
