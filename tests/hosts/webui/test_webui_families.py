"""Families of models in WebUIs: their native sides and cells, told by the engine, and views that fit their patches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fake_forge
from fake_forge import with_unet
from fake_sampler import Job, draw, drawn
from fake_webui import Checkpoint, WebUI, put
from lib_regiondiff.authoring.cost import Sketch
from lib_regiondiff.authoring.preflight import preflight
from lib_regiondiff.document import records
from lib_regiondiff.document.palette import Palette, Tiles, parse
from lib_regiondiff.errors import HostError
from lib_regiondiff.extension import accordion
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.webui import families
from lib_regiondiff.hosts.webui.families import (
    ENGINES,
    describe_unknown,
    find_cell,
    find_family,
    find_multiple,
    find_native_side,
)
from lib_regiondiff.hosts.webui.program.error_display import RequestError
from lib_regiondiff.hosts.webui.sampler_run import PIXELS, fit_tiles
from lib_regiondiff.planning.conditioning import Job as Run
from lib_regiondiff.planning.plan import make_plan
from places import ROOT

BRUSH = {"id": "a", "kind": "stuff", "prompt": "red", "mask": {"rectangle": [0.4, 0.4, 0.6, 0.6]}}
VAES: dict[str, Any] = {"Flux2": 16, "ErnieImage": 16}
VAES |= dict.fromkeys(("QwenImage", "Krea2", "Anima", "Wan"), (max, 8, 8))
SIDES: dict[str, int] = {"StableDiffusion": 512, "StableDiffusion2": 512, "QwenImage": 1328, "Wan": 960, "PiD": 2048}
WORKING = sorted(ENGINES.keys() - {"PiD"})


@pytest.fixture
def webui(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WebUI:
    return fake_forge.install(monkeypatch, tmp_path)


def engine(name: str, resolution: str = "") -> Any:
    """A checkpoint as Forge loads it by an engine of this name, whose file says nothing or a resolution."""
    made: Any = with_unet(type(name, (Checkpoint,), {})())
    made.sd_checkpoint_info.metadata = {"modelspec.resolution": resolution} if resolution else {}
    made.forge_objects.vae = SimpleNamespace(downscale_ratio=VAES.get(name, 8))
    return made


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_an_engine_says_its_native_side_and_its_cell(name: str) -> None:
    model = engine(name)
    cell = {"PiD": 1, "Flux2": 16, "ErnieImage": 16}.get(name, 8)
    side = SIDES.get(name, 1024)
    assert (find_native_side(model), find_cell(model), describe_unknown(model)) == (side, cell, ())
    assert side % find_multiple(model) == 0 and find_multiple(model) % cell == 0
    assert find_native_side(engine(name, "256x320")) == 256, "a file knows better"


def test_engines_that_extensions_derive_are_of_the_same_family() -> None:
    assert find_family(type("Tiny", (type(engine("Flux")),), {})()) is ENGINES["Flux"]


@pytest.mark.parametrize(("flag", "side"), [("is_sd1", 512), ("is_sd2", 512), ("is_sdxl", 1024), ("is_sd3", 1024)])
def test_models_of_automatic1111_are_told_by_its_marks(flag: str, side: int) -> None:
    marks = dict.fromkeys(("is_sd1", "is_sd2", "is_sdxl", "is_ssd", "is_sd3"), False) | {flag: True}
    model = SimpleNamespace(**marks, parameterization="eps")
    assert (find_native_side(model, Size(64, 64)), find_cell(model), describe_unknown(model)) == (side, 8, ())


def test_the_larger_stable_diffusion_2_is_told_by_what_it_predicts() -> None:
    assert find_native_side(SimpleNamespace(is_sd2=True, parameterization="v")) == 768
    model = engine("StableDiffusion2")
    model.forge_objects.unet.model.predictor.prediction_type = "v_prediction"
    assert find_native_side(model) == 768
    model = engine("StableDiffusion")
    model.forge_objects.unet.model.predictor.prediction_type = "v_prediction"
    assert find_native_side(model) == 512


@pytest.mark.parametrize("told", ["0x0", "1x1", "²x²", "512", "9" * 400 + "x" + "9" * 400, "99999x99999", "a x b"])
def test_a_file_that_says_nonsense_is_not_believed(told: str) -> None:
    assert find_native_side(engine("Flux", told)) == 1024


def test_sides_fit_the_patches_of_the_network() -> None:
    assert find_native_side(engine("Flux", "1000x1000")) == 992
    assert find_native_side(engine("Flux2", "100x100")) == 96


def test_before_a_model_is_loaded_nothing_is_known() -> None:
    assert find_native_side(None, Size(768, 640)) == 768 and describe_unknown(None) == ()
    assert find_native_side(None) == 512


def test_an_unknown_family_sees_whole_pictures_and_people_are_told(webui: WebUI) -> None:
    model = engine("Newest")
    webui.load(model)
    p = Job(webui, ["green"], side=(160, 96))
    drawn(p, {"version": 1, "brushes": [BRUSH]})
    assert {tuple(each.x.shape[-2:]) for each in model.asked} == {(160, 96)}
    assert [text for text in p.comments if "Newest" in text] == list(describe_unknown(model)) and describe_unknown(
        model
    )
    assert find_native_side(model, Size(1280, 768)) == 1280 and find_multiple(model) == 16


def test_the_preview_tells_of_an_unknown_family(webui: WebUI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("Newest", "Flux"):
        model = engine(name)
        put(monkeypatch, "modules.sd_models", model_data=SimpleNamespace(sd_model=model))
        around = accordion.read_surroundings({"width": 1600, "height": 900}, tmp_path)
        told = [notice.text for notice in preflight(parse({"version": 1, "brushes": [BRUSH]}), around)]
        assert [text for text in told if "does not know models" in text] == list(describe_unknown(model))
        assert around.native == {"Newest": 1600, "Flux": 1024}[name]


@pytest.mark.parametrize("name", WORKING)
def test_a_picture_of_the_native_size_is_not_cut(webui: WebUI, name: str) -> None:
    """What `auto` made of 1024 pixels while every modern family counted as one of 512."""
    model = engine(name)
    webui.load(model)
    cells = min(find_native_side(model), 1024) // find_cell(model)
    few = {"cfg_scale": 1.0, "steps": 4}
    draw(webui, "green", palette={"version": 1, "brushes": [BRUSH]}, side=(cells, cells), **few)
    assert {tuple(each.x.shape[-2:]) for each in model.asked} == {(cells, cells)}


@pytest.mark.parametrize("name", ["Flux", "Flux2"])
def test_prompts_are_encoded_for_windows_in_pixels(webui: WebUI, name: str) -> None:
    model = engine(name, "128x128")
    webui.load(model)
    brush = {"id": "a", "kind": "stuff", "prompt": "red", "mask": {"rectangle": [0, 0, 0.5, 1]}}
    cell = find_cell(model)
    draw(webui, "green", palette={"version": 1, "brushes": [brush]}, side=(32, 32))
    ours = {(width, height) for texts, _, width, height in model.encoded if texts == ("red",)}
    assert ours == {(16 * cell, 32 * cell)}


@pytest.mark.parametrize("name", ["Flux", "Flux2"])
def test_noise_of_brushes_is_changed_in_cells(webui: WebUI, name: str) -> None:
    webui.load(engine(name))
    brush = {"id": "a", "kind": "stuff", "prompt": "red", "mask": {"rectangle": [0, 0, 0.5, 1]}, "seed": 9}
    made = [draw(webui, "red", palette={"version": 1, "brushes": [each]}) for each in (brush, {**brush, "seed": None})]
    changed = (made[0] != made[1]).any(dim=1)[0]
    assert changed[:, :8].all() and not changed[:, 8:].any()


@pytest.mark.parametrize("cell", [1, 8, 16])
@pytest.mark.parametrize("multiple", [8, 16])
@settings(max_examples=20)
@given(data=st.data())
def test_views_fit_the_patches_of_the_network(cell: int, multiple: int, data: st.DataObject) -> None:
    """The sides of every view are divisible, unless it has the canvas's own side."""
    multiple = max(cell, multiple)
    sides = st.integers(128 // multiple, 640 // multiple).map(lambda count: count * multiple)
    odd = cell * data.draw(st.sampled_from([0, 1]), "cells more")
    canvas = Size(data.draw(sides, "height") + odd, data.draw(sides, "width"))
    tile = st.none() | st.builds(
        Tiles, width=st.integers(64, 400), height=st.integers(64, 400), overlap=st.integers(0, 47)
    )
    left, top = data.draw(st.floats(0, 0.8), "left"), data.draw(st.floats(0, 0.8), "top")
    brush = {**BRUSH, "mask": {"rectangle": [left, top, left + 0.15, top + 0.2]}}
    palette = parse({"version": 1, "brushes": [brush], "size": {"width": canvas.width, "height": canvas.height}})
    palette = fit_tiles(replace(palette, tiles=data.draw(tile, "tiles")), multiple)
    host: Any = Sketch(128)
    latent = replace(host.latent, pixels_per_cell=cell)
    made = {name: getattr(host, name) for name in ("methods", "encode", "encode_image", "lerp")}
    host = SimpleNamespace(latent=latent, **made)
    plan = make_plan(palette, Run(canvas, (1.0, 0.5, 0.0), (0,)), host)
    for views in plan.steps:
        for view in views:
            for side, whole in ((view.box.size.height, canvas.height), (view.box.size.width, canvas.width)):
                assert side * cell % multiple == 0 or side * cell == whole


@given(wide=st.integers(64, 2000), high=st.integers(64, 2000), overlap=st.integers(0, 1999))
def test_fitting_tiles_are_not_larger_than_asked_and_can_have_their_overlap(wide: int, high: int, overlap: int) -> None:
    asked = records.make_record(Tiles, {"width": wide, "height": high, "overlap": overlap})
    made = fit_tiles(records.replace_unchecked(Palette(), size=Size(512, 512), tiles=asked), 16).tiles
    assert isinstance(made, Tiles)
    assert not isinstance(made.width, str) and not isinstance(made.height, str) and not isinstance(made.overlap, str)
    assert wide - 16 < made.width <= wide and high - 16 < made.height <= high
    assert made.width % 16 == made.height % 16 == 0
    legal = overlap < min(wide, high)
    assert legal == (made.overlap < min(made.width, made.height)), "no fault comes or goes"
    assert made.overlap == overlap or legal


def test_what_is_left_open_stays_open() -> None:
    for tiles in (
        None,
        "auto",
        Tiles(width="auto", height="auto", overlap="auto"),
        Tiles(width=100, height="auto", overlap=90),
    ):
        made = fit_tiles(Palette(size=Size(512, 512), tiles=tiles), 16).tiles
        assert made == (
            Tiles(width=96, height="auto", overlap=90) if isinstance(tiles, Tiles) and tiles.width == 100 else tiles
        )


@pytest.mark.parametrize("name", ["Flux", "Flux2"])
def test_a_call_of_the_network_holds_as_many_pixels_whatever_the_cell(webui: WebUI, name: str) -> None:
    model = engine(name)
    webui.load(model)
    p = Job(webui, ["green"], side=(64, 64))
    drawn(p, {"version": 1, "brushes": [BRUSH]})
    modify = p.sd_model.forge_objects.unet.model_options["conditioning_modifiers"][0]
    latent = modify.__closure__[0].cell_contents.run.host.latent
    assert latent.cells_per_call * find_cell(model) ** 2 == PIXELS and latent.pixels_per_cell == find_cell(model)


def test_models_that_regions_cannot_steer_are_refused_by_name(webui: WebUI) -> None:
    webui.load(engine("PiD"))
    with pytest.raises(RequestError, match=r"expected one that regions can steer, got PiD; it enlarges"):
        draw(webui, "green", palette={"version": 1, "brushes": [BRUSH]})


def test_the_table_of_families_says_what_the_code_does() -> None:
    text = (ROOT / "docs" / "hosts.md").read_text("utf-8")
    lines = text.split("## Families of models")[1].split("\n## ")[0].splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")][1:]
    said = {row[0]: (int(row[2].split(";")[0]), int(row[3]), row[5].startswith("no")) for row in rows}
    known = {
        family.name: (family.native, find_cell(engine(name)), bool(family.refused)) for name, family in ENGINES.items()
    }
    assert said == known


@pytest.mark.parametrize(("frames", "kind"), [(5, "WAN21_T2V"), (1, "WAN21_I2V")])
def test_films_are_refused(frames: int, kind: str) -> None:
    model = engine("Wan")
    model.model_config = type(kind, (), {})()
    with pytest.raises(HostError, match="regions work in pictures, not in films"):
        families.refuse(model, frames)
    model.model_config = type("WAN21_T2V", (), {})()
    families.refuse(model)
