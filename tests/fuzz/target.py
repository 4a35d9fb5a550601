"""What a parser under test is, and what all of them need: bytes as text, a folder, what refusals must look like."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lib_regiondiff.document.palette import Palette, dumps, parse
from lib_regiondiff.errors import PaletteError

LONGEST = 2**16
"""Bytes of an input; a longer one is cut."""
JSON = (b"{", b"}", b"[", b"]", b'"', b":", b",", b"1e999", b"null", b"\\ud800", b"\\u0000", b"0", b'"version":1')
KEYS = tuple(json.dumps(key).encode() for key in ("brushes", "mask", "polygon", "tiles", "typed", "init", "noise"))


@dataclass(frozen=True)
class Target:
    """A parser: what it must do with any bytes, sound inputs, and what its language is made of."""

    check: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    tokens: Sequence[bytes] = ()


@functools.cache
def folder() -> Path:
    """A folder for the files of this process."""
    return Path(tempfile.mkdtemp(prefix="regiondiff-fuzz-"))


def text_of(data: bytes) -> str:
    """Bytes as text; those that are no UTF-8 become halves of surrogate pairs, as which a request may have them."""
    return data.decode("utf-8", "surrogateescape")


def tell(error: PaletteError) -> None:
    """Look at what people are told."""
    assert 1 <= len(error.problems) <= 500
    assert all(len(line) <= 2000 for line in map(str, error.problems))


def palette_of(read: Callable[[], Palette]) -> Palette | None:
    """What a reader gives, or None where it refuses; what it gives is written and read again as the same."""
    try:
        found = read()
    except PaletteError as error:
        tell(error)
        return None
    assert parse(dumps(found)) == found
    return found
