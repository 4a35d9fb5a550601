"""Palettes from strangers at the command line: told in plain lines, and nothing is drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hostile_cases import Case, cases
from lib_regiondiff.command.cli import main

CASES = [case for case in cases() if case.name != "UTF-16"]
"""With a mark the command decodes it, since PowerShell 5 writes such files."""


def invoke(*words: str | Path) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_check_tells_every_problem_in_a_line(case: Case, tmp_path: Path) -> None:
    result = invoke("check", case.write(tmp_path))
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    for path, told in case.problems:
        assert any(path in line and told in line for line in lines), (path, told, lines[:10])
    assert case.more or len(lines) == len(case.problems), lines
    assert max(map(len, lines)) < 400


@pytest.mark.parametrize("case", CASES[::5], ids=lambda case: case.name)
def test_render_draws_nothing(case: Case, tmp_path: Path) -> None:
    picture = tmp_path / "out.png"
    result = invoke("render", case.write(tmp_path), "-o", picture)
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert not picture.exists()
