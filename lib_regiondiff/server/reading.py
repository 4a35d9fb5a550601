"""Files that are dropped onto the page, and a palette's way back into layers."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from lib_regiondiff.authoring.colours import choose_colours
from lib_regiondiff.document import png
from lib_regiondiff.document.json_text import MAX_BYTES, UTF16
from lib_regiondiff.document.palette import Palette, dump, parse
from lib_regiondiff.errors import PaletteError, Problem
from lib_regiondiff.formats import infotext, psd
from lib_regiondiff.planning.weights.masks import rasterise

WHERE = "file"
KEY = "Region Diffusion: "
"""What stands before a palette in a picture of a WebUI."""
EXIF, COMMENT = 0x8769, 0x9286
KINDS = {b"\xff\xd8\xff": "JPEG", b"RIFF": "WEBP"}
SIDECAR = "a palette in the picture itself, or the file beside it, {}, in place of the picture"
FOUND = "a palette: our PNG or JSON, a WebUI's picture or its text, or a PSD"


def read_upload(data: bytes) -> dict[str, Any]:
    """The palette in the bytes of a file: a PNG of ours, a WebUI's picture or infotext, packed text, JSON or a PSD.

    PaletteError where there is none, HostError for a PSD where psd-tools is not installed.
    """
    return {"palette": dump(_read(data))}


def write_psd(data: Any) -> bytes:
    """A palette's plain data as a PSD; PaletteError for no palette, HostError where psd-tools is not installed."""
    palette = parse(data)
    ids = (brush.id for brush in palette.brushes)
    return psd.write(palette, dict(zip(ids, choose_colours(palette.brushes), strict=True)), rasterise)


def _read(data: bytes) -> Palette:
    if data.startswith(png.SIGNATURE):
        return _read_png(data)
    if data.startswith(psd.SIGNATURE):
        return psd.read(data, rasterise)
    if any(data.startswith(start) for start in KINDS):
        return _read_text(_read_exif(data))
    text = _decode(data)
    return _read_text(text) if infotext.is_value(text) or (KEY in text and text.lstrip()[:1] != "{") else parse(text)


def _read_png(data: bytes) -> Palette:
    """The palette of our own chunk, else that of a WebUI's text."""
    try:
        return png.read(io.BytesIO(data), WHERE)[0]
    except PaletteError:
        texts = _read_notes(data)
        if KEY not in texts.get("parameters", ""):
            raise
        return _read_text(texts["parameters"])


def _read_text(text: str) -> Palette:
    """The palette in a WebUI's infotext, or in the value that it holds."""
    value = text.strip() if infotext.is_value(text) else text.partition(KEY)[2].split(",")[0].split("\n")[0].strip()
    if not value:
        raise PaletteError([Problem(WHERE, FOUND, "a file without one")])
    value = value.strip('"')
    if infotext.is_value(value) and not infotext.is_packed(value):
        raise PaletteError([Problem(WHERE, SIDECAR.format(value), "only its name")])
    return infotext.unpack(value)


def _read_notes(data: bytes) -> dict[str, str]:
    """The texts of a PNG, as far as Pillow reads them within its limits."""
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            return {key: value for key, value in getattr(image, "text", {}).items() if isinstance(value, str)}
    except Exception:  # noqa: BLE001 - strangers' files
        return {}


def _read_exif(data: bytes) -> str:
    """The comment in which a WebUI puts its text into JPEG and WebP."""
    try:
        with Image.open(io.BytesIO(data), formats=[*KINDS.values()]) as image:
            comment = image.getexif().get_ifd(EXIF).get(COMMENT, b"")
    except Exception:  # noqa: BLE001 - strangers' files
        return ""
    if not isinstance(comment, bytes):
        return ""
    return comment[8:].decode("utf-16-be" if comment.startswith(b"UNICODE") else "utf-8", "replace")


def _decode(data: bytes) -> str:
    """Text of a file, which may be UTF-16 as PowerShell 5 writes it; PaletteError for what is no text."""
    wide = data[:2] in UTF16
    if len(data) > MAX_BYTES * (2 if wide else 1):
        raise PaletteError([Problem(WHERE, f"at most {MAX_BYTES // 2**20} MB of text", "more")])
    try:
        return data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise PaletteError([Problem(WHERE, FOUND, "a file of another kind")]) from None
