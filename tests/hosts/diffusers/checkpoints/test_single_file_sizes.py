"""Single files of the real sizes, without their values: each is known for what it is, and each weight has its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("diffusers")

from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from known_original import SD2_TEXT, SDXL_OPEN, SDXL_TEXT, UNET, bare, open_clip, unet
from known_single_file import vae_name
from lib_regiondiff.hosts.diffusers.checkpoints.kinds import SD2, SDXL, Kind, find_kind
from lib_regiondiff.hosts.diffusers.checkpoints.layout import ASSETS, VAE, read_unet_sizes, read_vae_sizes

META = torch.device("meta")
DOWN, UP = "CrossAttnDownBlock2D", "CrossAttnUpBlock2D"
UNETS: dict[Kind, dict[str, Any]] = {  # as the folders of SD2 and of SDXL say
    SD2: {
        "block_out_channels": (320, 640, 1280, 1280),
        "attention_head_dim": (5, 10, 20, 20),
        "cross_attention_dim": 1024,
        "down_block_types": (DOWN, DOWN, DOWN, "DownBlock2D"),
        "up_block_types": ("UpBlock2D", UP, UP, UP),
        "layers_per_block": 2,
        "use_linear_projection": True,
    },
    SDXL: {
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "attention_head_dim": (5, 10, 20),
        "block_out_channels": (320, 640, 1280),
        "cross_attention_dim": 2048,
        "down_block_types": ("DownBlock2D", DOWN, DOWN),
        "layers_per_block": 2,
        "projection_class_embeddings_input_dim": 2816,
        "transformer_layers_per_block": (1, 2, 10),
        "up_block_types": (UP, UP, "UpBlock2D"),
        "use_linear_projection": True,
    },
}


def clip(width: int, layers: int) -> dict[str, Any]:
    """Sizes of a text encoder: feed-forward layers of four widths, heads of 64."""
    return {
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_attention_heads": width // 64,
        "num_hidden_layers": layers,
    }


CLIP_L, VIT_H, BIG_G = clip(768, 12), clip(1024, 24), clip(1280, 32)


def text(sizes: dict[str, Any], kind: Any = CLIPTextModel) -> Any:
    with META:
        return kind(CLIPTextConfig(**sizes, projection_dim=sizes["hidden_size"]))


def encoders(kind: Kind) -> dict[str, torch.Tensor]:
    """The text encoders' weights, whole as in the published files."""
    if kind is SD2:
        open_, prefix = open_clip(bare(text(VIT_H))), SD2_TEXT
        first = {}
    else:
        open_, prefix = open_clip(bare(text(BIG_G))), SDXL_OPEN
        first = {SDXL_TEXT + name: value for name, value in bare(text(CLIP_L)).items()}
    width = open_["ln_final.weight"].shape[0]
    more = {"text_projection": torch.empty(width, width, device=META), "logit_scale": torch.empty((), device=META)}
    return first | {prefix + name: value for name, value in (open_ | more).items()}


def config(name: str) -> dict[str, Any]:
    return json.loads((ASSETS / name / "config.json").read_text(encoding="utf-8"))


def sizes_of(state: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in state.items()}


def networks(kind: Kind) -> tuple[Any, Any]:
    with META:
        return UNet2DConditionModel(**UNETS[kind]), AutoencoderKL.from_config(config("vae"))


@pytest.mark.parametrize("kind", [SD2, SDXL], ids=lambda kind: kind.title)
def test_real_sizes_are_read_off_the_shapes_and_every_weight_has_a_place(kind: Kind) -> None:
    network, vae = networks(kind)
    state = {UNET + name: value for name, value in unet(network).items()} | encoders(kind)
    state |= {VAE + k: v for k, v in (vae_name(*each) for each in vae.state_dict().items())}
    shapes = sizes_of(state)
    assert find_kind(Path("model.safetensors"), shapes) is kind
    found = read_unet_sizes(shapes)
    assert {"transformer_layers_per_block": (1, 1, 1, 1)} | UNETS[kind] == found
    converted = convert_ldm_unet_checkpoint({k: v for k, v in state.items() if k.startswith(UNET)}, found)
    assert sizes_of(converted) == sizes_of(network.state_dict())
    sizes = {**config("vae"), **read_vae_sizes(shapes)}
    assert {k: list(v) if isinstance(v, tuple) else v for k, v in sizes.items()} == config("vae")
    converted = convert_ldm_vae_checkpoint({k: v for k, v in state.items() if k.startswith(VAE)}, sizes)
    assert sizes_of(converted) == sizes_of(vae.state_dict())
    made = {
        name: make({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}, Path("model"))
        for name, (prefix, make) in kind.encoders.items()
    }
    expected = {SD2: {"text_encoder": VIT_H | {"num_hidden_layers": 23}}, SDXL: {"text_encoder": CLIP_L}}
    if kind is SDXL:
        expected[kind]["text_encoder_2"] = BIG_G
        assert isinstance(made["text_encoder_2"], CLIPTextModelWithProjection)
    for name, wanted in expected[kind].items():
        assert wanted.items() <= made[name].config.to_dict().items(), name
        assert made[name].config.hidden_act == ("quick_gelu" if wanted is CLIP_L else "gelu")


def test_a_pruned_unet_is_refused() -> None:
    shapes = sizes_of({UNET + name: value for name, value in unet(networks(SDXL)[0]).items()})
    pruned = {name: shape for name, shape in shapes.items() if "input_blocks.7.1.transformer_blocks.9." not in name}
    with pytest.raises(ValueError, match="not of one depth"):
        read_unet_sizes(pruned)
