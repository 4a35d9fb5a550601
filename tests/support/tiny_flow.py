"""Small models with random weights in the form of SD3 and of Flux, and a transformer whose answers are exact."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
)
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
)

from known_families import quiet
from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import make_clip_tokenizer

SEED, CLIP, T5, WORDS = 6, 32, 64, ("<pad>", "</s>", "<unk>", "red", "blue", "cat", "a")
SPREAD = 0.05  # deviation of the pictures whose denoiser is exact


def build_sd3() -> StableDiffusion3Pipeline:
    """With two CLIPs and T5, positions for 64x64 cells, a shifted schedule."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        transformer = SD3Transformer2DModel(
            sample_size=16, patch_size=2, in_channels=16, out_channels=16, num_layers=2, attention_head_dim=8,
            num_attention_heads=2, joint_attention_dim=T5, caption_projection_dim=16, pooled_projection_dim=2 * CLIP,
            pos_embed_max_size=32,
        )  # fmt: skip
        parts: dict[str, Any] = {
            "transformer": transformer, "vae": _vae(), "scheduler": FlowMatchEulerDiscreteScheduler(shift=3.0),
            "text_encoder": _clip(CLIPTextModelWithProjection), "tokenizer": make_clip_tokenizer(),
            "text_encoder_2": _clip(CLIPTextModelWithProjection), "tokenizer_2": make_clip_tokenizer(),
            "text_encoder_3": _t5(), "tokenizer_3": _words(),
        }  # fmt: skip
        return quiet(StableDiffusion3Pipeline(**parts))


def build_flux() -> FluxPipeline:
    """As Flux dev is: told the guidance, a schedule that is shifted by the size."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        transformer = FluxTransformer2DModel(
            patch_size=1, in_channels=64, num_layers=1, num_single_layers=1, attention_head_dim=16,
            num_attention_heads=2, joint_attention_dim=T5, pooled_projection_dim=CLIP, guidance_embeds=True,
            axes_dims_rope=(4, 4, 8),
        )  # fmt: skip
        scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True)
        parts: dict[str, Any] = {
            "transformer": transformer, "vae": _vae(), "scheduler": scheduler,
            "text_encoder": _clip(CLIPTextModel), "tokenizer": make_clip_tokenizer(),
            "text_encoder_2": _t5(), "tokenizer_2": _words(),
        }  # fmt: skip
        return quiet(FluxPipeline(**parts))


def _vae() -> AutoencoderKL:
    widths: Any = (8, 8, 8, 8)
    blocks: Any = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
    return AutoencoderKL(
        block_out_channels=widths, layers_per_block=1, latent_channels=16, norm_num_groups=4,
        scaling_factor=1.5305, shift_factor=0.0609, use_quant_conv=False, use_post_quant_conv=False, **blocks,
    )  # fmt: skip


def _clip(kind: Any) -> Any:
    sizes: dict[str, Any] = {"hidden_size": CLIP, "projection_dim": CLIP, "intermediate_size": CLIP}
    return kind(CLIPTextConfig(num_hidden_layers=2, num_attention_heads=1, **sizes))


def _t5() -> T5EncoderModel:
    return T5EncoderModel(T5Config(vocab_size=len(WORDS), d_model=T5, d_kv=8, d_ff=32, num_layers=1, num_heads=2))


def _words() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()  # type: ignore[assignment]
    names: dict[str, Any] = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=512, **names)


def exact(config: Any, unpacked: Callable[..., Tensor], packed: Callable[[Tensor], Tensor]) -> Any:
    """A transformer that knows the velocity of pictures N(c, SPREAD^2), c being a prompt's first features.

    `unpacked` and `packed` bring its latents to [N, C, h, w] and back.
    """

    def answer(hidden_states: Tensor, timestep: Tensor, encoder_hidden_states: Tensor, **more: Any) -> tuple[Tensor]:
        x, sigma = unpacked(hidden_states, **more), timestep.reshape(-1, 1, 1, 1)
        sigma = sigma / 1000 if config.get("sample_size") else sigma  # Flux is told the sigma itself
        mean = encoder_hidden_states[:, -1, : x.shape[1]].unflatten(1, (-1, 1, 1))
        share = SPREAD**2 * (1 - sigma) / (SPREAD**2 * (1 - sigma) ** 2 + sigma**2)
        x0 = mean + share * (x - (1 - sigma) * mean)
        return (packed((x - x0) / sigma),)

    return SimpleNamespace(config=config, answer=answer)
