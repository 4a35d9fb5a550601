"""The demo model's networks: sizes in one place, all in Stable Diffusion 1's layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

SIDE = 16  # latent cells of the native size
TEXT_WIDTH = 64
VAE_WIDTHS = (64, 64, 64, 64)
UNET_WIDTHS = (64, 64, 128)  # whole multiples of the first, as the original code wants
TINY_WIDTH = 32
SCALE = 0.18215  # what Stable Diffusion multiplies latents by


def make_vae() -> AutoencoderKL:
    """A new autoencoder: 8 pixels a cell, 4 channels, a residual block a level in the decoder, none in the encoder."""
    kind: Any = AutoencoderKL  # its annotations say tuples of one
    return kind(
        block_out_channels=VAE_WIDTHS,
        layers_per_block=0,
        latent_channels=4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        sample_size=8 * SIDE,
        scaling_factor=SCALE,
    )


def ease(vae: Any, epsilon: float) -> Any:
    """The same autoencoder with `epsilon` in its norms.

    With 64 channels a group of GroupNorm has two, and the usual 1e-6 would wipe out the level of an even picture.
    `demo_vae.settle` turns a network that was trained this way into one with 1e-6 that computes the same.
    """
    for module in vae.modules():
        if isinstance(module, nn.GroupNorm):
            module.eps = epsilon
    return vae


def make_unet() -> UNet2DConditionModel:
    """A new denoiser: three levels of two residual blocks, eight heads, attention at 16 x 16, 8 x 8, in the middle."""
    return UNet2DConditionModel(
        sample_size=SIDE,
        block_out_channels=UNET_WIDTHS,
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=8,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    )


def make_text_config() -> CLIPTextConfig:
    """The sizes of the text encoder: CLIP's vocabulary, and a narrow and shallow transformer."""
    return CLIPTextConfig(
        num_hidden_layers=2,
        hidden_size=TEXT_WIDTH,
        intermediate_size=4 * TEXT_WIDTH,
        num_attention_heads=1,  # loaders assume 64 features a head
        projection_dim=TEXT_WIDTH,
        bos_token_id=49406,
        eos_token_id=49407,
        pad_token_id=49407,
    )


def make_text() -> CLIPTextModel:
    """A new text encoder."""
    return CLIPTextModel(make_text_config())


def make_tiny() -> AutoencoderTiny:
    """A new small autoencoder for streams, in TAESD's layout."""
    widths = (TINY_WIDTH,) * 4
    return AutoencoderTiny(
        encoder_block_out_channels=widths,
        decoder_block_out_channels=widths,
        num_encoder_blocks=(1, 1, 1, 2),
        num_decoder_blocks=(2, 1, 1, 1),
    )


def make_scheduler() -> DDIMScheduler:
    """Stable Diffusion 1's noise schedule."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )


NETWORKS: Mapping[str, Callable[[], nn.Module]] = {
    "vae": make_vae,
    "unet": make_unet,
    "text": make_text,
    "tiny": make_tiny,
}


def make_seeded(name: str, seed: int) -> Any:
    """A new network by its name in NETWORKS, whose first weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NETWORKS[name]()
