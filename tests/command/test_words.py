"""The commands that draw nothing: check, schema, info and help; and what they load."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from PIL import Image

from cli_stub import LAND, MADE, PALETTE, ROOT, TREE, run
from lib_regiondiff.command import cli
from lib_regiondiff.document import png
from lib_regiondiff.document.palette import dump, make_schema, parse
from palettes import encoded


def test_a_picture_is_checked_like_its_palette(tmp_path: Path) -> None:
    png.save(Image.new("L", (8, 8)), parse(PALETTE), MADE, tmp_path / "a.png")
    told = run("check", tmp_path / "a.png").stdout
    assert told == run("check", "-", input=json.dumps(PALETTE)).stdout
    Image.new("L", (8, 8)).save(tmp_path / "b.png")
    for command in ("check", "info"):
        told = run(command, tmp_path / "b.png", code=2).stderr
        assert told.startswith("b.png: expected a picture that this program made, got one without its palette")
        assert told.count("\n") == 1


def test_the_demo_is_in_order() -> None:
    result = run("check", LAND)
    assert "warning" not in result.output
    *shares, cost, undecided = result.stdout.splitlines()
    assert len(shares) == 2 + 10 and cost.startswith("cost: ") and undecided.startswith("note: ")


def test_the_schema_is_printed() -> None:
    schema = json.loads(run("schema").stdout)
    assert schema == make_schema()
    jsonschema.validate(json.loads(LAND.read_text(encoding="utf-8")), schema)


def test_info_tells_what_a_picture_was_made_from(tmp_path: Path) -> None:
    palette = parse(PALETTE | {"background": {"prompt": "Bäume 木"}})
    png.save(Image.new("L", (8, 8)), palette, MADE, tmp_path / "a.png")
    result = run("info", tmp_path / "a.png")
    assert "Bäume 木" in result.stdout
    assert json.loads(result.stdout) == {
        "palette": dump(palette),
        "made_with": {"device": "cpu", "dtype": "float32", "versions": dict(MADE.versions)},
    }


def test_info_shortens_pictures_unless_asked_not_to(tmp_path: Path) -> None:
    url = "data:image/png;base64," + base64.b64encode(encoded(Image.effect_noise((32, 32), 50))).decode()
    (tmp_path / "a.json").write_text(json.dumps(PALETTE | {"brushes": [TREE | {"mask": url}]}))
    assert url not in run("info", tmp_path / "a.json").stdout
    assert url in run("info", tmp_path / "a.json", "--full").stdout


@pytest.mark.diffusers
def test_info_lists_versions_devices_and_samplers() -> None:
    command = [sys.executable, "-m", "lib_regiondiff", "info"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert {"device cpu", "sampler Euler a", "sampler DPM++ 2M"} <= set(lines)
    assert lines[0].startswith("regiondiff ")


@pytest.mark.parametrize(
    ("words", "absent"),
    [
        (["--help"], ["torch", "diffusers", "transformers", "tqdm"]),
        (["render", "--help"], ["torch", "diffusers", "transformers"]),
        (["schema"], ["torch", "diffusers", "transformers"]),
        (["check", str(LAND)], ["diffusers", "transformers"]),
        (["info", "--help"], ["torch", "diffusers", "transformers"]),
    ],
)
def test_a_command_loads_only_what_it_needs(words: list[str], absent: list[str]) -> None:
    program = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print(sorted(set({absent!r}) & set(sys.modules)), file=sys.stderr))\n"
        "from lib_regiondiff.command.cli import main\n"
        f"main({words!r})"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_the_module_is_the_command() -> None:
    command = [sys.executable, "-m", "lib_regiondiff", "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split(",")[0], done.stderr) == (0, "regiondiff", "")


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_help_is_cut(width: int) -> None:
    """click cuts what is too long for one line of a list."""
    for words in ([], ["demo"], ["render"], ["check"], ["info"], ["overlay"], ["panorama"], ["demo", "export"]):
        told = CliRunner().invoke(cli.main, [*words, "--help"], terminal_width=width).output
        listed = told.replace("[OPTIONS] COMMAND [ARGS]...", "")
        assert "Usage" in told and not re.search(r"\.\.\.$", listed, re.MULTILINE)


@pytest.mark.parametrize(
    "words",
    [["info", "LAND"], ["overlay", "LAND", "-o", "OUT"], ["check", "WRONG"], ["render", "WRONG", "-o", "OUT"]],
)
def test_what_needs_no_torch_goes_without_it(words: list[str], tmp_path: Path) -> None:
    """So they answer at once, and so does what is refused."""
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(PALETTE | {"sampler": "Eular a"}), encoding="utf-8")
    places = {"LAND": str(LAND), "WRONG": str(wrong), "OUT": str(tmp_path / "out.png")}
    program = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr))\n"
        "from lib_regiondiff.command.cli import main\n"
        f"main({[places.get(word, word) for word in words]!r})"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == ("WRONG" in words) and done.stderr.splitlines()[-1] == "False"


def test_the_overlay_of_half_a_picture_is_one_line(tmp_path: Path) -> None:
    place, shown = tmp_path / "cut.png", tmp_path / "shown.png"
    png.save(Image.effect_noise((96, 64), 90).convert("RGB"), parse(PALETTE), MADE, place)
    whole = place.read_bytes()
    for end in range(8, len(whole), 977):
        place.write_bytes(whole[:end])
        told = run("overlay", place, "-o", shown, code=2).stderr
        assert told.startswith("cut.png: expected ") and told.count("\n") == 1 and not shown.exists()


@pytest.mark.diffusers
def test_drawing_says_so_before_anything_is_loaded(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from lib_regiondiff.command import drawing\n"
        "from lib_regiondiff.command.cli import main\n"
        "def tell(line, err=False):\n"
        "    print(line, 'torch' in sys.modules)\n"
        "    sys.exit()\n"
        "drawing.tell = tell\n"
        f"main(['render', {str(LAND)!r}, '-o', {str(tmp_path / 'out.png')!r}])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("loading demo ... False\n", "")
