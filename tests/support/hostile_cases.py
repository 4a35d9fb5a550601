"""Palettes that must be refused: the table in `hostile/` and those that have to be built, as bytes for the disk."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import hostile_pictures as pictures
from hostile_pictures import ANOTHER_KIND, png
from palettes import data_url
from places import TESTS

TABLE = TESTS / "hostile"
SQUARE = {"rectangle": [0, 0, 1, 1]}
MILLION = 10**6
IMAGE = "expected a whole still {} image, got "

Told = list[tuple[str, str]]
Side = Mapping[str, bytes | Path | None]


@dataclass(frozen=True)
class Case:
    """A palette's bytes, made when asked for; files beside it: bytes, where a link leads, None for a folder.

    `problems` has the path and a part of each line that is told; with `more`, others may follow.
    """

    name: str
    make: Callable[[], bytes]
    problems: Told
    side: Side = field(default_factory=dict)
    more: bool = False

    def lay(self, folder: Path) -> None:
        """Put the side files into a folder."""
        for name, content in self.side.items():
            if content is None:
                (folder / name).mkdir()
            elif isinstance(content, bytes):
                (folder / name).write_bytes(content)
            else:
                link(folder / name, content)

    def write(self, folder: Path) -> Path:
        """Put the palette and its side files into a folder; where the palette is."""
        self.lay(folder)
        place = folder / "palette.json"
        place.write_bytes(self.make())
        return place


def link(place: Path, target: Path | str) -> None:
    """A symbolic link; the test is skipped where Windows grants none."""
    try:
        place.symlink_to(target)
    except OSError as error:
        pytest.skip(f"no links: {error}")


def cases() -> Iterator[Case]:
    """Every palette that must be refused."""
    for part in (table, encodings, sizes, counts, images, files):
        yield from part()


def table() -> Iterator[Case]:
    """What JSON files can hold: `palette` as data, or `text` as it stands."""
    for path in sorted(TABLE.glob("*.json")):
        for row in json.loads(path.read_text(encoding="utf-8")):
            text = row["text"] if "text" in row else json.dumps(row["palette"])
            told = [(where, part) for where, part in row["problems"]]
            yield Case(f"{path.stem}: {row['name']}", text.encode, told)


def document(**values: Any) -> bytes:
    """A palette file."""
    return json.dumps({"version": 1} | values).encode()


def brushes(*masks: Any, **values: Any) -> bytes:
    """A palette file with a brush for each mask."""
    return document(brushes=[{"id": str(index), "mask": mask} | values for index, mask in enumerate(masks)])


def encodings() -> Iterator[Case]:
    """Bytes that are no text in UTF-8, or no JSON."""
    plain = '{"version": 1}'
    undecodable = {
        "UTF-16": plain.encode("utf-16"),
        "UTF-16 without a mark": plain.encode("utf-16-le"),
        "Latin-1": '{"version": 1, "sampler": "caf\xe9"}'.encode("latin-1"),
        "surrogate in UTF-8": b'{"version": 1, "sampler": "\xed\xa0\xbd"}',
        "overlong UTF-8": b'{"version": 1, "sampler": "\xc0\xaf"}',
        "gzip": gzip.compress(plain.encode(), mtime=0),
        "a JPEG": pictures.jpeg(),
    }
    for name, data in undecodable.items():
        got = "UTF-16" if name.startswith("UTF-16") else "other bytes"
        yield Case(name, partial(bytes, data), [("palette", f"expected UTF-8 text, got {got}")])
    unreadable = {
        "nothing": b"",
        "a byte order mark": b"\xef\xbb\xbf",
        "two byte order marks": b"\xef\xbb\xbf" * 2 + plain.encode(),
        "UTF-32": plain.encode("utf-32-be"),
        "zeros": bytes(1000),
        "zeros after it": plain.encode() + bytes(3),
    }
    for name, data in unreadable.items():
        yield Case(name, partial(bytes, data), [("palette", "expected JSON, got a fault at line 1")])


def around(start: str, middle: str, count: int, end: str) -> bytes:
    """A text with a part that comes many times."""
    return (start + middle * count + end).encode()


def sizes() -> Iterator[Case]:
    """Too much text, or text that costs far more than it weighs."""
    word, key, list_of = '{"version": 1, "blend": "', '{"version": 1, "', '{"version": 1, "brushes": ['
    few, flat = "expected at most 1048576 brackets and commas, got more", "got brackets nested too deeply"
    limit = "expected at most 64 MB of text, got more"
    rows = [
        ("65 MB of spaces", ("", " ", 65 * 2**20, ""), "palette", limit),
        ("65 MB of a word", (word, "a", 65 * 2**20, '"}'), "palette", limit),
        ("ten million lists", ("[", "[],", 10 * MILLION, "[]]"), "palette", few),
        ("ten million objects", (list_of, "{},", 10 * MILLION, "{}]}"), "palette", few),
        ("hundred thousand brackets", ("", "[", 100000, ""), "palette", flat),
        ("hundred thousand objects", ('{"version": 1, "a": ', '{"a":', 100000, "1"), "palette", flat),
        ("five hundred brackets", (list_of, "[", 500, "]" * 501 + "}"), "brushes[0]", "got a list of 1"),
        (
            "60 MB of a word",
            (word, "a", 60 * MILLION, '"}'),
            "blend",
            "of average, mixture, auto, got 'aaa",
        ),
        ("20 MB of a key", (key, "a", 20 * MILLION, '": 1}'), "['aaaa", "got an unknown key"),
        ("20 MB of line breaks", (key, "\\n", 10 * MILLION, '": 1}'), "['\\n\\n", "got an unknown key"),
        ("20 MB of digits", ('{"version": 1, "seed": ', "9", 20 * MILLION, "}"), "seed", "far too large"),
        ("20 MB of decimals", ('{"version": 1, "steps": 0.', "1", 20 * MILLION, "}"), "steps", "1…1000"),
    ]
    for name, parts, path, told in rows:
        yield Case(name, partial(around, *parts), [(path, told)])
    masks: list[tuple[str, Callable[[], Any], str, str]] = [
        ("20 MB of a data URL", lambda: data_url(bytes(15 * MILLION)), "brushes[0].mask", ANOTHER_KIND),
        ("20 MB of a false data URL", lambda: "x" * 20 * MILLION, "brushes[0].mask", "got 'xxxx"),
        ("20 MB of a path", lambda: {"file": "a/" * 10 * MILLION}, "brushes[0].mask.file", "20000000 characters"),
        ("20 MB of a shape", lambda: {"a" * 20 * MILLION: []}, "brushes[0].mask", "with the key 'aaaa"),
    ]
    for name, make, path, told in masks:
        yield Case(name, lambda make=make: brushes(make()), [(path, told)])


def counts() -> Iterator[Case]:
    """Too many entries, and too many faults to be told one by one."""
    most, wrong = "got more, which are not listed", [2, "x"]
    triangle = [[0, 0], [1, 0], [1, 1]]
    rows: list[tuple[str, Callable[[], bytes], str, str]] = [
        ("65 brushes", lambda: brushes(*[SQUARE] * 65), "brushes", "a list of 0…64 entries, got a list of 65"),
        ("65 loras", lambda: document(model={"loras": [{"name": "a"}] * 65}), "model.loras", "got a list of 65"),
        ("257 noises", lambda: document(noise=[{"mask": SQUARE, "seed": 1}] * 257), "noise", "got a list of 257"),
        ("1025 points", lambda: brushes({"polygon": triangle * 342}), "brushes[0].mask.polygon", "got a list of 1026"),
        ("a long prompt", lambda: brushes(SQUARE, prompt="a" * 20001), "brushes[0].prompt", "got 20001 characters"),
        ("a long key", lambda: document(**{"k" * 2000: 1}), f"['{'k' * 56}...]", "got an unknown key"),
        ("a long name", lambda: brushes({"file": "ä" * 200 + ".png"}), "brushes[0].mask.file", "file"),
        ("a long number", partial(around, '{"version": 1, "steps": ', "9", 5000, "}"), "steps", "far too large"),
    ]
    for name, make, path, told in rows:
        yield Case(name, make, [(path, told)])
    keys = partial(around, '{"version": 1, "a": 0', ', "a": 0', MILLION, "}")
    yield Case("the same key a million times", keys, [("palette", "got 'a' again")])
    strange = lambda: document(**{f"{number:x}": 0 for number in range(MILLION // 5)})  # noqa: E731
    yield Case("two hundred thousand strange keys", strange, [("0", "unknown key"), ("palette", most)], more=True)
    points = lambda: brushes(*[{"polygon": [wrong] * 1024}] * 64)  # noqa: E731
    first = ("brushes[0].mask.polygon[0][1]", "got 'x'")
    yield Case("sixty thousand wrong points", points, [first, ("brushes", most)], more=True)


def images() -> Iterator[Case]:
    """Image files that are broken, of another kind, or far more than they weigh."""
    for name, (make, told) in pictures.MASKS.items():
        told = told if told == ANOTHER_KIND else f"{IMAGE.format('PNG')}{told}"
        yield Case(name, lambda make=make: brushes(data_url(make())), [("brushes[0].mask", told)])
    for name, (make, kind, told) in pictures.IMAGES.items():
        told = told if told == ANOTHER_KIND else f"{IMAGE.format(kind)}{told}"
        whole = lambda make=make, kind=kind: document(  # noqa: E731
            background={"image": data_url(make(), f"image/{kind.lower()}")}
        )
        yield Case(name, whole, [("background.image", told)])
    nine = lambda: brushes(*[data_url(pictures.large())] * 9)  # noqa: E731
    yield Case("nine large masks", nine, [("palette", "smaller pictures (268435456 pixels in all), got more")])


def files() -> Iterator[Case]:
    """Files that are none, lead elsewhere, or hold something else."""
    outside, none = "a link out of it", "which is none"
    single: list[tuple[str, bytes | Path | None, str]] = [
        ("a folder", None, none),
        ("an empty file", b"", f"{ANOTHER_KIND} (0 bytes)"),
        ("a text", b"not a picture\n", f"{ANOTHER_KIND} (14 bytes)"),
        ("a JPEG", pictures.jpeg(), ANOTHER_KIND),
        ("a part", png()[:-1], "end too early"),
        ("a link to the computer", Path("/etc/hosts"), outside),
        ("a link up", Path("../../mask.png"), outside),
        ("a link to itself", Path("mask.png"), "file"),
        ("a link to nothing", Path("missing.png"), none),
    ]
    mask = partial(brushes, {"file": "mask.png"})
    for name, content, told in single:
        yield Case(f"file that is {name}", mask, [("brushes[0].mask.file", told)], {"mask.png": content})
    inside = partial(brushes, {"file": "masks/hosts.png"})
    yield Case("folder that is a link", inside, [("brushes[0].mask.file", outside)], {"masks": Path("/etc")})
    nine = partial(brushes, *[{"file": "mask.png"}] * 9)
    told = [("brushes[8].mask.file", "smaller pictures (268435456 pixels in all), got more")]
    yield Case("nine large files", nine, told, {"mask.png": pictures.large()})
