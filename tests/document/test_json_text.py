"""JSON text: read as everybody reads it, or refused, soon and without filling the memory."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded import bounded
from lib_regiondiff.document.json_text import MAX_BYTES, MAX_VALUES, loads
from lib_regiondiff.document.rules import Fault

SCALARS = st.none() | st.booleans() | st.integers(-(10**37), 10**37) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS | st.text(), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


def told(text: str | bytes) -> str:
    """What is said of a text that is refused."""
    with pytest.raises(Fault) as caught:
        loads(text)
    (problem,) = caught.value.problems
    assert len(str(problem)) < 300
    return f"{problem.expected}, got {problem.got}"


@given(VALUES, st.booleans(), st.booleans())
def test_what_is_written_is_read(value: object, ascii_only: bool, mark: bool) -> None:
    text = ("\ufeff" if mark else "") + json.dumps(value, ensure_ascii=ascii_only)
    assert loads(text) == value
    assert loads(text.encode()) == value


@given(st.binary(max_size=60) | st.text(max_size=60) | st.text('{}[]",:0123456789.eE+-\\ntfu ', max_size=60))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    try:
        loads(text)
    except Fault as fault:
        assert len(fault.problems) == 1  # noqa: PT017 - either way is right


def test_huge_numbers_become_floats() -> None:
    assert loads("9" * 39) == 10**39 - 1
    assert loads("1" + "0" * 50) == 1e50
    assert loads("1" + "0" * 400) == math.inf
    assert loads("[1e999, -1e999, 1e-999]") == [math.inf, -math.inf, 0]
    with bounded(1.0, 200):
        assert loads("9" * 20_000_000) == math.inf


def test_what_is_no_json_is_told() -> None:
    assert told("NaN") == "JSON, got NaN, which JSON does not have"
    assert told("[" * 100_000).endswith("nested too deeply")
    assert told('{"a":' * 100_000).endswith("nested too deeply")
    assert told('{"a": 1, "a": 2}') == "each key once in an object, got 'a' again"
    assert told("") == "JSON, got a fault at line 1, column 1 (Expecting value)"
    for form in ("utf-16", "utf-16-le", "utf-16-be"):
        assert told('{"version": 1}'.encode(form)).startswith("UTF-8 text, got UTF-16 (as PowerShell 5 writes with >);")
    assert told(b"\xff") == "UTF-8 text, got other bytes"


def test_what_is_too_much_is_told() -> None:
    assert told(b" " * (MAX_BYTES + 1)) == "at most 64 MB of text, got more"
    assert told("[" + "1," * MAX_VALUES + "1]") == "at most 1048576 brackets and commas, got more"
    wide = b'"' + b"a" * (MAX_BYTES - 10) + "😀".encode() + b'"'
    assert told(wide) == "at most 48 million characters where some are as wide as emoji, got more"


FULL = MAX_BYTES - 100
LARGE = {
    "a word": lambda: b'"' + b"a" * FULL + b'"',
    "a wide word": lambda: b'"' + b"a" * (FULL * 3 // 4 - 10) + "😀".encode() + b'"',
    "emoji": lambda: b'"' + "😀".encode() * (FULL // 4) + b'"',
    "escapes": lambda: b'"' + b"\\u0041" * (FULL // 6) + b'"',
    "line breaks": lambda: b'"' + b"\\n" * (FULL // 2) + b'"',
    "numbers": lambda: b"[" + b"1e5," * (MAX_VALUES - 9) + b"1]",
    "long numbers": lambda: b"[" + (b"9" * 39 + b",") * (MAX_VALUES - 9) + b"1]",
    "objects": lambda: b"[" + b"{}," * (MAX_VALUES // 2 - 9) + b"1]",
    "lists": lambda: b"[" + b"[[]]," * (MAX_VALUES // 3 - 9) + b"1]",
    "keys": lambda: b"{" + b",".join(b'"k%d":1' % index for index in range(MAX_VALUES - 9)) + b"}",
}


@pytest.mark.parametrize("name", LARGE)
def test_no_text_takes_long_or_much(name: str) -> None:
    text = LARGE[name]()
    with bounded(6.0, 500):  # half of it, where nothing else runs
        loads(text)
