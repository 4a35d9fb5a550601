"""What Attention Couple and Paint with Words add to a plain picture: multiply-adds of a UNet of SD1.5's shape, exactly.

The network runs without numbers (torch's meta device), so that a count takes seconds. Three regions side by side, a
positive and a negative row. Prints one JSON line: `python benchmarks/attention.py [SIDE]`.
"""

from __future__ import annotations

import contextlib
import json
import sys
from types import SimpleNamespace
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from lib_regiondiff.denoising.attention.couple import couple
from lib_regiondiff.host import PLAIN, Attention, Bias
from lib_regiondiff.hosts.diffusers.attention import act_in_cross_attention
from lib_regiondiff.hosts.diffusers.text.encoding import TextCond
from lib_regiondiff.hosts.webui import cross_attention
from lib_regiondiff.hosts.webui.conditioning import ScheduledCond

TOKENS, WIDTH, CELL = 77, 768, 8


def make_text() -> Tensor:
    """A prompt's embedding [1, tokens, width], without numbers."""
    return torch.empty(1, TOKENS, WIDTH, device="meta")


def make_cond() -> TextCond:
    """A prompt of the diffusers host."""
    return TextCond(make_text())


def make_scheduled() -> Any:
    """A prompt of a WebUI."""
    entry = SimpleNamespace(end_at_step=0, cond=make_text()[0])
    return ScheduledCond([entry], lambda: 0)


def make_records(cells: int, make: Any = make_cond) -> dict[str, tuple[Attention, Attention]]:
    """The records of a positive and a negative row, for a square of so many cells a side."""
    shares, whole = (torch.empty(count, cells, cells, device="meta") for count in (3, 1))
    regions = couple([make() for _ in range(3)], shares)
    biases = tuple(Bias((slice(1 + 2 * n, 3 + 2 * n),), whole[0]) for n in range(3))
    return {
        "plain": (PLAIN, PLAIN),
        "couple": (regions, PLAIN),
        "couple, negatives": (regions, couple([make() for _ in range(3)], shares)),
        "bias": (Attention(biases=biases), PLAIN),
    }


def count(unet: Any, cells: int, records: tuple[Attention, Attention], acting: Any = act_in_cross_attention) -> int:
    """Multiply-adds of one call of the network with two rows."""
    rows: Any = [SimpleNamespace(attention=each) for each in records]
    x, t = torch.empty(2, 4, cells, cells, device="meta"), torch.empty(2, device="meta")
    with FlopCounterMode(display=False) as counter, acting(unet, rows), torch.no_grad():
        unet(x, t, encoder_hidden_states=torch.empty(2, TOKENS, WIDTH, device="meta"))
    return counter.get_total_flops() // 2


class Layer(nn.Module):
    """A cross-attention as WebUIs have it, around one of diffusers, which is called by the name of its prompt there."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def __call__(self, x: Tensor, encoder_hidden_states: Tensor | None = None, **named: Any) -> Tensor:
        """The layer's output, by its forward as it is now."""
        return self.forward(x, encoder_hidden_states)

    def forward(self, x: Tensor, context: Tensor | None = None, **named: Any) -> Tensor:
        """The layer's own output."""
        return self.inner(x, encoder_hidden_states=context)


def count_by_layers(cells: int) -> int:
    """Multiply-adds of couple where each layer's own forward is called for each region, as in the WebUIs."""
    unet: Any = make_unet()
    for module in unet.modules():
        if hasattr(module, "attn2"):
            module.attn2 = Layer(module.attn2)
    engine = SimpleNamespace(model=SimpleNamespace(diffusion_model=unet))

    @contextlib.contextmanager
    def acting(_: Any, rows: Any) -> Any:
        with cross_attention.act_in_cross_attention(engine, rows, set(), cross_attention.Habits()):
            yield

    return count(unet, cells, make_records(cells, make_scheduled)["couple"], acting)


def make_unet() -> UNet2DConditionModel:
    """A UNet of SD1.5's shape without numbers."""
    with torch.device("meta"):
        return UNet2DConditionModel(sample_size=64, cross_attention_dim=WIDTH, attention_head_dim=8).eval()


def measure(side: int) -> dict[str, object]:
    """The line of a run for a picture of `side` pixels: multiply-adds of a plain call, and the others' ratios to it."""
    cells, unet = side // CELL, make_unet()
    counts = {name: count(unet, cells, records) for name, records in make_records(cells).items()}
    counts["couple, by the layers' own forward"] = count_by_layers(cells)
    plain = counts.pop("plain")
    ratios = {name: round(each / plain, 4) for name, each in counts.items()}
    return {"benchmark": "attention", "side": side, "regions": 3, "multiply_adds": plain, "ratios": ratios}


if __name__ == "__main__":
    for given in map(int, sys.argv[1:] or (256, 512)):
        print(json.dumps(measure(given)))
