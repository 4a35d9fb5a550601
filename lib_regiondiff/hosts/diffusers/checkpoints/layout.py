"""Names and shapes of an original checkpoint's weights -> the configurations of its parts, in diffusers' words."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lib_regiondiff.document.json_text import loads
from lib_regiondiff.hosts.diffusers.files.headers import Shapes

ASSETS = Path(__file__).parent / "sd15"
UNET, VAE, TEXT = "model.diffusion_model.", "first_stage_model.", "cond_stage_model.transformer."
OPEN = "cond_stage_model.model."
FIRST, SECOND = "conditioner.embedders.0.transformer.", "conditioner.embedders.1.model."
HEAD = 64
"""Channels of an attention head in every CLIP, and in UNets with linear projections (SD2, SDXL)."""
NUMBERS = 6
"""How many numbers SDXL's UNet is told beside text: two sizes and a corner, each of height and width."""


def read_unet_sizes(shapes: Shapes) -> dict[str, Any]:
    """The part of a UNet's configuration that the shapes of its weights tell.

    Raises ValueError where its levels are not of one depth each, LookupError where weights are missing or misshapen.
    """
    levels = _read_levels(shapes)
    widths, deep = tuple(width for width, _ in levels), [set(depths) for _, depths in levels]
    middle = _count_blocks(shapes, UNET + "middle_block.1.")
    if any(len(each) > 1 for each in deep) or not middle or deep[-1] not in ({middle}, {0}) or not _is_mirrored(shapes):
        raise ValueError("a UNet whose levels are not of one depth, such as a pruned SDXL's")
    attention = [each != {0} for each in deep]
    depths = [max(each) or 1 for each in deep[:-1]] + [middle]
    sizes = {
        "block_out_channels": widths,
        "layers_per_block": len(levels[0][1]),
        "down_block_types": tuple("CrossAttnDownBlock2D" if a else "DownBlock2D" for a in attention),
        "up_block_types": tuple("CrossAttnUpBlock2D" if a else "UpBlock2D" for a in reversed(attention)),
        "cross_attention_dim": shapes[UNET + "middle_block.1.transformer_blocks.0.attn2.to_k.weight"][1],
    }
    return {**sizes, **_read_linear_sizes(shapes, widths, depths), **_read_added_sizes(shapes)}


def _read_levels(shapes: Shapes) -> list[tuple[int, list[int]]]:
    """(channels, depths) of each level on the way down: depths count transformer blocks after each residual block."""
    levels: list[tuple[int, list[int]]] = [(0, [])]
    for i in range(1, count(shapes, UNET + "input_blocks")):
        block = f"{UNET}input_blocks.{i}."
        if block + "0.op.weight" in shapes:
            levels.append((0, []))
            continue
        levels[-1] = (shapes[block + "0.out_layers.3.weight"][0], [*levels[-1][1], _count_blocks(shapes, block + "1.")])
    return levels


def _is_mirrored(shapes: Shapes) -> bool:
    """Whether each level has one block more on the way up than on the way down, and all of them as deep as there."""
    down = [depths for _, depths in _read_levels(shapes)]
    wanted = [depths[0] for depths in reversed(down) for _ in range(len(depths) + 1)]
    blocks = range(count(shapes, UNET + "output_blocks"))
    return [_count_blocks(shapes, f"{UNET}output_blocks.{i}.1.") for i in blocks] == wanted


def _count_blocks(shapes: Shapes, attention: str) -> int:
    """How many transformer blocks an attention has; 0 where there is no attention."""
    return count(shapes, attention + "transformer_blocks")


