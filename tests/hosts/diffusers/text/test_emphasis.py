"""Emphasis: the WebUI's syntax, example by example, and as laws of any text."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

pytest.importorskip("diffusers")

from bounded import bounded
from lib_regiondiff.hosts.diffusers.text.emphasis import STEP, Piece, parse_emphasis

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
    found = [(piece.text, pytest.approx(piece.weight)) for piece in parse_emphasis(prompt)]
    assert found == wanted


def test_break_is_a_word_of_its_own() -> None:
    assert parse_emphasis("a BREAK b") == [Piece("a "), Piece("", pause=True), Piece(" b")]
    assert parse_emphasis("BREAKFAST") == [Piece("BREAKFAST")]


@given(st.text(alphabet=st.characters(blacklist_characters="()[]\\:B", blacklist_categories=("Cs",))))
def test_text_without_marks_is_one_piece(prompt: str) -> None:
    assert parse_emphasis(prompt) == [Piece(prompt)]


@given(FRAGMENTS)
def test_only_marks_are_lost(prompt: str) -> None:
    kept = "".join(piece.text for piece in parse_emphasis(prompt))
    assert re.sub(r"[^a-zé]", "", kept) == re.sub(r"[^a-zé]", "", prompt)
    assert len(kept) <= len(prompt)


@given(
    FRAGMENTS.map(lambda text: re.sub(r"[()\[\\]", "", text)), st.floats(0.1, 3).map(lambda number: round(number, 3))
)
def test_weights_multiply_through_a_closed_bracket(prompt: str, weight: float) -> None:
    assume(prompt)
    inner, outer = parse_emphasis(prompt), parse_emphasis(f"({prompt}:{weight})")
    assert [piece.text for piece in outer] == [piece.text for piece in inner]
    assert [piece.weight for piece in outer] == [pytest.approx(piece.weight * weight) for piece in inner]


NUMBER = re.compile(r":\s*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))\s*\)")


def spelled(prompt: str) -> list[Piece]:
    """The same slowly: each sign a piece, whose weight is multiplied whenever a bracket around it ends."""
    found: list[Piece] = []
    opened: dict[str, list[int]] = {"(": [], "[": []}

    def scale(start: int, factor: float) -> None:
        found[start:] = [Piece(piece.text, piece.weight * factor, piece.pause) for piece in found[start:]]

    while prompt:
        sign, taken = prompt[0], 1
        number = NUMBER.match(prompt)
        if sign == "\\" and prompt[1:2] and prompt[1] in "\\()[]":
            found, taken = [*found, Piece(prompt[1])], 2
        elif number and opened["("]:
            scale(opened["("].pop(), float(number[1]))
            taken = number.end()
        elif sign in opened:
            opened[sign].append(len(found))
        elif sign == ")" and opened["("]:
            scale(opened["("].pop(), STEP)
        elif sign == "]" and opened["["]:
            scale(opened["["].pop(), 1 / STEP)
        else:
            found, taken = [*found, Piece("" if sign == "\\" else sign)], 1
        prompt = prompt[taken:]
    for start in opened["("]:
        scale(start, STEP)
    for start in opened["["]:
        scale(start, 1 / STEP)
    return merged(found)


def merged(found: list[Piece]) -> list[Piece]:
    """Neighbours of one weight as one."""
    joined: list[Piece] = []
    for piece in found:
        if joined and joined[-1].weight == piece.weight:
            joined[-1] = Piece(joined[-1].text + piece.text, piece.weight)
        else:
            joined.append(piece)
    return joined or [Piece("")]


SIGNS = ["(", ")", "[", "]", ":1.2)", ": .5 )", ":-3.)", ":1.2.3)", "\\", "ab", " ", ":", "1"]


@given(st.lists(st.sampled_from(SIGNS)).map("".join) | st.text("()[]:1.\\ a"))
@example("(a(b:1.3)[c(d])e")
def test_the_weights_are_those_of_each_sign_by_itself(prompt: str) -> None:
    assert parse_emphasis(prompt) == spelled(prompt)


@pytest.mark.parametrize("part", ["(a", "[a", "(", "(a[b", ":1", ":", "1", ": ", "\\(", "a:1)", "BREAK ", "(a:1.1)"])
def test_no_prompt_takes_long(part: str) -> None:
    many = part * (20_000 // len(part))
    for prompt in (many, f":{many}", f"({many}", "(" * 9000 + many[:2000] + ")" * 9000):
        with bounded(1.0):
            parse_emphasis(prompt)
