"""Where the command line gets its palette from: a JSON file, stdin or a PNG."""

from __future__ import annotations

import sys
from pathlib import Path

from lib_regiondiff import record
from lib_regiondiff.palette import MAX_BYTES, Palette, parse
from lib_regiondiff.record import MadeWith


def read(source: str) -> tuple[Palette, MadeWith | None]:
    """The palette of a JSON file, of stdin (-) or of a PNG, which also says what it was made with."""
    if source == "-":
        return parse(sys.stdin.buffer.read(MAX_BYTES + 1), Path.cwd()), None
    path = Path(source)
    if record.is_png(path):
        return record.load(path)
    with path.open("rb") as file:
        return parse(file.read(MAX_BYTES + 1), path.parent), None
