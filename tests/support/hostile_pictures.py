"""Image files that nobody should trust, byte by byte."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image

from lib_regiondiff.document.encoded import find_webp_danger
from palettes import encoded

START = b"\x89PNG\r\n\x1a\n"
ANOTHER_KIND = "data of another kind"
ONE_HEAD = "not exactly one head, at its beginning"
SIDE = 5792  # a square of this side has nearly as many pixels as are allowed


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    """One chunk of a PNG with its true checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def head(width: int = 1, height: int = 1, depth: int = 8, colour: int = 0, interlace: int = 0) -> bytes:
    """The first chunk of a PNG; colour 0 is grey, 2 RGB, 3 a palette, 6 RGBA."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def png(*middle: bytes, first: bytes = head(), pixels: bytes = b"\0\0", last: bytes = chunk(b"IEND")) -> bytes:
    """A PNG, one grey pixel if nothing else is said, with more chunks before the pixels."""
    return START + first + b"".join(middle) + chunk(b"IDAT", zlib.compress(pixels)) + last


def broken_checksum(place: int) -> bytes:
    """A PNG with one bit of a checksum turned: at 29 of its head, at -13 of its pixels."""
    data = bytearray(png())
    data[place] ^= 1
    return bytes(data)


def inflating(kind: bytes) -> bytes:
    """A chunk of a few kB that says to be 64 MB of text or of colour profile."""
    bomb = zlib.compress(b"a" * 2**26, 9)
    heads = {b"zTXt": b"Comment\0\0", b"iTXt": b"Comment\0\1\0\0\0", b"iCCP": b"sRGB\0\0"}
    return chunk(kind, heads[kind] + bomb)


def animation() -> bytes:
    """A PNG of two frames."""
    pair = [Image.new("L", (2, 2), value) for value in (0, 255)]
    return encoded(pair[0], save_all=True, append_images=pair[1:])


def webp_animation() -> bytes:
    """A WebP of two frames."""
    pair = [Image.new("L", (2, 2), value) for value in (0, 255)]
    return encoded(pair[0], "WEBP", save_all=True, append_images=pair[1:])


def jpeg(**options: Any) -> bytes:
    """A small JPEG."""
    return encoded(Image.new("RGB", (16, 16), "teal"), "JPEG", **options)


def many_scans() -> bytes:
    """A JPEG of 600 kB whose last scan, over all the pixels, comes ten thousand times."""
    data = encoded(Image.new("L", (SIDE, SIDE), 9), "JPEG", progressive=True)
    start, end = data.rindex(b"\xff\xda"), data.rindex(b"\xff\xd9")
    return data[:end] + data[start:end] * 10000 + data[end:]


def spread(data: bytes) -> bytes:
    """A JPEG with a million empty comments before anything else."""
    return data[:2] + b"\xff\xfe\0\2" * 10**6 + data[2:]


def wide_jpeg() -> bytes:
    """A JPEG whose head claims 65500 columns and rows."""
    data = jpeg()
    place = data.index(b"\xff\xc0") + 5
    return data[:place] + struct.pack(">HH", 65500, 65500) + data[place + 4 :]


def large() -> bytes:
    """A black mask, nearly as large as a mask may be."""
    return png(first=head(SIDE, SIDE, depth=1), pixels=bytes((SIDE // 8 + 1) * SIDE))


def half_stream() -> bytes:
    """A PNG of sound chunks whose pixels end too early."""
    rows = [b"\0" + Image.effect_noise((32, 1), 50).tobytes() for _ in range(32)]
    noise = zlib.compress(b"".join(rows))
    return START + head(32, 32) + chunk(b"IDAT", noise[: len(noise) // 2]) + chunk(b"IEND")


def spoilt(data: bytes, place: int, value: bytes) -> bytes:
    """The same bytes but for a few."""
    return data[:place] + value + data[place + len(value) :]


Maker = Callable[[], bytes]
GIF = encoded(Image.new("L", (1, 1)), "GIF")
MASKS: dict[str, tuple[Maker, str]] = {
    "only the first bytes of a PNG": (lambda: START, "8 bytes that end too early"),
    "PNG without its last byte": (lambda: png()[:-1], "66 bytes that end too early"),
    "PNG without an end": (lambda: png(last=b""), "55 bytes that end too early"),
    "half a PNG": (lambda: encoded(Image.effect_noise((64, 64), 50))[:2000], "2000 bytes that end too early"),
    "PNG with half its pixels": (half_stream, "image file is truncated"),
    "PNG without pixels": (lambda: START + head() + chunk(b"IEND"), ""),
    "PNG without a head": (lambda: START + chunk(b"IEND"), ""),
    "PNG with half a head": (
        lambda: START + chunk(b"IHDR", bytes(6)) + chunk(b"IEND"),
        ONE_HEAD,
    ),
    "false checksum of the head": (lambda: broken_checksum(29), "a false checksum in the chunk 'IHDR'"),
    "false checksum of the pixels": (lambda: broken_checksum(-13), "a false checksum in the chunk 'IDAT'"),
    "false checksum of the end": (lambda: broken_checksum(-1), "a false checksum in the chunk 'IEND'"),
    "one bit of the pixels turned": (lambda: spoilt(png(), 45, b"\xff"), "a false checksum in the chunk 'IDAT'"),
    "chunk longer than the file": (lambda: spoilt(png(), 8, b"\x7f\xff\xff\xff"), "67 bytes that end too early"),
    "chunk with a strange name": (lambda: png(chunk(b"\0\n\xff\x1b")), ""),
    "pixels that are no zlib stream": (
        lambda: START + head() + chunk(b"IDAT", b"pixels") + chunk(b"IEND"),
        "",
    ),
    "no columns": (lambda: png(first=head(0, 1)), ""),
    "no rows": (lambda: png(first=head(1, 0)), ""),
    "depth of three bits": (lambda: png(first=head(depth=3)), ""),
    "20000 x 20000": (lambda: png(first=head(20000, 20000)), "20000x20000 pixels"),
    "10000 x 10000": (
        lambda: png(first=head(10000, 10000)),
        "10000x10000 pixels (at most 33554432, and 16384 at a side)",
    ),
    "16385 x 1": (lambda: png(first=head(16385, 1)), "16385x1 pixels"),
    "four thousand million columns": (lambda: png(first=head(2**32 - 1, 2**32 - 1)), "4294967295x4294967295 pixels"),
    "two heads": (lambda: png(head(5000, 5000)), ONE_HEAD),
    "a head after the pixels": (
        lambda: png(last=head(9, 9) + chunk(b"IEND")),
        ONE_HEAD,
    ),
    "a chunk before the head": (
        lambda: START + chunk(b"teSt") + png(first=head(5000, 5000))[8:],
        ONE_HEAD,
    ),
    "a million chunks": (lambda: png(chunk(b"teSt") * 10**6), "more than 65536 chunks"),
    "a million empty pieces": (lambda: png(chunk(b"IDAT") * 10**6), "more than 65536 chunks"),
    "animated PNG": (animation, "an animation"),
    "JPEG that says PNG": (lambda: jpeg(), ANOTHER_KIND),
    "WebP that says PNG": (lambda: encoded(Image.new("L", (1, 1)), "WEBP"), ANOTHER_KIND),
    "GIF that says PNG": (lambda: GIF, ANOTHER_KIND),
    "PNG after a line break": (lambda: b"\n" + png(), ANOTHER_KIND),
    "PNG that went through a text editor": (lambda: png().replace(b"\r\n", b"\n"), ANOTHER_KIND),
    "script that says PNG": (lambda: b"#!/bin/sh\n", ANOTHER_KIND),
}
IMAGES: dict[str, tuple[Maker, str, str]] = {
    "half a JPEG": (lambda: encoded(Image.effect_noise((64, 64), 50), "JPEG")[:900], "JPEG", "image file is truncated"),
    "only the first bytes of a JPEG": (lambda: b"\xff\xd8\xff", "JPEG", ""),
    "JPEG of ten thousand scans": (many_scans, "JPEG", "more than 64 scans"),
    "JPEG of a million comments": (lambda: spread(jpeg()), "JPEG", "more than 4096 segments"),
    "JPEG of 65500 columns": (wide_jpeg, "JPEG", "65500x65500 pixels"),
    "PNG that says JPEG": (lambda: png(), "JPEG", ANOTHER_KIND),
    "half a WebP": (lambda: encoded(Image.effect_noise((64, 64), 50), "WEBP")[:300], "WEBP", ""),
    "animated WebP": (webp_animation, "WEBP", find_webp_danger() or "an animation"),
    "sound that says WebP": (lambda: b"RIFF\x04\0\0\0WAVEfmt ", "WEBP", ANOTHER_KIND),
}
