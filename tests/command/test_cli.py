"""The command line without a model: a stub draws, so that every way in and out is quick to try."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from cli_stub import MADE, PALETTE, ROOT, TREE, draw, run
from lib_regiondiff.command import cli, drawing
from lib_regiondiff.document import png
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.renderer import Renderer


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """The models that were asked for, with device and dtype; the stub stands for all of them."""
    found: list[tuple[str, str, str]] = []

    def load(palette: Palette, *how: str) -> Renderer:
        found.append((how[0], how[1], how[2]))
        return Renderer(draw, MADE, "abc")

    monkeypatch.setattr(drawing, "load_renderer", load)
    monkeypatch.delenv("REGIONDIFF_MODEL", raising=False)
    return found


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A palette in a file."""
    path = tmp_path / "palette ä.json"
    path.write_text(json.dumps(PALETTE), encoding="utf-8")
    return path


def made(source: Path, *words: str) -> Palette:
    """The palette in the picture that options give."""
    out = source.with_name("out.png")
    assert run("render", source, "-o", out, "--force", *words).stdout == f"{out}\n"
    return png.load(out)[0]


def test_a_picture_is_drawn_and_its_path_is_all_that_is_printed(asked: list[Any], source: Path) -> None:
    out = source.with_name("out 木.png")
    result = run("render", source, "-o", out, "--device", "mps", "--dtype", "bfloat16")
    assert (result.stdout, result.stderr) == (f"{out}\n", "")
    assert asked == [("demo", "mps", "bfloat16")]
    palette, made_with = png.load(out)
    assert (palette.seed, palette.model.hash, made_with) == (7, "abc", MADE)


def test_what_auto_chose_is_told_once_and_kept_beside_the_palette(asked: list[Any], source: Path) -> None:
    result = run("render", source, "-o", source.with_name("out.png"), "--steps", "6", "--count", "2")
    assert result.stderr == "auto: bootstrap levels 2, mix 1.5\n"
    palette, made_with = png.load(source.with_name("out-7.png"))
    assert palette.bootstrap.levels == "auto"
    assert made_with.chosen == {"tiles": None, "bootstrap": {"levels": 2, "mix": 1.5}}
    assert '"levels": 2' in run("info", source.with_name("out-7.png")).stdout


def test_negatives_that_do_nothing_are_told(asked: list[Any], source: Path) -> None:
    words = ("render", source, "-o", source.with_name("out.png"), "--negative", "blur", "--guidance", "1", "--force")
    told = "at guidance 1 a negative does nothing: that of background"
    assert run(*words).stderr == f"warning: {told}; --set nag={{}} lets it act\n"
    assert run(*words, "--set", "nag={}").stderr == run(*words, "--guidance", "2").stderr == ""
    source.write_text(json.dumps(PALETTE | {"guidance": 1, "background": {"negative": "blur"}}), encoding="utf-8")
    assert f"warning: {told}" in run("check", source).stdout


