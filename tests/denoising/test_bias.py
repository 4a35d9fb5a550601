"""Paint with Words in a layer: a naive softmax with raised scores, and nothing where nothing is raised."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

diffusers = pytest.importorskip("diffusers")
from diffusers.models.attention_processor import Attention as Layer

from lib_regiondiff.denoising.attention.bias import choose_acting, list_biases, make_mask
from lib_regiondiff.denoising.attention.couple import couple
from lib_regiondiff.document.palette import Bias as Rule
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import PLAIN, Attention, Bias, Level
from lib_regiondiff.hosts.diffusers.attention import _make_processor
from lib_regiondiff.hosts.diffusers.text.encoding import TextCond
from lib_regiondiff.planning.regions import Word
from naive_attention import naive

H, W = 5, 7


def layer() -> Any:
    torch.manual_seed(3)
    return Layer(query_dim=16, cross_attention_dim=6, heads=2, dim_head=8).eval().requires_grad_(False)


@pytest.mark.parametrize("cells", [H * W, 3 * 4])
@pytest.mark.parametrize("scores", ["max", "std"])
@given(st.integers(0, 99))
def test_a_row_is_a_naive_softmax_and_the_others_are_the_layer_s_own(cells: int, scores: str, seed: int) -> None:
    attn, generator = layer(), torch.Generator().manual_seed(seed)
    x, text = torch.randn(3, cells, 16, generator=generator), torch.randn(1, 9, 6, generator=generator)
    one = Bias((slice(2, 4), slice(7, 8)), torch.rand(H, W, generator=generator), scores)
    two = Bias((slice(3, 5),), torch.rand(H, W, generator=generator) - 0.5, scores)
    processor = _make_processor([Attention(biases=(one, two)), PLAIN, Attention(biases=(two,))])
    assert processor is not None
    made = processor(attn, x, text.repeat(3, 1, 1))
    assert np.abs(made[0].numpy() - naive(attn, x[0], text[0], (one, two))).max() < 1e-5
    assert np.abs(made[2].numpy() - naive(attn, x[2], text[0], (two,))).max() < 1e-5
    plain = attn(x, encoder_hidden_states=text.repeat(3, 1, 1))
    assert torch.equal(made[1], plain[1])


def test_words_and_regions_act_in_one_batch() -> None:
    """The negative of a biased row may show several regions."""
    attn = layer()
    x = torch.randn(2, H * W, 16)
    a, b = (TextCond(torch.randn(1, 9, 6)) for _ in range(2))
    weights = torch.stack([torch.ones(H, W), torch.zeros(H, W)])
    weights[:, :2] = torch.tensor([0.0, 1.0])[:, None, None]
    bias = Bias((slice(2, 4),), torch.rand(H, W))
    processor = _make_processor([Attention(biases=(bias,)), couple([a, b], weights)])
    assert processor is not None
    made = processor(attn, x, torch.cat([a.embedding, a.embedding]))
    assert np.abs(made[0].numpy() - naive(attn, x[0], a.embedding[0], (bias,))).max() < 1e-5
    for cond, rows in ((b, slice(0, 2 * W)), (a, slice(2 * W, None))):
        assert np.abs(made[1, rows].numpy() - naive(attn, x[1], cond.embedding[0], ())[rows]).max() < 1e-5


def test_how_much_follows_the_noise_and_the_scale() -> None:
    cond = TextCond(torch.zeros(1, 9, 6), find_spans=lambda phrase: [slice(1, 2)] if phrase == "cat" else [])
    words = [Word(("cat", "dog"), torch.ones(H, W))]
    how = Rule(scale=0.5, noise="log(1 + sigma)", scores="std")
    (bias,) = list_biases(words, cond, 0, how, Level.exploding(1.0, 3.0))
    assert bias.weight[0, 0] == pytest.approx(0.5 * np.log(4)) and bias.scores == "std"
    (kept,) = list_biases(words, cond, 0, how, Level.preserving(1.0, 3.0))
    assert torch.allclose(kept.weight, bias.weight)
    assert list_biases(words, cond, 1, how, Level.exploding(1.0, 3.0)) == (), "not said now"
    assert list_biases(words, cond, 0, Rule(noise="sigma - 3"), Level.exploding(1.0, 3.0)) == ()


def test_a_formula_without_a_value_at_a_level_is_an_error() -> None:
    cond = TextCond(torch.zeros(1, 9, 6), find_spans=lambda phrase: [slice(1, 2)])
    with pytest.raises(HostError, match=r"^bias.noise: expected a number at sigma 0.5"):
        list_biases([Word(("a",), torch.ones(2, 2))], cond, 0, Rule(noise="1 / (sigma - .5)"), Level.exploding(1, 0.5))


@pytest.mark.parametrize(("layers", "acts"), [("all", (True, True, True)), ("fine", (True, True, False)),
                                              ("coarse", (False, False, True))])  # fmt: skip
def test_layers_are_told_by_their_cells(layers: str, acts: tuple[bool, ...]) -> None:
    """Those of the latents' own cells, of half of them a side, and of a quarter."""
    bias, attn = Bias((slice(2, 4),), torch.rand(H, W), layers=layers), layer()
    for cells, raised in zip((H * W, 3 * 4, 2 * 2), acts, strict=True):
        assert choose_acting([(bias,), ()], cells) == [(bias,) if raised else (), ()]
        x, text = torch.randn(2, cells, 16), torch.randn(2, 9, 6)
        processor = _make_processor([Attention(biases=(bias,)), PLAIN])
        assert processor is not None
        made, plain = processor(attn, x, text), attn(x, encoder_hidden_states=text)
        assert torch.equal(made, plain) != raised and torch.allclose(made[1], plain[1], atol=1e-6)


def test_a_formula_of_one_s_own_gets_weights_sigma_and_scores() -> None:
    cond = TextCond(torch.zeros(1, 9, 6), find_spans=lambda phrase: [slice(1, 3)])
    weight, seen = torch.rand(H, W), list[tuple[Any, ...]]()

    def formula(w: Any, sigma: float, scores: Any) -> Any:
        seen.append((tuple(w.shape), sigma, tuple(scores.shape)))
        return 0.4 * w * np.log(1 + sigma) * scores.max()

    words, level = [Word(("a",), weight, formula)], Level.exploding(1.0, 3.0)
    own = list_biases(words, cond, 0, Rule(scale=9, scores="std"), level)
    usual = list_biases([Word(("a",), weight)], cond, 0, Rule(), level)
    query, key = torch.randn(1, 2, 12, 8), torch.randn(1, 2, 9, 8)
    assert torch.allclose(make_mask([own], query, key), make_mask([usual], query, key), atol=1e-5)
    assert seen == [((12, 1), 3.0, (2, 12, 9))]


@pytest.mark.parametrize(("given", "got"), [(torch.ones(3), "a tensor [3]"), (float("nan"), "not finite")])
def test_a_formula_that_gives_something_else_is_told(given: Any, got: str) -> None:
    cond = TextCond(torch.zeros(1, 9, 6), find_spans=lambda phrase: [slice(1, 3)])
    own = list_biases([Word(("a",), torch.ones(H, W), lambda *_: given)], cond, 0, Rule(), Level.exploding(1.0, 3.0))
    with pytest.raises(HostError, match=r"^Extras.formula: expected finite numbers \[12, 1\], or one, got ") as caught:
        make_mask([own], torch.randn(1, 2, 12, 8), torch.randn(1, 2, 9, 8))
    assert got in str(caught.value)
