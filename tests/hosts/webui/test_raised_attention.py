"""A layer of a WebUI in a call whose rows raise words: a naive softmax there, the layer's own forward elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lib_regiondiff.denoising.attention.couple import Mixture, couple
from lib_regiondiff.host import PLAIN, Attention, Bias
from lib_regiondiff.hosts.webui.conditioning import ScheduledCond
from lib_regiondiff.hosts.webui.cross_attention import Acting, ActingForward
from lib_regiondiff.hosts.webui.raised_attention import Habits
from naive_attention import DEPTH, HEADS, naive

H, W = 5, 7
WIDTH = 16


class Layer(nn.Module):
    """As Stable Diffusion's, its own attention noted."""

    heads = HEADS

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.to_q, self.to_k, self.to_v = (nn.Linear(n, HEADS * DEPTH, bias=False) for n in (WIDTH, 6, 6))
        self.to_out = nn.Sequential(nn.Linear(HEADS * DEPTH, WIDTH), nn.Dropout(0.0))
        self.requires_grad_(False)
        self.asked: list[tuple[int, dict[str, Any]]] = []

    def forward(self, x: Tensor, context: Tensor, **named: Any) -> Tensor:
        """Fused attention, as the user has chosen it."""
        self.asked.append((len(x), named))
        value = context if named.get("value") is None else named["value"]
        q, k, v = (
            each.unflatten(-1, (HEADS, -1)).transpose(1, 2)
            for each in (self.to_q(x), self.to_k(context), self.to_v(value))
        )
        return self.to_out(nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


def act(layer: Layer, records: list[Attention], habits: Habits | None = None) -> ActingForward:
    biases = [each.biases for each in records]
    return ActingForward(layer, layer.forward, Acting(Mixture.of(records), biases, habits or Habits(), lambda: None))


def make_cond(text: Tensor) -> ScheduledCond:
    return ScheduledCond([type("Entry", (), {"end_at_step": 9, "cond": text})], lambda: 0)


@pytest.mark.parametrize("named", [{}, {"value": None, "transformer_options": {}}, {"value": "the same"}])
@pytest.mark.parametrize(("cells", "scores"), [(H * W, "max"), (3 * 4, "std")])
@given(st.integers(0, 49))
def test_a_row_is_a_naive_softmax_and_the_others_are_the_layer_s_own(
    named: dict[str, Any], cells: int, scores: str, seed: int
) -> None:
    layer, generator = Layer(), torch.Generator().manual_seed(seed)
    x, text = torch.randn(3, cells, WIDTH, generator=generator), torch.randn(3, 9, 6, generator=generator)
    told = {name: text if value == "the same" else value for name, value in named.items()}
    one = Bias((slice(2, 4), slice(7, 8)), torch.rand(H, W, generator=generator), scores)
    two = Bias((slice(3, 5),), torch.rand(H, W, generator=generator) - 0.5, scores)
    records = [Attention(biases=(one, two)), PLAIN, Attention(biases=(two,))]
    made = act(layer, records)(x, context=text, **told)
    for row, record in enumerate(records):
        assert np.abs(made[row].numpy() - naive(layer, x[row], text[row], record.biases)).max() < 1e-5
    assert [count for count, _ in layer.asked] == [1] and set(layer.asked[0][1]) == set(named)
    assert torch.equal(made[1:2], layer(x[1:2], text[1:2]))


def test_values_are_made_of_what_somebody_has_put_there() -> None:
    layer = Layer()
    x, text, other = torch.randn(1, H * W, WIDTH), torch.randn(1, 9, 6), torch.randn(1, 9, 6)
    idle = Attention(biases=(Bias((slice(2, 4),), torch.zeros(H, W)),))
    made = act(layer, [idle])(x, context=text, value=other)
    assert torch.allclose(made, layer(x, text, value=other), atol=1e-5)


def test_words_and_regions_act_in_one_call() -> None:
    """The negative of a row that raises words may show several regions."""
    layer = Layer()
    x, texts = torch.randn(2, H * W, WIDTH), torch.randn(2, 9, 6)
    weights = torch.stack([torch.ones(H, W), torch.zeros(H, W)])
    weights[:, :2] = torch.tensor([0.0, 1.0])[:, None, None]
    bias = Bias((slice(2, 4),), torch.rand(H, W))
    records = [Attention(biases=(bias,)), couple([make_cond(each) for each in texts], weights)]
    made = act(layer, records)(x, context=texts[:1].repeat(2, 1, 1))
    assert np.abs(made[0].numpy() - naive(layer, x[0], texts[0], (bias,))).max() < 1e-5
    for text, rows in ((texts[1], slice(0, 2 * W)), (texts[0], slice(2 * W, None))):
        assert np.abs(made[1, rows].numpy() - naive(layer, x[1], text, ())[rows]).max() < 1e-5


def test_half_precision_is_kept_outside_of_the_scores() -> None:
    layer, heard = Layer().bfloat16(), list[torch.dtype]()
    x, text = torch.randn(1, H * W, WIDTH).bfloat16(), torch.randn(1, 9, 6).bfloat16()
    layer.to_out.register_forward_pre_hook(lambda module, given: heard.append(given[0].dtype))
    record = Attention(biases=(Bias((slice(2, 4),), torch.rand(H, W)),))
    plain, upcast = (act(layer, [record], Habits(upcast=each))(x, context=text) for each in (False, True))
    assert heard == [torch.bfloat16] * 2 and plain.dtype == upcast.dtype == torch.bfloat16
    assert torch.allclose(plain.float(), upcast.float(), atol=0.05)


def test_layers_in_which_nothing_is_raised_have_their_own_forward() -> None:
    layer, bias = Layer(), Bias((slice(2, 4),), torch.rand(H, W), layers="coarse")
    x, text = torch.randn(2, H * W, WIDTH), torch.randn(2, 9, 6)
    made = act(layer, [Attention(biases=(bias,)), PLAIN])(x, context=text)
    assert [count for count, _ in layer.asked] == [2] and torch.equal(made, layer(x, text))
