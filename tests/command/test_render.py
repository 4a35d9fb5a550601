"""The command line with a real model: pictures follow the palette, come out the same again, and stderr stays clean."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("diffusers")

from cli_stub import ROOT, run
from lib_regiondiff.document import png

LEFT = {"id": "left", "prompt": "a red wall", "mask": {"rectangle": [0, 0, 0.5, 1]}}
SMALL: dict[str, Any] = {
    "version": 1,
    "size": {"width": 128, "height": 64},
    "seed": 3,
    "steps": 3,
    "guidance": 3,
    "background": {"prompt": "a blue wall"},
    "brushes": [LEFT],
}


def pixels(path: Path) -> np.ndarray:
    """A picture as whole numbers [height, width, 3]."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small palette in a file."""
    path = tmp_path / "palette.json"
    path.write_text(json.dumps(SMALL), encoding="utf-8")
    return path


def test_a_picture_comes_out_of_a_process_and_the_same_out_of_the_picture(known_folder: Path, source: Path) -> None:
    first, second = source.with_name("first.png"), source.with_name("second.png")
    command = [sys.executable, "-m", "lib_regiondiff", "render", source, "-o", first, "--model", known_folder]
    done = subprocess.run([*command, "--device", "cpu"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{first}\n")
    begun, cost = done.stderr.splitlines()
    assert begun == f"loading {known_folder} ..." and cost.startswith("cost: ")
    palette, made = png.load(first)
    assert (palette.seed, palette.model.name, made.device, made.dtype) == (3, known_folder.name, "cpu", "float32")
    assert palette.model.hash
    assert set(made.versions) == {"regiondiff", *png.PACKAGES}
    assert str(known_folder.parent).encode() not in first.read_bytes()
    result = run("render", first, "-o", second, "--model", known_folder, "--device", "cpu")
    assert (result.stdout, result.stderr) == (f"{second}\n", "")
    assert (pixels(first) == pixels(second)).all()
    assert (png.load(second)[0], png.load(second)[1]) == (palette, made)


def test_every_picture_follows_the_palette_and_is_that_of_its_seed(known_folder: Path, source: Path) -> None:
    out, alone = source.with_name("out.png"), source.with_name("alone.png")
    words = ("render", source, "--model", known_folder, "--device", "cpu")
    run(*words, "-o", out, "--count", "2", "--set", "brushes.left.prompt=green", "--sampler", "DDIM")
    for seed in (3, 4):
        picture = pixels(source.with_name(f"out-{seed}.png"))
        assert np.abs(picture[:, :48] - [0, 255, 0]).max() < 40
        assert np.abs(picture[:, 80:] - [0, 0, 255]).max() < 40
    run("render", source.with_name("out-4.png"), "-o", alone, "--model", known_folder, "--device", "cpu")
    assert (pixels(alone) == pixels(source.with_name("out-4.png"))).all()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--sampler", "Euler b"], "sampler: expected one of Euler, "),
        (["--set", "attention=bias", "--set", "bootstrap.levels=2"], "bootstrap.levels: expected 0 or auto"),
        (["--device", "cuda:99"], ""),
        (["--device", "abacus"], "device: expected auto or one of "),
        ([], ""),
    ],
)
def test_what_cannot_be_done_is_a_line_and_a_1(source: Path, words: list[str], told: str) -> None:
    out = source.with_name("out.png")
    result = run("render", source, "-o", out, "--model", str(source.with_name("nothing")), *words, code=1)
    assert result.stderr.startswith(told)
    assert result.stderr.count("\n") == 1
    assert "unexpected" not in result.stderr
    assert not out.exists()
