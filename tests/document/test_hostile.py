"""Palettes from strangers: each is refused in so many words, soon, and without filling the memory."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from bounded import bounded
from hostile_cases import Case, brushes, cases, document
from hostile_pictures import chunk, head, inflating, jpeg, png
from lib_regiondiff.document.palette import dumps, parse
from lib_regiondiff.errors import PaletteError
from palettes import data_url, encoded

MOST_SECONDS, MOST_MEGABYTES = 2.0, 800
CASES = list(cases())


def peak() -> float:
    """The most memory that this process ever held, in MB; 0 where the system does not say."""
    if sys.platform == "win32":
        return 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def test_the_table_is_large_and_names_each_case_once() -> None:
    assert len(CASES) >= 250
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(case.problems for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_palette_is_refused(case: Case, tmp_path: Path) -> None:
    case.lay(tmp_path)
    data = case.make()
    memory, start = peak(), time.process_time()
    with pytest.raises(PaletteError) as caught:
        parse(data, tmp_path)
    assert time.process_time() - start < MOST_SECONDS
    assert peak() - memory < MOST_MEGABYTES
    assert_told(caught.value, case)


def assert_told(error: PaletteError, case: Case) -> None:
    """One line for each problem, none over 320 characters, and just those that the case names."""
    lines = str(error).splitlines()
    assert len(lines) == len(error.problems) <= 500
    assert max(map(len, lines)) <= 320
    str(error).encode()
    for path, told in case.problems:
        assert any(line.startswith(path) and told in line for line in lines), (path, told, lines[:10])
    assert case.more or len(lines) == len(case.problems), lines


SMALL = Image.new("L", (4, 4), 9)
SOUND = {
    "interlaced": png(first=head(1, 1, interlace=1)),
    "sixteen bits": png(first=head(depth=16), pixels=b"\0\xff\xff"),
    "one bit": png(first=head(depth=1)),
    "the largest": png(first=head(5792, 5792, depth=1), pixels=bytes(725 * 5792)),
    "a little text": png(chunk(b"tEXt", b"Comment\0" + b"a" * 2000)),
    "unknown chunks": png(chunk(b"teSt") * 100),
    "more after the end": png() + b"more",
    "text that inflates": png(inflating(b"zTXt")),
    "international text that inflates": png(inflating(b"iTXt")),
    "colour profile that inflates": png(inflating(b"iCCP")),
    "text that inflates after the pixels": png(last=inflating(b"zTXt") + chunk(b"IEND")),
    "an animation of one frame": encoded(SMALL, save_all=True),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_odd_but_sound_is_read(name: str) -> None:
    text = brushes(data_url(SOUND[name]))
    with bounded(2.0, 200):
        parse(text)
    assert json.loads(dumps(parse(text))) == json.loads(text)


def test_progressive_pictures_and_long_exif_are_read() -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\0" + b"\xff\xda" * 1000
    for data in (jpeg(progressive=True), jpeg(exif=exif)):
        parse(document(background={"image": data_url(data, "image/jpeg")}))


def test_the_largest_of_all_is_read_in_time() -> None:
    prompts = [f"{index:04}" * 3000 for index in range(64)]
    polygon = [[0.123456789 + index / 10000, 0.987654321] for index in range(380)]
    each = [{"id": str(index), "prompt": text, "mask": {"polygon": polygon}} for index, text in enumerate(prompts)]
    noise = [{"mask": {"polygon": polygon[:80]}, "seed": index} for index in range(256)]
    palette = parse(document(brushes=each, noise=noise))
    assert parse(dumps(palette)) == palette
