"""Writes the demo model's files: a checkpoint in SD1's original layout, LoRA, tiny autoencoder, labeller."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import demo_aspects
import demo_labeller
import demo_lcm
import demo_tiny
import demo_vae
import torch
from demo_loop import is_shipped, load_trained
from demo_lora import write_kohya
from demo_networks import SIDE, UNET_WIDTHS, VAE_WIDTHS, make_scheduler, make_text, make_unet
from demo_rank import read_additions, shorten
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from worlds import TOYWORLD, World

from lib_regiondiff.demo import FIRST, LATER, LORA, WEIGHTS

UNET, TEXT = "model.diffusion_model.", "cond_stage_model.transformer.text_model."

RESNET: Mapping[str, str] = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
TOP: Sequence[tuple[str, str]] = (
    ("conv_in.", "input_blocks.0.0."),
    ("time_embedding.linear_1.", "time_embed.0."),
    ("time_embedding.linear_2.", "time_embed.2."),
    ("conv_norm_out.", "out.0."),
    ("conv_out.", "out.2."),
)
VAE: Sequence[tuple[str, str]] = (
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
METADATA: Mapping[str, str] = {
    "format": "pt",
    "modelspec.sai_model_spec": "1.0.0",
    "modelspec.architecture": "stable-diffusion-v1",
    "modelspec.license": "MIT",
    "modelspec.resolution": f"{8 * SIDE}x{8 * SIDE}",
    "modelspec.prediction_type": "epsilon",
}
TOGETHER: Mapping[str, Sequence[str]] = {"unet": ("vae", "unet"), "pairs": ("bind", "pairs", "aspects")}
"""The stages whose weights are in one file."""
TITLES: Mapping[str, str] = {"toyworld": "Region Diffusion toy world", "emoji": "Region Diffusion emoji world"}


@dataclass(frozen=True)
class Files:
    """Where what is learned in a world's stages goes."""

    unet: Path
    pairs: Path
    lcm: Path
    tiny: Path
    labeller: Path

    @staticmethod
    def of(world: World) -> Files:
        """The files that ship for the toy world; a folder beside the checkpoints for others."""
        if world is TOYWORLD:
            return Files(FIRST, LATER, LORA, WEIGHTS / "tiny", WEIGHTS / "labeller.safetensors")
        folder = world.folder / "export"
        first, later, lora = (folder / f"{world.name}{end}.safetensors" for end in ("", "-later", "-lcm"))
        return Files(first, later, lora, folder / "tiny", folder / "labeller.safetensors")


def main(world: World) -> None:
    """Write the files of what has been trained; stages without a checkpoint are left out."""
    files = Files.of(world)
    files.unet.parent.mkdir(parents=True, exist_ok=True)
    made = {"unet": _checkpoint, "pairs": _later, "lcm": _lora, "tiny": _tiny, "labeller": _labeller}
    for stage, write in made.items():
        if has_news(world, stage):
            write(world, getattr(files, stage))
    for path in sorted(files.unet.parent.rglob("*.safetensors")):
        path.chmod(0o644)
        print(f"{path.stat().st_size / 1e6:6.2f} MB  {path.relative_to(files.unet.parent)}")


def has_news(world: World, stage: str) -> bool:
    """Whether a stage has a checkpoint, and one of those whose weights are in its file was trained since it shipped."""
    paths = [world.checkpoint(each) for each in TOGETHER.get(stage, (stage,))]
    trained = (path.exists() and not is_shipped(path) for path in paths)
    return world.checkpoint(stage).exists() and any(trained)


def _checkpoint(world: World, path: Path) -> None:
    """The denoiser, autoencoder and text encoder as they were before the stage `pairs`."""
    unet = load_trained(world.checkpoint("unet"), "unet", make_unet())
    text = load_trained(world.checkpoint("unet"), "text", make_text())
    state = make_checkpoint(unet, demo_vae.load_finished(world), text)
    renew(path, state, {**METADATA, "modelspec.title": TITLES[world.name]})
    path.with_suffix(".yaml").write_text(write_yaml(), encoding="utf-8")


def _later(world: World, path: Path) -> None:
    """What later stages changed: additions to the denoiser, and the text encoder but for its vocabulary."""
    text = _text_names(load_trained(world.checkpoint("bind"), "text", make_text()).state_dict())
    state = {TEXT + name: value for name, value in text.items() if "token_embedding" not in name}
    for layer, halves in demo_aspects.find_additions(world).items():
        name = UNET + translate_unet_name(f"{layer}.weight")
        state[f"{name}.up"], state[f"{name}.down"] = halves
    renew(path, {name: value.half().contiguous() for name, value in state.items()})


def _lora(world: World, path: Path) -> None:
    additions = shorten(read_additions(world.checkpoint("lcm")), demo_lcm.BUDGET)
    renew(path, write_kohya(additions), {"format": "pt", "ss_network_module": "networks.lora"})


def _tiny(world: World, path: Path) -> None:
    demo_tiny.load_finished(world).half().save_pretrained(path)


def _labeller(world: World, path: Path) -> None:
    whole = demo_labeller.load_finished(world).state_dict()
    state = {name: value.half().contiguous() for name, value in whole.items() if value.is_floating_point()}
    renew(path, state, {"format": "pt"})


