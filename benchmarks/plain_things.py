"""How good are things that the model draws without us? `python benchmarks/plain_things.py [--slow] [--count N]`.

The things and grounds of the palettes of benchmarks/sizes.py, each asked for in one native picture without any brush,
in five LCM steps or, with `--slow`, twenty of DDIM. The picture is enlarged as a close-up is, to the window of a brush
of 128 px and of a larger one, and judged as a thing of that size. What is wrong then no engine of ours has done. One
JSON line for each size; pictures are kept in .cache/sizes. `--write` renews the tables in docs/reports/sizes.md.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from fidelity_pictures import collect, encode_png, fingerprint, load_judge, make_parser, put
from fidelity_report import format_rows, renew, round_numbers
from PIL import Image
from sizes_classes import make_wish
from sizes_labels import look
from sizes_pictures import CACHE, Job, digest, digest_wishes, load_host
from sizes_report import PAGE, find_interval, format_cell, tabulate
from sizes_scores import NATIVE, THINGS, score_labels
from sizes_things import make_mask, make_piece
from sizes_wishes import SPLITS, Wish, draw_truth, phrase

from lib_regiondiff.document.palette import parse
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.hosts.diffusers import render
from lib_regiondiff.planning.things.closeups import FILL

LIKE = "thing-128"
"""The class whose things, grounds and seeds these are."""
SIDES = (128, 320)
COLUMNS = ("whole", "once", "missing", "second", "class", "colour", "area", "shape")
CELL = 8  # pixels

Record = Mapping[str, Any]


def measure(number: int, job: Job) -> Record | None:
    """The scores of a plain picture at each size; None if it is not drawn yet and it is too late."""
    path = job.setup.fast / f"plain-{number:04}.png"
    wish = make_wish(LIKE, number, job.split)
    if not path.exists():
        if job.setup.late:
            return None
        put(path, encode_png(draw(wish, job)))
    with Image.open(path) as image:
        picture = image.convert("RGB")
    return {"number": number} | {f"{side}": score(picture, enlarge(wish, side), job) for side in SIDES}


def draw(wish: Wish, job: Job) -> Image.Image:
    """The native picture of a wish's thing on its ground, without brushes."""
    thing = wish.pieces[0].meaning.thing
    assert thing is not None
    side = {"width": NATIVE, "height": NATIVE}
    ground = {"prompt": phrase(wish.ground, thing.kind, thing.colour)}
    head = {"version": 1, "size": side, "seed": wish.seed % 2**32, "background": ground}
    host = load_host(job.setup.model, job.setup.lora if job.fast else "")
    (made,) = render(host, parse(head | dict(job.settings)), ignore_model=True)
    return made.image


def enlarge(wish: Wish, side: int) -> Wish:
    """A wish for the same thing on the same ground in a square brush, in the middle of a canvas that is its window."""
    thing, whole = wish.pieces[0].meaning.thing, round(side / FILL / CELL) * CELL
    assert thing is not None
    rim, size = (whole - side) // 2, Size(whole, whole)
    box, words = Box(rim, rim, rim + side, rim + side), phrase(wish.ground, thing.kind, thing.colour)
    mask = make_mask(np.random.default_rng(0), "rectangle", box, size)
    piece = make_piece(mask, box, size, wish.ground, (thing.kind, thing.colour), "thing", words)
    return Wish(f"thing-{side}", wish.number, wish.seed, size, wish.ground, phrase(wish.ground), (piece,))


def score(picture: Image.Image, wish: Wish, job: Job) -> dict[str, float]:
    """The scores of a native picture, enlarged to the canvas of a wish."""
    sides = (wish.size.width, wish.size.height)
    pixels = np.asarray(picture.resize(sides, Image.Resampling.LANCZOS))
    return score_labels(wish, look(pixels, wish.pieces, load_judge(job.setup)), draw_truth(wish))


def format_page(records: Sequence[Record]) -> str:
    """The Markdown of the scores at each size, shares in percent."""
    rows: list[Sequence[str]] = [("as a thing of", "pictures", *COLUMNS), ("---",) * (2 + len(COLUMNS))]
    for side in SIDES:
        shown = [format_cell(tabulate(records, f"{side}", name), name) for name in COLUMNS]
        rows.append((f"{side} px", f"{len(records)}", *shown))
    return format_rows(rows)


def make_job(given: argparse.Namespace) -> Job:
    """The job of a command line, whose pictures depend on no engine of ours."""
    job = Job.of(given)
    files = (given.model, given.lora) if given.fast else (given.model,)
    folder = CACHE / digest("plain", fingerprint(*files), digest_wishes(), job.steps, given.seeds)
    folder.mkdir(parents=True, exist_ok=True)
    return replace(job, setup=replace(job.setup, fast=folder, full=folder))


def main() -> None:
    """Draw and score what the command line says, print a line for each size, and write the report."""
    parser = make_parser(__doc__, count=60)
    parser.add_argument("--slow", dest="fast", action="store_false", help="20 DDIM steps at guidance 4, without LoRA")
    parser.add_argument("--seeds", choices=list(SPLITS), default="development")
    parser.add_argument("--write", action="store_true", help="renew docs/reports/sizes.md")
    given = parser.parse_args()
    given.set = "{}"
    job = make_job(given)
    records = collect(functools.partial(measure, job=job), given.count, given.workers)
    for side in SIDES:
        line = {"benchmark": "plain things", "side": side, "pictures": len(records), "steps": job.steps}
        scores = {name: round_numbers(find_interval(tabulate(records, f"{side}", name), name)) for name in THINGS}
        print(json.dumps(line | {"seeds": given.seeds} | scores))
    if given.write and records:
        renew(PAGE, format_page(records), f"measured plain {job.steps}")


if __name__ == "__main__":
    main()
