"""A small model with random weights in SDXL's layout, as one file: it draws nothing, but hosts treat it as SDXL.

All that SDXL has is there: two text encoders, their pooled text, sizes and crops as numbers, three levels with 70
cross-attentions. Command line: `python tests/support/tiny_sdxl.py FILE`, with its yaml and CLIP folder beside it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

from known_single_file import unet_name, vae_name
from known_weights import fill
from places import ROOT

SEED = 2
TEXT = 64  # the first encoder's width
OPEN = 256  # the second's: open_clip's ViT-S-32-alt, its smallest
OPEN_LAYERS = 10
WORDS = 49408
NUMBERS = 6 * 256  # two sizes and a corner, each number as 256 waves
LEVELS: Any = (32, 64, 128)
VAE_LEVELS: Any = (32, 32, 32, 32)
CONTRAST = 30.0  # random networks hardly hear the text; this one does


def checkpoint() -> dict[str, Tensor]:
    """All tensors under the names of an original SDXL checkpoint; always the same."""
    generator = torch.Generator().manual_seed(SEED)
    unet, vae, text = _networks()
    for network in (unet, vae, text):
        fill(network, generator)
    for name, weight in unet.named_parameters():
        if name.endswith("attn2.to_out.0.weight"):
            weight.data.mul_(CONTRAST)
    parts = {
        "model.diffusion_model.": {_unet_name(key): value for key, value in unet.state_dict().items()},
        "first_stage_model.": dict(vae_name(key, value) for key, value in vae.state_dict().items()),
        "conditioner.embedders.0.transformer.text_model.": {
            key.removeprefix("text_model."): value for key, value in text.state_dict().items()
        },
        "conditioner.embedders.1.model.": _open_clip(generator),
    }
    return {prefix + key: value.contiguous() for prefix, part in parts.items() for key, value in part.items()}


def _networks() -> tuple[UNet2DConditionModel, AutoencoderKL, CLIPTextModel]:
    """UNet, VAE and first text encoder with whatever values new networks have."""
    blocks: dict[str, Any] = {
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "attention_head_dim": (1, 1, 2),
        "transformer_layers_per_block": (1, 2, 10),
    }
    kinds: dict[str, Any] = {
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
    }
    with torch.random.fork_rng(devices=[]):
        unet = UNet2DConditionModel(
            block_out_channels=LEVELS,
            cross_attention_dim=TEXT + OPEN,
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=256,
            projection_class_embeddings_input_dim=OPEN + NUMBERS,
            **blocks,
        )
        vae = AutoencoderKL(block_out_channels=VAE_LEVELS, layers_per_block=1, latent_channels=4, **kinds)
        return unet, vae, CLIPTextModel(text_config())


def text_config() -> CLIPTextConfig:
    """The first text encoder's sizes."""
    return CLIPTextConfig(
        num_hidden_layers=2, hidden_size=TEXT, intermediate_size=4 * TEXT, num_attention_heads=1, projection_dim=TEXT
    )


def _unet_name(key: str) -> str:
    """The original name of a weight of a UNet with three levels, two of which have attention."""
    for ours, theirs in (("add_embedding.linear_1.", "label_emb.0.0."), ("add_embedding.linear_2.", "label_emb.0.2.")):
        if key.startswith(ours):
            return key.replace(ours, theirs)
    if key.startswith("up_blocks.0.upsamplers"):
        return unet_name(key).replace("output_blocks.2.1.", "output_blocks.2.2.")  # after the attention
    return unet_name(key)


def _open_clip(generator: torch.Generator) -> dict[str, Tensor]:
    """The second text encoder's weights under open_clip's names."""

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator) * 0.5 / shape[-1] ** 0.5

    made = {
        "token_embedding.weight": random(WORDS, OPEN),
        "positional_embedding": random(77, OPEN),
        "text_projection": random(OPEN, OPEN),
        "logit_scale": torch.tensor(1.0),
        **_norm("ln_final"),
    }
    for layer in range(OPEN_LAYERS):
        head = f"transformer.resblocks.{layer}."
        made |= _norm(f"{head}ln_1") | _norm(f"{head}ln_2")
        made |= {f"{head}attn.in_proj_weight": random(3 * OPEN, OPEN), f"{head}attn.in_proj_bias": random(3 * OPEN)}
        made |= _linear(f"{head}attn.out_proj", random(OPEN, OPEN)) | _linear(f"{head}mlp.c_fc", random(4 * OPEN, OPEN))
        made |= _linear(f"{head}mlp.c_proj", random(OPEN, 4 * OPEN))
    return made


