"""The library as programs use it: its page runs, what it takes is what people have, and they can follow and stop."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from places import ROOT

diffusers = pytest.importorskip("diffusers")

from lib_regiondiff import demo, load_model, render
from lib_regiondiff.document import png
from lib_regiondiff.document.palette import Palette, dumps, parse
from lib_regiondiff.errors import HostError, PaletteError
from lib_regiondiff.hosts.diffusers import DiffusersHost, Extras, LoraFile, Step
from lib_regiondiff.hosts.diffusers.render import Drawing
from quick import some

LEFT = {"rectangle": [0, 0, 0.5, 1]}
PLANS = ("plan", "edited")
RED = {"id": "a", "mask": LEFT, "prompt": "red"}


def document(**more: Any) -> dict[str, Any]:
    head = {"version": 1, "size": {"width": 64, "height": 64}, "seed": 3, "steps": 4, "sampler": "Euler"}
    return head | {"background": {"prompt": "blue"}, "brushes": [RED], **more}


@pytest.fixture
def host(known_pipeline: Any) -> DiffusersHost:
    known_pipeline.set_progress_bar_config(disable=True)
    return DiffusersHost.of(known_pipeline, "known")


def test_the_page_of_the_library_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / "library.md").read_text("utf-8"), re.DOTALL | re.M)
    for block in blocks:
        exec(compile(block, "docs/library.md", "exec"), space)
    assert len(blocks) == 7 and len(space["made"]) == 2
    assert {names for names, _, _ in space["views"]} == {("background",), ("sea",), ("hill",)}
    plan, edited = ({name for view in space[key].views(space["level"]) for name in view.names} for key in PLANS)
    assert plan == edited == {"background", "sea", "hill"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["early.png", "lake.png"]


def test_the_demo_model_is_loaded_by_its_name() -> None:
    loaded, named = load_model("demo"), DiffusersHost.load(str(demo.make_checkpoint()))
    assert loaded.name == "demo" and loaded.fingerprint == named.fingerprint and loaded.latent == named.latent


def test_a_palette_may_be_a_document_or_text(host: DiffusersHost) -> None:
    wanted = np.asarray(render(host, parse(document()))[0].image)
    for given in (document(), json.dumps(document()), dumps(parse(document()))):
        assert np.array_equal(np.asarray(render(host, given)[0].image), wanted)
    for bad in (document(steps=0), "no JSON"):
        with pytest.raises(PaletteError):
            render(host, bad)
    with pytest.raises(PaletteError, match=r"Palette\.seed: expected a whole number"):
        render(host, document(), seeds=[-1])


def test_paths_may_be_texts(tmp_path: Path) -> None:
    path = tmp_path / "style.safetensors"
    wanted = Extras(loras=(LoraFile(path),), vae=path, vae_name="style")
    assert Extras(loras=(str(path),), vae=str(path)) == Extras(loras=[path], vae=path) == wanted
    assert LoraFile(str(path), 0.5) == replace(LoraFile(path), weight=0.5) and LoraFile(str(path)).path == path
    assert LoraFile("~/a.pt").path == Path.home() / "a.pt" and wanted.recorded[0].name == "style"
    assert replace(wanted, vae=None, vae_name="") == Extras(loras=(path,))
    with pytest.raises(PaletteError, match=r"Lora\.weight: expected a number -10…10, got nan"):
        LoraFile(path, float("nan"))
    with pytest.raises(HostError, match=r"Extras\.loras: expected several LoRAs, such as \(path,\), got '"):
        Extras(loras=str(path))


def test_a_lora_that_is_given_by_text_counts() -> None:
    plain, changed = load_model("demo"), load_model("demo", added=Extras(loras=(str(demo.LORA),)))
    before, after = (dict(host.pipe.unet.named_parameters()) for host in (plain, changed))
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert changed.fingerprint.startswith(f"{plain.fingerprint}+")


def test_a_pipeline_for_img2img_draws_as_one_for_txt2img(host: DiffusersHost) -> None:
    pipe = diffusers.StableDiffusionImg2ImgPipeline(**host.pipe.components, requires_safety_checker=False)
    other = DiffusersHost.of(pipe, "known")
    assert type(other.pipe) is diffusers.StableDiffusionPipeline and other.pipe.unet is pipe.unet
    assert other.pipe.config.requires_safety_checker is False
    for brushes in ([], [RED]):
        one, two = (np.asarray(render(each, document(brushes=brushes))[0].image) for each in (host, other))
        assert np.array_equal(one, two)


def test_a_pipeline_in_memory_is_a_model(host: DiffusersHost) -> None:
    parts = host.pipe.components
    for kind in (diffusers.StableDiffusionPipeline, diffusers.StableDiffusionInpaintPipeline):
        other = load_model(kind(**parts, requires_safety_checker=False))
        assert type(other.pipe) is diffusers.StableDiffusionPipeline and other.pipe.unet is host.pipe.unet
        one, two = (np.asarray(render(each, document())[0].image) for each in (host, other))
        assert np.array_equal(one, two)


def test_what_is_no_model_is_told(host: DiffusersHost) -> None:
    with pytest.raises(HostError, match="the pipeline: expected a text-to-image model"):
        load_model(type("KandinskyInpaintPipeline", (), {"components": {}})())
    with pytest.raises(HostError, match=r"model: expected a folder, a file, a hub id, .* a pipeline .*, got int"):
        load_model(3)
    with pytest.raises(HostError, match="model: expected a pipeline alone"):
        load_model(host.pipe, dtype="float16")
    blocks = {"down_block_types": ("DownBlock2D",), "up_block_types": ("UpBlock2D",), "block_out_channels": (32,)}
    wide = diffusers.UNet2DConditionModel(sample_size=8, in_channels=9, layers_per_block=1, **blocks)
    parts = host.pipe.components | {"unet": wide}
    with pytest.raises(HostError, match="a UNet with 4 input channels, got 9"):
        load_model(diffusers.StableDiffusionInpaintPipeline(**parts, requires_safety_checker=False))


def test_a_picture_is_saved_with_its_palette(host: DiffusersHost, tmp_path: Path) -> None:
    (made,) = render(host, document(bootstrap={"levels": 1}))
    made.save(tmp_path / "a.png")
    palette, noted = png.load(tmp_path / "a.png")
    assert palette == made.palette and noted.device == "cpu" and noted.versions["torch"] == torch.__version__
    with pytest.raises(HostError, match=r"nowhere"):
        made.save(str(tmp_path / "nowhere" / "a.png"))


@pytest.mark.parametrize("sampler", some(["Euler", "Euler a", "DPM++ 2M", "Heun", "DDIM"], "Euler a"))
@pytest.mark.parametrize("brushes", [[], [RED | {"kind": "stuff"}]], ids=["plain", "regions"])
def test_a_step_has_the_pictures_that_are_expected(host: DiffusersHost, brushes: list[Any], sampler: str) -> None:
    """But for what is pasted into them as pixels."""
    steps: list[Step] = []
    made = render(host, document(brushes=brushes, sampler=sampler), seeds=[1, 2, 3], progress=steps.append, batch=2)
    assert [step.done for step in steps] == [*range(1, 9)] and {step.total for step in steps} == {8}
    assert [step.seeds for step in steps] == [(1, 2)] * 4 + [(3,)] * 4
    assert all(step.latents.shape == (len(step.seeds), 4, 8, 8) for step in steps)
    shown = [*steps[3].previews(), *steps[7].previews()]
    for picture, preview in zip(made, shown, strict=True):
        difference = np.asarray(picture.image).astype(int) - np.asarray(preview)
        assert np.abs(difference).mean() < 4, "the last step expects what is drawn"


def test_both_paths_expect_the_same(host: DiffusersHost) -> None:
    """The pipeline's own loop says what the network expects in another form."""
    plain = parse(document(brushes=[]))
    ways: list[list[torch.Tensor]] = [[], []]
    for merge, seen in zip((True, False), ways, strict=True):
        run = Drawing.of(
            host, parse(document(brushes=[RED | {"prompt": "blue"}])) if not merge else plain, seen.append, merge
        )
        run.latents()
    for one, other in zip(*ways, strict=True):
        assert torch.allclose(one, other, atol=1e-3)


