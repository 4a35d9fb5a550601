"""Does what was found on the toy world hold on another one? `python benchmarks/second_world.py [--count N] [--write]`.

Palettes of the second world (tools/demo_model/emoji/CARD.md) in classes of second_world_cases.py: by what `auto` does
(`auto`), with every brush as stuff on the canvas, which is the published algorithm (`stuff`), and by the other methods
of docs/methods.md. The second world's networks are not shipped: `export --world emoji` writes what was trained, and
`--folder` says where it lies. Pictures are kept in .cache, so that a run that was stopped goes on. One JSON line for
each class and way; `--write` renews the tables of docs/reports/second-world.md, `--sheet FILE` draws palettes.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import fidelity_paths
import numpy as np
from fidelity_pictures import Setup, collect, encode_png, fingerprint, make_parser, put, read_pixels
from fidelity_report import DOCS, format_rows, measure_interval, renew
from methods_names import METHODS
from PIL import Image
from second_world_borders import score_boundary
from second_world_cases import CLASSES, Case, make_case, score
from second_world_passes import PAPER, see_canvas
from sizes_pictures import ENGINE, FAST, LIBRARY, Record, count_calls, digest, load_host

from lib_regiondiff.authoring.overlay import overlay
from lib_regiondiff.fingerprints import fingerprint as fingerprint_source
from lib_regiondiff.hosts.diffusers import render
from lib_regiondiff.planning.things import closeups

CACHE = fidelity_paths.ROOT / ".cache" / "second_world"
PAGE = DOCS / "reports" / "second-world.md"
WORLD = fidelity_paths.ROOT / ".cache" / "train" / "emoji" / "export"
TRUE = "the true picture through the autoencoder"
WAYS: Mapping[str, Mapping[str, Any]] = {
    "auto": {},
    "stuff": {"brushes": {"kind": "stuff"}},
    **{name: settings for name, settings in METHODS.items() if settings},
}
"""What is compared: a name -> what palettes say for it."""
SEEING, COARSE = "scenery sees the canvas", "as large to the end"
ALONE: Mapping[str, tuple[str, Mapping[str, Mapping[str, Any]]]] = {
    "bootstrap": (
        "textures",
        {
            "stuff": WAYS["stuff"],
            **{f"{n} white": {**WAYS["stuff"], "bootstrap": {"levels": n, "mix": n}} for n in PAPER},
        },
    ),
    "last steps": ("thing-320", {"auto": {}, COARSE: {}}),
}
"""What is compared by itself: a name -> the class of its cases, and its ways with what palettes say for them."""
PATCHES: Mapping[str, Callable[[], Any]] = {
    SEEING: see_canvas,
    COARSE: lambda: mock.patch.object(closeups, "FINER", 1.0),
}
"""Ways that no palette says: a name -> a context in which a picture is made."""
SHOWN: Mapping[str, Sequence[str]] = {
    "things": ("whole", "once", "missing", "second", "inside", "area"),
    "columns": ("whole", "once", "missing", "second", "inside", "area", "stuff IoU"),
    "textures": ("stuff IoU",),
    "scenery": ("stuff IoU", "boundary"),
    "bootstrap": ("stuff IoU", "boundary"),
    "last steps": ("whole", "once", "missing", "second", "inside", "area", "edges"),
}
EACH = (160, 120)  # of a picture of the sheet, in pixels


def read_arguments() -> argparse.Namespace:
    """What the command line says; the networks' paths follow from the folder."""
    parser = make_parser(__doc__, count=24)
    parser.add_argument("--folder", type=Path, default=WORLD, help="what `export --world emoji` wrote")
    parser.add_argument("--ways", default=",".join(WAYS), help="some of the ways, with commas between")
    parser.add_argument("--classes", default=",".join(CLASSES), help=f"some of the classes, or of {', '.join(ALONE)}")
    parser.add_argument("--sheet", type=Path, help="a PNG of every eighth palette by each way")
    parser.add_argument("--write", action="store_true", help="renew docs/reports/second-world.md")
    given = parser.parse_args()
    given.model, given.lora = (str(given.folder / f"emoji{end}.safetensors") for end in ("", "-lcm"))
    return given


def measure(at: int, given: argparse.Namespace, setup: Setup) -> Record | None:
    """The scores of the case at a place by each way, and of its true picture; None if it is too late."""
    kinds = given.classes.split(",")
    kind = kinds[at % len(kinds)]
    case = choose_case(kind, at // len(kinds))
    name, found = f"{case.kind}-{case.number:04}", {}
    for way, settings in list_ways(kind, given.ways.split(",")).items():
        path = setup.fast / f"{name}-{way.replace(' ', '')}.png"
        if not path.exists():
            if setup.late:
                return None
            with PATCHES.get(way, nullcontext)():
                draw(case, settings, path, setup)
        notes = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        found[way] = judge(case, path) | notes
    path = setup.full / f"{name}.png"
    if not path.exists():
        host = load_host(setup.model, setup.lora)
        put(path, encode_png(host.decode(host.encode_image(Image.fromarray(case.truth[0])))))
    found[TRUE] = judge(case, path)
    return {"class": kind, "number": case.number, "ways": found}


def choose_case(kind: str, number: int) -> Case:
    """The case of a class, or of what is compared by itself, and a number."""
    return make_case(ALONE[kind][0] if kind in ALONE else kind, number)


def list_ways(kind: str, names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What is compared of a class: a name -> what palettes say for it."""
    if kind in ALONE:
        return dict(ALONE[kind][1])
    return {name: WAYS[name] for name in names} | ({SEEING: {}} if kind == "scenery" else {})


def judge(case: Case, path: Path) -> dict[str, Any]:
    """The scores of a picture that was kept."""
    picture = read_pixels(path)
    more = {"boundary": score_boundary(case, picture), "edges": measure_edges(picture) / measure_edges(case.truth[0])}
    return score(case, picture) | more | {"picture": str(path)}


def measure_edges(picture: np.ndarray) -> float:
    """How steep the steepest hundredth of a picture's edges is, in grey levels a pixel, as Sobel has them."""
    grey = picture.astype(np.float32).mean(axis=2)
    return float(np.percentile(np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)), 99))


