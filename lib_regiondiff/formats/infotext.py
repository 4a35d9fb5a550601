"""A palette as the one value that a WebUI writes into a picture's infotext, or as the name of a file beside it."""

from __future__ import annotations

import base64
import bz2
import hashlib
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from lib_regiondiff.document.json_text import MAX_BYTES
from lib_regiondiff.document.palette import Palette, dumps, parse
from lib_regiondiff.document.pictures import Picture, Shape, count_claimed, read_coverage
from lib_regiondiff.document.rules import show
from lib_regiondiff.document.values import BASE64
from lib_regiondiff.errors import PaletteError, Problem
from lib_regiondiff.formats import strokes

PREFIX = "rd1."
PAINTED = "rd2."  # as long as the other
LIMIT = 16000
WHERE = "infotext"
OURS = "a palette that this program packed"
MAX_BLOBS = 1024  # more than a palette has pictures and prompts
DENSEST = 800
"""Bytes that a letter of packed text can stand for: zlib folds at most 1,032 into one, and base64 takes 4 for 3."""
URL = re.compile(f'"data:image/(png|jpeg|webp);base64,({BASE64})"')
CANVAS = Shape("rectangle", (0, 0, 1, 1))
MARK = re.compile('"\x01([0-9]{1,4})"')  # JSON text holds no such character: it would be written as an escape
TABLE = re.compile(rb"(?:(?:png|jpeg|webp|mask) [0-9]{1,8}\n){0,%d}\n" % MAX_BLOBS)
SIDECAR = re.compile(r"([0-9a-f]{16})\.regiondiff\.json")

Blob = tuple[str, bytes]  # kind of image, encoded bytes


def pack(palette: Palette) -> str:
    """Pack a palette as text of letters, digits and `.+/=`, which a WebUI's infotext parser leaves alone.

    The text is base64 of zlib of: a table of the pictures' kinds and lengths, the pictures as bytes, each once, and the
    JSON text with their places marked.
    """
    return PREFIX + _zip(*_split(dumps(palette)))


def pack_painted(palette: Palette) -> str | None:
    """Pack a palette with its masks by their pixels, which takes less than their files where hands painted them.

    The masks come back with the same coverages in files written anew. None where no mask is a PNG that only masks use,
    or where they have more than `strokes.MOST` pixels.
    """
    text, blobs = _split(dumps(palette))
    bare = replace(palette, brushes=tuple(replace(brush, mask=CANVAS) for brush in palette.brushes))
    others = _split(dumps(bare))[1]
    places = [place for place, blob in enumerate(blobs) if blob[0] == "png" and blob not in others]
    masks = [Picture.of(blobs[place][1]) for place in places]
    if not masks or sum(count_claimed(mask.url) for mask in masks) > strokes.MOST:
        return None
    planes, parts = strokes.split([read_coverage(mask) for mask in masks])
    for place, part in zip(places, parts, strict=True):
        blobs[place] = ("mask", part)
    return f"{PAINTED}{base64.b64encode(bz2.compress(planes)).decode()}.{_zip(text, blobs)}"


def is_packed(text: str) -> bool:
    """Whether a text claims to be a packed palette, by how it begins."""
    return text.strip().startswith((PREFIX, PAINTED))


def is_value(text: str) -> bool:
    """Whether a text has the form of an infotext's value: a packed palette or a sidecar's name."""
    return is_packed(text) or SIDECAR.fullmatch(text.strip()) is not None


def unpack(text: str) -> Palette:
    """The palette of a text that `pack` or `pack_painted` made: unpack(pack(p)) == p; PaletteError for any other."""
    text = text.strip()
    if not is_packed(text):
        raise _refusal(f"{OURS} ('{PREFIX}…')", show(text))
    body, planes = text[len(PREFIX) :], None
    if text.startswith(PAINTED):
        first, _, body = body.partition(".")
        planes = _inflate(first, bz2.BZ2Decompressor(), strokes.MOST)
    try:
        text = _join(*_open_body(_inflate(body, zlib.decompressobj(), MAX_BYTES), planes))
    except (LookupError, ValueError):
        raise _damaged() from None
    return parse(text)


def make_value(palette: Palette, limit: int = LIMIT) -> tuple[str, str | None]:
    """The infotext value of a palette, and what the file of that name beside the picture must hold (UTF-8).

    A packed palette of at most `limit` characters is the value itself; None says that no file is needed. Masks by their
    pixels are second choice, but first where they come back to the letter: what was read from a value gets it again.
    """
    content = dumps(palette)
    if len(content) > DENSEST * limit < sum(len(data) for _, data in _split(content)[1]):
        return _name_sidecar(content)
    packed, painted = pack(palette), pack_painted(palette)
    if painted is not None and (len(painted) > limit or (len(packed) <= limit and unpack(painted) != palette)):
        painted = None
    if painted is not None or len(packed) <= limit:
        return painted or packed, None
    return _name_sidecar(content)


