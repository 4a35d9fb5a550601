"""Models for a GPU run: SD1.5 and SDXL in full size with random weights, the known model, the demo model.

What is needed of the library beyond its public face stands here and nowhere else in the GPU benchmark.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from lib_regiondiff import demo, load_model
from lib_regiondiff.hosts.diffusers import Extras, MemoryLimits
from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import make_clip_tokenizer

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from known_weights import fill

NETWORKS = ("text_encoder", "text_encoder_2", "unet", "vae")
SCHEDULE: Mapping[str, Any] = {
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
    "clip_sample": False, "set_alpha_to_one": False, "steps_offset": 1,
}  # fmt: skip
XL_BLOCKS: Mapping[str, Any] = {
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": (1, 2, 10),
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
}


@dataclass(frozen=True)
class Sizes:
    """The sizes of a model's networks: options of the UNet, widths of the VAE, options of each text encoder."""

    unet: Mapping[str, Any]
    vae: tuple[int, ...]
    texts: tuple[Mapping[str, Any], ...]
    scale: float = 0.18215


def text(width: int, layers: int, heads: int, act: str = "quick_gelu") -> dict[str, Any]:
    """The options of a CLIP text encoder."""
    widths = {"hidden_size": width, "intermediate_size": 4 * width, "projection_dim": width}
    return widths | {"num_hidden_layers": layers, "num_attention_heads": heads, "hidden_act": act}


WIDTHS = (128, 256, 512, 512)
FULL: Mapping[str, Sizes] = {
    "SD1.5": Sizes({"sample_size": 64, "cross_attention_dim": 768}, WIDTHS, (text(768, 12, 12),)),
    "SDXL": Sizes(
        {
            **XL_BLOCKS, "sample_size": 128, "block_out_channels": (320, 640, 1280), "attention_head_dim": (5, 10, 20),
            "cross_attention_dim": 2048, "addition_time_embed_dim": 256, "projection_class_embeddings_input_dim": 2816,
        },
        WIDTHS,
        (text(768, 12, 12), text(1280, 32, 20, "gelu")),
        0.13025,
    ),
}  # fmt: skip
TINY: Mapping[str, Sizes] = {
    "SD1.5": Sizes(
        {"sample_size": 8, "cross_attention_dim": 32, "block_out_channels": (32,) * 4, "attention_head_dim": 2,
         "norm_num_groups": 8},
        (32,) * 4,
        (text(32, 2, 2),),
    ),
    "SDXL": Sizes(
        {
            **XL_BLOCKS, "sample_size": 16, "block_out_channels": (32, 32, 32), "attention_head_dim": (1, 1, 1),
            "cross_attention_dim": 64, "addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 80,
        },
        (32,) * 4,
        (text(32, 2, 2), text(32, 2, 2, "gelu")),
        0.13025,
    ),
}  # fmt: skip


def random_pipe(family: str, card: Any) -> Any:
    """A pipeline of a family on a card, in its dtype, with random weights that keep signals within float16.

    Weights are drawn on the device itself, so a full SDXL takes seconds.
    """
    sizes = (TINY if card.dry_run else FULL)[family]
    with torch.random.fork_rng(devices=[card.device] if card.device.type == "cuda" else []), card.device:
        torch.manual_seed(1)
        networks = networks_of(sizes)
    generator = torch.Generator(card.device).manual_seed(1)
    for network in networks.values():
        fill(network, generator)
        nn.Module.to(network, dtype=card.dtype)
        network.eval().requires_grad_(False)
    return quiet(assembled(networks))


def networks_of(sizes: Sizes) -> dict[str, Any]:
    """The networks by their names in a pipeline, on the default device."""
    vae: dict[str, Any] = {
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "block_out_channels": sizes.vae,
    }
    made = {
        "unet": UNet2DConditionModel(**sizes.unet),
        "vae": AutoencoderKL(**vae, layers_per_block=2, latent_channels=4, sample_size=512, scaling_factor=sizes.scale),
        "text_encoder": CLIPTextModel(CLIPTextConfig(**sizes.texts[0])),
    }
    if len(sizes.texts) > 1:
        made["text_encoder_2"] = CLIPTextModelWithProjection(CLIPTextConfig(**sizes.texts[1]))
    return made


def assembled(networks: Mapping[str, Any]) -> Any:
    """The pipeline of some networks."""
    parts: dict[str, Any] = {**networks, "scheduler": DDIMScheduler(**SCHEDULE), "tokenizer": make_clip_tokenizer()}
    if "text_encoder_2" in networks:
        return StableDiffusionXLPipeline(**parts, tokenizer_2=make_clip_tokenizer("!"), add_watermarker=False)
    nothing: dict[str, Any] = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    return StableDiffusionPipeline(**parts, **nothing)


def quiet(pipe: Any) -> Any:
    """The same pipeline without bars."""
    pipe.set_progress_bar_config(disable=True)
    return pipe


def move(pipe: Any, device: torch.device) -> None:
    """Have all networks of a pipeline on a device."""
    for name in NETWORKS:
        network = getattr(pipe, name, None)
        if network is not None:
            nn.Module.to(network, device=device)


def hosted(pipe: Any, card: Any, offload: bool = False) -> Any:
    """A host for a pipeline in memory on a card; with `offload` its networks wait on the CPU."""
    move(pipe, card.device)
    host = load_model(pipe)
    if not offload:
        return host
    move(pipe, torch.device("cpu"))
    nn.Module.to(pipe.vae, device=card.device)
    return replace(host, extras=Extras(room=MemoryLimits(offload=True)))


def known_host(pipe: Any, device: torch.device, dtype: torch.dtype) -> Any:
    """A host for a copy of the known model."""
    parts = {name: copy.deepcopy(part) for name, part in pipe.components.items()}
    for part in parts.values():
        if isinstance(part, nn.Module):
            nn.Module.to(part, device=device, dtype=dtype)
    return load_model(quiet(StableDiffusionPipeline(**parts, requires_safety_checker=False)))


def demo_host(device: torch.device, dtype: torch.dtype) -> Any:
    """A host for the demo model with its LoRA for few steps."""
    kind = str(dtype).removeprefix("torch.")
    return load_model(demo.NAME, str(device), kind, Extras(loras=(demo.LORA,)))


def five(side: int, steps: int, **more: Any) -> dict[str, Any]:
    """A palette of five brushes on a square canvas, feathered, with guidance."""
    masks: list[dict[str, Any]] = [
        {"rectangle": [0, 0.5, 1, 1]},
        {"ellipse": [0.05, 0.1, 0.35, 0.6]},
        {"polygon": [[0, 0.6], [0.3, 0.4], [0.6, 0.6], [0.4, 1], [0, 1]]},
        {"rectangle": [0.6, 0.3, 0.95, 0.8]},
        {"ellipse": [0.4, 0.05, 0.6, 0.3]},
    ]
    brushes = [{"id": f"{n}", "prompt": f"thing {n}", "mask": mask, "feather": 16} for n, mask in enumerate(masks)]
    return plain(side, steps, brushes=brushes, **more)


def plain(side: int, steps: int, **more: Any) -> dict[str, Any]:
    """A palette of a square canvas without brushes."""
    size, ground = {"width": side, "height": side}, {"prompt": "a wide land", "negative": "blurred"}
    head = {"version": 1, "seed": 1, "size": size, "steps": steps, "sampler": "DDIM", "guidance": 7}
    return {**head, "background": ground, **more}
