"""Parsers of documents: palettes, JSON, changes from outside, infotext values, the text of a PNG."""

from __future__ import annotations

import base64
import bz2
import contextlib
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from fuzz.target import JSON, KEYS, Target, folder, palette_of, tell, text_of
from hostile_pictures import chunk
from hostile_pictures import png as png_of
from lib_regiondiff.authoring.typed_controls import read_controls
from lib_regiondiff.document import changes, json_text, png
from lib_regiondiff.document.palette import Background, Palette, dumps, parse
from lib_regiondiff.document.rules import Fault
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.formats import infotext, strokes
from lib_regiondiff.planning import prompts
from palettes import IMAGES, MASKS

PNG = (b"IHDR", b"IDAT", b"IEND", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"eXIf", b"iTXt", b"zTXt", b"\0\0\0\r")


def palette(data: bytes) -> None:
    """The document itself."""
    palette_of(lambda: parse(data))


def json_document(data: bytes) -> None:
    """JSON text of any kind."""
    with contextlib.suppress(Fault):
        json_text.loads(data)


def request(data: bytes) -> None:
    """What a WebUI's page or API hands over."""
    text = text_of(data)
    read_controls(text)
    with contextlib.suppress(PaletteError):
        prompts.read(text)


def override(data: bytes) -> None:
    """What `--set` says."""
    palette_of(lambda: changes.override(Palette(), [changes.read(text_of(data))]))


def value(data: bytes) -> None:
    """An infotext's value."""
    found = palette_of(lambda: infotext.unpack(text_of(data)))
    if found is not None:
        assert infotext.unpack(infotext.pack(found)) == found


def packed(data: bytes) -> None:
    """What an infotext's value holds when it is unpacked."""
    value(infotext.PREFIX.encode() + base64.b64encode(zlib.compress(data, 1)))


def painted(data: bytes) -> None:
    """The same with masks by their pixels, which come first."""
    planes, _, body = data.partition(b"\0\0\0")
    first, second = base64.b64encode(bz2.compress(planes, 1)), base64.b64encode(zlib.compress(body, 1))
    value(infotext.PAINTED.encode() + first + b"." + second)


def sidecar(data: bytes) -> None:
    """An infotext's value that names a file beside the picture, with what that holds; and one that names another."""
    name = f"{hashlib.sha256(data).hexdigest()[:16]}.regiondiff.json"
    (folder() / name).write_bytes(data)
    try:
        palette_of(lambda: infotext.read(f" {name}\n", folder()))
        palette_of(lambda: infotext.read(text_of(data), folder()))
    finally:
        (folder() / name).unlink()


def planes(data: bytes) -> None:
    """Planes and parts of painted masks."""
    first, *parts = data.split(b"\xff\xfe\xfd")
    try:
        maps = strokes.join(first, parts)
    except ValueError:
        return
    again, rest = strokes.split(maps)
    assert [each.tolist() for each in strokes.join(again, rest)] == [each.tolist() for each in maps]


def png_record(data: bytes) -> None:
    """A PNG with a palette."""
    path = folder() / "record.png"
    path.write_bytes(data)
    try:
        png.read_pixels(path, png.load(path)[0])
    except PaletteError as error:
        tell(error)


def record_text(data: bytes) -> None:
    """The text in a PNG that holds a palette, after a byte that says whether it is compressed."""
    body = zlib.compress(data[1:], 1) if data[:1] == b"\1" else data[1:]
    png_record(png_of(chunk(b"iTXt", png.MARK + data[:1] + b"\0\0\0" + body)))


def documents() -> Sequence[bytes]:
    """Palettes with something of everything."""
    whole = Palette(background=Background(prompt="a sea", image=IMAGES[-1], colour="#102030"))
    shapes = [{"polygon": [[0, 0], [1, 0], [1, 1]]}, {"ellipse": [0, 0, 1, 1]}, MASKS[1].url]
    brushes = [{"id": str(index), "prompt": "a {red|blue} tree", "mask": mask} for index, mask in enumerate(shapes)]
    more = {"tiles": {"width": "auto"}, "nag": {"scale": 3}, "noise": [{"mask": shapes[0], "seed": 1}]}
    data = {"version": 1, "brushes": brushes, "steps": 9, "suffix": ", {background}", **more}
    return [dumps(whole).encode(), json.dumps(data).encode(), b'{"typed": {"ratios": "2,1;1", "layout": "grid"}}']


def values() -> Sequence[bytes]:
    """Infotext values."""
    made = [parse(text) for text in documents()[:2]]
    masks = [infotext.pack_painted(each) for each in made]
    return [infotext.pack(each).encode() for each in made] + [each.encode() for each in masks if each]


def bodies() -> Sequence[bytes]:
    """What infotext values hold."""
    found = [text.split(b".")[-1] for text in values()]
    return [zlib.decompress(base64.b64decode(text)) for text in found]


def painted_bodies() -> Sequence[bytes]:
    """What values with painted masks hold."""
    found = [text.split(b".")[1:] for text in values() if text.startswith(infotext.PAINTED.encode())]
    return [
        b"\0\0\0".join((bz2.decompress(base64.b64decode(first)), zlib.decompress(base64.b64decode(second))))
        for first, second in found
    ]


def plane_seeds() -> Sequence[bytes]:
    """Planes and parts of a small mask."""
    first, parts = strokes.split([np.array([[0, 9, 255]], np.uint8), np.array([[7], [0]], np.uint8)])
    return [b"\xff\xfe\xfd".join([first, *parts])]


def records() -> Sequence[bytes]:
    """PNGs with palettes."""
    path = folder() / "seed.png"
    png.save(Image.new("RGB", (4, 3)), parse(documents()[1]), png.MadeWith("cpu", "float32", {}), path)
    return [path.read_bytes()]


def record_texts() -> Sequence[bytes]:
    """The text of a record, plain and compressed."""
    text = json.dumps({"palette": json.loads(documents()[1]), "made_with": {"chosen": {"bootstrap": {"levels": 2}}}})
    return [b"\0" + text.encode(), b"\1" + text.encode()]


DOCUMENTS: Mapping[str, Target] = {
    "palette": Target(palette, documents, JSON + KEYS),
    "json": Target(json_document, documents, JSON),
    "request": Target(request, lambda: [*documents(), *values()], JSON + KEYS),
    "override": Target(
        override, lambda: [b"steps=9", b"tiles.width=auto", b'brushes=[{"id":"a","mask":"x"}]'], (*JSON, b"=", b".")
    ),
    "infotext": Target(value, values, (b"rd1.", b"rd2.", b"=", b".")),
    "infotext_body": Target(packed, bodies, (b"png 9\n", b"mask 9\n", b'"\x010"', b"\n\n", *JSON)),
    "infotext_painted": Target(
        painted, painted_bodies, (b"mask 9\n", b'"\x010"', b"\n\n", b"\0\0\0", b"\1", b"\2", *JSON)
    ),
    "infotext_file": Target(sidecar, documents, (*JSON, *KEYS, b".regiondiff.json", b"0" * 16, b"../", b"\0")),
    "strokes": Target(planes, plane_seeds, (b"\xff\xfe\xfd", b"\0\0\0\1", b"\0", b"\1", b"\2", b"\xff\xff\xff\xff")),
    "record": Target(png_record, records, (*PNG, b"regiondiff\0")),
    "record_text": Target(record_text, record_texts, JSON + KEYS),
}