def draw(case: Case, settings: Mapping[str, Any], path: Path, setup: Setup) -> None:
    """Draw a case by one way, and keep the picture, what it cost, and what the first level made of its brushes."""
    host = load_host(setup.model, setup.lora)
    with count_calls(host.pipe.unet) as cost:
        (made,) = render(host, case.palette(dict(FAST) | dict(settings)), ignore_model=True)
    put(path.with_suffix(".json"), json.dumps(cost.note()).encode())
    put(path, encode_png(made.image))


def choose_setup(given: argparse.Namespace) -> Setup:
    """Where pictures of these networks and of this engine lie."""
    cases = (fidelity_paths.ROOT / "benchmarks" / "second_world_cases.py").read_text(encoding="utf-8")
    engine = (fingerprint_source(LIBRARY / each) for each in ENGINE)
    ours = CACHE / digest(fingerprint(given.model, given.lora), cases, *engine)
    true = CACHE / digest("true", fingerprint(given.model), cases)
    for folder in (ours, true):
        folder.mkdir(parents=True, exist_ok=True)
    setup = Setup.of(given)
    return Setup(setup.model, setup.lora, setup.labeller, ours, true, setup.deadline)


def tabulate(records: Sequence[Record], way: str, name: str) -> Any:
    """A way's score of each record, NaN where there is none."""
    return np.array([each["ways"][way].get(name, np.nan) for each in records], np.float64)


def list_groups(records: Sequence[Record]) -> list[tuple[str, str, list[Record]]]:
    """The classes that records have: name, table, records."""
    names = [kind for kind in (*CLASSES, *ALONE) if any(each["class"] == kind for each in records)]
    return [
        (kind, kind if kind in SHOWN else "things", [each for each in records if each["class"] == kind])
        for kind in names
    ]


def print_lines(records: Sequence[Record]) -> None:
    """A JSON line for each class and way: means and 95 % intervals."""
    for kind, table, each in list_groups(records):
        for way in each[0]["ways"]:
            line: dict[str, Any] = {"benchmark": "second_world", "class": kind, "way": way, "palettes": len(each)}
            line["rows"] = float(tabulate(each, way, "rows").mean())
            line |= {name: [round(v, 3) for v in measure_interval(tabulate(each, way, name))] for name in SHOWN[table]}
            print(json.dumps(line))


def format_table(table: str, groups: Sequence[tuple[str, str, Sequence[Record]]]) -> str:
    """A table of the page: a row for each class and way, in percent but for `area`."""
    rows: list[Sequence[str]] = [["class", "way", "palettes", "rows", *SHOWN[table]]]
    rows.append(["---"] * len(rows[0]))
    for kind, _, each in (group for group in groups if group[1] == table):
        for way in each[0]["ways"]:
            cost = float(tabulate(each, way, "rows").mean())
            scores = [format_score(tabulate(each, way, name), name) for name in SHOWN[table]]
            rows.append([kind, way, str(len(each)), "" if np.isnan(cost) else f"{cost:.0f}", *scores])
    return format_rows(rows)


def format_score(values: Any, name: str) -> str:
    """A mean with its 95 % interval, in percent but for `area` and `edges`."""
    if name in ("area", "edges"):
        return "{:.2f} ({:.2f} to {:.2f})".format(*measure_interval(values))
    return "{:.0f} ({:.0f} to {:.0f})".format(*(100 * each for each in measure_interval(values)))


def draw_sheet(records: Sequence[Record], path: Path) -> None:
    """A picture of every eighth palette, one in each row: what is painted, each way, the true picture."""
    chosen = [each for each in records if each["number"] % 8 == 0]
    rows = []
    for each in chosen:
        pictures = [overlay(choose_case(each["class"], each["number"]).palette({}))]
        pictures += [Image.open(way["picture"]).convert("RGB") for way in each["ways"].values()]
        rows.append(np.concatenate([np.asarray(picture.resize(EACH)) for picture in pictures], axis=1))
    wide = max(row.shape[1] for row in rows)
    Image.fromarray(np.concatenate([np.pad(row, ((0, 0), (0, wide - row.shape[1]), (0, 0))) for row in rows])).save(
        path
    )


def main() -> None:
    """Draw and score what the command line says, print the lines, write the page."""
    given = read_arguments()
    setup = choose_setup(given)
    count = given.count * len(given.classes.split(","))
    records = collect(functools.partial(measure, given=given, setup=setup), count, given.workers)
    print_lines(records)
    if given.sheet and records:
        draw_sheet(records, given.sheet)
    if given.write and records:
        groups = list_groups(records)
        for table in dict.fromkeys(table for _, table, _ in groups):
            renew(PAGE, format_table(table, groups), f"measured {table}")


if __name__ == "__main__":
    main()
