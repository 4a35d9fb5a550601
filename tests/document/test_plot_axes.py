"""Axes of a plot: what each value changes in a palette, and in the job of one cell alone."""

from __future__ import annotations

import copy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import fake_a1111
from fake_sampler import Job, halves
from fake_webui import WebUI, put
from lib_regiondiff.document import plot_axes
from lib_regiondiff.document.palette import BIAS, COUPLE, Palette, parse
from lib_regiondiff.document.plot_axes import AXES, AxisSetting
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.extension import jobs, xyz_plot
from lib_regiondiff.formats import infotext
from lib_regiondiff.hosts.webui.program.error_display import RequestError
from lib_regiondiff.planning.weights.blends import BLENDS
from lib_regiondiff.planning.weights.masks import OVERLAP_RULES

BY_LABEL = {axis.label: axis for axis in AXES}
SHAPE = {"rectangle": [0, 0, 0.5, 1]}
PALETTE = parse(
    {
        "version": 1,
        "tiles": {"width": 256, "height": 256, "overlap": 64},
        "brushes": [
            {"id": "1", "name": "the tree", "prompt": "oak", "mask": SHAPE, "guidance": 3},
            {"id": "b", "name": "barn", "prompt": "a red barn", "mask": SHAPE},
        ],
    }
)


def changed(label: str, text: str, palette: Palette = PALETTE) -> Palette:
    return plot_axes.apply_settings(palette, [AxisSetting(BY_LABEL[label], text)])


CHANGES: dict[tuple[str, str], Any] = {
    ("Method", "Mixture of Diffusers"): lambda palette: palette.blend == "mixture",
    ("Method", "average"): lambda palette: palette.blend == "average",
    ("Method", "automatic"): lambda palette: (palette.blend, palette.attention) == ("auto", "none"),
    ("Method", "Attention Couple"): lambda palette: palette.attention == "couple",
    ("Method", "Paint with Words"): lambda palette: palette.attention == "bias",
    ("Method", "bias"): lambda palette: palette.attention == "bias",
    ("Overlap", "weighted"): lambda palette: palette.overlap.rule == "weighted",
    ("Tile overlap", "96"): lambda palette: palette.tiles and palette.tiles.overlap == 96,
    ("Brush prompt", "the tree=a birch, a=b"): lambda palette: palette.brushes[0].prompt == "a birch, a=b",
    ("Brush prompt", "b=7"): lambda palette: palette.brushes[1].prompt == "7",
    ("Brush strength", "1=0.5"): lambda palette: [each.strength for each in palette.brushes] == [0.5, 1],
    ("Brush strength", "0.25"): lambda palette: [each.strength for each in palette.brushes] == [0.25, 0.25],
    ("Brush feather", "barn = 12"): lambda palette: [each.feather for each in palette.brushes] == [0, 12],
    ("Brush guidance", "null"): lambda palette: [each.guidance for each in palette.brushes] == [None, None],
}


@pytest.mark.parametrize(("label", "text"), CHANGES)
def test_a_value_changes_what_its_axis_names_and_nothing_else(label: str, text: str) -> None:
    made = changed(label, text)
    assert CHANGES[label, text](made)
    first = {BY_LABEL[label].path[0] if not BY_LABEL[label].brush else "brushes"}
    first |= {"attention"} if label == "Method" else set()
    same = {key: getattr(made, key) for key in vars(PALETTE) if key not in first}
    assert same == {key: getattr(PALETTE, key) for key in same}
    assert [each.mask for each in made.brushes] == [each.mask for each in PALETTE.brushes]


def test_the_choices_of_an_axis_are_all_that_the_palette_knows() -> None:
    assert [*BY_LABEL["Overlap"].choices.values()] == [*OVERLAP_RULES]
    assert {*BY_LABEL["Method"].choices.values()} == {*BLENDS, AUTO, COUPLE, BIAS}


WRONG = {
    ("Method", "collage"): "blend: expected one of average, mixture, auto, got 'collage'",
    ("Brush strength", "fence=1"): "by id, name or number from 0 (1 or 'the tree', b or 'barn'), got 'fence'",
    ("Brush strength", "barn=2"): "brushes[1].strength: expected a number 0…1, got 2",
    ("Brush feather", "barn=soft"): "brushes[1].feather: expected a number 0…1024, got 'soft'",
    ("Brush prompt", "a birch"): "Brush prompt: expected NAME=VALUE, such as tree=an old oak, got 'a birch'",
    ("Tile overlap", "256"): "tiles.overlap: expected less than a tile's shorter side (256), got 256",
}


@pytest.mark.parametrize(("label", "text"), WRONG)
def test_what_does_not_fit_is_one_clear_error(label: str, text: str) -> None:
    with pytest.raises(PaletteError) as caught:
        changed(label, text)
    assert len(caught.value.problems) == 1 and WRONG[label, text] in str(caught.value)


