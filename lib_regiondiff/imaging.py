"""Pictures and masks as a document holds them: data URLs, files beside it, shapes; checked, then decoded."""

from __future__ import annotations

import base64
import contextlib
import functools
import io
import re
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.Image import Transpose

from lib_regiondiff.errors import Problem
from lib_regiondiff.geometry import Size
from lib_regiondiff.schema import Fault, show

MAX_SIDE = 16384
MAX_PIXELS = 2**25
LIMIT = f"at most {MAX_PIXELS}, and {MAX_SIDE} at a side"
MAX_PIXELS_OF_ALL = 2**28
MAX_BYTES = 48 * 2**20
CACHED_PIXELS = 2**22
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
MEDIA = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}  # by ending
STARTS = {"PNG": rb"\x89PNG\r\n\x1a\n", "JPEG": rb"\xff\xd8\xff", "WEBP": rb"RIFF....WEBP"}
MAX_CHUNKS, MAX_MARKERS, MAX_SCANS = 2**16, 2**12, 64
MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")  # neither a stuffed byte nor a restart
# EXIF orientation -> what sets the image right.
TURNS = dict(enumerate(map(Transpose, (0, 3, 1, 5, 4, 6, 2)), 2))
# What Pillow's readers raise for broken files.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, ArithmeticError, struct.error, zlib.error)
_FILTERS = threading.Lock()  # the filters of warnings belong to the whole process


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


Mask = Picture | File | Shape


@dataclass
class Room:
    """What a document may still hold: letters of text, and pixels that the heads of its PNG pictures claim."""

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
    """The pixels that decoding a PNG data URL may cost; nothing for other text, and for a claim that is refused."""
    if not text.startswith("data:image/png;base64,"):
        return 0
    try:
        head = base64.b64decode(text.partition(",")[2][:32])
    except ValueError:
        return 0
    pixels = int.from_bytes(head[16:20], "big") * int.from_bytes(head[20:24], "big")
    return pixels if pixels <= MAX_PIXELS else 0


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
        raise Fault(Problem(path, f"a readable file {show(file.name)}", _reason(error))) from None
    except RuntimeError:  # before Python 3.13
        raise Fault(Problem(path, f"a readable file {show(file.name)}", "links in a circle")) from None
    picture = Picture.of(data, MEDIA[file.name.rpartition(".")[2].lower()])
    room.admit(picture.url, path)
    check(data, picture.media, path)
    return picture


def check(data: bytes, media: str, path: str) -> None:
    """Fault unless `data` is one whole still image of that type within the size limits."""
    kind = FORMATS[media]
    try:
        with _quiet():
            flaw = _flaw(data, kind)
    except Image.DecompressionBombError:
        flaw = f"far too many pixels ({LIMIT})"
    except BROKEN as error:
        flaw = _reason(error)
    if flaw:
        raise Fault(Problem(path, f"a whole still {kind} image", flaw))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _flaw(data: bytes, kind: str) -> str:
    """What is wrong with encoded bytes, in words; nothing if nothing is."""
    if not re.match(STARTS[kind], data, re.DOTALL):
        return f"data of another kind ({len(data)} bytes)"
    flaw = _png_flaw(data) if kind == "PNG" else _jpeg_flaw(data) if kind == "JPEG" else ""
    if flaw:
        return flaw
    image = Image.open(io.BytesIO(data), formats=[kind])
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        return f"{image.width}x{image.height} pixels ({LIMIT})"
    if getattr(image, "is_animated", False) and kind != "JPEG":  # a camera's JPEG may carry small copies of itself
        return "an animation"
    image.load()
    return ""


def _png_flaw(data: bytes) -> str:
    """What Pillow lets pass in a PNG: a false checksum, no end, millions of chunks."""
    place = 8
    for _ in range(MAX_CHUNKS):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        if end > len(data):
            return f"{len(data)} bytes that end too early"
        if zlib.crc32(data[place + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            return f"a false checksum in the chunk {show(data[place + 4 : place + 8])[1:]}"
        if data[place + 4 : place + 8] == b"IEND":
            return ""
        place = end
    return f"more than {MAX_CHUNKS} chunks"


def _jpeg_flaw(data: bytes) -> str:
    """What Pillow lets pass in a JPEG: thousands of scans, each of them over the whole image, or of segments."""
    place, scans = 2, 0
    for _ in range(MAX_MARKERS):
        marker = MARKER.search(data, place)
        if not marker or marker[1] == b"\xd9":
            return ""
        scans += marker[1] == b"\xda"
        if scans > MAX_SCANS:
            return f"more than {MAX_SCANS} scans"
        place = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    return f"more than {MAX_MARKERS} segments"


def _reason(error: Exception) -> str:
    words = " ".join((getattr(error, "strerror", None) or str(error)).split())
    return "a broken image" if "identify" in words or not words else words[:80]


def decode(picture: Picture) -> Image.Image:
    """The image of a checked picture, upright: as EXIF says that it is to be shown."""
    with _quiet():
        image = Image.open(io.BytesIO(picture.data), formats=[FORMATS[picture.media]])
        image.load()
        turn = _turn(image)
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


def _turn(image: Image.Image) -> Transpose | None:
    try:
        return TURNS.get(image.getexif().get(0x0112, 1))
    except BROKEN:
        return None


def coverage(picture: Picture) -> np.ndarray:
    """Coverage uint8 [height, width] of a mask picture: its alpha where any is transparent, else its luminance."""
    return _coverage(decode(picture)) if claimed(picture.url) > CACHED_PIXELS else _cached_coverage(picture)


@functools.lru_cache(maxsize=64)
def _cached_coverage(picture: Picture) -> np.ndarray:
    return _coverage(decode(picture))


def _coverage(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I"):
        return (np.asarray(image.convert("I")) / 257).round().clip(0, 255).astype(np.uint8)
    if image.mode == "L" and "transparency" not in image.info:
        return np.asarray(image)  # without four planes of a large canvas
    alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    return alpha if alpha.min() < 255 else np.asarray(image.convert("L"))