def _norm(name: str) -> dict[str, Tensor]:
    return {f"{name}.weight": torch.ones(OPEN), f"{name}.bias": torch.full((OPEN,), 0.1)}


def _linear(name: str, weight: Tensor) -> dict[str, Tensor]:
    return {f"{name}.weight": weight, f"{name}.bias": torch.zeros(len(weight))}


def save(path: Path) -> None:
    """Write the checkpoint, and beside it the CLIP folder and the yaml that AUTOMATIC1111 reads."""
    from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import (
        write_tokenizer,  # later than the path that `main` sets
    )

    clip = path.resolve().with_name(f"{path.stem}-clip")
    write_tokenizer(clip)
    text_config().save_pretrained(clip)
    values = {"clip": clip, "text": TEXT, "context": TEXT + OPEN, "numbers": OPEN + NUMBERS, "width": LEVELS[0]}
    path.with_suffix(".yaml").write_text(_YAML.format(**values, vae=VAE_LEVELS[0]), encoding="utf-8")
    save_file(checkpoint(), path, metadata={"format": "pt"})


_NUMBERS = """
          - is_trainable: false
            input_key: {key}
            target: sgm.modules.encoders.modules.ConcatTimestepEmbedderND
            params: {{outdim: 256}}"""
_YAML = (
    """\
model:
  target: sgm.models.diffusion.DiffusionEngine
  params:
    scale_factor: 0.13025
    disable_first_stage_autocast: true
    denoiser_config:
      target: sgm.modules.diffusionmodules.denoiser.DiscreteDenoiser
      params:
        num_idx: 1000
        weighting_config: {{target: sgm.modules.diffusionmodules.denoiser_weighting.EpsWeighting}}
        scaling_config: {{target: sgm.modules.diffusionmodules.denoiser_scaling.EpsScaling}}
        discretization_config: {{target: sgm.modules.diffusionmodules.discretizer.LegacyDDPMDiscretization}}
    network_config:
      target: sgm.modules.diffusionmodules.openaimodel.UNetModel
      params:
        adm_in_channels: {numbers}
        num_classes: sequential
        use_checkpoint: false
        in_channels: 4
        out_channels: 4
        model_channels: {width}
        attention_resolutions: [4, 2]
        num_res_blocks: 2
        channel_mult: [1, 2, 4]
        num_head_channels: 64
        use_spatial_transformer: true
        use_linear_in_transformer: true
        transformer_depth: [1, 2, 10]
        context_dim: {context}
        spatial_transformer_attn_type: softmax
        legacy: false
    conditioner_config:
      target: sgm.modules.GeneralConditioner
      params:
        emb_models:
          - is_trainable: false
            input_key: txt
            target: sgm.modules.encoders.modules.FrozenCLIPEmbedder
            params: {{version: '{clip}', layer: hidden, layer_idx: 1}}
          - is_trainable: false
            input_key: txt
            target: sgm.modules.encoders.modules.FrozenOpenCLIPEmbedder2
            params:
              arch: ViT-S-32-alt
              version: ''
              layer: penultimate
              always_return_pooled: true
              legacy: false"""
    + "".join(
        _NUMBERS.replace("{key}", key)
        for key in ("original_size_as_tuple", "crop_coords_top_left", "target_size_as_tuple")
    )
    + """
    first_stage_config:
      target: sgm.models.autoencoder.AutoencoderKLInferenceWrapper
      params:
        embed_dim: 4
        monitor: val/rec_loss
        ddconfig:
          attn_type: vanilla
          double_z: true
          z_channels: 4
          resolution: 256
          in_channels: 3
          out_ch: 3
          ch: {vae}
          ch_mult: [1, 1, 1, 1]
          num_res_blocks: 1
          attn_resolutions: []
          dropout: 0.0
        lossconfig: {{target: torch.nn.Identity}}
"""
)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="the checkpoint to write (.safetensors)")
    save(parser.parse_args().file)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
