"""Where the command line gets its palette from: a JSON file, stdin or a PNG."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

from lib_regiondiff.document import png
from lib_regiondiff.document.json_text import MAX_BYTES, UTF16
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.document.png import MadeWith


def read(source: str) -> tuple[Palette, MadeWith | None]:
    """The palette of a JSON file, of stdin (-) or of a PNG; a PNG also says what it was made with, others None.

    Raises PaletteError for what is no palette, OSError for what cannot be read.
    """
    if source == "-":
        return parse(_read_text(sys.stdin.buffer), Path.cwd()), None
    path = Path(source)
    if png.is_png(path):
        return png.load(path)
    with path.open("rb") as file:
        return parse(_read_text(file), path.parent), None


def _read_text(file: BinaryIO) -> str | bytes:
    """The content of a file, up to more than a palette may hold; UTF-16, as PowerShell 5 writes it, is decoded."""
    data = file.read(2 * MAX_BYTES + 1)
    if data[:2] in UTF16:
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            return data  # told by whoever reads it
    return data
