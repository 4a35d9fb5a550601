"""Low-rank additions to a denoiser's weights, and their file in kohya's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

RANK = 16
PARTS = (
    "to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "net.0.proj", "net.2",
    "conv1", "conv2", "time_emb_proj", "conv_shortcut",
)  # fmt: skip
"""How the names of layers end that get an addition."""


class Addition(nn.Module):
    """Changes a weight to weight + up down; for a convolution `down` has its kernel and `up` is 1x1."""

    def __init__(self, weight: Tensor, generator: torch.Generator, rank: int) -> None:
        super().__init__()
        inputs = weight[0].numel()
        self.down = nn.Parameter(torch.randn(rank, *weight.shape[1:], generator=generator) * inputs**-0.5)
        self.up = nn.Parameter(torch.zeros(weight.shape[0], rank, *(1,) * (weight.ndim - 2)))

    def forward(self, weight: Tensor) -> Tensor:
        """The weight with the addition."""
        return weight + (self.up.flatten(1) @ self.down.flatten(1)).view_as(weight)


def find_layers(unet: Any) -> dict[str, Any]:
    """The layers of a denoiser that get an addition, by name."""
    return {name: module for name, module in unet.named_modules() if name.endswith(PARTS)}


def attach(unet: Any, seed: int, rank: int = RANK) -> nn.ModuleDict:
    """Freeze a denoiser and give it additions that start at zero; they are returned, by the layers' names."""
    unet.requires_grad_(False)
    generator = torch.Generator().manual_seed(seed)
    additions = {name: Addition(module.weight, generator, rank) for name, module in find_layers(unet).items()}
    for name, addition in additions.items():
        parametrize.register_parametrization(unet.get_submodule(name), "weight", addition, unsafe=True)
    return nn.ModuleDict({name.replace(".", "/"): addition for name, addition in additions.items()})


def name_layer(name: str) -> str:
    """How files of kohya's scripts begin the names of a layer's tensors."""
    return "lora_unet_" + name.replace(".", "_")


def write_kohya(additions: Mapping[str, tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """Tensors in float16 named as in files of kohya's scripts, from the pairs (up, down) by the layers' names."""
    made: dict[str, Tensor] = {}
    for name, (up, down) in additions.items():
        key = name_layer(name)
        made[f"{key}.lora_up.weight"] = up.half().contiguous()
        made[f"{key}.lora_down.weight"] = down.half().contiguous()
        made[f"{key}.alpha"] = torch.tensor(float(len(down))).half()
    return made


@torch.no_grad()
def merge(unet: Any, tensors: Mapping[str, Tensor]) -> Any:
    """Add the tensors of such a file, by kohya's names, to the weights of a denoiser for good; the denoiser."""
    for name, module in find_layers(unet).items():
        key = name_layer(name)
        if f"{key}.alpha" not in tensors:
            continue
        up, down = (tensors[f"{key}.lora_{part}.weight"].float().flatten(1) for part in ("up", "down"))
        factor = float(tensors[f"{key}.alpha"]) / down.shape[0]
        module.weight += factor * (up @ down).view_as(module.weight)
    return unet