def renew(path: Path, state: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write tensors to a file unless it holds the same: headers differ from run to run, and history would grow."""
    if not (path.exists() and _holds(path, state, metadata or {})):
        save_file(dict(state), path, metadata=dict(metadata) if metadata else None)


def _holds(path: Path, state: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bool:
    with safe_open(path, "pt") as file:
        if (file.metadata() or {}) != metadata or set(file.keys()) != set(state):
            return False
        there = {name: file.get_tensor(name) for name in state}
    return all(there[name].dtype == value.dtype and torch.equal(there[name], value) for name, value in state.items())


def make_checkpoint(unet: Any, vae: Any, text: Any) -> dict[str, Tensor]:
    """All tensors by the names of the original checkpoint, in float16; the noise schedule's tables stay float32."""
    parts = {
        UNET: {translate_unet_name(k): v for k, v in unet.state_dict().items()},
        "first_stage_model.": dict(translate_vae_entry(k, v) for k, v in vae.state_dict().items()),
        TEXT: _text_names(text.state_dict()),
    }
    state = {prefix + k: v.half().contiguous() for prefix, part in parts.items() for k, v in part.items()}
    kept = make_scheduler().alphas_cumprod.float()
    return {**state, "alphas_cumprod": kept, "betas": make_scheduler().betas.float()}


def _text_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The text encoder's weights by their names without prefix."""
    return {k.removeprefix("text_model."): v for k, v in state.items() if not k.endswith("position_ids")}


def translate_unet_name(key: str) -> str:
    """The original checkpoint's name of a denoiser's weight, for levels of two residual blocks."""
    for ours, theirs in TOP:
        if key.startswith(ours):
            return key.replace(ours, theirs, 1)
    middle = re.fullmatch(r"mid_block\.(resnets|attentions)\.(\d)\.(.+)", key)
    if middle:
        attention = middle[1] == "attentions"
        return f"middle_block.{1 if attention else 2 * int(middle[2])}.{middle[3] if attention else _resnet(middle[3])}"
    match = re.fullmatch(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.+)", key)
    assert match, key
    return _level_name(match[1], int(match[2]), match[3], (int(match[4]), match[5]))


def _level_name(way: str, level: int, kind: str, rest: tuple[int, str]) -> str:
    number, end = rest
    if kind == "downsamplers":
        return f"input_blocks.{3 * level + 3}.0.op.{end.removeprefix('conv.')}"
    if kind == "upsamplers":
        return f"output_blocks.{3 * level + 2}.{1 if level == 0 else 2}.{end}"
    block = f"input_blocks.{3 * level + 1 + number}" if way == "down" else f"output_blocks.{3 * level + number}"
    return f"{block}.0.{_resnet(end)}" if kind == "resnets" else f"{block}.1.{end}"


def _resnet(end: str) -> str:
    name, dot, rest = end.partition(".")
    return RESNET[name] + dot + rest


def translate_vae_entry(key: str, value: Tensor) -> tuple[str, Tensor]:
    """An autoencoder's weight by its original name, in its original shape; there the decoder's levels count down."""
    attention = "attentions" in key and value.ndim == 2
    key = re.sub(r"up_blocks\.(\d)", lambda m: f"up.{len(VAE_WIDTHS) - 1 - int(m[1])}", key)
    key = key.replace("down_blocks.", "down.")
    for ours, theirs in VAE:
        key = key.replace(ours, theirs)
    return key, value[:, :, None, None] if attention else value


def write_yaml() -> str:
    """The text of the file that a WebUI reads beside the checkpoint: JSON, which is YAML too."""
    unet = {
        "target": "ldm.modules.diffusionmodules.openaimodel.UNetModel",
        "params": {
            "image_size": SIDE,
            "in_channels": 4,
            "out_channels": 4,
            "model_channels": UNET_WIDTHS[0],
            "attention_resolutions": [2**i for i in range(len(UNET_WIDTHS) - 1)],
            "num_res_blocks": 2,
            "channel_mult": [width // UNET_WIDTHS[0] for width in UNET_WIDTHS],
            "num_heads": 8,
            "use_spatial_transformer": True,
            "transformer_depth": 1,
            "context_dim": 64,
            "use_checkpoint": False,
            "legacy": False,
        },
    }
    return json.dumps({"model": _model_section(unet)}, indent=2) + "\n"


def _model_section(unet: Mapping[str, Any]) -> dict[str, Any]:
    sizes = {"double_z": True, "z_channels": 4, "resolution": 8 * SIDE, "in_channels": 3, "out_ch": 3}
    blocks = {"ch": VAE_WIDTHS[0], "ch_mult": [1] * len(VAE_WIDTHS), "num_res_blocks": 0, "attn_resolutions": []}
    config = {**sizes, **blocks, "dropout": 0.0}
    first = {"embed_dim": 4, "ddconfig": config, "lossconfig": {"target": "torch.nn.Identity"}}
    schedule = {"linear_start": 0.00085, "linear_end": 0.012, "timesteps": 1000, "num_timesteps_cond": 1}
    keys = {"first_stage_key": "jpg", "cond_stage_key": "txt", "cond_stage_trainable": False, "use_ema": False}
    return {
        "target": "ldm.models.diffusion.ddpm.LatentDiffusion",
        "params": {
            **schedule,
            **keys,
            "image_size": SIDE,
            "channels": 4,
            "conditioning_key": "crossattn",
            "scale_factor": 0.18215,
            "unet_config": unet,
            "first_stage_config": {"target": "ldm.models.autoencoder.AutoencoderKL", "params": first},
            "cond_stage_config": {"target": "ldm.modules.encoders.modules.FrozenCLIPEmbedder"},
        },
    }
