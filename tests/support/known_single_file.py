"""The known model's weights under the names of an original Stable Diffusion 1 checkpoint, and the yaml for it.

Written by hand from the original's layout and not from the loader's code, so that the two check each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

Renames = Sequence[tuple[str, str]]

_RESNET: Renames = (
    ("norm1", "in_layers.0"),
    ("conv1", "in_layers.2"),
    ("time_emb_proj", "emb_layers.1"),
    ("norm2", "out_layers.0"),
    ("conv2", "out_layers.3"),
    ("conv_shortcut", "skip_connection"),
)
_UNET_TOP: Renames = (
    ("conv_in.", "input_blocks.0.0."),
    ("time_embedding.linear_1.", "time_embed.0."),
    ("time_embedding.linear_2.", "time_embed.2."),
    ("conv_norm_out.", "out.0."),
    ("conv_out.", "out.2."),
    ("mid_block.resnets.0.", "middle_block.0."),
    ("mid_block.attentions.0.", "middle_block.1."),
    ("mid_block.resnets.1.", "middle_block.2."),
)
_VAE: Renames = (
    ("mid_block.resnets.0.", "mid.block_1."),
    ("mid_block.resnets.1.", "mid.block_2."),
    ("mid_block.attentions.0.", "mid.attn_1."),
    ("conv_norm_out.", "norm_out."),
    ("conv_shortcut.", "nin_shortcut."),
    ("downsamplers.0.", "downsample."),
    ("upsamplers.0.", "upsample."),
    ("resnets.", "block."),
    ("group_norm.", "norm."),
    ("to_q.", "q."),
    ("to_k.", "k."),
    ("to_v.", "v."),
    ("to_out.0.", "proj_out."),
)


def checkpoint(pipeline: Any) -> dict[str, Tensor]:
    """All tensors of the pipeline as the original checkpoint names them."""
    text = {k.removeprefix("text_model."): v for k, v in pipeline.text_encoder.state_dict().items()}
    parts = {
        "": _schedule(pipeline.scheduler.betas.double()),
        "model.diffusion_model.": {unet_name(k): v for k, v in pipeline.unet.state_dict().items()},
        "first_stage_model.": dict(vae_name(k, v) for k, v in pipeline.vae.state_dict().items()),
        "cond_stage_model.transformer.text_model.": {**text, "embeddings.position_ids": torch.arange(77)[None]},
    }
    return {prefix + k: v.contiguous() for prefix, part in parts.items() for k, v in part.items()}


def unet_name(key: str) -> str:
    """The original name of a weight of a UNet with four levels of two residual blocks."""
    for ours, theirs in _UNET_TOP:
        if key.startswith(ours):
            return _inside(key.replace(ours, theirs, 1))
    match = re.fullmatch(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.+)", key)
    assert match, key
    way, level, kind, number, rest = match[1], int(match[2]), match[3], int(match[4]), match[5]
    if kind == "downsamplers":
        return f"input_blocks.{3 * level + 3}.0.op.{rest.removeprefix('conv.')}"
    if kind == "upsamplers":
        return f"output_blocks.{3 * level + 2}.{1 if level == 0 else 2}.{rest}"
    block = f"input_blocks.{3 * level + 1 + number}" if way == "down" else f"output_blocks.{3 * level + number}"
    return f"{block}.{0 if kind == 'resnets' else 1}." + (_resnet(rest) if kind == "resnets" else rest)


def _inside(key: str) -> str:
    """The same for what lies within the middle block's residual blocks."""
    head, dot, rest = key.partition(".0." if key.startswith("middle_block.0.") else ".2.")
    return head + dot + _resnet(rest) if key.startswith(("middle_block.0.", "middle_block.2.")) else key


def _resnet(rest: str) -> str:
    name, dot, end = rest.partition(".")
    return dict(_RESNET)[name] + dot + end


