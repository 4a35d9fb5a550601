"""The exact figures in docs/reports/benchmarks.md are those that the code counts now."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PIL import Image

from lib_regiondiff.planning.weights import masks
from places import ROOT

TABLE = (ROOT / "docs" / "reports" / "benchmarks.md").read_text(encoding="utf-8")


def test_counted_rows_are_those_of_the_docs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import rows
    import scenes

    for name in scenes.SCENES:
        line = rows.count(name)
        numbers = [line["calls"], line["rows"], line["latent_pixels"], line["canvas"]]
        assert f"| {name} | " + " | ".join(f"{number:,}" for number in numbers) + " |" in TABLE
    for module in ("rows", "scenes"):
        sys.modules.pop(module)


def test_multiply_adds_of_attention_are_those_of_the_docs_and_within_the_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("diffusers")
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import attention

    lines = [attention.measure(side)["ratios"] for side in (256, 512)]
    for name, title in (
        ("couple", "Attention Couple"),
        ("couple, negatives", "Attention Couple, negatives of each region"),
        ("couple, by the layers' own forward", "Attention Couple in the WebUIs, by the layers' own forward"),
        ("bias", "Paint with Words"),
    ):
        ratios = [line[name] for line in lines]  # type: ignore[index]
        assert f"| {title} | {ratios[0]:g} | {ratios[1]:g} |" in TABLE
        assert ratios[1] <= (1.05 if "own forward" in name else 1.03)
    import joint_attention

    ratios = [joint_attention.measure(side)["ratio"] for side in (512, 1024)]
    assert f"| Attention Couple, three regions | {ratios[0]:g} | {ratios[1]:g} |" in TABLE
    for module in ("attention", "joint_attention"):
        sys.modules.pop(module)


def test_counted_evaluations_are_those_of_the_docs_and_within_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import evaluations

    bounds = {"timessquare": (15, 19968), "irworobongdo": (90, 135168), "panorama": (40, 32768)}
    for name, (most, pixels) in bounds.items():
        line = evaluations.count(evaluations.make_palette(name))
        assert line["evaluations"] <= most and line["latent_pixels"] <= pixels
        masks = "rectangles" if evaluations.SCENES[name].boxes else "none"
        assert f"| {name} | {masks} | {line['evaluations']} | {line['latent_pixels']:,} |" in TABLE
    for module in ("rows", "scenes", "evaluations"):
        sys.modules.pop(module)


def test_evaluations_of_scenes_that_say_how_are_no_more_than_the_originals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import evaluations

    for name, scene in evaluations.SCENES.items():
        line = evaluations.count(evaluations.make_palette(name))
        assert 0 < line["evaluations"] <= scene.original * len(evaluations.LEVELS)
        assert set(line["brushes"]) <= {"stuff"}
    forest = evaluations.SCENES["linear forest"]
    assert forest.boxes[0] == (0, 0, 384, 768) and forest.boxes[-1] == (2432, 0, 2816, 768)
    for module in ("rows", "scenes", "evaluations"):
        sys.modules.pop(module)


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("timessquare", 19),
        ("irworobongdo", 90),
        ("panorama", 5),
        ("paint with words", 33),
        pytest.param("linear forest", 55, marks=pytest.mark.slow),  # has 1,024 outcomes
    ],
)
def test_whatever_the_first_level_decides_takes_no_more_evaluations_than_the_docs_say(
    name: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import evaluations

    palette, original = evaluations.make_palette(name, own=False), evaluations.SCENES[name].original
    flat, figures = (evaluations.count(palette, each)["evaluations"] for each in (False, True))
    most = evaluations.count_most(palette)
    assert max(flat, figures) <= most <= limit
    assert f" | {flat} | {figures} | {most} | {original * len(evaluations.LEVELS)} |" in TABLE
    for module in ("rows", "scenes", "evaluations"):
        sys.modules.pop(module)


def test_where_nothing_is_said_the_first_level_decides_on_all_brushes_or_on_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import evaluations

    for name, scene in evaluations.SCENES.items():
        palette = evaluations.make_palette(name, own=False)
        assert palette.tiles == "auto" and palette.attention == "none"
        undecided = evaluations.plan(palette, evaluations.Answering()).undecided
        flat, figures = (evaluations.count(palette, each) for each in (False, True))
        own = evaluations.count(evaluations.make_palette(name))
        row = (name, *(str(each["evaluations"]) for each in (own, flat, figures)))
        assert f"| {' | '.join(row)} | " in TABLE
        assert (undecided is not None) == bool(scene.boxes)
        assert sum(flat["brushes"].values()) == sum(figures["brushes"].values()) == len(scene.boxes)
        if undecided is not None:
            less = flat["brushes"].get("stuff", 0) - figures["brushes"].get("stuff", 0)
            assert less == len(undecided.names) > 0 and flat["evaluations"] != figures["evaluations"]
    for module in ("rows", "scenes", "evaluations"):
        sys.modules.pop(module)


def test_evaluations_take_masks_by_colour(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import evaluations

    name, scene = "paint with words", evaluations.SCENES["paint with words"]
    (tmp_path / "paint_with_words").mkdir()
    picture = Image.new("RGB", scene.size)
    for box, colour in zip(scene.boxes, scene.colours, strict=True):
        picture.paste(colour, box)
    picture.save(tmp_path / "paint_with_words" / "example_input.png")
    read, plain = evaluations.make_palette(name, tmp_path), evaluations.make_palette(name)
    assert read.brushes[-1].mask != plain.brushes[-1].mask, "one is a picture"
    assert masks.measure_cells(read.brushes[-1].mask, plain.size, 8) == pytest.approx(
        masks.measure_cells(plain.brushes[-1].mask, plain.size, 8), abs=0.02
    )
    assert evaluations.count(read) == evaluations.count(plain)
    for module in ("rows", "scenes", "evaluations"):
        sys.modules.pop(module)


def test_evaluations_take_masks_of_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import evaluations

    (tmp_path / "timessquare").mkdir()
    for number, (left, top, right, bottom) in enumerate(evaluations.SCENES["timessquare"].boxes, start=1):
        picture = Image.new("RGBA", (768, 768), (255, 255, 255, 100))
        picture.paste((0, 0, 0, 200), (left, top, right, bottom))
        picture.save(tmp_path / "timessquare" / f"timessquare_{number}.png")
    drawn = evaluations.count(evaluations.make_palette("timessquare", tmp_path))
    assert drawn == evaluations.count(evaluations.make_palette("timessquare"))
    for module in ("rows", "scenes", "evaluations"):
        sys.modules.pop(module)


def test_jobs_of_a_webui_alternate_and_give_ratios(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import webui

    now, asked = [0.0], []

    def ask(job: webui.Job) -> None:
        asked.append(job["prompt"])
        now[0] += {"red": 2, "red AND blue": 3, "two": 3.3}[job["prompt"]] * (10 if len(asked) <= 3 else 1)

    jobs = {"plain": {"prompt": "red"}, "rows": webui.JOBS["rows"], "regions": {"prompt": "two"}}
    line = webui.summarise(webui.measure(jobs, 2, ask, lambda: now[0]))
    assert asked == ["red", "red AND blue", "two"] * 3
    assert line["seconds"] == {"plain": 2, "rows": 3, "regions": 3.3}
    assert line["to_plain"]["regions"] == 1.65 and line["to_rows"]["regions"] == 1.1
    sys.modules.pop("webui")


def test_couples_of_rivals_are_jobs_of_the_same_words_and_give_ratios() -> None:
    import couple_rivals

    from lib_regiondiff.document.palette import parse

    for way in couple_rivals.WAYS.values():
        assert all(word in str(way(couple_rivals.WORDS)) for word in couple_rivals.WORDS)
    given = couple_rivals.ours(couple_rivals.WORDS)["alwayson_scripts"]["Region Diffusion"]["args"]
    assert [brush.prompt for brush in parse(given[1]).brushes] == list(couple_rivals.WORDS)
    plain = {("plain", 1): [3.0, 3.0, 5.0], ("plain", 5): [11.0, 11.0, 13.0]}  # 2 s a step, and 1 or 3 s beside
    ours = {("Region Diffusion", 1): [4.0, 4.0, 6.0], ("Region Diffusion", 5): [12.4, 12.4, 14.4]}
    line = couple_rivals.summarise(plain | ours, 5)["Region Diffusion"]
    assert line["step"] == 2.1 and line["beside"] == 1.9 and line["ratio of a step"] == [1.05, 1.05, 1.05]
    assert line["ratio of 20 steps"] == [1.071, 1.067, 1.071], "43.9 of 41, 45.9 of 43"


def test_palettes_of_rivals_are_scored_as_the_labeller_sees_them() -> None:
    import couple_rivals
    from sizes_labels import look
    from sizes_scores import score_labels
    from sizes_wishes import draw_truth

    from lib_regiondiff.demo import labeller

    wish = couple_rivals.make_wish(0)
    true = draw_truth(wish)
    scores = score_labels(wish, look(true.picture, wish.pieces, labeller.load()), true)
    assert all(scores[name] == 1 for name in couple_rivals.SHOWN)


def test_open_questions_have_palettes_of_their_own_and_a_line_for_each_way(capsys: pytest.CaptureFixture[str]) -> None:
    import open_questions

    from lib_regiondiff.document.palette import parse

    brush = {"prompt": "a house", "mask": {"rectangle": open_questions.MIDDLE}}
    palette = parse(open_questions.make_palette(3, "grass", brush, 192, **open_questions.SLOW))
    assert palette.brushes[0].prompt == "a house" and palette.seed == 3
    records = [{"one": {"kept": 0.5}, "two": {"kept": 1.0}}, {"one": {"kept": 0.75}, "two": {"kept": 1.0}}]
    one, two = open_questions.make_lines("seeds", records)
    assert one["way"] == "one" and one["kept"] == [0.625, 0.5, 0.75] and two["kept"] == [1, 1, 1]
    with pytest.raises(SystemExit):
        open_questions.read_arguments(["--parts", "seeds,none"])
    assert "none" in capsys.readouterr().err