def _name_sidecar(content: str) -> tuple[str, str]:
    return f"{_hash(content.encode())}.regiondiff.json", content


def read(value: str, folder: Path | None) -> Palette:
    """The palette that an infotext value stands for; a sidecar is read from `folder`, in which the picture lies.

    Raises PaletteError for a value that is damaged, and for a sidecar that is missing, changed or unreadable.
    """
    name = value.strip()
    match = SIDECAR.fullmatch(name)
    if not match:
        return unpack(value)
    if folder is None:
        raise _refusal(f"the picture's folder, for the file {name} in it", "a picture that lies in none")
    data = _read_sidecar(folder, name)
    if _hash(data) != match[1]:
        raise _refusal(_describe_place(folder, name), "a file that was changed")
    return parse(data)


def _zip(text: str, blobs: Sequence[Blob]) -> str:
    table = "".join(f"{kind} {len(data)}\n" for kind, data in blobs) + "\n"
    body = b"".join([table.encode(), *(data for _, data in blobs), text.encode()])
    return base64.b64encode(zlib.compress(body, 9)).decode()


def _split(text: str) -> tuple[str, list[Blob]]:
    """JSON text with its data URLs replaced by marks, and the pictures that they hold."""
    places: dict[Blob, int] = {}

    def marked(match: re.Match[str]) -> str:
        data = _decode_base64(match[2])
        if data is None or base64.b64encode(data).decode() != match[2]:
            return match[0]  # written in an unusual way, which must come back to the letter
        place = places.setdefault((match[1], data), len(places))
        return f'"\x01{place}"'

    text = URL.sub(marked, text)
    return text, list(places)


def _open_body(body: bytes, planes: bytes | None) -> tuple[str, Sequence[Blob]]:
    """The JSON text and the pictures of an unpacked body; masks by their pixels are drawn from `planes`."""
    table = TABLE.match(body)
    if not table:
        raise _damaged()
    place, blobs = table.end(), []
    for line in table[0].decode().split("\n")[:-2]:
        kind, length = line.split(" ")
        blobs.append((kind, body[place : place + int(length)]))
        place += int(length)
    if place > len(body):
        raise _damaged()
    return body[place:].decode(), _draw_masks(blobs, planes)


def _draw_masks(blobs: Sequence[Blob], planes: bytes | None) -> Sequence[Blob]:
    """The pictures, with masks by their pixels as PNGs again; ValueError where they do not fit their planes."""
    parts = [data for kind, data in blobs if kind == "mask"]
    if planes is None and parts:
        raise _damaged()
    maps = iter(strokes.join(planes or b"", parts))
    return [("png", _encode_png(next(maps))) if kind == "mask" else (kind, data) for kind, data in blobs]


def _encode_png(pixels: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _join(text: str, blobs: Sequence[Blob]) -> str:
    """JSON text with its data URLs in their places again."""
    if text.count("\x01") > MAX_BLOBS:
        raise _damaged()
    urls = [f'"data:image/{kind};base64,{base64.b64encode(data).decode()}"' for kind, data in blobs]
    if len(text) + sum(len(urls[int(match[1])]) for match in MARK.finditer(text)) > MAX_BYTES:
        raise _oversized()
    return MARK.sub(lambda match: urls[int(match[1])], text)


def _inflate(text: str, engine: Any, most: int) -> bytes:
    """The bytes of packed text, by a decompressor; PaletteError for damaged text, and for more than `most` of them."""
    if len(text) > 2 * MAX_BYTES:
        raise _oversized()
    data = _decode_base64(text)
    if data is None:
        raise _damaged()
    try:
        body = engine.decompress(data, most + 1)
    except (zlib.error, OSError):
        raise _damaged() from None
    if len(body) > most:
        raise _oversized()
    if not engine.eof or engine.unused_data:
        raise _damaged()
    return body


def _decode_base64(text: str) -> bytes | None:
    """The bytes of base64 text, or None where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _read_sidecar(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if not path.is_file():
            raise _refusal(
                _describe_place(folder, name), "no such file (it belongs to the picture; move both together)"
            )
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refusal(_describe_place(folder, name), show(error.strerror or "a file that can't be read")) from None
    if len(data) > MAX_BYTES:
        raise _oversized()
    return data


def _describe_place(folder: Path, name: str) -> str:
    return f"the file {name} in {folder.as_posix()!r}"


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _damaged() -> PaletteError:
    return _refusal(OURS, "a damaged one")


def _oversized() -> PaletteError:
    return _refusal(f"{OURS}, of at most {MAX_BYTES // 2**20} MB", "more")


def _refusal(expected: str, got: str) -> PaletteError:
    return PaletteError([Problem(WHERE, expected, got)])
