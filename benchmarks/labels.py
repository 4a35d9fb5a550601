"""How often is the labeller wrong on true pictures? `python benchmarks/labels.py [--classes a,b] [--count N]`.

True pictures of the classes of benchmarks/sizes.py, of the palettes of fidelity.py and of single scenes of native size,
drawn by the toy world, plain and through the autoencoder. One JSON line for each class: per cent of pixels whose class
and colour are wrong, the same of things, and how many pictures are found to be wholly right when they are looked at as
they are, and by `look`. Pictures are kept in .cache/labels. The palettes are other ones than sizes.py uses. `--write`
renews the tables in docs/reports/sizes.md and fidelity.md.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import fidelity_palettes
import fidelity_paths
import fidelity_scores
import numpy as np
import sizes_wishes
from fidelity_palettes import Puzzle, make_puzzle
from fidelity_pictures import Setup, collect, encode_png, fingerprint, load_judge, make_parser, put, read_pixels
from fidelity_report import PAGE as SUMMARY
from fidelity_report import format_rows, renew, round_numbers
from fidelity_scores import mean
from PIL import Image
from sizes_classes import MAKERS, make_wish
from sizes_labels import Seen, look
from sizes_pictures import digest, digest_wishes, load_host
from sizes_report import PAGE
from sizes_scores import score_labels
from sizes_wishes import Wish
from toyworld_scenes import HELD_OUT, Drawing, draw, make_scene

from lib_regiondiff.demo import labeller
from lib_regiondiff.demo.labeller import Maps
from lib_regiondiff.demo.world import BACKGROUNDS

NATIVE, COMPOSITE = "native", "composite"
"""The classes of single scenes, and of the palettes of benchmarks/fidelity.py."""
SCENES, PUZZLES, WISHES = 1_100_000, 5000, 500
"""The first number of each that is drawn here: none of them is trained or measured on elsewhere."""
VERSIONS = ("plain", "autoencoder")
COLUMNS = (("classes", 1), ("classes of things", 1), ("colours", 1), ("as it is: whole", 2), ("look: whole", 2))
"""What the table shows, and with how many digits."""
THING = "thing-"
BY_SIZE = (
    ("pixels of the thing that look like another class, %", "classes of things", 1),
    ("of another colour, %", "colours of things", 1),
    ("pictures found right, seen as they are, %", "as it is: whole", 100),
    ("seen at the size that the labeller knows, %", "look: whole", 100),
)


def measure(place: int, wanted: Sequence[tuple[str, int]], setup: Setup, keep: str) -> dict[str, Any]:
    """What the labeller makes of one true picture, plain and through the autoencoder."""
    kind, number = wanted[place]
    asked, true = draw_one(kind, number)
    pictures = {"plain": true.picture, "autoencoder": load_decoded(true, f"{kind}-{number:04}", setup, keep)}
    return {"class": kind} | {name: score(each, true, asked, setup) for name, each in pictures.items()}


def draw_one(kind: str, number: int) -> tuple[Wish | Puzzle | None, Drawing]:
    """What a picture of a class shows, but for single scenes, and the true picture."""
    if kind == NATIVE:
        return None, draw(make_scene(HELD_OUT[SCENES + number]))
    if kind == COMPOSITE:
        puzzle = make_puzzle(PUZZLES + number)
        return puzzle, fidelity_palettes.draw_truth(puzzle)
    wish = make_wish(kind, WISHES + number, "development")
    return wish, sizes_wishes.draw_truth(wish)


def load_decoded(true: Drawing, name: str, setup: Setup, keep: str) -> np.ndarray:
    """A true picture as the autoencoder returns it, [h, w, 3]; it is drawn once."""
    path = fidelity_paths.ROOT / ".cache" / "labels" / keep / f"{name}.png"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        host = load_host(setup.model, "")
        put(path, encode_png(host.decode(host.encode_image(Image.fromarray(true.picture)))))
    return read_pixels(path)


def score(picture: np.ndarray, true: Drawing, asked: Wish | Puzzle | None, setup: Setup) -> dict[str, float]:
    """Pixels by what is wrong with them, and scores of what was asked for, if anything was."""
    plain = labeller.label(Image.fromarray(picture), load_judge(setup))
    counts = count_errors(plain, true)
    if isinstance(asked, Puzzle):
        scores = fidelity_scores.score(asked, plain, true)
        return counts | {name: scores[name] for name in ("fidelity", "texture IoU", "right class")}
    if asked is None or not any(each.meaning.thing for each in asked.pieces):
        return counts
    return counts | score_wish(picture, plain, true, asked, load_judge(setup))


def score_wish(picture: np.ndarray, plain: Maps, true: Drawing, wish: Wish, network: Any) -> dict[str, float]:
    """Whether a wish's picture is wholly right, and the area of its things, as it is seen both ways."""
    seen = {
        "as it is": Seen.alike(plain, len(wish.pieces)),
        "look": look(picture, wish.pieces, network),
    }
    scores = {name: score_labels(wish, each, true) for name, each in seen.items()}
    return {f"{name}: {part}": each[part] for name, each in scores.items() for part in ("whole", "area")}


