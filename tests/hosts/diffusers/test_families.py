"""SD2 and SDXL on diffusers: obedience, identity with their own pipelines, what SDXL is told of sizes, folders."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

pytest.importorskip("diffusers")

from known_families import build_sd2, build_sdxl
from known_model import COLOURS
from known_unet import AMPLITUDE
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Level, Prompt, Row
from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import write_tokenizer
from lib_regiondiff.hosts.diffusers.families.families import make_size_condition
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import Drawing
from lib_regiondiff.hosts.diffusers.text.encoding import TextCond
from lib_regiondiff.store import Recent
from palettes import drawing
from quick import some

LEFT, RIGHT = {"rectangle": [0, 0, 0.5, 1]}, {"rectangle": [0.5, 0, 1, 1]}
HALVES = [{"id": "a", "prompt": "a red cat", "mask": LEFT}, {"id": "b", "prompt": "blue", "mask": RIGHT}]
SAME = [{"id": "a", "prompt": "a red cat", "mask": LEFT}]
NEAR = 10 / 127.5  # ten grey levels, in latents of the known model


@pytest.fixture(scope="module")
def sd2(known_pipeline: Any) -> DiffusersHost:
    return DiffusersHost.of(build_sd2(known_pipeline), "sd2")


@pytest.fixture(scope="module")
def sdxl(known_pipeline: Any) -> DiffusersHost:
    return DiffusersHost.of(build_sdxl(known_pipeline), "sdxl")


@pytest.fixture(params=["sd2", "sdxl"])
def host(request: pytest.FixtureRequest) -> DiffusersHost:
    return request.getfixturevalue(request.param)


def palette(sampler: str = "DDIM", **more: Any) -> Palette:
    return drawing(sampler, **{"steps": 4, "background": {"prompt": "a red cat"}} | more)


@pytest.mark.parametrize("sampler", some(["DDIM", "Euler", "DPM++ 2M", "Heun", "TCD"], "Euler", "TCD"))
def test_regions_obey(host: DiffusersHost, sampler: str) -> None:
    latents = Drawing.of(host, palette(sampler, brushes=HALVES)).latents()
    for prompt, half in (("red", latents[..., 1:3]), ("blue", latents[..., 5:7])):
        wanted = AMPLITUDE * (2 * torch.tensor(COLOURS[prompt]) - 1)
        assert (half[0, :3, 1:-1].mean(dim=(1, 2)) - wanted).abs().max() < NEAR, prompt


def theirs(host: DiffusersHost, document: Palette) -> torch.Tensor:
    """The latents of the pipeline's own picture of the background's prompts."""
    own = host.pipe.scheduler
    host.pipe.scheduler = Drawing.of(host, document).schedule.scheduler
    try:
        return host.pipe(
            document.background.prompt, negative_prompt=document.background.negative or None, height=64, width=64,
            num_inference_steps=document.steps, guidance_scale=document.guidance, guidance_rescale=document.rescale,
            generator=torch.Generator("cpu").manual_seed(3), output_type="latent",
        ).images  # fmt: skip
    finally:
        host.pipe.scheduler = own


@pytest.mark.parametrize("negative", ["", "blue"])
@pytest.mark.parametrize("rescale", [0.0, 0.7])
def test_equal_brushes_are_the_pipelines_picture(host: DiffusersHost, negative: str, rescale: float) -> None:
    ground = {"prompt": "a red cat", "negative": negative}
    document = palette("DDIM", brushes=SAME, background=ground, guidance=3, rescale=rescale)
    wanted = theirs(host, document)
    assert torch.equal(Drawing.of(host, document).latents(), wanted)
    apart = Drawing.of(host, document, merge=False).latents()
    assert not torch.equal(apart, wanted) and (apart - wanted).abs().max() < 1e-3


def test_a_level_without_signal_begins_an_sd2_picture(sd2: DiffusersHost) -> None:
    run = Drawing.of(sd2, palette("DDIM"))
    assert run.schedule.levels[0].alpha == 0 and sd2.latent.prediction == "v_prediction"
    noise_only = replace(sd2, latent=replace(sd2.latent, prediction="epsilon"))
    with pytest.raises(HostError, match="level without signal: expected v_prediction, got epsilon"):
        Drawing.of(noise_only, palette("DDIM"))


def test_schedulers_that_know_nothing_of_it_end_without_signal_too(sd2: DiffusersHost) -> None:
    for sampler in ("Heun", "DPM2", "DPM++ 2S", "DEIS", "PLMS"):
        assert Drawing.of(sd2, palette(sampler)).schedule.levels[0].noise > 0.999999, sampler


def test_sdxl_is_told_frames_offsets_and_sizes() -> None:
    cond, level = TextCond(torch.zeros(1, 77, 8)), Level(1, 0.6, 0.8, 0.8)
    canvas, tile = Box(0, 0, 40, 80), Box(8, 16, 24, 48)
    assert make_size_condition(Row(0, 0, tile, canvas, cond, level), 8) == (320, 640, 64, 128, 128, 256)
    assert make_size_condition(Row(0, 0, tile, tile, cond, level), 8) == (128, 256, 0, 0, 128, 256)
    beyond = Row(0, 0, Box(-4, 8, 36, 48), Box(0, 0, 40, 80), cond, level)
    assert make_size_condition(beyond, 8) == (320, 640, 0, 64, 320, 320)


def told(host: DiffusersHost, document: Palette, monkeypatch: pytest.MonkeyPatch) -> set[tuple[int, ...]]:
    """The sizes that reach the network."""
    found: set[tuple[int, ...]] = set()
    real = host.pipe.unet.forward

    def forward(*values: Any, added_cond_kwargs: Any, **named: Any) -> Any:
        found.update(tuple(map(int, row)) for row in added_cond_kwargs["time_ids"].tolist())
        return real(*values, added_cond_kwargs=added_cond_kwargs, **named)

    with monkeypatch.context() as patch:
        patch.setattr(host.pipe.unet, "forward", forward)
        Drawing.of(host, document).latents()
    return found


def test_tiles_are_told_the_canvas_and_windows_themselves(sdxl: DiffusersHost, monkeypatch: pytest.MonkeyPatch) -> None:
    small = replace(sdxl, latent=replace(sdxl.latent, native=64))
    wide = {"size": {"width": 128, "height": 64}, "steps": 1, "background": {"prompt": "gray"}}
    tiles = {"width": 64, "height": 64, "overlap": 0}
    assert told(small, palette(**wide, tiles=tiles), monkeypatch) == {(64, 128, 0, 0, 64, 64), (64, 128, 0, 64, 64, 64)}
    windows = told(small, palette(**wide, brushes=HALVES, tiles=None), monkeypatch)
    assert windows == {(64, 64, 0, 0, 64, 64)}


def test_sdxl_takes_no_negative_for_nothing_at_all(sdxl: DiffusersHost) -> None:
    assert sdxl.pipe.config.force_zeros_for_empty_prompt
    size = Size(64, 64)
    nothing, empty = (sdxl.encode(Prompt("", negative, size))[0].cond for negative in (True, False))
    assert isinstance(nothing, TextCond) and isinstance(empty, TextCond) and nothing.pooled is not None
    assert not nothing.embedding.any() and not nothing.pooled.any() and empty.embedding.any()


def test_prompt_strength_mixes_the_pooled_text_too(sdxl: DiffusersHost) -> None:
    a, b = (sdxl.encode(Prompt(words, False, Size(64, 64)))[0].cond for words in ("red", "blue " * 90))
    mixed = sdxl.lerp(a, b, 0.25)
    assert isinstance(a, TextCond) and isinstance(b, TextCond) and isinstance(mixed, TextCond)
    assert a.pooled is not None and b.pooled is not None and mixed.pooled is not None
    assert torch.allclose(mixed.pooled, 0.75 * a.pooled + 0.25 * b.pooled, atol=1e-6)
    assert mixed.group == b.group == 154


def saved(host: DiffusersHost, folder: Path) -> Path:
    """The folder of a pipeline, with tokenizers in the form that every version of transformers reads."""
    host.pipe.save_pretrained(folder)
    for place in folder.glob("tokenizer*"):
        shutil.rmtree(place)
        write_tokenizer(place)
    return folder


def test_a_folder_is_loaded_whole(host: DiffusersHost, tmp_path: Path) -> None:
    loaded = DiffusersHost.load(str(saved(host, tmp_path / "model")), "cpu")
    assert loaded.family is host.family and loaded.latent == host.latent
    document = palette("Euler", steps=2, brushes=HALVES)
    assert torch.equal(Drawing.of(loaded, document).latents(), Drawing.of(host, document).latents())


@pytest.mark.parametrize("asks", [True, False])
def test_a_vae_too_wide_for_float16_gets_float32(host: DiffusersHost, asks: bool, tmp_path: Path) -> None:
    folder = saved(host, tmp_path / "model")
    config = folder / "vae" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"force_upcast": asks}))
    made = DiffusersHost.load(str(folder), "cpu", "float16")
    assert made.pipe.unet.dtype == torch.float16
    assert made.pipe.vae.dtype == (torch.float32 if asks and host.family.title == "SDXL" else torch.float16)
    picture = made.decode(made.encode_image(Image.new("RGB", (64, 64), (255, 0, 0))))
    assert picture.getpixel((32, 32)) == (255, 0, 0)


@pytest.mark.parametrize("verb", ["encode", "decode"])
def test_a_vae_that_float16_is_too_narrow_for_is_explained(sdxl: DiffusersHost, verb: str) -> None:
    nan = torch.full((1, 4, 8, 8), float("nan"))
    posterior = SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: nan))
    vae = SimpleNamespace(
        dtype=torch.float16, config=sdxl.pipe.vae.config, encode=lambda x: posterior, decode=lambda *x, **named: (nan,)
    )
    pipe = SimpleNamespace(vae=vae, image_processor=sdxl.pipe.image_processor)
    broken = replace(sdxl, pipe=pipe, seen=Recent(Tensor.nelement))
    with pytest.raises(HostError, match=r"not made for float16: dtype float32 or bfloat16, or .*sdxl-vae-fp16-fix"):
        broken.encode_image(Image.new("RGB", (64, 64))) if verb == "encode" else broken.decode(nan)


def test_other_pipelines_and_unets_are_refused(sd2: DiffusersHost, tmp_path: Path) -> None:
    with pytest.raises(HostError, match=r"expected a text-to-image model of .*SDXL, SD3, Flux, got StableVideo"):
        DiffusersHost.of(type("StableVideoDiffusionPipeline", (), {})(), "video")
    folder = tmp_path / "model"
    (folder / "unet").mkdir(parents=True)
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionXLPipeline"}')
    for config, got in (('{"in_channels": 9}', "9 .an inpainting"), ('{"time_cond_proj_dim": 256}', "a whole LCM")):
        (folder / "unet" / "config.json").write_text(config)
        with pytest.raises(HostError, match=got):
            DiffusersHost.load(str(folder), "cpu")
