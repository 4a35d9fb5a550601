"""What Attention Couple adds to a plain picture of Flux: multiply-adds of blocks in its true widths, exactly.

The blocks run without numbers (torch's meta device), a nineteenth of all. Three regions side by side, with sharp
borders. Prints one JSON line for each side in pixels: `python benchmarks/joint_attention.py [SIDE]`.
"""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import replace
from typing import Any

import torch
from diffusers import FluxTransformer2DModel
from torch.utils.flop_counter import FlopCounterMode

from lib_regiondiff.denoising.attention.streams import Looks, list_looks
from lib_regiondiff.hosts.diffusers.attention import replace_processors
from lib_regiondiff.hosts.diffusers.joint_attention import StreamsProcessor, find_joint_attention

TOKENS, CELL, REGIONS = 512, 8, 3


def make_flux() -> Any:
    """A nineteenth of Flux's blocks, without numbers."""
    with torch.device("meta"):
        return FluxTransformer2DModel(num_layers=1, num_single_layers=2).eval()


def make_looks(cells: int) -> Looks:
    """What three regions side by side see, in a square of so many cells a side; only the counts are kept."""
    columns = torch.arange(cells) * REGIONS // cells
    weights = torch.stack([(columns == number).float().expand(cells, cells) for number in range(REGIONS)])
    found = list_looks(weights, [TOKENS] * REGIONS)
    meta = torch.device("meta")
    return tuple(
        replace(each, asked=each.asked.to(meta), seen=each.seen.to(meta), share=each.share.to(meta)) for each in found
    )


def count(network: Any, cells: int, looks: Looks | None = None) -> int:
    """Multiply-adds of one row, plain or with the looks of regions."""
    patches, tokens = (cells // 2) ** 2, TOKENS * (1 if looks is None else REGIONS)
    shapes = {"hidden_states": (1, patches, 64), "encoder_hidden_states": (1, tokens, 4096), "timestep": (1,)}
    shapes |= {"pooled_projections": (1, 768), "img_ids": (patches, 3), "txt_ids": (tokens, 3)}
    given = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    layers = find_joint_attention(network)
    acting = contextlib.nullcontext() if looks is None else replace_processors(layers, StreamsProcessor([looks]))
    with FlopCounterMode(display=False) as counter, acting, torch.no_grad():
        network(**given)
    return counter.get_total_flops() // 2


def measure(side: int) -> dict[str, object]:
    """The line of a run for a picture of `side` pixels: couple's ratio to a plain call."""
    cells, network = side // CELL, make_flux()
    plain, couple = count(network, cells), count(network, cells, make_looks(cells))
    return {"benchmark": "joint attention", "side": side, "regions": REGIONS, "ratio": round(couple / plain, 3)}


if __name__ == "__main__":
    for given in map(int, sys.argv[1:] or (512, 1024)):
        print(json.dumps(measure(given)))
