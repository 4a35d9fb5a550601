"""Modules as the page gets them: without comments, with the same lines, and still JavaScript."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from lib_regiondiff.server.modules import CLONED, lighten

MODULES = sorted(path for path in (CLONED / "regiondiff").rglob("*.mjs") if "vendor" not in path.parts)
MOST = 160 * 1024
"""Bytes of the modules that the page loads before anybody has drawn."""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_light_module_keeps_its_lines(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    light = lighten(text)
    assert light.count("\n") == text.count("\n") and len(light) < len(text)
    code = [line.strip() for line in text.split("\n")]
    for number, (own, now) in enumerate(zip(code, light.split("\n"), strict=True), start=1):
        assert now in own or "/** @type" in own, f"{path.name}:{number}"
        if own and not own.startswith(("//", "/*", "*")):
            assert now, f"{path.name}:{number} is no comment"
        assert own.count("`") % 2 == 0, f"{path.name}:{number}: a text of several lines, whose indents count"


def test_comments_within_code_stay_what_they_are() -> None:
    text = "const a = '/*'; // x\n  /* one line */\n/**\n * b\n */\nconst c = `//${a}`; // d\n"
    assert lighten(text) == "const a = '/*';\n\n\n\n\nconst c = `//${a}`; // d\n"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("a(); // 'b'", "a();"),
        ("a('// b'); // c // d", "a('// b');"),
        ("/** @type {B} */ (a).c(); // d", "(a).c();"),
        ("a = 'b // c';", "a = 'b // c';"),
        ("a = `b // c`;", "a = `b // c`;"),
        ("a = /[/] // b/;", "a = /[/] // b/;"),
        ("a = 'it\\'s // b';", "a = 'it\\'s // b';"),
        ("https://a // b", "https://a // b"),
    ],
)
def test_comments_at_the_end_of_a_line_go_where_they_are_surely_some(line: str, wanted: str) -> None:
    assert lighten(line) == wanted


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_light_modules_are_javascript(tmp_path: Path) -> None:
    for number, path in enumerate(MODULES):
        light = tmp_path / f"{number}.mjs"
        light.write_text(lighten(path.read_text(encoding="utf-8")), encoding="utf-8")
    read = "require('fs').readFileSync(f, 'utf8')"
    program = f"for (const f of process.argv.slice(1)) new (require('vm').SourceTextModule)({read}, {{identifier: f}})"
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    subprocess.run(["node", "--experimental-vm-modules", "--no-warnings", "-e", program, *files], check=True)