def test_a_batch_is_as_large_as_asked(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []

    def noted(*how: Any) -> Iterator[Any]:
        batches.append(how[3])
        return draw(*how)

    monkeypatch.setattr(drawing, "load_renderer", lambda *how: Renderer(noted, MADE))
    words = ("render", source, "-o", source.with_name("out.png"), "--count", "2")
    assert len(run(*words).stdout.split()) == len(run(*words, "--batch", "4", "--force").stdout.split()) == 2
    assert batches == [1, 4]


def test_options_change_the_palette(asked: list[Any], source: Path) -> None:
    words = ["--prompt", "100", "--negative", "blur", "--width", "640", "--height", "72", "--steps", "5", "--sampler"]
    words += ["DDIM", "--guidance", "2.5", "--blend", "mixture", "--attention", "couple"]
    palette = made(source, *words, "--quantization", "discrete")
    assert (palette.background.prompt, palette.background.negative) == ("100", "blur")
    assert (str(palette.size), palette.steps, palette.sampler) == ("640x72", 5, "DDIM")
    assert (palette.guidance, palette.blend, palette.quantization) == (2.5, "mixture", "discrete")


def test_a_change_of_any_value_comes_after_the_options(asked: list[Any], source: Path) -> None:
    assert made(source, "--steps", "4", "--set", "steps=5", "--set", "brushes[0].prompt=an oak").steps == 5
    result = run("render", source, "-o", source.with_name("out.png"), "--set", "steps=x", code=2)
    assert result.stderr == "steps: expected a whole number 1…1000, got 'x'\n"
    assert len(asked) == 1


def test_every_seed_has_its_file(asked: list[Any], source: Path) -> None:
    out = source.with_name("out.png")
    result = run("render", source, "-o", out, "--seed", "3", "--seed", "1", "--seed", "3")
    paths = [source.with_name(f"out-{seed}.png") for seed in (3, 1)]
    assert result.stdout.splitlines() == [str(path) for path in paths]
    assert [png.load(path)[0].seed for path in paths] == [3, 1]
    assert not out.exists()
    assert len(asked) == 1


def test_pictures_are_counted_from_the_first_seed() -> None:
    assert drawing.choose_seeds(7, (), None) == [7]
    assert drawing.choose_seeds(7, (), 3) == [7, 8, 9]
    assert drawing.choose_seeds(7, (1,), 2) == [1, 2]
    assert drawing.choose_seeds(7, (5, 4), None) == [5, 4]
    drawn = drawing.choose_seeds(None, (), 2)
    assert drawn[1] == drawn[0] + 1


def test_no_file_is_overwritten_unasked(asked: list[Any], source: Path) -> None:
    out, second = source.with_name("out.png"), source.with_name("out-8.png")
    out.write_text("mine")
    second.write_text("mine too")
    assert "out.png: there already" in run("render", source, "-o", out, code=2).stderr
    assert "out-8.png: there already" in run("render", source, "-o", out, "--count", "2", code=2).stderr
    assert (out.read_text(), second.read_text(), asked) == ("mine", "mine too", [])
    run("render", source, "-o", out, "--force")
    assert png.is_png(out)


def test_bad_usage_ends_with_2(asked: list[Any], source: Path) -> None:
    out = str(source.with_name("out.png"))
    for words in (
        ["-o", "out.jpg"],
        ["-o", str(source.with_name("none") / "out.png")],
        ["-o", str(source.parent)],
        ["-o", out, "--seed", "-1"],
        ["-o", out, "--seed", "1", "--seed", "2", "--count", "2"],
        ["-o", out, "--seed", str(2**53 - 1), "--count", "2"],
        ["-o", out, "--dtype", "int8"],
        ["-o", out, "--steps", "many"],
        [],
    ):
        assert "Error: " in run("render", source, *words, code=2).stderr
    assert "Error: " in run("render", source.with_name("none.json"), "-o", out, code=2).stderr
    assert asked == []


def test_the_model_is_the_option_then_the_variable_then_the_palettes(asked: list[Any], source: Path) -> None:
    made(source, "--model", "a")
    run("render", source, "-o", source.with_name("b.png"), env={"REGIONDIFF_MODEL": "b"})
    run("render", source, "-o", source.with_name("c.png"), env={"REGIONDIFF_MODEL": ""})
    assert [model for model, _, _ in asked] == ["a", "b", "demo"]
    bare = {key: value for key, value in PALETTE.items() if key != "model"}
    result = run("render", "-", "-o", source.with_name("d.png"), input=json.dumps(bare), code=1)
    assert result.stderr.startswith("model: expected --model, REGIONDIFF_MODEL or the palette's model.name")


def test_a_palette_comes_from_stdin(asked: list[Any], tmp_path: Path) -> None:
    run("render", "-", "-o", tmp_path / "out.png", input=json.dumps(PALETTE))
    assert png.load(tmp_path / "out.png")[0].brushes == parse(PALETTE).brushes
    assert "512x512, 2 brushes" in run("check", "-", input=json.dumps(PALETTE)).stdout
    assert run("check", "-", input="{", code=2).stderr.startswith("palette: expected JSON, got ")


def test_files_beside_the_palette_end_up_in_the_picture(asked: list[Any], source: Path) -> None:
    Image.new("L", (8, 8), 255).save(source.with_name("mask.png"))
    source.write_text(json.dumps(PALETTE | {"brushes": [TREE | {"mask": {"file": "mask.png"}}]}))
    made(source)
    source.with_name("mask.png").unlink()
    again = source.with_name("again.png")
    run("render", source.with_name("out.png"), "-o", again)
    assert png.load(again)[0].brushes == png.load(source.with_name("out.png"))[0].brushes


def test_what_has_changed_since_a_picture_was_made_is_told(asked: list[Any], tmp_path: Path) -> None:
    then = replace(MADE, device="cuda", device_name="GPU", versions={**MADE.versions, "torch": "2.12.0"})
    palette = parse(PALETTE | {"model": {"name": "demo", "hash": "def"}})
    png.save(Image.new("L", (8, 8)), palette, then, tmp_path / "then.png")
    result = run("render", tmp_path / "then.png", "-o", tmp_path / "now.png")
    assert result.stderr.splitlines() == [
        "differs: model hash def then, abc now",
        "differs: device cuda then, cpu now",
        "differs: device name GPU then, unknown now",
        "differs: torch 2.12.0 then, 2.13.0 now",
    ]
    assert run("render", tmp_path / "now.png", "-o", tmp_path / "again.png").stderr == ""


def test_a_bar_is_shown_when_it_is_asked_for(asked: list[Any], source: Path) -> None:
    result = run("render", source, "-o", source.with_name("out.png"), "--count", "2", "--progress")
    assert "6/6" in result.stderr
    assert result.stdout.splitlines() == [str(source.with_name(f"out-{seed}.png")) for seed in (7, 8)]


FAILURES: list[tuple[BaseException, int, str]] = [
    (HostError("sampler", "one of DDIM", "'x'"), 1, "sampler: expected one of DDIM, got 'x'"),
    (KeyboardInterrupt(), 130, "stopped"),
    (MemoryError(), 1, "memory: expected enough for this picture, got too little; make the picture or its tiles"),
    (torch.cuda.OutOfMemoryError("CUDA out of memory. Tried\nto"), 1, "memory: expected enough"),
    (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), 1, "memory: expected enough"),
    (OSError(28, "No space left on device"), 1, "No space left on device"),
    (PermissionError(13, "Permission denied", "out.png"), 1, "out.png: Permission denied"),
    (RuntimeError("mat1 and\nmat2"), 1, "unexpected: RuntimeError: mat1 and mat2 (please report; REGIONDIFF_DEBUG=1"),
    (AssertionError(), 1, "unexpected: AssertionError:  (please report"),
    (OSError("odd"), 1, "unexpected: OSError: odd (please report"),
]