def test_previews_are_small(host: DiffusersHost) -> None:
    sizes: list[tuple[int, int]] = []

    def look(step: Step) -> None:
        preview = step.previews(4)[0]
        sizes.append(preview.size)
        if step.done == 4:
            pixels = np.asarray(preview).astype(float)
            assert pixels[4:12, 4:12, 0].mean() > 200 and pixels[4:12, -12:-4, 2].mean() > 200

    render(host, document(size={"width": 128, "height": 64}), progress=look)
    assert sizes == [(32, 16)] * 4


class EnoughError(Exception):
    """Raised by whoever follows."""


def stop(at: int) -> Callable[[Step], None]:
    def follow(step: Step) -> None:
        if step.done == at:
            raise EnoughError

    return follow


@pytest.mark.parametrize("at", some([1, 3, 5], 3))
@pytest.mark.parametrize("brushes", [[], [RED]], ids=["plain", "regions"])
def test_what_progress_raises_ends_the_drawing_and_leaves_nothing(
    host: DiffusersHost, brushes: list[Any], at: int
) -> None:
    palette: Palette = parse(document(brushes=brushes))
    wanted = np.asarray(render(host, palette)[0].image)
    scheduler, state = host.pipe.scheduler, torch.get_rng_state()
    before = dict(vars(scheduler))
    with pytest.raises(EnoughError):
        render(host, palette, seeds=[3, 4], progress=stop(at))
    assert host.pipe.scheduler is scheduler and vars(scheduler) == before
    assert torch.equal(torch.get_rng_state(), state)
    assert np.array_equal(np.asarray(render(host, palette)[0].image), wanted)


@pytest.mark.parametrize(
    ("name", "value"), [("seeds", 1), ("batch", 0), ("batch", "2"), ("progress", 5), ("host", None), ("host", "demo")]
)
def test_arguments_of_another_kind_are_told(host: DiffusersHost, name: str, value: Any) -> None:
    given: dict[str, Any] = {"host": host, "palette": document(), "seeds": [1]}
    with pytest.raises(HostError, match=f"render's {name}: expected .*, got {value!r}"):
        render(**{**given, name: value})
