"""The demo model end to end: it loads by every path, draws what captions and palettes say, and goes to a WebUI."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip("diffusers")

from demo_evaluate import load_shipped, make_captions, measure_figures
from demo_lora import merge
from demo_sample import Model, Sampling, draw_pictures
from diffusers import AutoencoderTiny
from safetensors.torch import load_file
from toyworld_scenes import HELD_OUT, draw, make_scene
from worlds import TOYWORLD

from cli_stub import run
from lib_regiondiff import demo
from lib_regiondiff.demo.labeller import label, load
from lib_regiondiff.demo.world import BACKGROUNDS, CLASSES
from lib_regiondiff.document import png
from lib_regiondiff.document.palette import parse
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.diffusers import DiffusersHost, render
from lib_regiondiff.planning.weights.masks import rasterise

pytestmark = pytest.mark.diffusers
LAND = demo.list_palettes()["land"]
SCENES = [make_scene(seed) for seed in HELD_OUT[7 * 10**5 : 7 * 10**5 + 32]]
MB = 10**6


@pytest.fixture(scope="module")
def model() -> Model:
    return load_shipped()


@pytest.fixture(scope="module")
def judge() -> Any:
    return load()


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The picture of the palette that `make demo` shows."""
    out = tmp_path_factory.mktemp("land") / "land.png"
    assert run("render", LAND, "-o", out, "--device", "cpu").stdout == f"{out}\n"
    return out


def test_the_weights_are_small_and_in_half_precision() -> None:
    files = sorted(demo.WEIGHTS.rglob("*.safetensors"))
    assert len(files) == 5
    assert sum(path.stat().st_size for path in files) <= 25 * MB
    assert demo.LORA.stat().st_size <= 3 * MB
    for path in files:
        wide = [name for name, value in load_file(path).items() if value.dtype != torch.float16]
        assert set(wide) <= {"alphas_cumprod", "betas"}


def test_the_labeller_knows_true_pictures(judge: Any) -> None:
    figures = measure_figures(TOYWORLD, SCENES, np.stack([draw(scene).picture for scene in SCENES]), judge)
    assert figures["one object: both"] >= 85 and figures["background"] >= 95


@pytest.mark.slow
def test_single_prompts_are_obeyed(model: Model, judge: Any) -> None:
    figures = measure_figures(
        TOYWORLD, SCENES, draw_pictures(model, make_captions(TOYWORLD, SCENES), Sampling(steps=12)), judge
    )
    assert figures["one object: both"] >= 70 and figures["background"] >= 75, figures
    assert figures["two objects: both"] >= 60, figures


def test_four_steps_with_the_lora_do_too(judge: Any) -> None:
    model = load_shipped()
    student = Model(merge(model.unet, load_file(demo.LORA)), model.text, model.vae)
    made = draw_pictures(student, make_captions(TOYWORLD, SCENES), Sampling(steps=4, guidance=1, lcm=True))
    figures = measure_figures(TOYWORLD, SCENES, made, judge)
    assert figures["one object: both"] >= 60 and figures["background"] >= 70, figures
    assert figures["two objects: both"] >= 45, figures


def test_the_small_autoencoder_knows_the_latents_of_the_big_one(model: Model) -> None:
    tiny = AutoencoderTiny.from_pretrained(demo.WEIGHTS / "tiny", local_files_only=True)
    x = torch.from_numpy(np.stack([draw(scene).picture for scene in SCENES[:8]])).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        latents = model.vae.encode(x).latent_dist.mean * model.vae.config.scaling_factor
        small, back = tiny.encoder(x), tiny.decoder(latents)
    assert 1 - (small - latents).var() / latents.var() > 0.8
    assert (back - x).abs().mean() < 0.15


def test_a_folder_of_diffusers_draws_the_same(tmp_path: Path) -> None:
    host = DiffusersHost.load(str(demo.make_checkpoint()), "cpu")
    host.pipe.save_pretrained(tmp_path / "folder")
    size, under = {"width": 128, "height": 128}, {"prompt": "the sea"}
    palette = parse({"version": 1, "seed": 1, "steps": 4, "sampler": "DDIM", "size": size, "background": under})
    hosts = (host, DiffusersHost.load(str(tmp_path / "folder"), "cpu"))
    first, second = (np.asarray(render(each, palette)[0].image, int) for each in hosts)
    assert np.abs(first - second).max() <= 1


@pytest.mark.slow
def test_a_negative_acts_at_guidance_1_through_attention() -> None:
    host = DiffusersHost.load(str(demo.make_checkpoint()), "cpu")
    merge(host.pipe.unet, load_file(demo.LORA))
    few = {"steps": 5, "sampler": "LCM", "guidance": 1, "size": {"width": 128, "height": 128}}
    words = {"background": {"prompt": "a circle on grass", "negative": "red"}}

    def redness(**more: Any) -> float:
        made = render(host, parse({"version": 1} | few | words | more), tuple(range(1, 9)), batch=4)
        pixels = np.stack([np.asarray(each.image, int) for each in made])
        return float((pixels[..., 0] - pixels[..., 1:].max(axis=-1) > 60).mean())

    assert redness(nag={}) < 0.3 * redness()


