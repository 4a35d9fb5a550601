"""Emphasis: the WebUI's syntax, example by example, and as laws of any text."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

pytest.importorskip("diffusers")

from lib_regiondiff.hosts.diffusers.emphasis import Piece, pieces

MARKS = ["(", ")", "[", "]", ":1.2)", ": 0.5 )", ":.5)", "\\(", "\\", "BREAK"]
FRAGMENTS = st.lists(st.sampled_from([*MARKS, "a", "b c", ",", ":", "1.3", "é"])).map("".join)


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("", [("", 1)]),
        ("a cat", [("a cat", 1)]),
        ("a (red) cat", [("a ", 1), ("red", 1.1), (" cat", 1)]),
        ("a ((red)) cat", [("a ", 1), ("red", 1.21), (" cat", 1)]),
        ("a [red] cat", [("a ", 1), ("red", 1 / 1.1), (" cat", 1)]),
        ("(a (red:1.5) cat:0.5)", [("a ", 0.5), ("red", 0.75), (" cat", 0.5)]),
        ("a \\(red\\) cat", [("a (red) cat", 1)]),
        ("c:\\\\", [("c:\\", 1)]),
        ("(open", [("open", 1.1)]),
        ("[open", [("open", 1 / 1.1)]),
        ("closed)", [("closed)", 1)]),
        ("ratio 3:4)", [("ratio 3:4)", 1)]),
        ("(x: .5 )", [("x", 0.5)]),
    ],
)
def test_examples(prompt: str, wanted: list[tuple[str, float]]) -> None:
    found = [(piece.text, pytest.approx(piece.weight)) for piece in pieces(prompt)]
    assert found == wanted


def test_break_is_a_word_of_its_own() -> None:
    assert pieces("a BREAK b") == [Piece("a "), Piece("", pause=True), Piece(" b")]
    assert pieces("BREAKFAST") == [Piece("BREAKFAST")]


@given(st.text(alphabet=st.characters(blacklist_characters="()[]\\:B", blacklist_categories=("Cs",))))
def test_text_without_marks_is_one_piece(prompt: str) -> None:
    assert pieces(prompt) == [Piece(prompt)]


@given(FRAGMENTS)
def test_only_marks_are_lost(prompt: str) -> None:
    kept = "".join(piece.text for piece in pieces(prompt))
    assert re.sub(r"[^a-zé]", "", kept) == re.sub(r"[^a-zé]", "", prompt)
    assert len(kept) <= len(prompt)


@given(FRAGMENTS, st.floats(0.1, 3).map(lambda number: round(number, 3)))
def test_weights_multiply_through_a_closed_bracket(prompt: str, weight: float) -> None:
    assume(prompt and not set("()[\\") & set(prompt))
    inner, outer = pieces(prompt), pieces(f"({prompt}:{weight})")
    assert [piece.text for piece in outer] == [piece.text for piece in inner]
    assert [piece.weight for piece in outer] == [pytest.approx(piece.weight * weight) for piece in inner]