def count_errors(seen: Maps, true: Drawing) -> dict[str, float]:
    """Per cent of a picture's pixels whose class or colour is wrong, and of the pixels of things."""
    things, wrong = true.classes >= len(BACKGROUNDS), {}
    for name in ("classes", "colours"):
        differ = getattr(seen, name) != getattr(true, name)
        wrong[name] = 100 * float(differ.mean())
        wrong[f"{name} of things"] = 100 * float(differ[things].mean()) if things.any() else float("nan")
    return wrong


def make_line(kind: str, records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The means over a class's pictures."""
    line: dict[str, Any] = {"class": kind, "pictures": len(records)}
    for version in VERSIONS:
        names = records[0][version]
        line[version] = {name: round_numbers([mean([each[version][name] for each in records])])[0] for name in names}
    return line


def format_page(lines: Sequence[Mapping[str, Any]]) -> str:
    """The Markdown of the errors of each class: plain / through the autoencoder."""
    heads = ("class", "class wrong, % of pixels", "of things", "colour wrong", "right, seen as it is", "seen by size")
    rows = [heads, ("---",) * len(heads)]
    for line in lines:
        rows.append((line["class"], *(format_versions(line, name, digits) for name, digits in COLUMNS)))
    return format_rows(rows)


def format_versions(line: Mapping[str, Any], name: str, digits: int) -> str:
    """A number of plain pictures and of those through the autoencoder; nothing where there is none."""
    numbers = [line[version].get(name) for version in VERSIONS]
    return " / ".join(f"{number:.{digits}f}" for number in numbers if number is not None)


def format_sizes(lines: Sequence[Mapping[str, Any]]) -> str:
    """The Markdown of the errors by size, through the autoencoder, in percent: a column for each."""
    found = [line for line in lines if line["class"].startswith(THING)]
    heads = ("brush, px", *(line["class"].removeprefix(THING) for line in found))
    rows = [heads, ("---",) * len(heads)]
    for title, name, scale in BY_SIZE:
        rows.append((title, *(f"{scale * line['autoencoder'][name]:.0f}" for line in found)))
    return format_rows(rows)


def main() -> None:
    """Look at the classes that the command line names, and print a line for each."""
    parser = make_parser(__doc__, count=20)
    parser.add_argument(
        "--classes", default=",".join([NATIVE, COMPOSITE, *MAKERS]), help="classes, with commas between"
    )
    parser.add_argument("--write", action="store_true", help="renew docs/reports/sizes.md and fidelity.md")
    given = parser.parse_args()
    wanted = [(kind, number) for kind in given.classes.split(",") for number in range(given.count)]
    keep = digest(fingerprint(given.model), digest_wishes())
    work = functools.partial(measure, wanted=wanted, setup=Setup.of(given), keep=keep)
    records = collect(work, len(wanted), given.workers)
    lines = [make_line(kind, list(group)) for kind, group in itertools.groupby(records, lambda each: each["class"])]
    for line in lines:
        print(json.dumps(line))
    if given.write:
        renew(PAGE, format_page(lines), "measured labels")
        renew(SUMMARY, format_sizes(lines), "measured labels")


if __name__ == "__main__":
    main()