def test_without_a_grid_there_is_no_overlap_to_change() -> None:
    with pytest.raises(PaletteError, match="tiles: expected a grid of tiles"):
        changed("Tile overlap", "64", parse({"version": 1}))


class AxisOption:
    """As the plot script of the hosts has it."""

    def __init__(self, label: str, type: Any, apply: Any, confirm: Any = None, choices: Any = None) -> None:
        self.label, self.type, self.apply, self.confirm, self.choices = label, type, apply, confirm, choices


@pytest.fixture
def webui(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WebUI:
    return fake_a1111.install(monkeypatch, tmp_path)


@pytest.fixture
def options(webui: WebUI, monkeypatch: pytest.MonkeyPatch) -> list[AxisOption]:
    """The list of the plot script, with our axes in it."""
    grid = SimpleNamespace(axis_options=[AxisOption("Nothing", str, None)], AxisOption=AxisOption)
    others = SimpleNamespace(path="/webui/scripts/prompt_matrix.py", module=SimpleNamespace())
    loaded = [others, SimpleNamespace(path="/webui/scripts/xyz_grid.py", module=grid)]
    put(monkeypatch, "modules.scripts", scripts_data=loaded)
    xyz_plot.register()
    xyz_plot.register()
    return grid.axis_options


def job(webui: WebUI, *given: Any) -> Any:
    """A job of the plot script with our two arguments."""
    ours = SimpleNamespace(title=lambda: jobs.TITLE, args_from=1, args_to=3)
    runner = SimpleNamespace(alwayson_scripts=[ours], selectable_scripts=[])
    return Job(webui, ["green"], scripts=runner, script_args=(0, *given))


def option(options: list[AxisOption], label: str) -> AxisOption:
    return next(each for each in options if each.label == f"[{jobs.TITLE}] {label}")


def test_each_axis_is_listed_once(options: list[AxisOption]) -> None:
    assert [each.label for each in options] == ["Nothing", *(f"[{jobs.TITLE}] {axis.label}" for axis in AXES)]
    assert option(options, "Method").choices() == [
        "MultiDiffusion",
        "Mixture of Diffusers",
        "automatic",
        "Attention Couple",
        "Paint with Words",
    ]


def test_a_cell_draws_its_own_values_and_says_so(webui: WebUI, options: list[AxisOption]) -> None:
    p = job(webui, True, halves("red", "blue"))
    cells = [copy.copy(p) for _ in range(3)]
    for cell, strength in zip(cells[:2], ("left=0.5", "0.25"), strict=True):
        option(options, "Brush strength").apply(cell, strength, [])
        option(options, "Brush prompt").apply(cell, "right=grey", [])
    drawn = []
    for cell in cells:
        jobs.begin(cell, *cell.script_args[1:])
        jobs.begin_batch(cell)
        drawn.append(infotext.unpack(cell.extra_generation_params[jobs.KEY]).brushes)
    assert [[each.strength for each in brushes] for brushes in drawn] == [[0.5, 1], [0.25, 0.25], [1, 1]]
    assert [brushes[1].prompt for brushes in drawn] == ["grey", "grey", "blue"]
    assert cells[0].regiondiff.document.palette.brushes == drawn[0] and not hasattr(p, "regiondiff_axes")


def test_an_axis_reaches_typed_regions(webui: WebUI, options: list[AxisOption]) -> None:
    p = job(webui, True, {"typed": {}})
    p.all_prompts = ["red BREAK blue"]
    option(options, "Brush prompt").apply(p, "0=grey", [])
    jobs.begin(p, *p.script_args[1:])
    jobs.begin_batch(p)
    brushes = infotext.unpack(p.extra_generation_params[jobs.KEY]).brushes
    assert [each.prompt.strip() for each in brushes] == ["grey", "blue"]


REFUSED: dict[str, tuple[tuple[Any, ...], str]] = {
    "unknown brush": ((True, halves("red", "blue")), r"brushes: expected one of its 2 entries.*'fence'"),
    "off": ((False, halves("red", "blue")), "X/Y/Z plot: expected axes that change the picture, .* off; enable it"),
    "no palette": ((True, ""), "palette: expected a palette, got nothing"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_plot_that_cannot_be_drawn_is_refused_at_once(webui: WebUI, options: list[AxisOption], name: str) -> None:
    given, said = REFUSED[name]
    with pytest.raises(RequestError, match=said) as caught:
        option(options, "Brush strength").confirm(job(webui, *given), ["left=0.5", "fence=1"])
    assert caught.value.status_code == 422
    option(options, "Brush strength").confirm(job(webui, True, halves("red", "blue")), ["left=0.5", "1"])
