"""Pictures to look at: records of wishes -> contact sheets, and a list in which whoever looks says what is wrong.

The list is benchmarks/looked.tsv: what was seen once counts for as long as the same pictures are drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fidelity_paths
from fidelity_report import format_rows
from PIL import Image
from sizes_classes import make_wish
from sizes_pictures import Job
from sizes_report import draw_strip

LOOKED = fidelity_paths.ROOT / "benchmarks" / "looked.tsv"
HEAD = "steps\tseeds\tclass\tnumber\tpicture\tkinds\thalo\n"
HALOS: Mapping[str, bool | None] = {"yes": True, "no": False, "": None}
KINDS: Mapping[str, str] = {
    "second": "a second thing, or parts of one",
    "cut": "the thing is cut off, or lost parts in its ground",
    "missing": "there is no thing",
    "shape": "the thing is misshapen",
    "class": "it is another thing",
    "colour": "it has another colour",
    "place": "it is not where its brush is, or below what it should hide",
    "misread": "the picture is right and was misread",
}
"""What may be wrong with a picture, as the list names it; of several kinds the gravest comes first."""
WATCHED = ("thing-40", "thing-72", "thing-96", "thing-128", "thing-200", "thing-320", "columns", "rows")
APART, EACH = 5, 5  # every so many palettes of a class are looked at for halos, and how many of it
GRID, ROUNDED = 5, 2  # parts of a picture's sides in its mark, and grey levels by which equal pictures may differ
ACROSS, DOWN = 2, 6  # pictures of a contact sheet
CELL = (624, 240)  # pixels

Record = Mapping[str, Any]
Shown = tuple[str, int]


@dataclass(frozen=True)
class Look:
    """What was seen in a picture: kinds of faults, and whether a thing has a halo; None where nobody looked for it."""

    kinds: tuple[str, ...]
    halo: bool | None


def find_failures(records: Sequence[Record]) -> list[Shown]:
    """Class and number of the pictures that are not wholly right."""
    return [(each["class"], each["number"]) for each in records if each["ours"]["whole"] < 1]


def find_watched(records: Sequence[Record]) -> list[Shown]:
    """Class and number of the pictures in which halos are counted: 40 of them, where all are drawn."""
    return [
        (each["class"], each["number"])
        for each in records
        if each["class"] in WATCHED and each["number"] % APART == 0 and each["number"] < APART * EACH
    ]


def read_looked(job: Job, path: Path = LOOKED) -> dict[Shown, Look]:
    """What has been seen in the pictures of a job that are still those which somebody looked at."""
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()[1:], start=2):
        steps, seeds, kind, at, mark, *seen = line.split("\t")
        look, ours = parse_look(seen, f"{path.name} line {number}"), job.find_paths(kind, int(at))["ours"]
        if (steps, seeds) == (job.steps, job.split) and ours.exists() and is_alike(mark, mark_picture(ours)):
            found[kind, int(at)] = look
    return found


def mark_picture(path: Path) -> str:
    """A picture's mean greys in a grid, by which it is known again although another machine rounds otherwise."""
    with Image.open(path) as image:
        return image.convert("L").resize((GRID, GRID), Image.Resampling.BOX).tobytes().hex()


def is_alike(one: str, two: str) -> bool:
    """Whether two marks are of the same picture."""
    return all(abs(a - b) <= ROUNDED for a, b in zip(bytes.fromhex(one), bytes.fromhex(two), strict=True))


def parse_look(seen: Sequence[str], place: str) -> Look:
    """What a line of the list says: kinds with commas between, and whether there is a halo."""
    kinds, halo = (*seen, "", "")[:2]
    found = tuple(each for each in kinds.split(",") if each)
    if unknown := set(found) - set(KINDS):
        raise SystemExit(f"{place}: expected some of {', '.join(KINDS)}, got {unknown.pop()}")
    if halo not in HALOS:
        raise SystemExit(f"{place}: expected yes, no or nothing for the halo, got {halo}")
    return Look(found, HALOS[halo])


def write_sheets(records: Sequence[Record], job: Job, folder: Path) -> None:
    """Sheets of failures and of what is watched for halos, and a list of those among them nobody has looked at."""
    folder.mkdir(parents=True, exist_ok=True)
    known = read_looked(job)
    lists = {"failures": find_failures(records), "watched": find_watched(records)}
    by_name = {(each["class"], each["number"]): each for each in records}
    for title, shown in lists.items():
        for at in range(0, len(shown), ACROSS * DOWN):
            sheet = draw_contacts([by_name[each] for each in shown[at : at + ACROSS * DOWN]], job)
            sheet.save(folder / f"{title}-{at // (ACROSS * DOWN) + 1:02}.png")
    fresh = sorted({*lists["failures"], *lists["watched"]} - set(known), key=list(by_name).index)
    lines = ["\t".join((*name_picture(each, job), "", "")) + "\n" for each in fresh]
    (folder / "to-look-at.tsv").write_text("".join([HEAD, *lines]), encoding="utf-8")


def name_picture(shown: Shown, job: Job) -> tuple[str, ...]:
    """The first fields of a picture's line in the list."""
    kind, number = shown
    return job.steps, job.split, kind, f"{number}", mark_picture(job.find_paths(kind, number)["ours"])


def draw_contacts(records: Sequence[Record], job: Job) -> Image.Image:
    """A sheet of palettes, true pictures and ours, with what was asked and seen."""
    wide, high = CELL
    sheet = Image.new("RGB", (ACROSS * wide, -(-len(records) // ACROSS) * high), "white")
    for at, record in enumerate(records):
        kind, number = record["class"], record["number"]
        strip = draw_strip(make_wish(kind, number, job.split), job.find_paths(kind, number), record)
        strip.thumbnail(CELL, Image.Resampling.LANCZOS)
        sheet.paste(strip, (at % ACROSS * wide, at // ACROSS * high))
    return sheet


def format_failures(records: Sequence[Record], looked: Mapping[Shown, Look]) -> str:
    """The Markdown of how many pictures fail, by the gravest fault that was seen, and of how many have halos."""
    failures, watched = find_failures(records), find_watched(records)
    seen = {each: looked[each] for each in failures if each in looked and looked[each].kinds}
    halos = [looked[each].halo for each in watched if each in looked and looked[each].halo is not None]
    scored = sum(each["ours"]["whole"] == each["ours"]["whole"] for each in records)
    said = f"Of {scored} pictures of things {len(failures)} are not wholly right; {len(seen)} of these were looked at."
    if halos:
        said += f" Of {len(halos)} pictures chosen by rule {sum(map(bool, halos))} have a halo."
    return "\n\n".join((said, format_counts(each.kinds[0] for each in seen.values()))) if seen else said


def format_counts(kinds: Iterable[str]) -> str:
    """A table of kinds of faults with their numbers."""
    counts = Counter(kinds)
    rows = [("what is wrong", "pictures"), ("---", "---")]
    return format_rows([*rows, *((KINDS[kind], f"{counts[kind]}") for kind in KINDS if counts[kind])])