def _read_linear_sizes(shapes: Shapes, widths: tuple[int, ...], depths: list[int]) -> dict[str, Any]:
    """Configuration of UNets with linear projections (SD2, SDXL): heads of one width, and a depth for each level."""
    if len(shapes[UNET + "middle_block.1.proj_in.weight"]) > 2:
        return {}
    heads = tuple(max(1, width // HEAD) for width in widths)
    return {"use_linear_projection": True, "attention_head_dim": heads, "transformer_layers_per_block": tuple(depths)}


def _read_added_sizes(shapes: Shapes) -> dict[str, Any]:
    """Configuration of UNets that are told pooled text and sizes (SDXL)."""
    enter = shapes.get(UNET + "label_emb.0.0.weight")
    if enter is None:
        return {}
    return {
        "addition_embed_type": "text_time",
        "projection_class_embeddings_input_dim": enter[1],
        "addition_time_embed_dim": (enter[1] - shapes[SECOND + "text_projection"][1]) // NUMBERS,
    }


def read_vae_sizes(shapes: Shapes) -> dict[str, Any]:
    """The part of a VAE's configuration that the shapes of its weights tell.

    Raises LookupError or RuntimeError where weights are missing.
    """
    down = VAE + "encoder.down"
    levels = count_vae_levels(shapes)
    return {
        "block_out_channels": tuple(_read_vae_width(shapes, f"{down}.{i}.") for i in range(levels)),
        "layers_per_block": count(shapes, f"{down}.0.block"),
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
    }


def count_vae_levels(shapes: Shapes) -> int:
    """The number of a VAE's levels: one more than ways down, as the last level may have no weights of its own."""
    return 1 + sum(name.endswith("downsample.conv.weight") for name in shapes if name.startswith(VAE + "encoder."))


def _read_vae_width(shapes: Shapes, level: str) -> int:
    """Channels of one level of a VAE's encoder: those of its blocks, or of its way down where it has no block."""
    places = {
        f"{level}block.0.conv2.weight": 0,
        f"{level}downsample.conv.weight": 0,
        VAE + "encoder.conv_out.weight": 1,
    }
    return next(shapes[name][axis] for name, axis in places.items() if name in shapes)


def read_clip_sizes(shapes: Shapes, prefix: str = TEXT) -> dict[str, Any]:
    """The configuration of OpenAI's CLIP text encoder: SD1.5's, with the sizes that the shapes of its weights tell.

    Raises KeyError where weights are missing, ValueError or IndexError where they are misshapen.
    """
    text = {name.removeprefix(prefix).removeprefix("text_model."): shape for name, shape in shapes.items()}
    vocabulary, width = text["embeddings.token_embedding.weight"]
    return _make_clip_config(
        vocab_size=vocabulary,
        hidden_size=width,
        projection_dim=width,
        max_position_embeddings=text["embeddings.position_embedding.weight"][0],
        num_hidden_layers=count(text, "encoder.layers"),
        intermediate_size=text["encoder.layers.0.mlp.fc1.weight"][0],
    )


def read_openclip_sizes(shapes: Shapes, prefix: str) -> dict[str, Any]:
    """The configuration of an OpenCLIP text encoder, in the sizes that the shapes of its weights tell.

    Raises KeyError where weights are missing, ValueError or IndexError where they are misshapen.
    """
    vocabulary, width = shapes[prefix + "token_embedding.weight"]
    projection = shapes.get(prefix + "text_projection", (width, width))
    return _make_clip_config(
        hidden_act="gelu",
        vocab_size=vocabulary,
        hidden_size=width,
        projection_dim=projection[1],
        max_position_embeddings=shapes[prefix + "positional_embedding"][0],
        num_hidden_layers=count(shapes, prefix + "transformer.resblocks"),
        intermediate_size=shapes[prefix + "transformer.resblocks.0.mlp.c_fc.weight"][0],
    )


def _make_clip_config(**sizes: Any) -> dict[str, Any]:
    """SD1.5's configuration of a text encoder in other sizes, with heads of the width that all CLIPs have."""
    known = loads((ASSETS / "text_encoder" / "config.json").read_bytes())
    return {**known, **sizes, "num_attention_heads": max(1, sizes["hidden_size"] // HEAD)}


def count(names: Iterable[str], prefix: str) -> int:
    """One more than the highest number that follows `prefix.` in these names; 0 where none does.

    Raises ValueError where something other than a number follows it.
    """
    start = prefix + "."
    return 1 + max((int(name[len(start) :].split(".", 1)[0]) for name in names if name.startswith(start)), default=-1)
