"""Models whose pictures are known in the form of SD2 (velocity, no signal at the first level) and of SDXL.

They are small: two levels, narrow text encoders. VAE and colours are those of the known model. What is fixed by kind,
such as heads of at least 64 channels, the text encoders' activation and the VAE's scale, is as in original checkpoints.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from diffusers import (
    DDIMScheduler,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from known_model import COLOURS, SCHEDULER
from known_unet import teach_unet
from known_weights import fill, teach_text, teach_vae, zero

SEED = 4
TEXT = 64  # width of each text encoder
LEVELS: Any = (96, 96)
XL_SCALE = 0.13025
XL_SCHEDULER = {**SCHEDULER, "timestep_spacing": "leading"}
V_SCHEDULER = {
    **SCHEDULER,
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}


def build_sd2(known: Any, kind: str = "v_prediction") -> StableDiffusionPipeline:
    """As SD2 finetuned to zero terminal SNR is: a UNet with linear projections that predicts v; or SD2 base."""
    scheduler: Any = DDIMScheduler.from_config(V_SCHEDULER if kind == "v_prediction" else SCHEDULER)
    unet, text = _unet(cross_attention_dim=TEXT), _text(CLIPTextModel, "gelu")
    _teach(known, unet, text)
    teach_unet(unet, scheduler.alphas_cumprod, kind)
    parts: Any = {"vae": known.vae, "tokenizer": known.tokenizer, "unet": unet, "text_encoder": text}
    nothing: Any = {"safety_checker": None, "feature_extractor": None}
    return quiet(StableDiffusionPipeline(scheduler=scheduler, requires_safety_checker=False, **parts, **nothing))


@torch.no_grad()
def build_sdxl(known: Any, kind: str = "epsilon") -> StableDiffusionXLPipeline:
    """As SDXL is: two text encoders, their last layer but one, pooled text and sizes beside the time."""
    scheduler: Any = EulerDiscreteScheduler.from_config(V_SCHEDULER if kind == "v_prediction" else XL_SCHEDULER)
    numbers = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8}
    unet = _unet(cross_attention_dim=2 * TEXT, projection_class_embeddings_input_dim=TEXT + 6 * 8, **numbers)
    text, other = _text(CLIPTextModel), _text(CLIPTextModelWithProjection, "gelu")
    fill(other, torch.Generator().manual_seed(SEED + 1))
    _teach(known, unet, text)
    zero(unet.add_embedding.linear_2, slice(0, 4))  # the rows that say the time
    teach_unet(unet, scheduler.alphas_cumprod, kind, norm=1.0)
    vae = copy.deepcopy(known.vae)
    vae.register_to_config(scaling_factor=XL_SCALE)
    teach_vae(vae, XL_SCALE)
    parts: Any = {"vae": vae, "unet": unet, "text_encoder": text, "text_encoder_2": other}
    words: Any = {"tokenizer": known.tokenizer, "tokenizer_2": known.tokenizer}
    return quiet(StableDiffusionXLPipeline(scheduler=scheduler, add_watermarker=False, **parts, **words))


def _unet(**options: Any) -> Any:
    blocks: dict[str, Any] = {
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    }
    with torch.random.fork_rng(devices=[]):
        return UNet2DConditionModel(
            block_out_channels=LEVELS,
            attention_head_dim=1,
            use_linear_projection=True,
            sample_size=64,
            **blocks,
            **options,
        )


def _text(kind: Any, act: str = "quick_gelu") -> Any:
    sizes: dict[str, Any] = {"hidden_size": TEXT, "intermediate_size": TEXT, "projection_dim": TEXT}
    config = CLIPTextConfig(num_hidden_layers=2, num_attention_heads=1, hidden_act=act, **sizes)
    with torch.random.fork_rng(devices=[]):
        return kind(config)


def _teach(known: Any, unet: Any, text: Any) -> None:
    """Random weights everywhere, and the colours of words."""
    generator = torch.Generator().manual_seed(SEED)
    fill(unet, generator)
    fill(text, generator)
    teach_text(text, {known.tokenizer(word).input_ids[1]: [2 * v - 1 for v in rgb] for word, rgb in COLOURS.items()})


def quiet(pipeline: Any) -> Any:
    """Ready for use: no bars, no gradients."""
    pipeline.set_progress_bar_config(disable=True)
    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval().requires_grad_(False)
    return pipeline