@pytest.mark.parametrize(("error", "code", "told"), FAILURES)
def test_every_failure_is_a_line_and_finished_pictures_stay(
    asked: list[Any], source: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, told: str
) -> None:
    def breaks(
        palette: Palette, seeds: Sequence[int], progress: Callable[[int, int], None], batch: int
    ) -> Iterator[Any]:
        yield from draw(palette, seeds[:1], progress, batch)
        raise error

    monkeypatch.setattr(drawing, "load_renderer", lambda *how: Renderer(breaks, MADE, "abc"))
    result = run("render", source, "-o", source.with_name("out.png"), "--count", "2", code=code)
    assert result.stderr.startswith(told)
    assert result.stderr.count("\n") == 1
    assert sorted(path.name for path in source.parent.iterdir()) == ["out-7.png", source.name]


def test_the_traceback_is_there_for_those_who_ask(
    asked: list[Any], source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "load_renderer", lambda *how: 1 / 0)
    words = ["render", str(source), "-o", str(source.with_name("out.png"))]
    result = CliRunner().invoke(cli.main, words, env={"REGIONDIFF_DEBUG": "1"})
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("unexpected: ZeroDivisionError: ")


def test_missing_packages_are_named(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("diffusers", "transformers"):
        monkeypatch.setitem(sys.modules, name, None)
    result = run("render", source, "-o", source.with_name("out.png"), code=1)
    assert result.stderr == (
        "render: expected the package diffusers, got nothing; "
        "pip install diffusers transformers accelerate safetensors\n"
    )
    assert "pip install diffusers transformers" in run("info").stdout


SLOW = """
import signal, sys, time
from pathlib import Path
sys.path[:0] = [{tests!r}]
import cli_stub
from lib_regiondiff.command import cli, drawing
from lib_regiondiff.hosts.renderer import Renderer
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs have it off
def slow(palette, seeds, progress, batch):
    yield from cli_stub.draw(palette, seeds[:1], progress, batch)
    Path("waiting").touch()
    time.sleep(60)
drawing.load_renderer = lambda *how: Renderer(slow, cli_stub.MADE)
cli.main(["render", {source!r}, "-o", "out.png", "--count", "2", "--no-progress"])
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_stops_the_program_and_leaves_no_half_file(source: Path, tmp_path: Path) -> None:
    program = SLOW.format(tests=str(ROOT / "tests" / "support"), source=str(source))
    folder = tmp_path / "pictures"
    folder.mkdir()
    pipe, variables = subprocess.PIPE, {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=folder, env=variables, text=True, stdout=pipe, stderr=pipe) as process:
        while not (folder / "waiting").exists() and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "out-7.png\n", "stopped\n")
    assert sorted(path.name for path in folder.iterdir()) == ["out-7.png", "waiting"]


def test_a_picture_that_forgot_the_place_of_its_model_asks_for_it(tmp_path: Path) -> None:
    palette = tmp_path / "p.json"
    palette.write_text(json.dumps(PALETTE | {"model": {"name": "gone.safetensors"}}), encoding="utf-8")
    result = CliRunner().invoke(cli.main, ["render", str(palette), "-o", str(tmp_path / "out.png"), "--trust"])
    assert result.exit_code == 1 and "'gone.safetensors'; give its place with --model" in result.stderr
