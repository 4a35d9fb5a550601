"""JSON text -> plain data: strict, and with limits, so that no text keeps the reader busy."""

from __future__ import annotations

import json
from typing import Any

from lib_regiondiff.errors import Problem
from lib_regiondiff.schema import Fault, show

MAX_BYTES = 64 * 2**20
MAX_VALUES = 2**21


def loads(text: str | bytes) -> Any:
    """Plain data of JSON text; Fault for text that is too long or names a key twice, and for what is no JSON."""
    if len(text) > MAX_BYTES:
        raise _refusal(f"at most {MAX_BYTES // 2**20} MB of text", "more")
    try:
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        if sum(map(text.count, "[{,")) > MAX_VALUES:
            raise _refusal(f"at most {MAX_VALUES} brackets and commas", "more")
        return json.loads(text, parse_int=_whole, parse_constant=_constant, object_pairs_hook=_unique)
    except UnicodeDecodeError:
        raise _refusal("UTF-8 text", "other bytes") from None
    except json.JSONDecodeError as error:
        raise _refusal("JSON", f"a fault at line {error.lineno}, column {error.colno} ({error.msg})") from None
    except RecursionError:
        raise _refusal("JSON", "brackets nested too deeply") from None


def _refusal(expected: str, got: str) -> Fault:
    return Fault(Problem("palette", expected, got))


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 40 else float(digits)


def _constant(name: str) -> Any:
    raise _refusal("JSON", f"{name}, which JSON does not have")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise _refusal("each key once in an object", f"{show(twice)} again")
    return data