def vae_name(key: str, value: Tensor) -> tuple[str, Tensor]:
    """The original name and shape of a weight of a VAE with four levels; it counts the decoder's from the end."""
    attention = "attentions" in key and value.ndim == 2
    key = re.sub(r"up_blocks\.(\d)", lambda m: f"up.{3 - int(m[1])}", key).replace("down_blocks.", "down.")
    for ours, theirs in _VAE:
        key = key.replace(ours, theirs)
    return key, value[:, :, None, None] if attention else value


def _schedule(betas: Tensor) -> dict[str, Tensor]:
    """The noise schedule's table, as the original keeps it among its weights."""
    alphas = 1 - betas
    total = alphas.cumprod(0)
    before = torch.cat([torch.ones(1, dtype=total.dtype), total[:-1]])
    variance = betas * (1 - before) / (1 - total)
    table = {
        "betas": betas,
        "alphas_cumprod": total,
        "alphas_cumprod_prev": before,
        "sqrt_alphas_cumprod": total.sqrt(),
        "sqrt_one_minus_alphas_cumprod": (1 - total).sqrt(),
        "log_one_minus_alphas_cumprod": (1 - total).log(),
        "sqrt_recip_alphas_cumprod": (1 / total).sqrt(),
        "sqrt_recipm1_alphas_cumprod": (1 / total - 1).sqrt(),
        "posterior_variance": variance,
        "posterior_log_variance_clipped": variance.clamp(min=1e-20).log(),
        "posterior_mean_coef1": betas * before.sqrt() / (1 - total),
        "posterior_mean_coef2": (1 - before) * alphas.sqrt() / (1 - total),
    }
    return {name: values.float() for name, values in table.items()}


def yaml(pipeline: Any, tokenizer: Path | None) -> str:
    """The text that lies beside such a checkpoint; `tokenizer` is a folder with CLIP's config and tokenizer."""
    widths, vae_widths = pipeline.unet.config.block_out_channels, pipeline.vae.config.block_out_channels
    clip = f"\n      params:\n        version: {tokenizer}" if tokenizer else ""
    return _YAML.format(
        channels=widths[0],
        multiples=[w // widths[0] for w in widths],
        context=pipeline.unet.config.cross_attention_dim,
        vae_channels=vae_widths[0],
        vae_multiples=[w // vae_widths[0] for w in vae_widths],
        vae_blocks=pipeline.vae.config.layers_per_block,
        clip=clip,
    )


_YAML = """\
model:
  target: ldm.models.diffusion.ddpm.LatentDiffusion
  params:
    linear_start: 0.00085
    linear_end: 0.0120
    num_timesteps_cond: 1
    timesteps: 1000
    first_stage_key: jpg
    cond_stage_key: txt
    image_size: 64
    channels: 4
    cond_stage_trainable: false
    conditioning_key: crossattn
    scale_factor: 0.18215
    use_ema: false
    unet_config:
      target: ldm.modules.diffusionmodules.openaimodel.UNetModel
      params:
        image_size: 32
        in_channels: 4
        out_channels: 4
        model_channels: {channels}
        attention_resolutions: [4, 2, 1]
        num_res_blocks: 2
        channel_mult: {multiples}
        num_heads: 8
        use_spatial_transformer: true
        transformer_depth: 1
        context_dim: {context}
        use_checkpoint: false
        legacy: false
    first_stage_config:
      target: ldm.models.autoencoder.AutoencoderKL
      params:
        embed_dim: 4
        ddconfig:
          double_z: true
          z_channels: 4
          resolution: 256
          in_channels: 3
          out_ch: 3
          ch: {vae_channels}
          ch_mult: {vae_multiples}
          num_res_blocks: {vae_blocks}
          attn_resolutions: []
          dropout: 0.0
        lossconfig:
          target: torch.nn.Identity
    cond_stage_config:
      target: ldm.modules.encoders.modules.FrozenCLIPEmbedder{clip}
"""
