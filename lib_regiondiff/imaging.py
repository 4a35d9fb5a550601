"""Pictures and masks as a document holds them: data URLs, files beside it, shapes; checked, then decoded."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.Image import Transpose

from lib_regiondiff import encoded
from lib_regiondiff.encoded import MAX_PIXELS
from lib_regiondiff.errors import Problem
from lib_regiondiff.geometry import Size
from lib_regiondiff.schema import Fault, show
from lib_regiondiff.store import Store

MAX_PIXELS_OF_ALL = 2**28
MAX_BYTES = 48 * 2**20
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
MEDIA = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}  # by ending
URL = re.compile("data:(image/(?:png|jpeg|webp));base64,")
HEAD = 2**10
# EXIF orientation -> what sets the image right.
TURNS = dict(enumerate(map(Transpose, (0, 3, 1, 5, 4, 6, 2)), 2))


@dataclass(frozen=True)
class Picture:
    """An encoded image as a data URL, kept to the letter as it came."""

    url: str

    @property
    def media(self) -> str:
        """The media type, such as image/png."""
        return self.url[5:].split(";", 1)[0]

    @property
    def data(self) -> bytes:
        """The encoded bytes."""
        return base64.b64decode(self.url.split(",", 1)[1])

    @functools.cached_property
    def digest(self) -> bytes:
        """Of the data URL, short."""
        return hashlib.blake2b(self.url.encode(), digest_size=16).digest()

    @staticmethod
    def of(data: bytes, media: str = "image/png") -> Picture:
        """The picture of encoded bytes."""
        return Picture(f"data:{media};base64,{base64.b64encode(data).decode()}")


@dataclass(frozen=True)
class File:
    """A picture in a file beside the document, by its relative name; replaced by a Picture while parsing."""

    name: str


@dataclass(frozen=True)
class Shape:
    """A rectangle or ellipse (left, top, right, bottom) or a polygon (x, y, x, y, ...) in canvas fractions."""

    kind: str
    numbers: tuple[float, ...]

    @functools.cached_property
    def digest(self) -> bytes:
        """Of kind and numbers, short."""
        numbers = struct.pack(f"<{len(self.numbers)}d", *self.numbers)
        return hashlib.blake2b(self.kind.encode() + numbers, digest_size=16).digest()


Mask = Picture | File | Shape


@dataclass
class Room:
    """What a document may still hold: letters of text, and pixels that the heads of its pictures claim."""

    letters: int
    pixels: int = MAX_PIXELS_OF_ALL

    def admit(self, text: str, path: str) -> None:
        """Take the room of one text; Fault where none is left."""
        self.letters -= len(text)
        self.pixels -= claimed(text)
        if self.letters < 0:
            raise Fault(Problem(path, "less text and pictures (64 MB in all)", "more"))
        if self.pixels < 0:
            raise Fault(Problem(path, f"smaller pictures ({MAX_PIXELS_OF_ALL} pixels in all)", "more"))


def claimed(text: str) -> int:
    """The pixels that decoding a data URL may cost; nothing for other text, and for a claim that is refused."""
    head = URL.match(text)
    if not head:
        return 0
    size = None
    for letters in (HEAD, len(text)):  # a JPEG may have long notes before its size
        size = size or _size(text[head.end() : head.end() + letters], FORMATS[head[1]])
    pixels = size[0] * size[1] if size else 0
    return pixels if pixels <= MAX_PIXELS else 0


def _size(text: str, kind: str) -> tuple[int, int] | None:
    """The size that base64 claims; None where it is none, or claims nothing."""
    try:
        return encoded.size_of(base64.b64decode(text), kind)
    except (ValueError, encoded.Flaw):
        return None


def load(file: File, folder: Path, path: str, room: Room) -> Picture:
    """The picture of a file beside a document in `folder`; Fault where it lies elsewhere or is no image."""
    place = folder / file.name
    try:
        if not place.resolve().is_relative_to(folder.resolve()):
            raise Fault(Problem(path, "a file in the palette's folder", f"{show(file.name)}, a link out of it"))
        if not place.is_file():
            raise Fault(Problem(path, "a file in the palette's folder", f"{show(file.name)}, which is none"))
        if place.stat().st_size > MAX_BYTES:
            raise Fault(Problem(path, f"a file of at most {MAX_BYTES // 2**20} MB", "more"))
        data = place.read_bytes()
    except OSError as error:
        raise Fault(Problem(path, f"a readable file {show(file.name)}", encoded.reason(error))) from None
    except RuntimeError:  # before Python 3.13
        raise Fault(Problem(path, f"a readable file {show(file.name)}", "links in a circle")) from None
    picture = Picture.of(data, MEDIA[file.name.rpartition(".")[2].lower()])
    room.admit(picture.url, path)
    check(data, picture.media, path)
    return picture


def check(data: bytes, media: str, path: str) -> None:
    """Fault unless `data` is one whole still image of that type within the size limits."""
    try:
        encoded.opened(data, FORMATS[media])
    except encoded.Flaw as flaw:
        raise Fault(Problem(path, f"a whole still {FORMATS[media]} image", str(flaw))) from None


def decode(picture: Picture) -> Image.Image:
    """The image of a checked picture, upright: as EXIF says that it is to be shown."""
    image, exif = encoded.opened(picture.data, FORMATS[picture.media])
    turn = TURNS.get(encoded.orientation(exif))
    return image if turn is None else image.transpose(turn)


def ground(image: Picture | File | None, colour: str | None, size: Size) -> Image.Image | None:
    """The RGB picture or the plain colour to paint on, stretched to a canvas; the picture lies on the colour."""
    if image is None and colour is None:
        return None
    plain = Image.new("RGB", (size.width, size.height), colour or "white")
    if image is not None:
        assert isinstance(image, Picture), "files are read while parsing"
        drawn = decode(image).convert("RGBA").resize(plain.size, Image.Resampling.LANCZOS)
        plain.paste(drawn, mask=drawn)
    return plain


def bordered(image: Image.Image, multiple: int) -> Image.Image:
    """A picture whose sides are multiples of a number; its border is repeated."""
    size = Size(image.height, image.width)
    more = size.up_to(multiple)
    beyond = ((0, more.height - size.height), (0, more.width - size.width), (0, 0))
    return image if more == size else Image.fromarray(np.pad(np.asarray(image.convert("RGB")), beyond, mode="edge"))


def coverage(picture: Picture, store: Store | None = None) -> np.ndarray:
    """Coverage uint8 [height, width] of a mask picture: its alpha where any is transparent, else its luminance."""
    if store is None:
        return _coverage(decode(picture))
    return store.get(("coverage", picture.digest), lambda: _coverage(decode(picture)))


def _coverage(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I"):
        return _eighths(np.asarray(image.convert("I")))
    if "transparency" in image.info or image.mode in ("LA", "PA", "RGBA"):
        alpha = np.asarray(image.convert("RGBA").getchannel("A"))
        if alpha.min() < 255:
            return alpha
    return np.asarray(image.convert("L"))


def _eighths(values: np.ndarray) -> np.ndarray:
    """Sixteen bits [h, w] as eight, row by row, because a mask may be large."""
    found = np.empty(values.shape, np.uint8)
    for row, made in zip(values, found, strict=True):
        np.clip((row + 128) // 257, 0, 255, out=made, casting="unsafe")
    return found
