"""One file in Stable Diffusion 1's original layout -> UNet, VAE and text encoder, in its sizes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from accelerate import init_empty_weights
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers import weights
from lib_regiondiff.hosts.diffusers.headers import Shapes, brief, read_header

ASSETS = Path(__file__).parent / "sd15"
UNET, VAE, TEXT = "model.diffusion_model.", "first_stage_model.", "cond_stage_model.transformer."
OTHER_KINDS = {  # a part of some weight's name -> what has such weights
    "conditioner.embedders.": "an SDXL checkpoint",
    "cond_stage_model.model.": "an SD2 checkpoint",
    "joint_blocks.": "an SD3 checkpoint",
    "double_blocks.": "a Flux checkpoint",
    "lora_": "a LoRA",
}
EXPECTED = "a Stable Diffusion 1 checkpoint with UNet, VAE and text encoder"


def load_networks(path: Path) -> dict[str, Any]:
    """The file's `unet`, `vae` and `text_encoder` on the CPU; HostError for a damaged file or one of another kind."""
    pickled = weights.read(path).tensors if weights.is_pickle(path) else None
    shapes, notes = (
        read_header(path) if pickled is None else ({name: tuple(v.shape) for name, v in pickled.items()}, {})
    )
    _expect_sd1(path, shapes)
    try:
        state = load_file(path) if pickled is None else dict(pickled)
        sizes = {**unet_sizes(shapes), **_native(notes, shapes)}
        return {
            "unet": _from_original(UNet2DConditionModel, "unet", _part(state, UNET), sizes),
            "vae": _from_original(AutoencoderKL, "vae", _part(state, VAE), vae_sizes(shapes)),
            "text_encoder": text_encoder(_part(state, TEXT, keep=False), path, CLIPTextConfig(**text_sizes(shapes))),
        }
    except (SafetensorError, KeyError, NotImplementedError, RuntimeError, ValueError) as error:
        raise HostError(str(path), EXPECTED, f"missing or misshapen weights ({brief(error)})") from error


