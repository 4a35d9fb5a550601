"""docs/troubleshooting.md quotes what the code says: each piece of a message stands in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from places import ROOT

PAGE = ROOT / "docs" / "troubleshooting.md"
QUOTE = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
JOINTS = re.compile(r"…|: expected |, got |; |\d+ ?x ?\d+")
SHORTEST = 5


def sources() -> Iterator[str]:
    """For each file of the code all text in it; of f-strings the parts that do not change."""
    for folder in ("lib_regiondiff", "scripts", "tools"):
        for path in (ROOT / folder).rglob("*.py"):
            values = (node.value for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Constant))
            yield "\n".join(value for value in values if isinstance(value, str))
    yield (ROOT / "install.py").read_text(encoding="utf-8")


def pieces(quote: str) -> list[str]:
    """What stays the same in a message."""
    found = (piece.strip(" .:,;()") for piece in JOINTS.split(quote))
    return [piece for piece in found if len(piece) >= SHORTEST]


def quotes() -> list[str]:
    """The messages in the first column."""
    return [each for each in QUOTE.findall(PAGE.read_text(encoding="utf-8")) if " " in each and "python -m" not in each]


SAID = list(sources())


def test_there_are_messages_and_each_has_something_to_look_for() -> None:
    assert len(quotes()) > 25 and all(map(pieces, quotes()))


@pytest.mark.parametrize("quote", quotes())
def test_a_message_is_what_one_place_in_the_code_says(quote: str) -> None:
    lacking = [[piece for piece in pieces(quote) if piece not in said] for said in SAID]
    assert [] in lacking, min(lacking, key=len)
