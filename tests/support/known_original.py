"""SD2's and SDXL's networks under the names of original checkpoints.

Written by hand from the original's layout and not from the loader's code, so that the two check each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from known_single_file import unet_name, vae_name

UNET, VAE = "model.diffusion_model.", "first_stage_model."
SD2_TEXT = "cond_stage_model.model."
SDXL_TEXT, SDXL_OPEN = "conditioner.embedders.0.transformer.text_model.", "conditioner.embedders.1.model."
_ADDED = {"add_embedding.linear_1.": "label_emb.0.0.", "add_embedding.linear_2.": "label_emb.0.2."}
_OUTER = {
    "embeddings.token_embedding.weight": "token_embedding.weight",
    "embeddings.position_embedding.weight": "positional_embedding",
    "final_layer_norm.weight": "ln_final.weight",
    "final_layer_norm.bias": "ln_final.bias",
}
_INNER = {
    "self_attn.out_proj": "attn.out_proj",
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
}


def sd2_checkpoint(pipeline: Any) -> dict[str, Tensor]:
    """All tensors of an SD2 pipeline as its original checkpoint names them, with the layer that SD2 does not use."""
    text = bare(pipeline.text_encoder)
    return _prefixed({**networks(pipeline), SD2_TEXT: {**open_clip(text), **_unused(text)}})


def sdxl_checkpoint(pipeline: Any) -> dict[str, Tensor]:
    """All tensors of an SDXL pipeline as its original checkpoint names them."""
    first, second = bare(pipeline.text_encoder), bare(pipeline.text_encoder_2)
    more = {"text_projection": second.pop("text_projection.weight").T, "logit_scale": torch.tensor(4.6)}
    return _prefixed({**networks(pipeline), SDXL_TEXT: first, SDXL_OPEN: {**open_clip(second), **more}})


def networks(pipeline: Any) -> dict[str, dict[str, Tensor]]:
    """UNet and VAE."""
    return {UNET: unet(pipeline.unet), VAE: dict(vae_name(k, v) for k, v in pipeline.vae.state_dict().items())}


def unet(network: Any) -> dict[str, Tensor]:
    """The UNet: a sampler follows the attention where a level has some."""
    attentive = {f"up_blocks.{i}." for i, block in enumerate(network.up_blocks) if getattr(block, "attentions", None)}
    named = {}
    for key, value in network.state_dict().items():
        name = next((key.replace(ours, theirs) for ours, theirs in _ADDED.items() if key.startswith(ours)), None)
        name = name or unet_name(key)
        if ".upsamplers." in key:
            block, _, rest = name.partition(".conv.")
            name = f"{block[:-1]}{2 if key[:12] in attentive else 1}.conv.{rest}"
        named[name] = value
    return named


def bare(text: Any) -> dict[str, Tensor]:
    """A text encoder's weights without what some versions of transformers have before their names."""
    return {k.removeprefix("text_model."): v for k, v in text.state_dict().items() if "position_ids" not in k}


def open_clip(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A text encoder's weights under OpenCLIP's names, its queries, keys and values as one."""
    made = {theirs: state[ours] for ours, theirs in _OUTER.items()}
    for layer in range(_layers(state)):
        ours, theirs = f"encoder.layers.{layer}.", f"transformer.resblocks.{layer}."
        for end in ("weight", "bias"):
            made |= {f"{theirs}{b}.{end}": state[f"{ours}{a}.{end}"] for a, b in _INNER.items()}
            three = [state[f"{ours}self_attn.{which}_proj.{end}"] for which in "qkv"]
            made[f"{theirs}attn.in_proj_{end}"] = torch.cat(three)
    return made


def _layers(state: Mapping[str, Tensor]) -> int:
    return sum(key.endswith("layer_norm1.weight") for key in state)


def _unused(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The last layer of SD2's text encoder, and its projection, which nobody is to hear."""
    made, layers = open_clip(state), _layers(state)
    last, head = f"transformer.resblocks.{layers - 1}.", f"transformer.resblocks.{layers}."
    width = made["token_embedding.weight"].shape[1]
    again = {head + k.removeprefix(last): 5 + v for k, v in made.items() if k.startswith(last)}
    return {**again, "text_projection": torch.full_like(made[f"{last}attn.out_proj.weight"], width)}


def _prefixed(parts: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    return {prefix + key: value.contiguous() for prefix, part in parts.items() for key, value in part.items()}
