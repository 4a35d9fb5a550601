"""Encoded images -> Pillow's: their heads tell sizes before anything is decoded, and only pixels are handed on."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, features

from lib_regiondiff.document.rules import show

MAX_SIDE = 16384
MAX_PIXELS = 2**25
STARTS = {"PNG": rb"\x89PNG\r\n\x1a\n", "JPEG": rb"\xff\xd8\xff", "WEBP": rb"RIFF....WEBP"}
MAX_CHUNKS, MAX_MARKERS, MAX_SCANS = 2**16, 2**12, 64
CHUNK_NAME = re.compile(rb"[A-Za-z]{4}")
PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
MARKER = re.compile(rb"\xff([\x02-\xcf\xd9-\xfe])")  # with a length: no stuffed byte, restart or other beginning
SCAN, END, EXIF = 0xDA, 0xD9, 0xE1
NOTES = (*range(EXIF, 0xEE), 0xEF, 0xFE)  # of other programs: all but JFIF's and Adobe's, which tell of colours
FRAMES = tuple(each for each in range(0xC0, 0xD0) if each not in (0xC4, 0xC8, 0xCC))
SAFE_WEBP = (1, 3, 2)
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
UNPACKED, WIDE, DEEP, PACKED = 7.7, 5.5, 7.0, 28.0
"""Nanoseconds of a PNG's byte: unpacked, where a pixel has one byte, several of a channel each, two of one; packed."""
JPEG, SCANNED, CODED, WEBP = 8.0, 2.0, 12.0, 25.0
"""Nanoseconds: of a JPEG's pixel, once and in each scan, and of its byte; of a WebP's pixel."""
# What Pillow's readers raise for broken files.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, ArithmeticError, struct.error, zlib.error)


class Flaw(Exception):  # noqa: N818 - it never leaves the two modules
    """Raised for encoded bytes that are refused; its text says what is wrong with them."""


@dataclass(frozen=True)
class Stripped:
    """The bytes of a picture without other programs' notes, and its EXIF block, empty where there is none."""

    bare: bytes
    exif: bytes = b""


def open_image(data: bytes, kind: str, most: int = MAX_PIXELS) -> tuple[Image.Image, bytes]:
    """Decode PNG, JPEG or WEBP bytes, as `kind` says: the image and its EXIF block.

    Raises Flaw unless they are one whole still image of at most `most` pixels and MAX_SIDE at a side, which is known
    before anything is decoded. Pillow never sees notes, profiles and texts: it warns of them and would inflate them.
    """
    if not re.match(STARTS[kind], data, re.DOTALL):
        raise Flaw(f"data of another kind ({len(data)} bytes)")
    try:
        parts = _strip(data, kind)
        expected = read_size(data, kind)
        if expected and (expected[0] * expected[1] > most or max(expected) > MAX_SIDE):
            raise Flaw(f"{expected[0]}x{expected[1]} pixels (at most {most}, and {MAX_SIDE} at a side)")
        image = Image.open(io.BytesIO(parts.bare), formats=[kind])
        if image.size != expected:
            raise Flaw("a head that says two sizes")
        if getattr(image, "is_animated", False):
            raise Flaw("an animation")
        image.load()
    except (Image.DecompressionBombError, *BROKEN) as error:
        raise Flaw(describe_error(error)) from None
    return image, parts.exif


def read_size(data: bytes, kind: str) -> tuple[int, int] | None:
    """Width and height in pixels that a picture's first bytes claim; None where they claim nothing.

    Raises Flaw for a JPEG of too many segments.
    """
    if kind == "PNG":
        return _unpack_pair(data[16:24], ">II") if data[12:16] == b"IHDR" else None
    return _read_webp_size(data) if kind == "WEBP" else _read_jpeg_size(data)


