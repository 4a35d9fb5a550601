"""Files that are dropped onto the page, and a palette's way back into layers."""

from __future__ import annotations

import io
from typing import Any

from lib_regiondiff.document import png
from lib_regiondiff.document.palette import Palette, dump, parse
from lib_regiondiff.errors import HostError, PaletteError

WHERE = "file"
PSD = b"8BPS"


def read_upload(data: bytes) -> dict[str, Any]:
    """The palette in the bytes of a file: our PNG, JSON, packed text; PaletteError where there is none."""
    return {"palette": dump(_read(data))}


def _read(data: bytes) -> Palette:
    if data.startswith(png.SIGNATURE):
        return png.read(io.BytesIO(data), WHERE)[0]
    if data.startswith(PSD):
        raise HostError("psd", "", "")
    return parse(data)


def write_psd(data: Any) -> bytes:
    """A palette as a layered file."""
    raise PaletteError([])