def _native(notes: Mapping[str, str], shapes: Shapes) -> dict[str, Any]:
    """The side in cells that the model was trained at, where the file says so in modelspec's words."""
    match = re.fullmatch(r"(\d+)x(\d+)", notes.get("modelspec.resolution", ""))
    cell = 2 ** (_vae_levels(shapes) - 1)
    return {"sample_size": max(1, min(map(int, match.groups())) // cell)} if match else {}


def _expect_sd1(path: Path, shapes: Shapes) -> None:
    """Refuse whatever is not a whole SD1 checkpoint, and say what it is."""
    for sign, kind in OTHER_KINDS.items():
        if any(sign in name for name in shapes):
            raise HostError(str(path), EXPECTED, kind, "other kinds are read as folders of diffusers only")
    for prefix, part in ((UNET, "UNet"), (VAE, "VAE"), (TEXT, "text encoder")):
        if not any(name.startswith(prefix) for name in shapes):
            raise HostError(str(path), EXPECTED, f"no {part} (no weights named {prefix}*)")
    channels = shapes.get(UNET + "input_blocks.0.0.weight", (0, 0))[1]
    if channels not in (0, 4):
        raise HostError(str(path), "a UNet with 4 input channels", f"{channels} (an inpainting or editing model)")


def unet_sizes(shapes: Shapes) -> dict[str, Any]:
    """The UNet's configuration as far as shapes tell it, in diffusers' words."""
    levels: list[dict[str, Any]] = [{"width": 0, "blocks": 0, "attention": False}]
    for i in range(1, _count(shapes, UNET + "input_blocks")):
        block = f"{UNET}input_blocks.{i}."
        if block + "0.op.weight" in shapes:
            levels.append({"width": 0, "blocks": 0, "attention": False})
            continue
        level = levels[-1]
        level["width"] = shapes[block + "0.out_layers.3.weight"][0]
        level["blocks"] += 1
        level["attention"] |= any(name.startswith(block + "1.") for name in shapes)
    attention = [level["attention"] for level in levels]
    return {
        "block_out_channels": tuple(level["width"] for level in levels),
        "layers_per_block": levels[0]["blocks"],
        "down_block_types": tuple("CrossAttnDownBlock2D" if a else "DownBlock2D" for a in attention),
        "up_block_types": tuple("CrossAttnUpBlock2D" if a else "UpBlock2D" for a in reversed(attention)),
        "cross_attention_dim": next(shape[1] for name, shape in shapes.items() if name.endswith("attn2.to_k.weight")),
    }


def vae_sizes(shapes: Shapes) -> dict[str, Any]:
    """The VAE's configuration as far as shapes tell it, in diffusers' words."""
    down = VAE + "encoder.down"
    levels = _vae_levels(shapes)
    blocks = _count(shapes, f"{down}.0.block")
    widths = tuple(_vae_width(shapes, f"{down}.{i}.") for i in range(levels))
    return {
        "block_out_channels": widths,
        "layers_per_block": blocks,
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
    }


def _vae_levels(shapes: Shapes) -> int:
    """Levels of the VAE: one more than there are ways down, since the last may have no weights of its own."""
    return 1 + sum(name.endswith("downsample.conv.weight") for name in shapes if name.startswith(VAE + "encoder."))


def _vae_width(shapes: Shapes, level: str) -> int:
    """Channels of a level of the VAE's encoder: those of its blocks, or of its way down where it has none."""
    places = {
        f"{level}block.0.conv2.weight": 0,
        f"{level}downsample.conv.weight": 0,
        VAE + "encoder.conv_out.weight": 1,
    }
    return next(shapes[name][axis] for name, axis in places.items() if name in shapes)


def text_sizes(shapes: Shapes) -> dict[str, Any]:
    """The text encoder's configuration: SD1.5's, with the sizes that the shapes tell."""
    text = {name.removeprefix(TEXT).removeprefix("text_model."): shape for name, shape in shapes.items()}
    vocabulary, width = text["embeddings.token_embedding.weight"]
    known = json.loads((ASSETS / "text_encoder" / "config.json").read_text(encoding="utf-8"))
    sizes = {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "projection_dim": width,
        "num_attention_heads": max(1, width // 64),
        "max_position_embeddings": text["embeddings.position_embedding.weight"][0],
        "num_hidden_layers": _count(text, "encoder.layers"),
        "intermediate_size": text["encoder.layers.0.mlp.fc1.weight"][0],
    }
    return {**known, **sizes}


def text_encoder(state: Mapping[str, Tensor], where: Path, config: CLIPTextConfig, kind: Any = CLIPTextModel) -> Any:
    """CLIP with exactly these weights, with or without `text_model.` before their names; HostError if they do not fit.

    transformers itself, given names of the other kind, goes on without complaint and leaves the weights random.
    """
    with init_empty_weights():
        model = kind(config)
    own = {name.removeprefix("text_model."): name for name in model.state_dict()}
    plain = {name.removeprefix("text_model."): value for name, value in state.items()}
    weights = {own.get(name, name): value for name, value in plain.items() if not name.endswith("position_ids")}
    try:
        model.load_state_dict(weights, strict=True, assign=True)
    except RuntimeError as error:
        raise HostError(str(where), "CLIP's text encoder", brief(error)) from error
    return model


def original_vae(state: dict[str, Tensor]) -> Any:
    """The VAE of these weights under their original names."""
    return _from_original(AutoencoderKL, "vae", state, vae_sizes(weights.shapes_of(state)))


def _from_original(kind: Any, name: str, state: dict[str, Tensor], sizes: dict[str, Any]) -> Any:
    """A network of diffusers with these weights under their original names, SD1.5's configuration and other sizes."""
    network = kind.from_single_file(state, config=str(ASSETS / name), local_files_only=True, **sizes)
    missing = [weight for weight, value in network.named_parameters() if value.is_meta]
    if missing:  # older versions of diffusers do not mind
        raise ValueError(f"no {', '.join(missing)}")
    return network


def _part(state: Mapping[str, Tensor], prefix: str, keep: bool = True) -> dict[str, Tensor]:
    """The weights of one part, with their prefix or without."""
    return {name if keep else name[len(prefix) :]: v for name, v in state.items() if name.startswith(prefix)}


def _count(names: Iterable[str], prefix: str) -> int:
    """How many numbers follow `prefix.` in these names, the first being 0."""
    start = prefix + "."
    return 1 + max((int(name[len(start) :].split(".", 1)[0]) for name in names if name.startswith(start)), default=-1)
