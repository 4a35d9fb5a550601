"""Documents that are accepted and as heavy as the budget lets them be, one for each thing that there can be much of."""

from __future__ import annotations

import base64
import functools
import io
import json
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from lib_regiondiff.document.palette import parse
from lib_regiondiff.errors import PaletteError

Data = dict[str, Any]


@dataclass(frozen=True)
class Heavy:
    """A kind of heavy document: `make` makes one with so many of something, of which there can be `most`.

    `plain` is what a plain document of its canvas shares with it.
    """

    make: Callable[[int], Data]
    most: int = 1
    plain: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 20
    size: tuple[int, int] | None = None
    """Width and height of the job, where it is not the palette's own."""

    @property
    def largest(self) -> tuple[int, Data]:
        """The greatest number at which the document is still accepted, and that document."""
        low, high = 0, self.most
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if accepted(self.make(middle)) else (low, middle - 1)
        return low, self.make(low)


def accepted(data: Data) -> bool:
    """Whether a document is accepted as a palette."""
    try:
        parse(json.dumps(data))
    except PaletteError:
        return False
    return True


def canvas(width: int, height: int = 0, **more: Any) -> Data:
    """The document of a palette with a canvas of this size in pixels, square by default."""
    return {"version": 1, "size": {"width": width, "height": height or width}} | more


def brushes(count: int, mask: Callable[[int], Any], **more: Any) -> Data:
    """The plain data of `count` brushes, their masks and other values made from each one's number."""
    made = []
    for index in range(count):
        values = {key: value(index) if callable(value) else value for key, value in more.items()}
        made.append({"id": str(index), "prompt": f"thing {index}", "mask": mask(index)} | values)
    return {"brushes": made}


def zigzag(corners: int, index: int = 0) -> Data:
    """A polygon that crosses the canvas from border to border as often as it has corners."""
    high = 1 - index / 1000
    return {"polygon": [[round(i / corners, 5), high * (i % 2)] for i in range(corners)]}


def whole(index: int = 0) -> Data:
    """An ellipse around the whole canvas: each pixel at its edge is partly covered."""
    return {"ellipse": [-0.1, -0.1, 1.1 - index / 1000, 1.1]}


def spot(index: int) -> Data:
    """A small disc, at one of 8 by 8 places."""
    left, top = index % 8 / 8, index // 8 % 8 / 8
    return {"ellipse": [left + 0.01, top + 0.01, left + 0.1, top + 0.1]}


@functools.cache
def png(width: int, height: int, colour: int = 0, depth: int = 8, texture: int = 1, paeth: bool = True) -> str:
    """A PNG as a data URL: noise of `texture` levels, 1 for none; each row filtered by Paeth's predictor if `paeth`."""
    bits = {0: 1, 2: 3, 4: 2, 6: 4}[colour] * depth
    row = -(-width * bits // 8)
    pixels = np.random.default_rng(width + texture).integers(0, texture, (height, row + 1)).astype(np.uint8)
    pixels[:, 0] = 4 if paeth else 0
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(pixels.tobytes(), 1)), (b"IEND", b""))
    data = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts)
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + data).decode()


def jpeg(width: int, height: int, scans: int) -> str:
    """A progressive JPEG as a data URL that repeats its last scan so many times."""
    file = io.BytesIO()
    Image.new("L", (width, height), 128).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    last, end = data.rindex(b"\xff\xda"), data.rindex(b"\xff\xd9")
    data = data[:end] + data[last:end] * scans + data[end:]
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()


