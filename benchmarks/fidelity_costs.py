"""What pictures cost: calls of a network -> rows, latent cells, multiply-adds."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn


@dataclass
class Cost:
    """How many rows went through the network, how many latent cells they have, and how often it multiplies for them."""

    rows: int = 0
    cells: int = 0
    multiply_adds: float = 0
    each: dict[tuple[int, ...], float] = field(default_factory=dict)
    """The multiply-adds of a row by the shape of its latents."""

    def note(self) -> dict[str, float]:
        """The cost, as it is kept beside a picture."""
        return {"rows": self.rows, "cells": self.cells, "multiply-adds": self.multiply_adds}


@contextlib.contextmanager
def count_calls(network: nn.Module) -> Iterator[Cost]:
    """A context that counts the rows, cells and multiply-adds which a network is given."""
    cost, watch = Cost(), Watch(network)

    def begin(module: nn.Module, given: Sequence[Tensor]) -> None:
        shape = tuple(given[0].shape[1:])
        cost.rows += given[0].shape[0]
        cost.cells += given[0].shape[0] * math.prod(shape[1:])
        if shape not in cost.each:
            watch.start()

    def end(module: nn.Module, given: Sequence[Tensor], made: Any) -> None:
        rows, shape = given[0].shape[0], tuple(given[0].shape[1:])
        if shape not in cost.each:
            cost.each[shape] = watch.stop() / rows
        cost.multiply_adds += rows * cost.each[shape]

    handles = [network.register_forward_pre_hook(begin), network.register_forward_hook(end)]
    try:
        yield cost
    finally:
        watch.stop()
        for each in handles:
            each.remove()


@dataclass
class Watch:
    """Counts the multiply-adds of a network's convolutions, linear layers and attentions between start and stop."""

    network: nn.Module
    total: float = 0
    handles: list[Any] = field(default_factory=list)

    def start(self) -> None:
        """Begin at 0."""
        self.total = 0
        for module in self.network.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                self.handles.append(module.register_forward_hook(self._count_layer))
            elif hasattr(module, "to_q") and hasattr(module, "to_k"):
                self.handles.append(module.register_forward_pre_hook(self._count_attention, with_kwargs=True))

    def stop(self) -> float:
        """What was counted."""
        for each in self.handles:
            each.remove()
        self.handles.clear()
        return self.total

    def _count_layer(self, module: nn.Conv2d | nn.Linear, given: Sequence[Tensor], made: Tensor) -> None:
        """Each number that a layer makes is a sum over one row of its weights."""
        self.total += made.numel() * module.weight[0].numel()

    def _count_attention(self, module: Any, given: Sequence[Tensor], named: dict[str, Any]) -> None:
        """Queries meet keys, and the weights meet values."""
        states = given[0] if given else named["hidden_states"]
        other = given[1] if len(given) > 1 else named.get("encoder_hidden_states")
        source = states if other is None else other
        self.total += 2 * states.shape[:-1].numel() * source.shape[-2] * module.to_q.weight.shape[0]
