"""Does the picture do what the palette says? `python benchmarks/fidelity.py [--write]` measures the ladder.

Random palettes of the toy world, drawn with the demo model by each method of the ladder on the same seeds, judged by
the labeller. One JSON line for each method; pictures are kept in .cache/fidelity, so that a run that was stopped goes
on. `--write` renews docs/reports/fidelity.md and its pictures.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import fidelity_paths
import numpy as np
from fidelity_methods import METHODS, Cost, Studio
from fidelity_palettes import Puzzle, draw_truth, make_puzzle, move
from fidelity_pictures import (
    Setup,
    collect,
    encode_png,
    fingerprint,
    judge_picture,
    keep,
    load_studio,
    make_parser,
    put,
    read_pixels,
)
from fidelity_report import make_lines, write
from fidelity_scores import measure_change
from PIL import Image
from sizes_pictures import ENGINE, LIBRARY, digest
from torch import Tensor

from lib_regiondiff.fingerprints import fingerprint as fingerprint_source

CEILING = "true"
WITHOUT_LORA = ("g", CEILING)
SHIFTED = 10  # every so many palettes are drawn again with an object moved
OURS = "fg"
BASELINES, PROGRAMS = "bcdem", ("fidelity_canvas", "fidelity_methods", "fidelity_naive", "fidelity_stream")
NO_MASK = "a"  # a method in which nothing can be moved


def find_path(setup: Setup, number: int, letter: str, end: str = ".png") -> Path:
    """The path of a puzzle's picture by a method, which is named by a letter."""
    version = (
        f"-{fingerprint_baselines()}" if letter in BASELINES else f"-{fingerprint_engine()}" if letter in OURS else ""
    )
    return (setup.full if letter in WITHOUT_LORA else setup.fast) / f"{number:04}-{letter}{version}{end}"


@functools.cache
def fingerprint_baselines() -> str:
    """A digest of the programs that draw the baselines, whose pictures are kept."""
    return fingerprint(*(str(fidelity_paths.ROOT / "benchmarks" / f"{each}.py") for each in PROGRAMS))


@functools.cache
def fingerprint_engine() -> str:
    """A digest of the library's programs that draw our own pictures."""
    return digest(*(fingerprint_source(LIBRARY / each) for each in ENGINE))


def measure(number: int, setup: Setup, letters: str) -> dict[str, Any] | None:
    """Draw a puzzle by these methods where that is not done yet; its record once all methods are done, else None."""
    given = make_puzzle(number)
    versions = {"": given} | ({"-moved": move(given)[0]} if number % SHIFTED == 0 else {})
    for letter in letters:
        for version, each in versions.items():
            if not (version and letter == NO_MASK):
                path = find_path(setup, number, letter, f"{version}.png")
                keep(path, setup, functools.partial(draw, given=each, letter=letter))
    for version, each in versions.items():
        path = find_path(setup, number, CEILING, f"{version}.png")
        if not path.exists():
            put(path, encode_png(autoencode(load_studio(setup).full, draw_truth(each).picture)))
    done = all(find_path(setup, number, letter).exists() for letter in METHODS)
    return make_record(number, given, setup) if done else None


def draw(studio: Studio, given: Puzzle, letter: str) -> tuple[Tensor | Image.Image, Cost]:
    """The latents or the picture of a puzzle drawn by a method, and their cost."""
    return METHODS[letter][1](studio, given)


def autoencode(host: Any, picture: np.ndarray) -> Image.Image:
    """A picture, uint8 [h, w, 3], encoded and decoded by a host."""
    latents: Tensor = host.encode_image(Image.fromarray(picture))
    return host.decode(latents)


def make_record(number: int, given: Puzzle, setup: Setup) -> dict[str, Any]:
    """The scores of a puzzle by all methods, and the paths of its pictures."""
    true, elsewhere = draw_truth(given), move(given)[1]
    methods = {}
    for letter in (*METHODS, CEILING):
        path = find_path(setup, number, letter)
        methods[letter] = judge_picture(path, given, true, setup)
        after = find_path(setup, number, letter, "-moved.png")
        if after.exists():
            methods[letter]["elsewhere changed"] = measure_change(read_pixels(path), read_pixels(after), elsewhere)
    pictures = {letter: str(find_path(setup, number, letter)) for letter in methods}
    return {"number": number, "grade": given.grade, "methods": methods, "pictures": pictures}


def main() -> None:
    """Draw and score as many palettes as the command line says, print the ladder, and write it if asked to."""
    parser = make_parser(__doc__, count=100)
    parser.add_argument(
        "--methods", default="".join(METHODS), help="draw these only; what is there counts all the same"
    )
    parser.add_argument("--write", action="store_true", help="renew docs/reports/fidelity.md and its picture")
    given = parser.parse_args()
    work = functools.partial(measure, setup=Setup.of(given), letters=given.methods)
    known = collect(work, given.count, given.workers)
    for line in make_lines(known) if known else []:
        print(json.dumps(line))
    if given.write and known:
        write(known)


if __name__ == "__main__":
    main()
