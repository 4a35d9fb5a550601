"""The report of sizes: failures by what was seen in them, summaries, the labeller's errors, records that are kept."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import fidelity_pictures
import labels
import numpy as np
import pytest
import sizes_failures
import sizes_pictures
from fidelity_report import LABELS, renew
from fidelity_report import format_page as format_ladder
from PIL import Image
from sizes_classes import MAKERS, make_wish
from sizes_failures import (
    GRID,
    HEAD,
    KINDS,
    LOOKED,
    WATCHED,
    Look,
    find_failures,
    find_watched,
    format_failures,
    name_picture,
    read_looked,
)
from sizes_pictures import FAST, Job
from sizes_report import PARTS, format_page, make_lines
from sizes_summary import HIGH, OF_THINGS, WIDE, draw_gallery, format_summary, is_shown
from sizes_wishes import EACH, SPLITS

from measured import make_record, make_things


def make_job(folder: Path, seconds: float = 60) -> Job:
    setup = fidelity_pictures.Setup("", "", "", folder / "job", folder / "true", time.time() + seconds)
    for each in (setup.fast, setup.full):
        each.mkdir()
    return Job(setup, FAST, "development", True)


def test_failures_are_what_is_not_wholly_right_and_stuff_is_none() -> None:
    records = [*make_things([1, 0, 1, 0]), make_record("textures", 0, {"texture IoU": 0.2}, {"texture IoU": 0.9})]
    assert find_failures(records) == [("thing-96", 1), ("thing-96", 3)]


def test_halos_are_counted_on_forty_pictures_of_all_classes() -> None:
    records = [each for kind in (*WATCHED, "thing-56", "grid") for each in make_things([1] * 60, kind)]
    watched = find_watched(records)
    assert len(set(watched)) == 40 and {kind for kind, _ in watched} == set(WATCHED)
    shapes = {number // 2 % 3 for _, number in watched}
    assert shapes == {number % 3 for _, number in watched} == {0, 1, 2} and len({n % 2 for _, n in watched}) == 2


def list_line(job: Job, number: int, kinds: str, halo: str) -> str:
    return "\t".join((*name_picture(("thing-96", number), job), kinds, halo)) + "\n"


def draw_noise(job: Job, number: int, seed: int, rounded: int = 0) -> None:
    """A picture of a job that is another one for each seed, and the same one where it is `rounded` otherwise."""
    rng, at = np.random.default_rng(seed), job.find_paths("thing-96", number)["ours"]
    Image.fromarray(np.kron(rng.integers(9, 240, (6, 8)), np.ones((32, 32))).astype(np.uint8) + rounded).save(at)


def test_failures_count_by_the_gravest_fault(tmp_path: Path) -> None:
    job, path = make_job(tmp_path), tmp_path / "looked.tsv"
    for number in range(6):
        draw_noise(job, number, number)
    seen = [(0, "colour,cut", "yes"), (1, "cut", ""), (5, "", "no")]
    path.write_text(HEAD + "".join(list_line(job, *each) for each in seen), encoding="utf-8")
    looked = read_looked(job, path)
    assert looked["thing-96", 0] == Look(("colour", "cut"), True) and looked["thing-96", 1].halo is None
    text = format_failures(make_things([0, 0, 0, 1, 1, 1]), looked)
    assert "Of 6 pictures of things 3 are not wholly right; 2 of these were looked at." in text
    assert "Of 2 pictures chosen by rule 1 have a halo." in text
    assert f"| {KINDS['colour']} | 1 |" in text and f"| {KINDS['cut']} | 1 |" in text and KINDS["missing"] not in text


def test_what_was_seen_counts_for_the_same_pictures_only(tmp_path: Path) -> None:
    job, path = make_job(tmp_path), tmp_path / "looked.tsv"
    for number in range(4):
        draw_noise(job, number, number)
    lines = [list_line(job, number, "cut", "no") for number in range(4)]
    path.write_text(HEAD + "".join([*lines[:3], lines[3].replace("LCM 5", "DDIM 20")]), encoding="utf-8")
    draw_noise(job, 1, 1, rounded=1)
    draw_noise(job, 2, 99)
    assert set(read_looked(job, path)) == {("thing-96", 0), ("thing-96", 1)}


@pytest.mark.parametrize(("line", "word"), [("ugly\tno", "ugly"), ("cut\tmaybe", "maybe")])
def test_a_list_that_says_something_else_is_refused_with_its_line(tmp_path: Path, line: str, word: str) -> None:
    job, path = make_job(tmp_path), tmp_path / "looked.tsv"
    path.write_text(f"{HEAD}LCM 5\theld-out\ta\t0\t00\t{line}\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=f"looked.tsv line 2: expected .* got {word}"):
        read_looked(job, path)


def test_the_list_that_is_shipped_can_be_read_and_names_wishes(tmp_path: Path) -> None:
    text = LOOKED.read_text(encoding="utf-8")
    assert text.startswith(HEAD) and read_looked(make_job(tmp_path)) == {}
    for line in text.splitlines()[1:]:
        steps, seeds, kind, number, mark, *_ = line.split("\t")
        assert steps in ("LCM 5", "DDIM 20") and seeds in SPLITS and len(bytes.fromhex(mark)) == GRID**2
        assert kind in MAKERS and 0 <= int(number) < EACH


def test_sheets_show_failures_and_the_list_leaves_out_what_was_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, records = make_job(tmp_path), make_things([0] * 13)
    for each in records:
        for path in job.find_paths(each["class"], each["number"]).values():
            Image.new("RGB", (256, 192), "red").save(path)
    monkeypatch.setattr(sizes_failures, "read_looked", lambda job: {("thing-96", 3): Look(("cut",), False)})
    sizes_failures.write_sheets(records, job, tmp_path / "sheets")
    names = sorted(each.name for each in (tmp_path / "sheets").iterdir())
    assert names == ["failures-01.png", "failures-02.png", "to-look-at.tsv", "watched-01.png"]
    listed = (tmp_path / "sheets" / "to-look-at.tsv").read_text(encoding="utf-8")
    assert listed.startswith(HEAD) and listed.count("\n") == 13 and "thing-96\t3\t" not in listed


def test_summaries_tell_ours_beside_the_true_pictures() -> None:
    stuff = make_record("textures", 0, {"texture IoU": 0.81, "boundary": 0.7}, {"texture IoU": 0.9, "boundary": 0.8})
    records = make_things([1, 1, 1, 1])
    for number, once in enumerate([1, 1, 0, 1]):
        records[number]["ours"] |= {"once": once, "leak": 0.5 * (1 - once)}
        records[number]["true"] |= {"leak": 0.0}
    things, other = format_summary([*records, stuff]).split("\n\n")
    assert "| thing-96 | 75 (30-95)/100 |  |  | 12/0 | 1.10/1.00 |" in things
    assert other == "IoU of stuff and grounds: textures 81/90." and "textures" not in things
    assert format_summary(records) == things and format_summary([stuff]) == other


def test_summaries_leave_out_what_is_told_elsewhere() -> None:
    told = format_summary([each for kind in MAKERS for each in make_things([1], kind)])
    assert {row.split(" | ")[0][2:] for row in told.splitlines()[2:]} == set(OF_THINGS)


def test_tables_tell_things_and_scenes_of_a_class_apart() -> None:
    seconds, kinds = [0, 0.5, 0, 0, 0, 0.5], ("columns", "stacked", "thing-40")
    scores = [{"second": each, "order": 1} for each in seconds]
    records = [make_record(kind, at, each, each) for kind in kinds for at, each in enumerate(scores)]
    rows = [line[2:-2].split(" | ") for line in format_page(records).splitlines()]
    alone, order = (rows[0].index(name) for name in ("alone", "order"))
    shown = {row[0]: (row[2], row[alone], row[order]) for row in rows[2:] if row[0]}
    assert list(shown) == [
        *("columns", "columns: things", "columns: scenes"),
        *("stacked", "stacked: small on large", "stacked: side by side"),
        "thing-40",
    ]
    always = "100 (61 to 100)"  # of six
    assert shown["columns"] == ("6", "67 (30 to 90)", always)
    assert shown["columns: things"] == ("3", "100 (44 to 100)", "100 (44 to 100)")
    assert shown["stacked: side by side"] == ("3", "33 (6 to 79)", "100 (44 to 100)")
    lines = {line["class"]: line["ours"]["alone"][0] for line in make_lines(records, {})}
    assert list(lines) == list(shown) and lines["columns: scenes"] == pytest.approx(1 / 3, abs=1e-4)


def test_parts_of_classes_are_what_their_palettes_are() -> None:
    for kind, parts in PARTS.items():
        for number in range(8):
            wish = make_wish(kind, number, "development")
            if "scenes" in parts:
                assert {f"{piece.role}s" for piece in wish.pieces} == {parts[number % 2]}
            else:
                inside = (wish.covered[1] & ~wish.covered[0]).sum() == 0
                assert parts[number % 2] == ("small on large" if inside else "side by side")


def test_the_gallery_shows_one_palette_of_ten_and_its_picture(tmp_path: Path) -> None:
    job, records = make_job(tmp_path), make_things([1] * 12)
    for number, colour in ((0, (255, 0, 0)), (11, (0, 0, 255))):
        Image.new("RGB", (256, 192), colour).save(job.find_paths("thing-96", number)["ours"])
    pixels = np.asarray(draw_gallery(records, job)).reshape(-1, 3)
    for colour in ((255, 0, 0), (0, 0, 255)):
        assert (pixels == colour).all(axis=1).sum() > HIGH**2 / 2


def test_the_gallery_shows_scenes_beside_things_and_goes_on_below(tmp_path: Path) -> None:
    job, records = make_job(tmp_path), [each for kind in MAKERS for each in make_things([1] * 12, kind)]
    colours = {0: (255, 0, 0), 11: (255, 0, 255)}
    for kind in MAKERS:
        for number, colour in colours.items():
            Image.new("RGB", (256, 192), colour).save(job.find_paths(kind, number)["ours"])
    gallery = draw_gallery(records, job)
    pixels = np.asarray(gallery).reshape(-1, 3)
    shown = {number: (pixels == colour).all(axis=1).sum() for number, colour in colours.items()}
    assert min(shown.values()) > len(MAKERS) * HIGH**2 / 4
    assert WIDE / 2 < gallery.width < 1.3 * WIDE
    assert gallery.height > 2 * 2 * HIGH


def test_the_gallery_shows_all_that_classes_have_in_turns() -> None:
    shown = [number for number in range(60) if is_shown(number)]
    assert len(shown) == 6 and {number % 4 for number in shown} == set(range(4))


def test_records_are_kept_and_others_are_made_for_other_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, int]] = []

    def make(kind: str, number: int, job: Job) -> dict[str, Any] | None:
        made.append((kind, number))
        return None if job.setup.late else make_things([1])[0]

    scoring = ["one"]
    monkeypatch.setattr(sizes_pictures, "make_record", make)
    monkeypatch.setattr(sizes_pictures, "digest_scoring", lambda network: scoring[0])
    job = make_job(tmp_path)
    records = [sizes_pictures.measure(("thing-96", 0), job) for _ in range(2)]
    assert made == [("thing-96", 0)] and json.dumps(records[0]) == json.dumps(records[1])
    scoring[0] = "two"
    sizes_pictures.measure(("thing-96", 0), job)
    assert len(made) == 2


def test_the_labellers_errors_are_told_by_size() -> None:
    scores = {"classes": 1.04, "classes of things": 84.4, "colours": 0.3, "colours of things": 2.0}
    seen = {"as it is: whole": 0.25, "look: whole": 0.5}
    lines = [
        {"class": "native", "plain": scores, "autoencoder": scores},
        {"class": "thing-40", "plain": scores | seen, "autoencoder": scores | seen | {"classes": 1.2}},
    ]
    page, sizes = labels.format_page(lines), labels.format_sizes(lines)
    assert "| native | 1.0 / 1.0 | 84.4 / 84.4 | 0.3 / 0.3 |  |  |" in page
    assert "| thing-40 | 1.0 / 1.2 | 84.4 / 84.4 | 0.3 / 0.3 | 0.25 / 0.25 | 0.50 / 0.50 |" in page
    assert sizes.splitlines()[0] == "| brush, px | 40 |" and "native" not in sizes
    assert sizes.splitlines()[2].endswith("| 84 |") and sizes.splitlines()[-1].endswith("| 50 |")


def test_the_ladder_says_how_many_palettes_it_has_and_compares_fidelity_with_ours() -> None:
    scores = {"fidelity": 0.5, "right class": 0.25, "rows": 7.0}
    ours = {letter: scores | {"fidelity": 0.75 if letter == "f" else 0.5} for letter in LABELS}
    said, table = format_ladder([{"methods": ours}] * 3).split("\n\n")
    assert said == "3 palettes:"
    rows = table.splitlines()
    assert rows[:2] == ["| method | rows | fidelity | right class |", "|---|---|---|---|"] and len(rows) == 2 + len(
        LABELS
    )
    assert "| (d) StreamMultiDiffusion | 7 | 50 (-25 to -25) | 25 |" in rows and "| (f) ours | 7 | 75 | 25 |" in rows


def test_a_page_without_its_markers_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"page\.md: expected `<!-- measured ladder -->`"):
        renew(page, "new", "measured ladder")
