"""A palette as the one value that a WebUI writes into a picture's infotext, or as the name of a file beside it."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

from lib_regiondiff.errors import PaletteError, Problem
from lib_regiondiff.fields import BASE64
from lib_regiondiff.palette import MAX_BYTES, Palette, dumps, parse
from lib_regiondiff.schema import show

PREFIX = "rd1."
LIMIT = 16000
WHERE = "infotext"
OURS = "a palette that this program packed"
MAX_BLOBS = 1024  # more than a palette has pictures and prompts
URL = re.compile(f'"data:image/(png|jpeg|webp);base64,({BASE64})"')
MARK = re.compile('"\x01([0-9]{1,4})"')  # JSON text holds no such character: it would be written as an escape
TABLE = re.compile(rb"(?:(?:png|jpeg|webp) [0-9]{1,8}\n){0,%d}\n" % MAX_BLOBS)
SIDECAR = re.compile(r"([0-9a-f]{16})\.regiondiff\.json")

Blob = tuple[str, bytes]  # kind of image, encoded bytes


def pack(palette: Palette) -> str:
    """A palette as compressed text of letters, digits and `.+/=`, which a WebUI's infotext parser leaves alone.

    base64 of zlib of: a table of the pictures' kinds and lengths, the pictures as bytes, each once, and the JSON text
    with their places marked.
    """
    text, blobs = _split(dumps(palette))
    table = "".join(f"{kind} {len(data)}\n" for kind, data in blobs) + "\n"
    body = b"".join([table.encode(), *(data for _, data in blobs), text.encode()])
    return PREFIX + base64.b64encode(zlib.compress(body, 9)).decode()


def unpack(text: str) -> Palette:
    """The palette of packed text: unpack(pack(p)) == p; PaletteError for any other text."""
    text = text.strip()
    if not text.startswith(PREFIX):
        raise _refusal(f"{OURS} ('{PREFIX}…')", show(text))
    body = _inflated(text.removeprefix(PREFIX))
    try:
        text = _joined(*_opened(body))
    except (LookupError, ValueError):
        raise _damaged() from None
    return parse(text)


def sidecar(palette: Palette) -> tuple[str, str | None]:
    """The infotext value of a palette, and what the file of that name beside the picture must hold (UTF-8).

    Where the packed text fits, it is the value, and None says that no file is needed.
    """
    packed = pack(palette)
    if len(packed) <= LIMIT:
        return packed, None
    content = dumps(palette)
    return f"{_digest(content.encode())}.regiondiff.json", content


def read(value: str, folder: Path | None) -> Palette:
    """The palette that an infotext value of either form stands for; sidecars lie in `folder`, beside the picture."""
    name = value.strip()
    match = SIDECAR.fullmatch(name)
    if not match:
        return unpack(value)
    if folder is None:
        raise _refusal(f"the picture's folder, for the file {name} in it", "a picture that lies in none")
    data = _contents(folder, name)
    if _digest(data) != match[1]:
        raise _refusal(_place(folder, name), "a file that was changed")
    return parse(data)


def _split(text: str) -> tuple[str, Sequence[Blob]]:
    """JSON text with its data URLs replaced by marks, and what they hold."""
    places: dict[Blob, int] = {}

    def marked(match: re.Match[str]) -> str:
        data = _decoded(match[2])
        if data is None or base64.b64encode(data).decode() != match[2]:
            return match[0]  # written in an unusual way, which must come back to the letter
        place = places.setdefault((match[1], data), len(places))
        return f'"\x01{place}"'

    text = URL.sub(marked, text)
    return text, list(places)


def _opened(body: bytes) -> tuple[str, Sequence[Blob]]:
    """The two parts of an unpacked body."""
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
    return body[place:].decode(), blobs


def _joined(text: str, blobs: Sequence[Blob]) -> str:
    """JSON text with its data URLs in their places again."""
    if text.count("\x01") > MAX_BLOBS:
        raise _damaged()
    urls = [f'"data:image/{kind};base64,{base64.b64encode(data).decode()}"' for kind, data in blobs]
    if len(text) + sum(len(urls[int(match[1])]) for match in MARK.finditer(text)) > MAX_BYTES:
        raise _oversized()
    return MARK.sub(lambda match: urls[int(match[1])], text)


def _inflated(text: str) -> bytes:
    if len(text) > 2 * MAX_BYTES:
        raise _oversized()
    data = _decoded(text)
    if data is None:
        raise _damaged()
    engine = zlib.decompressobj()
    try:
        body = engine.decompress(data, MAX_BYTES + 1)
    except zlib.error:
        raise _damaged() from None
    if len(body) > MAX_BYTES:
        raise _oversized()
    if not engine.eof or engine.unused_data:
        raise _damaged()
    return body


def _decoded(text: str) -> bytes | None:
    """The bytes of base64, or nothing where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _contents(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if not path.is_file():
            raise _refusal(_place(folder, name), "no such file (it belongs to the picture; move both together)")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refusal(_place(folder, name), show(error.strerror or "a file that can't be read")) from None
    if len(data) > MAX_BYTES:
        raise _oversized()
    return data


def _place(folder: Path, name: str) -> str:
    return f"the file {name} in {folder.as_posix()!r}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _damaged() -> PaletteError:
    return _refusal(OURS, "a damaged one")


def _oversized() -> PaletteError:
    return _refusal(f"{OURS}, of at most {MAX_BYTES // 2**20} MB", "more")


def _refusal(expected: str, got: str) -> PaletteError:
    return PaletteError([Problem(WHERE, expected, got)])
