"""SD2 and SDXL as one file: the folder's picture to the bit, what the file says of itself, real sizes, refusals."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("diffusers")

from safetensors.torch import save_file

from known_families import build_sd2, build_sdxl
from known_model import COLOURS
from known_original import sd2_checkpoint, sdxl_checkpoint
from known_unet import AMPLITUDE
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.checkpoints import parameterization
from lib_regiondiff.hosts.diffusers.checkpoints.kinds import SD1, SD2, SDXL, find_kind
from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import make_clip_tokenizer
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import Drawing, render
from palettes import drawing

NOISE, VELOCITY = "epsilon", "v_prediction"
BUILD: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "sd2": (build_sd2, sd2_checkpoint),
    "sdxl": (build_sdxl, sdxl_checkpoint),
}
HALVES = [
    {"id": "a", "prompt": "a red cat", "mask": {"rectangle": [0, 0, 0.5, 1]}},
    {"id": "b", "prompt": "blue", "mask": {"rectangle": [0.5, 0, 1, 1]}},
]


def palette() -> Palette:
    return drawing(bootstrap={"levels": 0}, background={"prompt": "red"}, brushes=HALVES)


def load(path: Path) -> DiffusersHost:
    return DiffusersHost.load(str(path), "cpu")


def no_network(*_: object) -> None:
    raise AssertionError("somebody asked the network")


@pytest.mark.parametrize(("name", "kind"), [("sd2", NOISE), ("sdxl", NOISE), ("sdxl", VELOCITY)])
def test_a_single_file_draws_its_folders_picture_and_obeys(
    known_pipeline: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    monkeypatch.setattr(socket.socket, "connect", no_network)
    build, checkpoint = BUILD[name]
    host = DiffusersHost.of(build(known_pipeline, kind), name)
    marks = {"v_pred": torch.tensor([]), "ztsnr": torch.tensor([])} if kind == VELOCITY else {}
    save_file(checkpoint(host.pipe) | marks, tmp_path / "model.safetensors")
    single = load(tmp_path / "model.safetensors")
    assert type(single.pipe) is type(host.pipe) and single.latent.prediction == kind
    assert single.latent.native == {"sdxl": 1024, "sd2": 512}[name]
    latents = Drawing.of(single, palette()).latents()
    assert torch.equal(latents, Drawing.of(host, palette()).latents())
    for prompt, half in (("red", latents[..., 1:3]), ("blue", latents[..., 5:7])):
        wanted = AMPLITUDE * (2 * torch.tensor(COLOURS[prompt]) - 1)
        assert (half[0, :3, 1:-1].mean(dim=(1, 2)) - wanted).abs().max() < 10 / 127.5, prompt
    assert render(single, palette())[0].image.tobytes() == render(host, palette())[0].image.tobytes()


@pytest.mark.parametrize("kind", [NOISE, VELOCITY])
def test_an_sd2_network_is_asked_what_it_predicts(known_pipeline: Any, kind: str) -> None:
    unet = build_sd2(known_pipeline, kind).unet
    assert (
        parameterization.probe_prediction(unet, asked=True)
        == parameterization.probe_prediction(unet.half(), asked=True)
        == kind
    )
    assert parameterization.probe_prediction(unet, asked=False) == NOISE
    unet.conv_in.bias[0] = float("nan")
    with pytest.raises(ValueError, match="NaN or infinity"):
        parameterization.probe_prediction(unet, asked=True)


@pytest.mark.parametrize(
    ("names", "text", "notes", "wanted"),
    [
        ({}, "", {}, None),
        ({"v_pred": ()}, "", {}, VELOCITY),
        ({}, 'unet_config:\n  parameterization: "v"\n', {}, VELOCITY),
        ({}, '{"parameterization": "v", "unet_config": {}}', {"modelspec.prediction_type": "epsilon"}, VELOCITY),
        ({}, "unet_config:\n", {"modelspec.prediction_type": "v"}, NOISE),
        ({}, "unet_config:\n  parameterization: eps\n", {}, NOISE),
        ({}, "network_config:\n target: sgm.modules.diffusionmodules.denoiser_scaling.VScaling\n", {}, VELOCITY),
        ({}, "network_config:\n target: sgm.modules.diffusionmodules.denoiser_scaling.EpsScaling\n", {}, NOISE),
        ({}, "notes: parameterization: v", {}, None),
        ({}, "", {"modelspec.prediction_type": "v"}, VELOCITY),
        ({}, "", {"modelspec.prediction_type": "epsilon"}, NOISE),
    ],
)
def test_files_say_what_they_predict(
    tmp_path: Path, names: dict[str, Any], text: str, notes: dict[str, str], wanted: str | None
) -> None:
    if text:
        (tmp_path / "model.yaml").write_text(text, encoding="utf-8")
    assert parameterization.read_prediction(names, notes, tmp_path / "model.safetensors") == wanted


def test_open_clip_is_filled_up_with_exclamation_marks() -> None:
    tokenizer = make_clip_tokenizer("!")
    assert tokenizer.pad_token_id == 0
    ids = tokenizer("wow! a cat", padding="max_length", max_length=9).input_ids
    assert ids == [49406, 2781, 256, 320, 2368, 49407, 0, 0, 0]  # the mark of the prompt is another token


WHOLE = {
    SD1: ("cond_stage_model.transformer.x",),
    SD2: ("cond_stage_model.model.x",),
    SDXL: ("conditioner.embedders.0.transformer.x", "conditioner.embedders.1.model.x"),
}
ENTER = "model.diffusion_model.input_blocks.0.0.weight"


def shapes(*names: str, channels: int = 4) -> dict[str, tuple[int, ...]]:
    return {"first_stage_model.x": (1,), ENTER: (8, channels, 3, 3), **dict.fromkeys(names, (1,))}


def complaint(found: dict[str, tuple[int, ...]]) -> str:
    with pytest.raises(HostError) as caught:
        find_kind(Path("model.safetensors"), found)
    return str(caught.value)


@pytest.mark.parametrize("kind", WHOLE)
def test_inpainting_and_whole_lcm_models_are_refused_as_folders_are(kind: Any) -> None:
    assert find_kind(Path("model.safetensors"), shapes(*WHOLE[kind])) is kind
    assert "a UNet with 4 input channels, got 9 (an inpainting" in complaint(shapes(*WHOLE[kind], channels=9))
    told = {"model.diffusion_model.time_embed.cond_proj.weight": (8, 256)}
    assert "a whole LCM model" in complaint(shapes(*WHOLE[kind]) | told)


@pytest.mark.parametrize(
    ("name", "got"),
    [
        ("conditioner.embedders.0.model.ln_final.weight", "got an SDXL refiner; use the base model alone"),
        ("edm_mean", "got a model with EDM's noise levels"),
        ("model.diffusion_model.joint_blocks.0.x", "one of SD3 without CLIP-L, CLIP-G, T5, the tokenizer of T5; a f"),
        ("model.diffusion_model.double_blocks.0.x", "one of Flux without VAE, CLIP-L, T5, the tokenizer of T5; a f"),
        ("down_blocks.0.resnets.0.conv1.weight", "got a part of a model in diffusers' form"),
        ("conditioner.embedders.1.model.x", "got no text encoder (no weights named conditioner.embedders.0.trans"),
    ],
)
def test_other_files_are_refused_by_what_they_are(name: str, got: str) -> None:
    assert got in complaint(shapes(name))


def test_an_sd2_unet_with_another_text_encoder_is_refused() -> None:
    linear = {"model.diffusion_model.middle_block.1.proj_in.weight": (8, 8)}
    assert "an SD2 checkpoint without its text encoder" in complaint(shapes(*WHOLE[SD1]) | linear)