def estimate_cost(data: bytes, kind: str, length: int) -> float:
    """Nanoseconds that decoding a picture takes at most; 0 where its first bytes, `data`, claim no size.

    `length` is that of all its bytes. A JPEG is needed whole, for it may hold many scans; Flaw for too many segments.
    """
    size = read_size(data, kind)
    if size is None or (kind == "PNG" and len(data) < 26):
        return 0.0
    pixels = size[0] * size[1]
    if kind == "PNG":
        bits = data[24] * CHANNELS.get(data[25], 4)
        price = UNPACKED if bits <= 8 else WIDE if data[24] <= 8 else DEEP
        return (1 + size[0] * bits // 8) * size[1] * price + length * PACKED
    if kind == "JPEG":
        return pixels * (JPEG + SCANNED * sum(marker == SCAN for marker, _, _ in _read_segments(data))) + length * CODED
    return pixels * WEBP


def write_png(pixels: np.ndarray) -> bytes:
    """Encode uint8 [height, width] as a grey PNG, quickly rather than in few bytes: noise is not compressed."""
    height, width = pixels.shape
    level = 1 if 3 * np.count_nonzero(pixels[:, 1:] != pixels[:, :-1]) < pixels.size else 0
    packer = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    packed = packer.compress(np.pad(pixels, ((0, 0), (1, 0))).tobytes()) + packer.flush()  # each row begins with 0
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def _strip(data: bytes, kind: str) -> Stripped:
    if kind == "PNG":
        return _strip_png(data)
    return _strip_webp(data) if kind == "WEBP" else _strip_jpeg(data)


def _unpack_pair(data: bytes, form: str) -> tuple[int, int] | None:
    return struct.unpack(form, data) if len(data) == struct.calcsize(form) else None


def _strip_png(data: bytes) -> Stripped:
    """The chunks that Pillow needs, each with a true checksum; Flaw unless the one head is the first of them."""
    kept, exif = [data[:8]], b""
    for index, (name, body, chunk) in enumerate(_read_png_chunks(data)):
        if (name == b"IHDR") != (index == 0) or (index == 0 and len(body) != 13):
            raise Flaw("not exactly one head, at its beginning")
        if name == b"acTL" and body[:4] > b"\0\0\0\1":
            raise Flaw("an animation")
        if name in PIXELS:
            kept.append(chunk)
        exif = exif or (body if name == b"eXIf" else b"")
    return Stripped(b"".join(kept), exif)


def _read_png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Name, content and the whole of each chunk up to the end."""
    place = 8
    for _ in range(MAX_CHUNKS):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        if end > len(data):
            raise Flaw(f"{len(data)} bytes that end too early")
        name = data[place + 4 : place + 8]
        if zlib.crc32(data[place + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise Flaw(f"a false checksum in the chunk {show(name)[1:]}")
        if not CHUNK_NAME.fullmatch(name):
            raise Flaw(f"a chunk {show(name)[1:]}")
        yield name, data[place + 8 : end - 4], data[place:end]
        if name == b"IEND":
            return
        place = end
    raise Flaw(f"more than {MAX_CHUNKS} chunks")


def _strip_jpeg(data: bytes) -> Stripped:
    """The segments before the pixels without notes, and all from there on; Flaw for too many of them or of scans."""
    kept, exif, scans, first = [data[:2]], b"", 0, len(data)
    for marker, start, end in _read_segments(data):
        if marker == SCAN:
            scans, first = scans + 1, min(first, start)
        elif not scans and marker not in NOTES:
            kept.append(data[start:end])
        elif not scans and marker == EXIF and data[start + 4 : start + 10] == b"Exif\0\0":
            exif = exif or data[start + 10 : end]
        if scans > MAX_SCANS:
            raise Flaw(f"more than {MAX_SCANS} scans")
    return Stripped(b"".join([*kept, data[first:]]), exif)


def _read_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment up to the end of the picture; what lies between them is passed over."""
    place = 2
    for _ in range(MAX_MARKERS):
        match = MARKER.search(data, place)
        if not match or match[1][0] == END:
            return
        place = match.end() + int.from_bytes(data[match.end() : match.end() + 2], "big")
        yield match[1][0], match.start(), place
    raise Flaw(f"more than {MAX_MARKERS} segments")


def _read_jpeg_size(data: bytes) -> tuple[int, int] | None:
    for marker, start, _ in _read_segments(data):
        if marker in FRAMES:
            found = _unpack_pair(data[start + 5 : start + 9], ">HH")
            return found and (found[1], found[0])
        if marker == SCAN:
            return None
    return None


def _strip_webp(data: bytes) -> Stripped:
    """All the bytes, for Pillow inflates nothing of a WebP; Flaw where the library that reads it is not safe."""
    if danger := find_webp_danger():
        raise Flaw(danger)
    place = 12
    for _ in range(MAX_CHUNKS):
        end = place + 8 + int.from_bytes(data[place + 4 : place + 8], "little")
        if data[place : place + 4] == b"EXIF":
            return Stripped(data, data[place + 8 : end].removeprefix(b"Exif\0\0"))
        place = end + end % 2
        if place >= len(data):
            break
    return Stripped(data)


def find_webp_danger() -> str:
    """Why this Pillow may not read WebP: a libwebp before 1.3.2 or of unknown age (CVE-2023-4863); "" where it may."""
    version = features.version("webp")
    if version and tuple(map(int, re.findall(r"\d+", version)[:3])) >= SAFE_WEBP:
        return ""
    known = f"libwebp {version}" if version else "a libwebp of unknown age"
    return f"a WebP, which {known} can't read safely (CVE-2023-4863); use PNG or JPEG, or update Pillow"


def _read_webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height that a WebP of the wide, the lossless or the plain form claims; None for any other."""
    form, body = data[12:16], data[20:30]
    if form == b"VP8L" and len(body) > 4:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8X" and len(body) == 10:
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:], "little")
    if form == b"VP8 " and len(body) == 10:
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:], "little") & 0x3FFF
    return None


def read_orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, that an EXIF block gives to its picture; 1 where it says nothing or is broken."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None or len(exif) < 8:
        return 1
    (start,) = struct.unpack(f"{order}I", exif[4:8])
    count = int.from_bytes(exif[start : start + 2], "little" if order == "<" else "big")
    for place in range(start + 2, min(start + 2 + 12 * count, len(exif) - 11), 12):
        tag, form, length, value = struct.unpack(f"{order}HHIH", exif[place : place + 10])
        if tag == 0x0112:
            return value if (form, length) == (3, 1) and value in range(1, 9) else 1
    return 1


def describe_error(error: Exception) -> str:
    """What an exception of the system or of Pillow says, on one line of at most 80 characters."""
    words = " ".join((getattr(error, "strerror", None) or str(error)).split())
    return "a broken image" if "identify" in words or not words else words[:80]
