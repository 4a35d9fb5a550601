"""PNG files with records, as they are saved or damaged, and what is said of them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from lib_regiondiff.document import png
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.document.png import MadeWith
from lib_regiondiff.errors import PaletteError
from palettes import encoded

CHOSEN = {"tiles": {"width": 512, "height": 640, "overlap": 128}, "bootstrap": {"levels": 2, "mix": 1.5}}

MADE = MadeWith("cuda", "float16", {"regiondiff": "0.1.0", "torch": "2.12.0"}, "NVIDIA H200", CHOSEN)


def grey() -> Image.Image:
    """A small picture."""
    return Image.new("RGB", (4, 3), (90, 91, 92))


def saved(folder: Path, palette: Palette) -> Path:
    """The PNG of a palette."""
    png.save(grey(), palette, MADE, folder / "a.png")
    return folder / "a.png"


def told(path: Path) -> str:
    """What is said of a file that can't be read."""
    with pytest.raises(PaletteError) as caught:
        png.load(path)
    text = str(caught.value)
    assert "\n" not in text
    return text


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_text(folder: Path, text: bytes, flag: int = 0) -> Path:
    """A PNG whose record is this text."""
    plain = encoded(grey())
    body = png.MARK + bytes([flag, 0]) + b"\0\0" + text
    path = folder / "b.png"
    path.write_bytes(plain[:33] + chunk(b"iTXt", body) + plain[33:])
    return path
