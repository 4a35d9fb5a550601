"""Makes low-rank additions smaller: of all of them together, the parts that matter most for the numbers they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

Halves = tuple[Tensor, Tensor]  # up [out, rank, ..] and down [rank, in, ..]


@dataclass(frozen=True)
class Parts:
    """An addition as a sum of parts of rank one, the strongest first: up [out, n], strength [n], down [n, inputs]."""

    up: Tensor
    strength: Tensor
    down: Tensor

    def cost(self) -> int:
        """How many numbers one part takes."""
        return self.up.shape[0] + self.down.shape[1]


def read_additions(place: Path) -> dict[str, Halves]:
    """The additions that the stage of a checkpoint learned, as averaged weights, by the names of layers."""
    saved = torch.load(place, map_location="cpu", weights_only=True)["averages"]["lora"]
    layers = {name.rpartition(".")[0] for name in saved}
    return {name.replace("/", "."): (saved[f"{name}.up"], saved[f"{name}.down"]) for name in sorted(layers)}


def shorten(additions: Mapping[str, Halves], budget: int) -> dict[str, Halves]:
    """The additions cut down to at most `budget` numbers in all; a layer of which nothing is left is gone."""
    parts = {name: decompose(*halves) for name, halves in additions.items()}
    worth = [(value, name) for name, each in parts.items() for value in (each.strength**2 / each.cost()).tolist()]
    kept = dict.fromkeys(additions, 0)
    for _, name in sorted(worth, reverse=True):
        if budget < parts[name].cost():
            break
        budget -= parts[name].cost()
        kept[name] += 1
    return {name: _halves(parts[name], kept[name], additions[name]) for name in additions if kept[name]}


@torch.no_grad()
def decompose(up: Tensor, down: Tensor) -> Parts:
    """The singular values and vectors of `up` times `down`, found without making that product."""
    a, over = torch.linalg.qr(up.flatten(1).double())
    b, under = torch.linalg.qr(down.flatten(1).double().T)
    left, strength, right = torch.linalg.svd(over @ under.T)
    return Parts(a @ left, strength, right @ b.T)


def _halves(parts: Parts, rank: int, like: Halves) -> Halves:
    """The strongest parts in the shape of an addition; both halves get the root of the strengths."""
    root = parts.strength[:rank].sqrt()
    up, down = parts.up[:, :rank] * root, parts.down[:rank] * root[:, None]
    return up.reshape(-1, rank, *like[0].shape[2:]).float(), down.reshape(rank, *like[1].shape[1:]).float()
