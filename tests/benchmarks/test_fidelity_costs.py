"""What pictures cost: multiply-adds are those that PyTorch counts, for each shape and in each call."""

from __future__ import annotations

import pytest
import torch
from fidelity_costs import count_calls
from torch import Tensor, nn


class Attention(nn.Module):
    """Attention of one head, written out, with the layers' names that diffusers gives them."""

    def __init__(self, width: int, other: int) -> None:
        super().__init__()
        self.to_q, self.to_k, self.to_v = nn.Linear(width, 6), nn.Linear(other, 6), nn.Linear(other, 6)

    def forward(self, hidden_states: Tensor, encoder_hidden_states: Tensor | None = None) -> Tensor:
        source = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        q, k, v = self.to_q(hidden_states), self.to_k(source), self.to_v(source)
        return (q @ k.transpose(-1, -2)).softmax(-1) @ v


class Network(nn.Module):
    """A convolution with a stride and groups, attention to itself and to a prompt, and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(4, 8, 3, stride=2, padding=1, groups=2)
        self.own, self.prompt, self.last = Attention(8, 8), Attention(6, 5), nn.Linear(6, 3)

    def forward(self, x: Tensor, prompt: Tensor) -> Tensor:
        tokens = self.first(x).flatten(2).transpose(1, 2)
        return self.last(self.prompt(self.own(tokens), encoder_hidden_states=prompt))


def count_by_torch(network: nn.Module, *given: Tensor) -> float:
    counter = pytest.importorskip("torch.utils.flop_counter")
    with counter.FlopCounterMode(display=False) as found:
        network(*given)
    return found.get_total_flops() / 2


def test_multiply_adds_are_those_that_pytorch_counts() -> None:
    network, prompt = Network(), torch.zeros(3, 7, 5)
    shapes = [(3, 4, 8, 12), (1, 4, 16, 8), (2, 4, 8, 12)]
    told = [count_by_torch(network, torch.zeros(shape), prompt[: shape[0]]) for shape in shapes]
    with count_calls(network) as cost:
        for shape in shapes:
            network(torch.zeros(shape), prompt[: shape[0]])
    assert cost.multiply_adds == pytest.approx(sum(told)) and told[0] != told[1]
    assert (cost.rows, cost.cells) == (6, 5 * 96 + 128)
    assert cost.note() == {"rows": 6, "cells": 608, "multiply-adds": cost.multiply_adds}


def test_nothing_stays_behind_also_after_an_error() -> None:
    network = Network()
    with pytest.raises(RuntimeError), count_calls(network):
        network(torch.zeros(1, 3, 8, 8), torch.zeros(1, 7, 5))
    for module in network.modules():
        assert not module._forward_hooks and not module._forward_pre_hooks