def test_the_demo_palette_is_obeyed(land: Path, judge: Any) -> None:
    palette, made_with = png.load(land)
    assert palette.model.name == "demo" and made_with
    seen = label(Image.open(land), judge).classes
    masks = {brush.id: rasterise(brush.mask, palette.size) > 0.5 for brush in palette.brushes}
    for name, kind in {"sea": "sea", "meadow": "grass"}.items():
        inside = seen[masks[name]] == CLASSES.index(kind)
        assert inside.mean() > 0.2, f"{name}: {inside.mean():.2f}"
    things = {"sun": "sun", "cloud": "cloud", "house": "house", "boat": "boat"}
    things |= {"small cloud": "cloud", "star": "star", "far boat": "boat"}  # the tree's brush shows most of the house
    for name, kind in things.items():
        counts = np.bincount(seen[masks[name]], minlength=len(CLASSES))
        most = CLASSES[len(BACKGROUNDS) + int(counts[len(BACKGROUNDS) :].argmax())]
        share = counts[CLASSES.index(kind)] / counts.sum()
        assert most == kind and share > 0.1, f"{name}: {most}, {share:.2f}"


@pytest.mark.slow
def test_its_picture_is_drawn_again_from_the_file(land: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.png"
    assert "differs" not in run("render", land, "-o", again, "--device", "cpu").stderr
    assert np.array_equal(np.asarray(Image.open(land)), np.asarray(Image.open(again)))


def test_palettes_are_drawn_in_few_steps_by_the_model_inside() -> None:
    palettes = {name: parse(path.read_text(encoding="utf-8")) for name, path in demo.list_palettes().items()}
    for count in (2, 5, 9):
        palette = palettes[f"wide-{count}"]
        assert len(palette.brushes) == count and palette.size == Size(768, 1920)
    for palette in palettes.values():
        assert palette.model.name == demo.NAME and palette.model.loras[0].name in demo.PARTS
        assert (palette.steps, palette.sampler, palette.guidance) == (5, "LCM", 1)


@pytest.mark.slow
def test_nine_brushes_of_a_wide_picture_show_what_they_say(tmp_path: Path) -> None:
    picture = tmp_path / "wide.png"
    run("render", demo.list_palettes()["wide-9"], "-o", picture, "--device", "cpu")
    palette, _ = png.load(picture)
    seen = label(Image.open(picture)).classes
    visible = np.full(seen.shape, -1)
    for index, brush in enumerate(palette.brushes):
        visible[rasterise(brush.mask, palette.size) > 0.5] = index
    for brush in palette.brushes:
        kind = next(word for word in reversed(CLASSES) if word in brush.prompt)
        inside = visible == palette.brushes.index(brush)
        assert (seen[inside] == CLASSES.index(kind)).mean() > (0.5 if brush.id in ("sea", "meadow") else 0.05), brush.id


def test_palettes_are_printed() -> None:
    for name, path in demo.list_palettes().items():
        assert run("demo", "palette", name).stdout == path.read_text(encoding="utf-8")
    assert "'land'" in run("demo", "palette", "moon", code=2).stderr


@pytest.fixture
def webui(tmp_path: Path) -> Path:
    (tmp_path / "web ui" / "models" / "Stable-diffusion").mkdir(parents=True)
    return tmp_path / "web ui"


def test_export_puts_whole_files_in_their_places(webui: Path) -> None:
    printed = [Path(line) for line in run("demo", "export", "--webui", webui).stdout.splitlines()]
    assert all(path.exists() for path in printed)
    checkpoint = webui / "models" / "Stable-diffusion" / "toyworld.safetensors"
    assert checkpoint.read_bytes() == demo.make_checkpoint().read_bytes()
    assert (webui / "models" / "Lora" / "toyworld-lcm.safetensors").read_bytes() == demo.LORA.read_bytes()
    described = json.loads(checkpoint.with_suffix(".yaml").read_text(encoding="utf-8"))
    clip = Path(described["model"]["params"]["cond_stage_config"]["params"]["version"])
    assert clip.is_absolute() and clip / "config.json" in printed
    config = json.loads((clip / "config.json").read_text(encoding="utf-8"))
    assert (config["hidden_size"], config["vocab_size"]) == (64, 49408)
    assert {"vocab.json", "merges.txt"} <= {path.name for path in clip.iterdir()}
    run("demo", "export", "--webui", webui)


def test_export_refuses_what_is_no_webui_and_files_of_others(webui: Path, tmp_path: Path) -> None:
    told = run("demo", "export", "--webui", tmp_path, code=1).stderr
    assert told.count("\n") == 1 and "models/Stable-diffusion" in told
    other = webui / "models" / "Stable-diffusion" / "toyworld.safetensors"
    other.write_bytes(b"mine")
    told = run("demo", "export", "--webui", webui, code=1).stderr
    assert told.count("\n") == 1 and str(other) in told and "--force" in told
    assert other.read_bytes() == b"mine" and not (webui / "models" / "Lora").exists()
    run("demo", "export", "--webui", webui, "--force")
    assert other.read_bytes() == demo.make_checkpoint().read_bytes()


def test_export_to_forge_brings_an_extension_that_knows_the_model(webui: Path) -> None:
    (webui / "modules_forge").mkdir()
    printed = [Path(line) for line in run("demo", "export", "--webui", webui).stdout.splitlines()]
    script = webui / "extensions" / "regiondiff-demo" / "scripts" / "toyworld.py"
    assert script in printed and not any(path.suffix == ".yaml" for path in printed)
    assigned = {node.targets[0].id: node.value for node in ast.parse(script.read_text()).body if is_assignment(node)}  # type: ignore[attr-defined]
    sizes = {name: json.loads(assigned[name].args[0].value) for name in ("TEXT", "VAE", "UNET")}
    assert sizes["UNET"] == {"model_channels": 64, "context_dim": 64}
    assert (sizes["TEXT"]["hidden_size"], sizes["VAE"]["layers_per_block"]) == (64, 0)


def is_assignment(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
