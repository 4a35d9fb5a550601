"""A palette informs: whatever it names, no file outside its folder is opened because of it, and no network is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli_stub import ROOT, TREE, run

NAMES = ["{outside}", "{outside}/model.safetensors", "../outside/model.safetensors", "~/model.ckpt", "evil/model"]
NAMES += ["https://example.org/model.safetensors", "\\\\evil\\share\\model.safetensors", "demo/../../outside", "model"]
NAMES += ["file:///etc/passwd", "/etc/passwd", "inside.safetensors", "\x1b[2J", "demo "]


def hostile(outside: Path) -> Iterator[dict[str, Any]]:
    """The `model` of palettes that are accepted and name what is none of their business."""
    yield {"name": "demo-lcm"}
    for name in (name.format(outside=outside) for name in NAMES):
        yield {"name": name}
        yield {"name": "demo", "vae": name}
        yield {"name": "demo", "loras": [{"name": "demo-lcm"}, {"name": name}]}


@pytest.fixture
def palettes(tmp_path: Path) -> list[Path]:
    """Such palettes in files, and what they name where it can be there."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    for folder in (outside, inside):
        folder.mkdir()
    for place in (outside / "model.safetensors", outside / "model_index.json", inside / "inside.safetensors"):
        place.write_text("{}")
    small = {"version": 1, "size": {"width": 64, "height": 64}, "seed": 1, "steps": 1, "guidance": 1, "brushes": [TREE]}
    found = []
    for index, model in enumerate(hostile(outside)):
        found.append(inside / f"{index}.json")
        found[-1].write_text(json.dumps(small | {"model": model}), encoding="utf-8")
    return found


AUDIT = """
import json, os, sys
from pathlib import Path
allowed, inside, log = [*map(os.path.realpath, json.loads(sys.argv[1]))], sys.argv[2], []
ASKS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request", "subprocess.Popen")
def hook(event, args):
    if event in ASKS:
        log.append([event, repr(args)[:200]])
    elif event in ("open", "os.listdir", "os.scandir", "glob.glob") and isinstance(args[0], (str, bytes, os.PathLike)):
        place = os.path.realpath(os.fsdecode(args[0]))
        if not any(place == root or place.startswith(root + os.sep) for root in allowed):
            log.append([event, place])
sys.path[:0] = [inside + "/tests/support", inside]
from click.testing import CliRunner
from lib_regiondiff.command import cli
sys.addaudithook(hook)
codes = []
for words in json.load(sys.stdin):
    result = CliRunner().invoke(cli.main, words)
    codes.append([words, result.exit_code, result.output[:300]])
print(json.dumps([log, codes]))
"""


def audited(commands: list[list[str]], folders: list[Path]) -> tuple[list[Any], list[Any]]:
    """What commands open outside of folders and of Python's own, and how each of them ends."""
    own = [sys.prefix, sys.base_prefix, str(ROOT), *os.environ.get("PATH", "").split(os.pathsep), "/dev/null", "/proc"]
    home = Path.home() / "nothing"  # nobody's settings are read
    temporary = folders[-1] / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    variables = {**os.environ, "HOME": str(home), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", AUDIT, json.dumps([*own, *map(str, folders)]), str(ROOT)],
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        check=False,
        env=variables,
    )
    assert done.returncode == 0, done.stderr
    log, codes = json.loads(done.stdout)
    return log, codes


def test_no_command_opens_what_a_palette_names(palettes: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    commands = []
    for index, palette in enumerate(palettes):
        picture = str(out / f"{index}.png")
        commands.append(["render", str(palette), "-o", picture])
        if index % 5 == 0:
            commands += [[word, str(palette)] for word in ("check", "info")]
            commands.append(["overlay", str(palette), "-o", picture])
            commands.append(["panorama", "--palette", str(palette), "-o", picture])
    log, codes = audited(commands, [palettes[0].parent, out])
    assert log == []
    for (command, *_), code, told in codes:
        assert code == (1 if command in ("render", "panorama") else 0), (command, told)
        assert "unexpected" not in told and "Traceback" not in told


def test_the_audit_sees_what_is_opened(palettes: list[Path], tmp_path: Path) -> None:
    log, _ = audited([["info", str(palettes[0])]], [tmp_path / "out"])
    assert log == [["open", os.path.realpath(palettes[0])]] * 2


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (
            {"name": "our/toy"},
            "model.name: expected --model, or --trust (a palette alone chooses no files), got 'our/toy'\n",
        ),
        (
            {"name": "demo", "vae": "x", "loras": [{"name": "a\x1b"}, {"name": "b"}]},
            "model.vae, model.loras: expected --vae and --lora, or --trust (a palette alone chooses no files),"
            " got 'x', 'a\\x1b', 'b'\n",
        ),
    ],
)
def test_the_error_names_the_cure(tmp_path: Path, model: dict[str, Any], told: str) -> None:
    palette = json.dumps({"version": 1, "model": model})
    assert run("render", "-", "-o", tmp_path / "out.png", input=palette, code=1).stderr == told


@pytest.mark.slow
@pytest.mark.diffusers
def test_what_is_drawn_opens_nothing_that_the_palette_names(palettes: list[Path], tmp_path: Path) -> None:
    """The model and its additions come from options, so that all of these palettes are drawn."""
    pytest.importorskip("diffusers")
    out = tmp_path / "out"
    out.mkdir()
    asked = ["--model", "demo", "--vae", "", "--lora", "demo-lcm", "--device", "cpu"]
    commands = [["render", str(palette), "-o", str(out / f"{palette.stem}.png"), *asked] for palette in palettes[::4]]
    log, codes = audited(commands, [palettes[0].parent, Path(os.environ["REGIONDIFF_CACHE"]), out])
    assert log == []
    assert [(code, told) for _, code, told in codes if code] == []