def checkered(side: int, index: int) -> str:
    """A painted mask as a data URL, with as much outline as there can be."""
    y, x = np.mgrid[0:side, 0:side] // 2
    file = io.BytesIO()
    Image.fromarray(((x + y + index) % 2 * 255).astype(np.uint8)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


PAINTED: Data = {"background": {"colour": "#203040"}}
SMALL_TILES = {"width": 64, "height": 64, "window": "gaussian"}
LONG = "word " * 4000


def _shapes() -> Iterator[tuple[str, Heavy]]:
    """Many corners, and many shapes on large canvases."""
    for side in (512, 2048):
        yield f"zigzags {side}", Heavy(lambda n, side=side: canvas(side) | brushes(n, lambda i: zigzag(1024, i)), 64)
    yield "wide canvas", Heavy(lambda n: canvas(16384, 4096) | brushes(n, whole), 64)
    yield "64 ellipses 2048", Heavy(lambda n: canvas(2048) | brushes(n, whole), 64)


def _merged() -> Iterator[tuple[str, Heavy]]:
    """Brushes over a picture."""
    yield (
        "merged, hard",
        Heavy(lambda n: canvas(2048) | PAINTED | brushes(n, lambda i: zigzag(16, i)), 64, PAINTED),
    )
    yield (
        "merged, narrow feathers",
        Heavy(
            lambda n: canvas(1024) | PAINTED | brushes(n, whole, feather=lambda i: 1 + i / 13, weight=lambda i: 1 + i),
            64,
            PAINTED,
        ),
    )
    for feather in (8, 1024):
        yield (
            f"merged, feather {feather}",
            Heavy(lambda n, f=feather: canvas(2048) | PAINTED | brushes(n, whole, feather=f), 64, PAINTED),
        )
    yield (
        "a ring of long feathers",
        Heavy(
            lambda n: (
                canvas(2040, 1016, tiles={"wrap": True}) | PAINTED | brushes(n, whole, feather=lambda i: 1024 - i)
            ),
            64,
            PAINTED | {"tiles": {"wrap": True}},
        ),
    )
    yield "feathers of a small palette", Heavy(lambda n: canvas(64) | PAINTED | brushes(n, whole, feather=1024), 64,
                                               PAINTED, size=(2048, 1024))  # fmt: skip


def _tiles() -> Iterator[tuple[str, Heavy]]:
    """Tiles and windows."""
    yield (
        "tiles",
        Heavy(lambda n: canvas(2048, tiles=SMALL_TILES | {"overlap": n}) | brushes(64, whole), 63),
    )
    yield (
        "tiles of brushes that mix",
        Heavy(
            lambda n: (
                canvas(2048, tiles=SMALL_TILES | {"overlap": 0}, overlap={"rule": "weighted"})
                | brushes(n, lambda i: {"rectangle": [0, 0, 1, 0.5]})
            ),
            7,
        ),
    )
    yield (
        "tiles of one meaning",
        Heavy(lambda n: canvas(2048, tiles=SMALL_TILES | {"overlap": n}) | brushes(64, spot, prompt="spot"), 63),
    )


def _levels() -> Iterator[tuple[str, Heavy]]:
    """What changes from step to step, and noise."""
    for kind in ("continuous", "discrete"):
        yield (
            f"quantized, {kind}",
            Heavy(
                lambda n, kind=kind: canvas(1024, quantization=kind, steps=n) | brushes(64, whole, feather=30),
                1000,
                {"quantization": kind},
            ),
        )
    yield (
        "brushes that come and go",
        Heavy(
            lambda n: (
                canvas(1024, steps=1000) | brushes(n, whole, start=lambda i: i / 200, stop=lambda i: 0.5 + i / 200)
            ),
            64,
            steps=1000,
        ),
    )
    yield (
        "bootstrap",
        Heavy(
            lambda n: canvas(2048, steps=100, bootstrap={"levels": 100, "mix": 50.5}) | brushes(n, spot),
            64,
            {"bootstrap": {"levels": 100, "mix": 50.5}},
            100,
        ),
    )
    yield (
        "noise",
        Heavy(lambda n: canvas(1024, noise=[{"mask": whole(i), "seed": i} for i in range(n)]) | brushes(64, spot), 256),
    )


def _texts() -> Iterator[tuple[str, Heavy]]:
    """Long prompts, suffixes and numbers."""
    yield "prompts", Heavy(lambda n: canvas(512) | brushes(n, spot, prompt=LONG, negative=LONG), 64)
    yield (
        "suffix",
        Heavy(
            lambda n: canvas(512, suffix="{background}" * n, background={"prompt": LONG[:2000]}) | brushes(64, spot),
            1600,
        ),
    )
    yield (
        "parts of prompts",
        Heavy(lambda n: canvas(512, suffix="x" * 99) | brushes(64, spot, prompt="a AND " * n + "a"), 3000),
    )
    yield "spaces", Heavy(lambda n: canvas(512, suffix="x") | brushes(n, spot, prompt=" " * 19990 + "x"), 64)
    yield "corners", Heavy(lambda n: canvas(64) | brushes(64, lambda i: zigzag(n, i)), 1024)


def _pictures() -> Iterator[tuple[str, Heavy]]:
    """Painted masks and pictures."""
    for colour, depth, texture in ((0, 8, 1), (0, 8, 3), (6, 8, 1), (6, 16, 3), (0, 16, 1)):
        yield (
            f"painted masks, colour {colour}, {depth} bits, {texture} levels",
            Heavy(
                lambda n, how=(colour, depth, texture): canvas(2048) | brushes(n, lambda i: png(2048, 2047 - i, *how)),
                64,
            ),
        )
    yield "checkered masks", Heavy(lambda n: canvas(1024) | brushes(n, lambda i: checkered(1024, i)), 64)
    yield "a large mask", Heavy(lambda n: canvas(512) | brushes(1, lambda i: png(16384, n, 6, 16)), 2048)
    yield (
        "a large picture",
        Heavy(lambda n: canvas(512, background={"image": png(8192, n, 6, 16, 2)}) | brushes(1, spot), 4096, PAINTED),
    )
    yield (
        "a picture of many scans",
        Heavy(lambda n: canvas(512, background={"image": jpeg(5700, 5700, n)}) | brushes(1, spot), 60, PAINTED),
    )


GROUPS = (_shapes, _merged, _tiles, _levels, _texts, _pictures)


def cases() -> Iterator[tuple[str, Heavy]]:
    """All heavy documents by their names."""
    for group in GROUPS:
        yield from group()
