"""`check`: what cannot be drawn ends with 1, what hardly is meant so is told, and what it costs is said."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from PIL import Image

from cli_stub import MADE, PALETTE, SUN, TREE, draw, run
from lib_regiondiff.authoring import cost
from lib_regiondiff.authoring.cost import Sketch, describe, estimate, make_clock
from lib_regiondiff.authoring.preflight import JobContext, preflight
from lib_regiondiff.command import cli, drawing
from lib_regiondiff.denoising.rows import Call, Frame, ask
from lib_regiondiff.document.palette import Palette, dumps, parse
from lib_regiondiff.errors import RegionDiffError
from lib_regiondiff.host import Level
from lib_regiondiff.hosts.renderer import Renderer
from lib_regiondiff.planning.plan import Job, make_plan
from palettes import data_url, encoded, palettes

GRASS = {"background": {"prompt": "grass"}}


def check(code: int = 0, **changes: Any) -> list[str]:
    """What `check` prints of a palette."""
    return run("check", "-", input=json.dumps(PALETTE | GRASS | changes), code=code).stdout.splitlines()


def starting(kind: str, lines: list[str]) -> list[str]:
    """The lines of a kind, without it."""
    return [line.removeprefix(f"{kind}: ") for line in lines if line.startswith(f"{kind}: ")]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"attention": "bias", "bootstrap": {"levels": 2}}, "bootstrap.levels: expected 0 or auto"),
        ({"sampler": "Eular a"}, "sampler: expected one of Euler, Euler a, .*, got 'Eular a'; did you mean 'Euler a'?"),
        ({"sampler": "DPM++ 2M Caras"}, "sampler: .*; did you mean 'DPM++ 2M Karras'?"),
        ({"sampler": "zzz"}, "sampler: .*; `regiondiff info` lists"),
        (
            {"size": {"width": 516, "height": 512}, "tiles": {"wrap": True}},
            "size.width: expected a multiple of 8, because of tiles.wrap, got 516",
        ),
    ],
)
def test_what_cannot_be_drawn_ends_with_1(changes: dict[str, Any], told: str) -> None:
    found = starting("error", check(1, **changes))
    assert len(found) == 1 and re.match(told.replace("+", r"\+").replace("?", r"\?"), found[0])
    both = check(1, attention="bias", bootstrap={"levels": 2}, sampler="Eular a")
    assert len(starting("error", both)) == 2


def test_samplers_are_known_whatever_their_capitals() -> None:
    for name in ("euler A", "DPM++ 2M karras", "LCM", "PLMS"):
        assert starting("error", check(sampler=name)) == []


@settings(max_examples=25, deadline=None)
@given(palettes())
def test_what_passes_can_be_planned(palette: Palette) -> None:
    data = json.loads(dumps(palette)) | {"sampler": "Euler a"}
    kept_apart = palette.attention != "none" and palette.bootstrap.levels not in ("auto", 0)
    refused = kept_apart or (palette.wraps and palette.size.width % 8 != 0)
    drawn = not refused and any(is_planned(palette, native) for native in (128, 512, 1024))
    run("check", "-", input=json.dumps(data), code=0 if drawn else 1)


def is_planned(palette: Palette, native: int) -> bool:
    """Whether a palette can be planned, and asked for, with a model of this native side."""
    try:
        made = make_plan(palette, Job(palette.size, make_clock(3), (1,)), Sketch(native))  # type: ignore[arg-type]
        for views, _ in made.kinds(2048):
            ask([Frame(made, views, Level(0.0, 0.6, 0.8, 0.8))], Call(palette.guidance))
    except RegionDiffError:
        return False
    return True


NEVER = [
    ({"strength": 0}, "never acts (strength 0)"),
    ({"strength": 0.1}, "never acts in 3 steps (strength 0.1)"),
    ({"start": 0.9}, "never acts in 3 steps (start 0.9)"),
    ({"start": 0.4, "stop": 0.45}, "never acts in 3 steps (start 0.4, stop 0.45)"),
]


@pytest.mark.parametrize(("values", "told"), NEVER)
def test_brushes_that_never_act_are_told(values: dict[str, Any], told: str) -> None:
    assert starting("warning", check(brushes=[TREE | values, SUN])) == [f"brush 1 (Old tree): {told}"]
    assert starting("warning", check(brushes=[TREE | values, SUN], steps=1000))[1:] == []


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({}, True),
        ({"background": {"prompt": " "}}, True),
        ({"background": {"prompt": "grass"}}, False),
        ({"background": {"colour": "#00ff00"}}, False),
    ],
)
def test_a_stop_after_which_nobody_draws_is_told(changes: dict[str, Any], warned: bool) -> None:
    halves = [TREE | {"stop": 0.5}, TREE | {"id": "other", "mask": {"rectangle": [0.5, 0, 1, 1]}}]
    values: dict[str, Any] = {"background": {}} | changes
    found = starting("warning", check(brushes=halves, **values))
    told = (
        "brush 1 (Old tree): it stops at 0.5, and nothing says what is there afterwards: the background has no prompt"
    )
    assert found == ([told] if warned else [])
    covered = [halves[0], TREE | {"id": "over", "mask": {"rectangle": [0, 0, 1, 1]}}]
    assert not any("afterwards" in line for line in check(brushes=covered, background={}))


def test_the_preview_says_the_same() -> None:
    palette = parse({"version": 1, "brushes": [TREE | {"strength": 0}, SUN | {"stop": 0.5}]})
    told = [notice.text for notice in preflight(palette, JobContext()) if notice.kind == "warning"]
    assert "brush 1 (Old tree): never acts (strength 0)" in told
    assert any(text.startswith("brush 2 (1): it stops at 0.5") for text in told)
    assert not any("stops" in each.text for each in preflight(palette, JobContext(prompt="grass")))


def test_what_it_costs_is_said() -> None:
    usual: dict[str, Any] = {"model": {}, "brushes": []}
    assert starting("cost", check(**usual)) == ["about as long as a plain 512x512 picture"]
    few = starting("cost", check(**usual, size={"width": 1024, "height": 1024}, tiles=None))
    assert few == ["about 4 times as long as a plain 512x512 picture"]
    small = starting("cost", check(brushes=[], size={"width": 256, "height": 128}))
    assert small == ["about twice as long as a plain 128x128 picture"]
    huge: dict[str, Any] = {"size": {"width": 8192, "height": 8192}}
    times, memory = starting("cost", check(model={}, brushes=[TREE], **huge))
    assert re.fullmatch(r"about [3-9][\d]+ times as long as a plain 512x512 picture", times)
    assert memory == "about 3 GB of memory for the pixels alone"
    whole = starting("cost", check(**usual, **huge, tiles=None))
    assert whole[-1].startswith("the network sees up to 8192x8192 pixels at once, 256 times those of a plain")


@pytest.mark.parametrize("steps", [5, 20])
def test_a_brush_that_fills_instead_costs_no_more_than_was_told(steps: int) -> None:
    """Once it is known for a texture it is drawn apart, with a negative of its own."""
    nearly = {"id": "a", "prompt": "lace", "mask": {"rectangle": [0.02, 0.02, 0.98, 0.98]}}
    size = {"width": 768, "height": 768}
    head = {"version": 1, "size": size, "guidance": 5, "steps": steps, "background": {"prompt": "a table"}}
    palette = parse(head | {"brushes": [nearly]})
    plan = make_plan(palette, Job(palette.size, make_clock(steps), (0,)), Sketch(512))
    assert plan.undecided is not None
    filled = plan.undecided.decide(())
    frames = [Frame(filled, views, Level.preserving(500, 1.0)) for views in filled.steps]
    rows = [row for frame in frames for row in ask([frame], Call(5))[0]]
    plain = steps * 2 * 64 * 64
    assert estimate(palette, 512).times >= (sum(row.size.area for row in rows) + 64 * 64) / plain


def test_an_init_picture_saves_levels() -> None:
    picture = data_url(encoded(Image.new("RGB", (8, 8))))
    half = estimate(parse({"version": 1, "init": {"image": picture, "strength": 0.5}}), 512)
    assert half.times == pytest.approx(0.5)


@pytest.mark.parametrize("brushes", [[], [TREE], [TREE, SUN | {"mask": {"rectangle": [0, 0, 1, 1]}}]])
@pytest.mark.parametrize("tiles", [{"width": 512, "height": 768, "overlap": 64}, {}, "auto", None])
def test_a_large_canvas_is_estimated_by_a_smaller_one(
    brushes: list[Any], tiles: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {"version": 1, "size": {"width": 4096, "height": 3072}, "brushes": brushes, "tiles": tiles}
    exact = estimate(parse(data), 512)
    monkeypatch.setattr(cost, "MOST_NUMBERS", 2**16)
    near = estimate(parse(data), 512)
    assert near.times == pytest.approx(exact.times, rel=0.15) and near.view.area == pytest.approx(exact.view.area, 0.1)


FEW = 1 / 512
SHOWS_LITTLE: list[tuple[dict[str, Any], str]] = [
    ({"strength": 0}, "never acts (strength 0)"),
    ({"mask": {"rectangle": [0.25, 0, 0.25 + 4 * FEW, 1]}}, "too thin for whole things: nowhere does it have 24x24"),
    ({"mask": {"rectangle": [0.5, 0.5, 0.5 + FEW, 0.5 + FEW]}}, "too thin to show much: nowhere is it 4 pixels wide"),
    ({"mask": {"rectangle": [1.2, 1.2, 1.5, 1.5]}}, "its mask is empty"),
]


@pytest.mark.parametrize(("change", "doubt"), SHOWS_LITTLE)
def test_drawing_begins_with_what_it_does_and_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], doubt: str
) -> None:
    told: list[str] = []
    monkeypatch.setattr(drawing, "load_renderer", lambda *how: Renderer(draw, MADE, native=128))
    monkeypatch.setattr(drawing, "write", lambda *how: told.append("written"))
    monkeypatch.setattr(drawing, "tell", lambda line, err=False: told.append(line))
    palette = tmp_path / "p.json"
    palette.write_text(json.dumps(PALETTE | {"brushes": [TREE | change], "steps": 5}), encoding="utf-8")
    assert CliRunner().invoke(cli.main, ["render", str(palette), "-o", str(tmp_path / "o.png")]).exit_code == 0
    assert told[1].startswith(f"warning: brush 1 (Old tree): {doubt}")
    assert told[0] == "loading demo ..." and told[3:] == ["written"]
    assert told[2].startswith("cost: ") and told[2].endswith("a plain 128x128 picture")


@pytest.mark.parametrize(("kind", "told"), [("auto", True), ("thing", False), ("stuff", False)])
def test_what_the_first_step_decides_is_told_before(tmp_path: Path, kind: str, told: bool) -> None:
    palette = tmp_path / "p.json"
    palette.write_text(json.dumps(PALETTE | {"brushes": [TREE | {"kind": kind}]}), encoding="utf-8")
    made = CliRunner().invoke(cli.main, ["check", str(palette)])
    lines = [line for line in made.output.splitlines() if "The first step decides" in line]
    assert made.exit_code == 0 and len(lines) == told
    assert not told or (lines[0].startswith("note: ") and "Old tree" in lines[0] and "dearer way" in lines[0])


def test_far_too_many_tiles_are_not_counted_one_by_one() -> None:
    whole = {"rectangle": [0, 0, 1, 1]}
    brushes = [{"id": str(i), "prompt": str(i), "mask": whole} for i in range(64)]
    large = {"size": {"width": 2048, "height": 2048}, "overlap": {"rule": "weighted"}}
    large |= {"tiles": {"width": 64, "height": 64, "overlap": 8}}
    most = estimate(parse({"version": 1, "brushes": brushes, **large}), 512)
    assert most.most and 1200 < most.times < 1500
    assert next(describe(most)).startswith("up to ")
