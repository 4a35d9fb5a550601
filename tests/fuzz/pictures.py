"""Readers of pictures and of their EXIF."""

from __future__ import annotations

import contextlib
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence

from PIL import Image

from fuzz.documents import PNG
from fuzz.target import Target
from hostile_pictures import START
from lib_regiondiff.document import encoded
from palettes import IMAGES
from palettes import encoded as written

JPEG = (b"\xff\xd8", b"\xff\xc0", b"\xff\xc2", b"\xff\xda", b"\xff\xd9", b"\xff\xe1", b"\xff\xee", b"\xff\xdb", b"\xff")
WEBP = (b"RIFF", b"WEBP", b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"EXIF")


def picture(kind: str) -> Callable[[bytes], None]:
    """A reader of pictures of one kind, for which a warning is a find as well."""

    def check(data: bytes) -> None:
        with warnings.catch_warnings(), contextlib.suppress(encoded.Flaw):
            warnings.simplefilter("error")
            image, exif = encoded.open_image(data, kind)
            assert image.size == encoded.read_size(data, kind)
            assert encoded.read_orientation(exif) in range(1, 9)

    return check


def true_png(data: bytes) -> None:
    """A PNG whose checksums are made true, so that what lies behind them is met."""
    place, made = 8, START
    while place + 12 <= len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        if end > len(data):
            break
        made += data[place : end - 4] + zlib.crc32(data[place + 4 : end - 4]).to_bytes(4, "big")
        place = end
    picture("PNG")(made + data[place:])


def exif(data: bytes) -> None:
    """What EXIF says of a picture's way up."""
    assert encoded.read_orientation(data) in range(1, 9)


def pictures(kind: str) -> Callable[[], Sequence[bytes]]:
    """Small pictures of one kind."""

    def seeds() -> Sequence[bytes]:
        noise = Image.effect_noise((9, 7), 50)
        exif = {"exif": b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"}
        more = {"PNG": [{}], "JPEG": [exif, {"progressive": True}], "WEBP": [exif, {"lossless": True}]}[kind]
        plain = [each.data for each in IMAGES if each.media == f"image/{kind.lower()}"]
        return (
            plain
            if kind == "WEBP" and encoded.find_webp_danger()
            else [*plain, *(written(noise, kind, **m) for m in more)]
        )

    return seeds


PICTURES: Mapping[str, Target] = {
    "png": Target(picture("PNG"), pictures("PNG"), PNG),
    "png_true": Target(true_png, pictures("PNG"), PNG),
    "jpeg": Target(picture("JPEG"), pictures("JPEG"), JPEG),
    "webp": Target(picture("WEBP"), pictures("WEBP"), WEBP),
    "exif": Target(
        exif, lambda: [b"II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0"], (b"II*\0", b"MM\0*", b"\x12\1", b"\1\x12")
    ),
}
