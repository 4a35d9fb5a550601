"""JSON text -> plain data, the only door: strict, and with limits, so that no text keeps the reader busy."""

from __future__ import annotations

import json
import sys
from typing import Any

from lib_regiondiff.document.rules import Fault, show
from lib_regiondiff.errors import Problem

MAX_BYTES = 64 * 2**20
MAX_VALUES = 2**20
WIDEST = 3 * MAX_BYTES
"""Bytes of decoded text at most: a single emoji makes every letter of a text four bytes wide."""
UTF16 = (b"\xff\xfe", b"\xfe\xff")


def loads(text: str | bytes, most: int = MAX_BYTES) -> Any:
    """Plain data of JSON text or its UTF-8 bytes; whole numbers of 40 digits and more become floats.

    Raises Fault for what is no JSON, names a key twice in an object, or is too much: `most` characters or bytes,
    MAX_VALUES brackets and commas, WIDEST bytes of decoded text. Numbers beyond all ranges become infinite.
    """
    if len(text) > most:
        raise _refusal(f"at most {most // 2**20} MB of text", "more")
    try:
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        if sys.getsizeof(text) > max(WIDEST, most + 100):
            raise _refusal(f"at most {WIDEST // 2**22} million characters where some are as wide as emoji", "more")
        if sum(map(text.count, "[{,")) > MAX_VALUES:
            raise _refusal(f"at most {MAX_VALUES} brackets and commas", "more")
        return json.loads(text, parse_int=_parse_whole, parse_constant=_refuse_constant, object_pairs_hook=_make_object)
    except UnicodeDecodeError:
        raise _no_text(text) from None
    except json.JSONDecodeError as error:
        if error.doc[:4].count("\0") == 2:
            raise _no_text(text) from None
        raise _refusal("JSON", f"a fault at line {error.lineno}, column {error.colno} ({error.msg})") from None
    except RecursionError:
        raise _refusal("JSON", "brackets nested too deeply") from None


def _refusal(expected: str, got: str) -> Fault:
    return Fault(Problem("palette", expected, got))


def _no_text(start: str | bytes) -> Fault:
    """The fault of bytes that are no UTF-8; UTF-16 is known by its mark, or by the zeros beside Latin letters."""
    is_wide = start[:2] in UTF16 or isinstance(start, str)
    return _refusal(
        "UTF-8 text", "UTF-16 (as PowerShell 5 writes with >); save it as UTF-8" if is_wide else "other bytes"
    )


def _parse_whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 40 else float(digits)


def _refuse_constant(name: str) -> Any:
    raise _refusal("JSON", f"{name}, which JSON does not have")


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise _refusal("each key once in an object", f"{show(twice)} again")
    return data
