"""LoRA files: every form of keys gives one and the same change of weights, and what fits nothing is named."""

from __future__ import annotations

import copy
import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("diffusers")

from demo_lora import merge as merge_demo
from diffusers import UNet2DConditionModel
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

from cli_stub import run
from known_single_file import unet_name
from known_swap import swap
from lib_regiondiff import demo
from lib_regiondiff.document import png
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers import DiffusersHost
from lib_regiondiff.hosts.diffusers.additions.additions import LORAS, Extras, combine_fingerprints, find_file
from lib_regiondiff.hosts.diffusers.additions.lora import LoraFile, merge
from lib_regiondiff.hosts.diffusers.additions.lora_keys import find_original_names

pytestmark = pytest.mark.diffusers
RANK, ALPHA = 2, 6.0
ATTENTION = "down_blocks.0.attentions.0.transformer_blocks.0.attn1"
CONV, TEXT = "up_blocks.0.resnets.0.conv1", "encoder.layers.1.self_attn"
Tensors = dict[str, Tensor]


@functools.cache
def networks() -> tuple[Any, Any]:
    """A UNet and a text encoder with weights of a seed."""
    types: Any = {"down_block_types": ("CrossAttnDownBlock2D",) * 2, "up_block_types": ("CrossAttnUpBlock2D",) * 2}
    widths: Any = {"block_out_channels": (8, 16), "norm_num_groups": 4, "attention_head_dim": 2}
    sizes: Any = {"hidden_size": 12, "intermediate_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        unet = UNet2DConditionModel(layers_per_block=1, cross_attention_dim=12, **widths, **types)
        text = CLIPTextModel(CLIPTextConfig(vocab_size=9, **sizes))
    return unet.requires_grad_(False), text.requires_grad_(False)


class Pipe:
    """Two small networks, always the same."""

    def __init__(self) -> None:
        self.unet, self.text_encoder = (copy.deepcopy(each) for each in networks())

    def weight(self, network: str, layer: str) -> Tensor:
        """The weight of a layer."""
        module: Any = getattr(self, network)
        names = {name.removeprefix("text_model."): part for name, part in module.named_modules()}
        return names[layer].weight

    @property
    def state(self) -> Tensors:
        """All weights, as they are now."""
        both = {"unet": self.unet, "text": self.text_encoder}
        return {f"{name}.{key}": v.clone() for name, part in both.items() for key, v in part.state_dict().items()}


def pair(weight: Tensor, seed: int = 0) -> tuple[Tensor, Tensor]:
    """up and down for a weight."""
    generator = torch.Generator().manual_seed(seed)
    up = torch.randn(weight.shape[0], RANK, *(1,) * (weight.ndim - 2), generator=generator)
    return up, torch.randn(RANK, *weight.shape[1:], generator=generator)


def merged(tensors: Mapping[str, Tensor], folder: Path, weight: float = 1.0, notes: Any = None) -> Pipe:
    """The networks with a file's additions."""
    pipe, path = Pipe(), folder / "some.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path, notes)
    merge(pipe, LoraFile(path, weight))
    return pipe


def changed(before: Tensors, after: Tensors) -> set[str]:
    return {name for name, value in before.items() if not torch.equal(value, after[name])}


TO_Q, Q = ATTENTION + ".to_q", TEXT + ".q_proj"
# What the forms call a linear layer of the UNet, a convolution and a layer of the text encoder, and what follows.
FORMS: dict[str, tuple[tuple[str, str, str], tuple[str, str]]] = {
    "kohya": (
        (
            "lora_unet_" + TO_Q.replace(".", "_"),
            "lora_unet_" + CONV.replace(".", "_"),
            "lora_te_text_model_" + Q.replace(".", "_"),
        ),
        (".lora_up.weight", ".lora_down.weight"),
    ),
    "kohya, original names": (
        (
            "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q",
            "lora_unet_output_blocks_0_0_in_layers_2",
            "lora_te1_text_model_" + Q.replace(".", "_"),
        ),
        (".lora_up.weight", ".lora_down.weight"),
    ),
    "peft": (
        ("unet." + TO_Q, "unet." + CONV, "text_encoder.text_model." + Q),
        (".lora_B.weight", ".lora_A.weight"),
    ),
    "peft's own file": (
        ("base_model.model." + TO_Q, "base_model.model." + CONV, "text_encoder." + Q),
        (".lora_B.default.weight", ".lora_A.default.weight"),
    ),
    "diffusers": (
        ("unet." + TO_Q, "unet." + CONV, "text_encoder.text_model." + Q),
        (".lora.up.weight", ".lora.down.weight"),
    ),
    "diffusers, text": (
        ("unet." + TO_Q, "unet." + CONV, "text_encoder.text_model." + Q),
        (".lora_linear_layer.up.weight", ".lora_linear_layer.down.weight"),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_adds_the_same(form: str, tmp_path: Path) -> None:
    names, (up_name, down_name) = FORMS[form]
    pipe = Pipe()
    before, wanted = pipe.state, [pipe.weight("unet", TO_Q), pipe.weight("unet", CONV), pipe.weight("text_encoder", Q)]
    tensors: Tensors = {}
    for seed, (name, weight) in enumerate(zip(names, wanted, strict=True)):
        up, down = pair(weight, seed)
        tensors |= {name + up_name: up, name + down_name: down, name + ".alpha": torch.tensor(ALPHA)}
        weight += 0.5 * ALPHA / RANK * (up.flatten(1) @ down.flatten(1)).view_as(weight)
    after = merged(tensors, tmp_path, 0.5).state
    assert len(changed(before, after)) == 3
    for name, value in pipe.state.items():
        torch.testing.assert_close(after[name], value)


def test_the_oldest_form_of_diffusers_names_the_projections_of_an_attention(tmp_path: Path) -> None:
    pipe = Pipe()
    layers = {
        f"unet.{ATTENTION}.processor.to_out_lora": pipe.weight("unet", ATTENTION + ".to_out.0"),
        f"{ATTENTION}.processor.to_k_lora": pipe.weight("unet", ATTENTION + ".to_k"),
        f"text_encoder.text_model.{TEXT}.to_out_lora": pipe.weight("text_encoder", TEXT + ".out_proj"),
    }
    tensors: Tensors = {}
    for name, weight in layers.items():
        up, down = pair(weight)
        tensors |= {f"{name}.up.weight": up, f"{name}.down.weight": down}
        weight += up @ down  # without an alpha it is the rank
    after = merged(tensors, tmp_path).state
    assert not changed(pipe.state, after) and len(changed(Pipe().state, after)) == 3


def test_a_middle_part_does_as_three_convolutions_do(tmp_path: Path) -> None:
    pipe = Pipe()
    weight = pipe.weight("unet", CONV)
    g = torch.Generator().manual_seed(1)
    shapes = {"up": (weight.shape[0], 3, 1, 1), "mid": (3, 3, 3, 3), "down": (3, weight.shape[1], 1, 1)}
    parts = {role: torch.randn(shape, generator=g) for role, shape in shapes.items()}
    name = "lora_unet_" + CONV.replace(".", "_")
    after = merged({f"{name}.lora_{role}.weight": part for role, part in parts.items()}, tmp_path)
    x = torch.randn(1, weight.shape[1], 6, 6, generator=g)
    conv = torch.nn.functional.conv2d
    wanted = conv(x, weight) + conv(conv(conv(x, parts["down"]), parts["mid"]), parts["up"])
    torch.testing.assert_close(conv(x, after.weight("unet", CONV)), wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("notes", "factor"),
    [
        ({}, 1),
        ({"unet.lora_alpha": 8}, 8 / RANK),
        ({"unet.lora_alpha": 8, "unet.use_rslora": True}, 8 / RANK**0.5),
        ({"unet.lora_alpha": 8, "unet.alpha_pattern": {TO_Q: 1}}, 1 / RANK),
        ({"text_encoder.lora_alpha": 8}, 1),
        ([1], 1),
    ],
)
def test_notes_of_diffusers_say_alpha(notes: Any, factor: float, tmp_path: Path) -> None:
    up, down = pair(Pipe().weight("unet", TO_Q))
    tensors = {f"unet.{TO_Q}.lora_B.weight": up, f"unet.{TO_Q}.lora_A.weight": down}
    pipe = merged(tensors, tmp_path, notes={"lora_adapter_metadata": json.dumps(notes)})
    torch.testing.assert_close(pipe.weight("unet", TO_Q), Pipe().weight("unet", TO_Q) + factor * up @ down)


def test_original_names_are_those_of_a_single_file(known_pipeline: Any) -> None:
    unet = known_pipeline.unet
    layers = [name for name, part in unet.named_modules() if isinstance(part, torch.nn.Linear | torch.nn.Conv2d)]
    told = {name: unet_name(name + ".weight").removesuffix(".weight") for name in layers}
    assert all(told[name] in find_original_names(name, 2) for name in layers)


BAD: dict[str, tuple[dict[str, tuple[int, ...]], str]] = {
    "unknown layer": (
        {"lora_unet_no.lora_up.weight": (8, 2), "lora_unet_no.lora_down.weight": (2, 8)},
        "name",
    ),
    "no LoRA": ({"model.diffusion_model.out.2.weight": (1, 2)}, "keys of a LoRA"),
    "another form": ({f"unet.{TO_Q}.hada_w1_a": (8, 2)}, r"\(LoHa\)"),
    "half a pair": ({f"unet.{TO_Q}.lora_A.weight": (2, 8)}, "the up part of"),
    "ranks": ({f"unet.{TO_Q}.lora_A.weight": (2, 8), f"unet.{TO_Q}.lora_B.weight": (8, 3)}, "shape, 8 x 8"),
    "width": ({f"unet.{TO_Q}.lora_A.weight": (2, 9), f"unet.{TO_Q}.lora_B.weight": (8, 2)}, "for one of 8 x 9"),
    "one side": ({f"unet.{TO_Q}.lora_A.weight": (2,), f"unet.{TO_Q}.lora_B.weight": (8,)}, "matrices of numbers"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_named_and_changes_nothing(name: str, tmp_path: Path) -> None:
    shapes, told = BAD[name]
    pipe, path = Pipe(), tmp_path / "other model.safetensors"
    up, down = pair(pipe.weight("unet", CONV))
    good = {f"unet.{CONV}.lora_B.weight": up, f"unet.{CONV}.lora_A.weight": down}
    save_file(good | {key: torch.ones(shape) for key, shape in shapes.items()}, path)
    before = pipe.state
    with pytest.raises(HostError, match=told) as caught:
        merge(pipe, LoraFile(path))
    assert str(path) in str(caught.value) and any(key in str(caught.value) for key in shapes)
    assert not changed(before, pipe.state)


def test_the_demos_lora_is_merged_as_its_trainer_does_bit_for_bit() -> None:
    ours = DiffusersHost.load(str(demo.make_checkpoint()), "cpu")
    fresh, plain = (copy.deepcopy(ours.pipe.unet) for _ in range(2))
    merge_demo(plain, load_file(demo.LORA))
    merge(ours.pipe, LoraFile(demo.PARTS["demo-lcm"]))
    states = [unet.state_dict() for unet in (fresh, plain, ours.pipe.unet)]
    assert not changed(*states[1:]) and len(changed(*states[:2])) == 193


def found(name: str, model: str) -> Path:
    return find_file("LoRA", name, LORAS, model)


def test_a_name_is_looked_up_in_the_folder_and_beside_the_model(tmp_path: Path, monkeypatch: Any) -> None:
    model, loras = tmp_path / "models" / "one.safetensors", tmp_path / "loras" / "sub"
    for path in (model, model.with_name("a.safetensors"), loras / "a.safetensors", loras / "b.v1.safetensors"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    monkeypatch.delenv(LORAS, raising=False)
    assert found("a", str(model)) == found("a.safetensors", str(model.parent)) == model.with_name("a.safetensors")
    with pytest.raises(HostError, match=f"b.v1: expected a LoRA's file or name, got nothing there; set {LORAS}"):
        found("b.v1", str(model))
    monkeypatch.setenv(LORAS, str(tmp_path / "loras"))
    assert found("b.v1", "owner/name") == loras / "b.v1.safetensors"
    assert found("a", str(model)) == loras / "a.safetensors"
    assert found(str(model), "owner/name") == model
    (loras.parent / "a.safetensors").write_bytes(b"")
    with pytest.raises(HostError, match=re.escape("a: expected one LoRA of this name, got ")):
        found("a", str(model))


def test_a_picture_obeys_its_loras_and_carries_them(known_folder: Path, tmp_path: Path, monkeypatch: Any) -> None:
    save_file(swap("kohya"), tmp_path / "swap.safetensors")
    monkeypatch.setenv(LORAS, str(tmp_path))
    source, out, again = (tmp_path / name for name in ("palette.json", "out.png", "again.png"))
    size = {"width": 64, "height": 64}
    under = {"version": 1, "seed": 1, "size": size, "steps": 3, "guidance": 2, "background": {"prompt": "a red cat"}}
    source.write_text(json.dumps(under), encoding="utf-8")
    words = ("--model", known_folder, "--device", "cpu")
    run("render", source, "-o", out, *words, "--trust")
    plain = png.load(out)[0].model
    run("render", source, "-o", out, "--force", "--lora", "swap.safetensors:0.5", *words)
    assert np.abs(pixels(out) - [128, 0, 128]).max() < 40
    model = png.load(out)[0].model
    assert [(each.name, each.weight) for each in model.loras] == [("swap.safetensors", 0.5)]
    assert re.fullmatch(rf"{plain.hash}\+[0-9a-f]{{10}}", model.hash)
    assert run("render", out, "-o", again, *words, "--trust").stderr == ""
    assert (pixels(out) == pixels(again)).all()
    (tmp_path / "swap.safetensors").unlink()
    told = run("render", out, "-o", again, "--force", *words, "--trust", code=1).stderr
    assert told.startswith("swap.safetensors: expected a LoRA's file or name") and told.count("\n") == 1


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_the_fingerprint_tells_files_not_weights(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    marks = []
    for content in (b"1", b"2"):
        path.write_bytes(content)
        marks += [combine_fingerprints("abc", Extras((LoraFile(path, weight),))) for weight in (0.5, 1)]
    assert marks[0] == marks[1] != marks[2] == marks[3] and combine_fingerprints("abc", Extras()) == "abc"
