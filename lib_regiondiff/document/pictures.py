"""Pictures and masks as a document holds them: data URLs, files beside it, shapes; checked, then decoded."""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import re
import struct
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.Image import Transpose

from lib_regiondiff.document import encoded
from lib_regiondiff.document.encoded import MAX_PIXELS
from lib_regiondiff.document.rules import Fault, show
from lib_regiondiff.errors import Problem
from lib_regiondiff.geometry import Size
from lib_regiondiff.store import Store

MAX_PIXELS_OF_ALL = 2**28
LIMIT = 1700
"""Points of work that a document may ask for beside the network, each at most a millisecond of one processor.

With what is read and written whatever it asks for, that makes two seconds.
"""
TIMES = 2
"""How often a picture is decoded: once to be checked, once to be drawn. Masks keep their coverage."""
LETTER = 30.0
"""Nanoseconds of a letter of a picture, to read and write it as text."""
MAX_BYTES = 48 * 2**20
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
MEDIA = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"}  # by ending
URL = re.compile("data:(image/(?:png|jpeg|webp));base64,")
HEAD = 2**10
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
"""Modes of Pillow that a PNG has too."""
EIGHTHS = ((np.arange(2**16) + 128) // 257).astype(np.uint8)
"""Sixteen bits as eight."""
TURNS = dict(enumerate(map(Transpose, (0, 3, 1, 5, 4, 6, 2)), 2))
"""EXIF orientation -> the transposition that sets the image upright."""


@dataclass(frozen=True)
class Picture:
    """An encoded image as a data URL, kept to the letter as it came.

    A mask that was checked keeps its coverage uint8 [height, width], so that it is decoded once: over a whole document
    at most a byte for each of MAX_PIXELS_OF_ALL.
    """

    url: str
    kept: np.ndarray | None = field(default=None, repr=False, compare=False)

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
        """16 bytes that tell its data URL from any other (BLAKE2b)."""
        return hashlib.blake2b(self.url.encode(), digest_size=16).digest()

    @functools.cached_property
    def flaw(self) -> str:
        """Why it is not one whole still image, in words; empty where it is one."""
        try:
            encoded.open_image(self.data, FORMATS[self.media])
        except encoded.Flaw as flaw:
            return str(flaw)
        return ""

    @staticmethod
    def of(data: bytes, media: str = "image/png") -> Picture:
        """The picture of encoded bytes of a media type; nothing is checked."""
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
        """16 bytes that tell its kind and numbers from any other shape's (BLAKE2b)."""
        numbers = struct.pack(f"<{len(self.numbers)}d", *self.numbers)
        return hashlib.blake2b(self.kind.encode() + numbers, digest_size=16).digest()


Mask = Picture | File | Shape
Paint = Picture | File | Image.Image | np.ndarray
"""What a program may give where a document has a picture."""


@dataclass
class Allowance:
    """What a document may still hold, letters of text and pixels of pictures, and the points that decoding takes."""

    letters: int
    free: float = 0.0
    pixels: int = MAX_PIXELS_OF_ALL
    points: float = 0.0

    @property
    def spent(self) -> float:
        """Points of decoding beyond those that are free."""
        return max(0.0, self.points - self.free)

    def admit(self, text: str, path: str, key: str) -> None:
        """Count one text that stands at `key` against the allowance; Fault at `path` where nothing is left for it."""
        self.letters -= len(text)
        pixels, points = _read_claims(text)
        self.pixels -= pixels
        self.points += points if key == "mask" else TIMES * points
        if self.letters < 0:
            raise Fault(Problem(path, "less text and pictures (64 MB in all)", "more"))
        if self.pixels < 0:
            raise Fault(Problem(path, f"smaller pictures ({MAX_PIXELS_OF_ALL} pixels in all)", "more"))
        if self.spent > LIMIT:
            expected = f"pictures that take at most {LIMIT} points to decode (fewer pixels, channels, bits or scans)"
            raise Fault(Problem(path, expected, "more"))


def count_claimed(text: str) -> int:
    """The pixels that decoding a data URL may cost; 0 for other text, and for a claim that is refused anyway."""
    return _read_claims(text)[0]


def _read_claims(text: str) -> tuple[int, float]:
    """The pixels that a data URL claims, and the points to read and decode them."""
    head = URL.match(text)
    if not head:
        return 0, 0.0
    body, kind = text[head.end() :], FORMATS[head[1]]
    try:
        data = base64.b64decode(body if kind == "JPEG" else body[:HEAD])
        width, height = encoded.read_size(data, kind) or (0, 0)
        points = (encoded.estimate_cost(data, kind, len(body) * 3 // 4) + len(text) * LETTER) / 1e6
    except (ValueError, encoded.Flaw):
        return 0, 0.0
    return (width * height, points) if width * height <= MAX_PIXELS else (0, 0.0)


def load(file: File, folder: Path, path: str, room: Allowance) -> Picture:
    """Read a picture from `folder`; Fault for a file outside, an unreadable one, a broken image, or no `room` left."""
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
        raise Fault(Problem(path, f"a readable file {show(file.name)}", encoded.describe_error(error))) from None
    except RuntimeError:  # before Python 3.13
        raise Fault(Problem(path, f"a readable file {show(file.name)}", "links in a circle")) from None
    picture = Picture.of(data, MEDIA[file.name.rpartition(".")[2].lower()])
    is_mask = path.removesuffix(".file").endswith("mask")
    room.admit(picture.url, path, "mask" if is_mask else "image")
    return check_picture(picture, path, is_mask)


def check_picture(picture: Picture, path: str, mask: bool = False) -> Picture:
    """The picture, with its coverage if it is a mask; Fault unless it is one whole still image of its media type."""
    if mask and picture.kept is not None:
        return picture
    kind = FORMATS[picture.media]
    try:
        if mask:
            return replace(picture, kept=_read_coverage(_turn_upright(*encoded.open_image(picture.data, kind))))
        flaw = picture.flaw
    except encoded.Flaw as found:
        flaw = str(found)
    if flaw:
        raise Fault(Problem(path, f"a whole still {kind} image", flaw))
    return picture


def make_picture(image: Image.Image | np.ndarray, path: str, mask: bool) -> Picture:
    """Encode an image in memory as a PNG picture, without its notes; Fault for an empty image or an unfit array.

    Arrays are [h, w], for pictures also [h, w, 3 or 4], of bool, uint8, or floats in 0…1.
    """
    if isinstance(image, Image.Image) and image.mode == "F":
        image = np.asarray(image)
    made = _convert_array(image, path, mask) if isinstance(image, np.ndarray) else image.copy()
    if not made.width or not made.height:
        raise Fault(Problem(path, "an image with pixels", f"one of {made.width}x{made.height}"))
    made = made if made.mode in MODES else made.convert("RGB")
    made.info = {key: value for key, value in made.info.items() if key == "transparency"}
    file = io.BytesIO()
    made.save(file, "PNG")
    return check_picture(Picture.of(file.getvalue()), path, mask)


def _convert_array(values: np.ndarray, path: str, mask: bool) -> Image.Image:
    """The image of an array [h, w] or [h, w, channels]."""
    flat = values.ndim == 2 or (values.ndim == 3 and not mask and values.shape[2] in (3, 4))
    kind = values.dtype
    if not flat or (kind not in (bool, np.uint8) and not np.issubdtype(kind, np.floating)):
        sides = "[h, w]" if mask else "[h, w], [h, w, 3] or [h, w, 4]"
        got = f"{kind} [{', '.join(map(str, values.shape))}]"
        raise Fault(Problem(path, f"an array {sides} of bool, uint8 or floats 0…1", got))
    if kind == np.uint8:
        return Image.fromarray(np.ascontiguousarray(values))
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if not (low >= 0 and high <= 1):
        raise Fault(Problem(path, "floats 0…1 (divide by 255 what is in 0…255)", f"{low:g}…{high:g}"))
    return Image.fromarray(np.rint(values.astype(np.float32) * 255).astype(np.uint8))


def decode(picture: Picture) -> Image.Image:
    """The image of a picture that was checked, turned upright as its EXIF says."""
    return _turn_upright(*encoded.open_image(picture.data, FORMATS[picture.media]))


def _turn_upright(image: Image.Image, exif: bytes) -> Image.Image:
    turn = TURNS.get(encoded.read_orientation(exif))
    return image if turn is None else image.transpose(turn)


def draw_ground(
    image: Picture | File | None, colour: str | None, size: Size, store: Store | None = None
) -> Image.Image | None:
    """The RGB image to paint on, stretched to `size` pixels: a picture on a colour or white; None without either."""
    if image is None:
        return None if colour is None else Image.new("RGB", (size.width, size.height), colour)
    assert isinstance(image, Picture), "files are read while parsing"
    if store is None:
        return Image.fromarray(_draw_ground(image, colour, size))
    return Image.fromarray(store.get((image.digest, colour, size), lambda: _draw_ground(image, colour, size)))


def _draw_ground(image: Picture, colour: str | None, size: Size) -> np.ndarray:
    plain = Image.new("RGB", (size.width, size.height), colour or "white")
    decoded = decode(image)
    drawn = (decoded if decoded.mode == "RGBA" else decoded.convert("RGBA")).resize(
        plain.size, Image.Resampling.LANCZOS
    )
    plain.paste(drawn, mask=drawn)
    return np.array(plain)


def pad_border(image: Image.Image, multiple: int) -> Image.Image:
    """The image with its right and bottom border repeated until its sides are multiples of a number."""
    size = Size(image.height, image.width)
    more = size.up_to(multiple)
    beyond = ((0, more.height - size.height), (0, more.width - size.width), (0, 0))
    return image if more == size else Image.fromarray(np.pad(np.asarray(image.convert("RGB")), beyond, mode="edge"))


def read_coverage(picture: Picture, store: Store | None = None) -> np.ndarray:
    """Coverage uint8 [height, width] of a mask picture: its alpha where any is transparent, else its luminance."""
    if picture.kept is not None:
        return picture.kept
    if store is None:
        return _read_coverage(decode(picture))
    return store.get(("coverage", picture.digest), lambda: _read_coverage(decode(picture)))


def _read_coverage(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I"):
        return _reduce_bits(np.asarray(image))
    if "transparency" in image.info or image.mode in ("LA", "PA", "RGBA"):
        alpha = np.asarray(image.convert("RGBA").getchannel("A"))
        if alpha.min() < 255:
            return alpha
    return np.asarray(image.convert("L"))


def _reduce_bits(values: np.ndarray) -> np.ndarray:
    """Turn sixteen bits [h, w] into eight, row by row, because a mask may be large."""
    found = np.empty(values.shape, np.uint8)
    for row, made in zip(values, found, strict=True):
        np.take(EIGHTHS, row, mode="clip", out=made)
    return found
