"""The keys of a LoRA file: which layer of which network each one names, and what part of the addition it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

PARTS = {  # the beginning of a key -> the networks of a pipeline that it may mean
    "lora_unet_": ("unet", "transformer"),
    "lora_transformer_": ("transformer",),
    "lora_te1_": ("text_encoder",),
    "lora_te2_": ("text_encoder_2",),
    "lora_te3_": ("text_encoder_3",),
    "lora_te_": ("text_encoder",),
    "unet.": ("unet",),
    "transformer.": ("transformer",),
    "text_encoder.": ("text_encoder",),
    "text_encoder_2.": ("text_encoder_2",),
    "text_encoder_3.": ("text_encoder_3",),
    "": ("unet", "transformer"),
}
ROLES = {"lora_A": "down", "lora_B": "up", "lora_down": "down", "lora_up": "up", "lora_mid": "mid"}
KEY = re.compile(
    r"(?P<layer>.+)\.(?:(?P<role>lora_(?:A|B|up|down|mid))(?:\.\w+)?\.weight"
    r"|(?:lora|lora_linear_layer)\.(?P<plain>up|down)\.weight|(?P<alpha>alpha))"
)
PROJECTION = re.compile(r"(?P<layer>.+)\.(?P<name>to_(?:q|k|v|out))_lora\.(?P<role>up|down)\.weight")
CLIPS_NAMES = {"to_q": "q_proj", "to_k": "k_proj", "to_v": "v_proj", "to_out": "out_proj"}
RESNET = {
    "conv1": "in_layers.2",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
OUTER = {
    "conv_in": "input_blocks.0.0",
    "conv_out": "out.2",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
}
MIDDLE = {"mid_block.resnets.0": 0, "mid_block.attentions.0": 1, "mid_block.resnets.1": 2}


@dataclass(frozen=True)
class LoraKey:
    """A key of a LoRA taken apart.

    `prefix` is one of PARTS and names the network, `layer` has underscores for dots, `role` is up, down, mid or alpha.
    """

    prefix: str
    layer: str
    role: str


def take_apart(key: str) -> LoraKey | None:
    """Take apart a key in kohya's, peft's or diffusers' form; None for one that is not a LoRA's."""
    key = key.removeprefix("base_model.model.")
    prefix = next(each for each in PARTS if key.startswith(each))
    old, match = PROJECTION.fullmatch(key), KEY.fullmatch(key)
    if old:
        layer, role = old["layer"].removesuffix(".processor"), old["role"]
        name = CLIPS_NAMES[old["name"]] if prefix.startswith("text") else old["name"].replace("to_out", "to_out.0")
        layer = f"{layer}.{name}"
    elif match:
        layer, role = match["layer"], match["alpha"] or match["plain"] or ROLES[match["role"]]
    else:
        return None
    return LoraKey(prefix, layer.removeprefix(prefix).replace(".", "_"), role)


def collect_layers(pipe: Any) -> dict[tuple[str, str], nn.Module]:
    """The linear and convolutional layers of a pipeline, by prefix and by every name that a LoRA may have for them."""
    found: dict[tuple[str, str], nn.Module] = {}
    for prefix, names in PARTS.items():
        network = next((each for each in (getattr(pipe, name, None) for name in names) if each is not None), None)
        if network is not None:
            found |= {(prefix, name): module for name, module in _list_layers(network)}
    return found


def _list_layers(network: Any) -> Iterator[tuple[str, nn.Module]]:
    """The linear and convolutional layers of a network, each under all of its names, with underscores for dots."""
    blocks = getattr(network.config, "layers_per_block", None)
    for name, module in network.named_modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            names = {name, name.removeprefix("text_model."), "text_model." + name}
            names |= find_original_names(name, blocks) if isinstance(blocks, int) else set()
            yield from ((each.replace(".", "_"), module) for each in names)


def find_original_names(name: str, blocks: int) -> set[str]:
    """What Stability's original code calls a layer of a UNet, as SDXL's LoRAs do; empty where it has no such layer.

    `name` is diffusers' name, `blocks` the UNet's layers_per_block.
    """
    for start, number in MIDDLE.items():
        if name.startswith(start + "."):
            return {f"middle_block.{number}.{_translate_in_block(name.removeprefix(start + '.'))}"}
    match = re.fullmatch(r"(down|up)_blocks\.(\d+)\.(\w+)\.(\d+)\.(.+)", name)
    if not match:
        return {OUTER[name]} if name in OUTER else set()
    way, level, kind, number, rest = match[1], int(match[2]), match[3], int(match[4]), match[5]
    first = (blocks + 1) * level
    if kind == "downsamplers":
        return {f"input_blocks.{first + blocks + 1}.0.op"}
    if kind == "upsamplers":  # behind the residual block, or behind its attention where there is some
        return {f"output_blocks.{first + blocks}.{place}.conv" for place in (1, 2)}
    block = f"input_blocks.{first + 1 + number}" if way == "down" else f"output_blocks.{first + number}"
    return {f"{block}.{0 if kind == 'resnets' else 1}.{_translate_in_block(rest)}"}


def _translate_in_block(rest: str) -> str:
    """Stability's name of a layer within its block."""
    return RESNET.get(rest, rest)
