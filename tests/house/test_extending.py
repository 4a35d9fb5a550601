"""docs/extending.md shows changes of the code: what they take away and what stands around it is there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from places import ROOT

PAGE = ROOT / "docs" / "extending.md"
BLOCK = re.compile(r"^```diff\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINE_LENGTH = 120


def shown() -> Iterator[tuple[str, str]]:
    """Each line of each diff with its mark, after the path that it is a line of; a comma ends the path."""
    for block in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        path = ""
        for line in block.splitlines():
            if line.startswith("--- "):
                path = line[4:].split(",")[0]
            else:
                yield path, line


def whole(marks: str) -> list[tuple[str, str]]:
    """The lines with one of these marks that are not shortened."""
    return [(path, line) for path, line in shown() if line[:1] in marks and line[1:].strip() and "…" not in line]


def test_every_line_belongs_to_a_file_and_has_a_mark() -> None:
    assert not [line for path, line in shown() if not path.endswith((".py", ".md")) or line[:1] not in "-+ "]


@pytest.mark.parametrize(("path", "line"), [pytest.param(*each, id=each[1][:40]) for each in whole("- ")])
def test_a_line_that_a_change_begins_from_is_in_its_file(path: str, line: str) -> None:
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    assert line[1:].rstrip() in lines, path


def test_a_line_that_a_change_adds_is_not_too_long() -> None:
    assert not [line for _, line in whole("+") if len(line) > 1 + LINE_LENGTH]


def test_there_is_something_to_compare() -> None:
    assert len(whole("- ")) >= 15
