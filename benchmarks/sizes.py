"""Is what people paint drawn at every size? `python benchmarks/sizes.py [--classes a,b] [--count N] [--slow]`.

Palettes of the toy world in classes of what people paint (sizes_classes.py), drawn with the demo model, judged by the
labeller beside the true picture of each, drawn by the toy world at that size and put through the autoencoder. One JSON
line for each class; pictures are kept in .cache/sizes, so that a run that was stopped goes on. `--sheet FILE.png` draws
every tenth palette to look at, `--failures FOLDER` all that are not right, and those in which halos are counted.
`--write` renews docs/reports/sizes.md and fidelity.md, with what benchmarks/looked.tsv says about the failures. Classes
take turns, so that a run that `--minutes` ends has as many palettes of each. Rows of classes that a run did not draw
stay in the tables; failures, and the picture of one palette of ten, are those of one run: name all classes with
`--minutes 0 --write` to have what several runs drew.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Sequence
from pathlib import Path

from fidelity_pictures import collect, make_parser
from fidelity_report import PAGE as SUMMARY
from fidelity_report import read_measured, renew
from sizes_classes import MAKERS, make_wish
from sizes_failures import format_failures, read_looked, write_sheets
from sizes_merge import merge
from sizes_pictures import Job, Record, measure
from sizes_report import PAGE, draw_sheet, format_page, make_lines
from sizes_summary import format_summary, write_picture
from sizes_wishes import SPLITS


def read_arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = make_parser(__doc__, count=60)
    parser.add_argument("--classes", default=",".join(MAKERS), help="classes, with commas between")
    speed = parser.add_mutually_exclusive_group()
    speed.add_argument("--fast", action="store_true", default=True, help="5 LCM steps at guidance 1 (the default)")
    speed.add_argument("--slow", dest="fast", action="store_false", help="20 DDIM steps at guidance 4, without LoRA")
    parser.add_argument("--seeds", choices=list(SPLITS), default="development")
    parser.add_argument("--set", default="{}", help="JSON merged into palettes, what is in its brushes into each brush")
    parser.add_argument("--sheet", type=Path, help="a PNG of palettes, true pictures and ours")
    parser.add_argument("--every", type=int, default=10, help="so many palettes of a class give one for the sheet")
    parser.add_argument("--failures", type=Path, help="a folder for sheets of failures, and a list of what to look at")
    parser.add_argument("--write", action="store_true", help="renew docs/reports/sizes.md and fidelity.md")
    given = parser.parse_args()
    unknown = set(given.classes.split(",")) - set(MAKERS)
    if unknown:
        parser.error(f"--classes: expected some of {', '.join(MAKERS)}, got {', '.join(sorted(unknown))}")
    return given


def measure_at(place: int, wanted: Sequence[tuple[str, int]], job: Job) -> Record | None:
    """The record of what is wanted at a place."""
    return measure(wanted[place], job)


def show(records: Sequence[Record], job: Job, path: Path, every: int) -> None:
    """Draw the sheet of every so many palettes of each class."""
    chosen = [each for each in records if each["number"] % every == 0]
    wishes = [make_wish(each["class"], each["number"], job.split) for each in chosen]
    paths = [job.find_paths(each["class"], each["number"]) for each in chosen]
    draw_sheet(list(zip(wishes, paths, chosen, strict=True))).save(path)


def main() -> None:
    """Draw and score what the command line says, print a line for each class, draw the sheet and write the report."""
    given = read_arguments()
    job = Job.of(given)
    wanted = [(kind, number) for number in range(given.count) for kind in given.classes.split(",")]
    records = collect(functools.partial(measure_at, wanted=wanted, job=job), len(wanted), given.workers)
    told = {"steps": job.steps, "seeds": given.seeds}
    for line in make_lines(records, told):
        print(json.dumps(line))
    if given.sheet and records:
        show(records, job, given.sheet, given.every)
    if given.failures:
        write_sheets(records, job, given.failures)
    if given.write and records:
        write(records, job)


def write(records: Sequence[Record], job: Job) -> None:
    """Renew the reports' tables of these steps; the picture in the summary is that of few steps.

    Failures are counted in runs with things on a ground; others leave what is said of them.
    """
    marker, page = f"measured {job.steps}", format_page(records)
    if any(each["class"].startswith("thing") for each in records):
        page += f"\n\n{format_failures(records, read_looked(job))}"
    renew(PAGE, merge(page, read_measured(PAGE, marker)), marker)
    if summary := format_summary(records):
        renew(SUMMARY, merge(summary, read_measured(SUMMARY, marker)), marker)
    if job.fast:
        write_picture(records, job)


if __name__ == "__main__":
    main()
