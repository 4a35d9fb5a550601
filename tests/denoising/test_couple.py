"""Attention Couple in a layer: the mixture of what it would give for each region alone, at every resolution."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

diffusers = pytest.importorskip("diffusers")
from diffusers.models.attention_processor import Attention as Layer

from lib_regiondiff.denoising.attention.couple import Mixture, couple, shrink
from lib_regiondiff.denoising.attention.nag import guide
from lib_regiondiff.document.palette import Nag
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import PLAIN, Against, Attention
from lib_regiondiff.hosts.diffusers.attention import RowsProcessor, Words, _make_processor
from lib_regiondiff.hosts.diffusers.text.encoding import TextCond

H, W = 5, 7
LOWER = 3 * 4


def layer() -> Any:
    torch.manual_seed(3)
    return Layer(query_dim=16, cross_attention_dim=6, heads=2, dim_head=8).eval().requires_grad_(False)


def text(tokens: int, seed: int) -> TextCond:
    return TextCond(torch.randn(1, tokens, 6, generator=torch.Generator().manual_seed(seed)))


def shares(count: int, seed: int) -> Tensor:
    made = torch.rand(count, H, W, generator=torch.Generator().manual_seed(seed)) ** 3
    return made / made.sum(dim=0)


def by_class(attn: Any, x: Tensor, conds: list[TextCond], weights: Tensor) -> Tensor:
    """What the layer's own class gives for each region alone, mixed."""
    each = [attn(x[None], encoder_hidden_states=cond.embedding)[0] for cond in conds]
    return sum(weight[:, None] * one for weight, one in zip(shrink(weights, len(x)), each, strict=True))  # type: ignore[return-value]


def run(attn: Any, x: Tensor, conds: list[TextCond], records: list[Attention]) -> Tensor:
    processor = _make_processor(records)
    assert processor is not None
    return processor(attn, x, torch.cat([cond.embedding for cond in conds]))


@pytest.mark.parametrize("cells", [H * W, LOWER])
@given(st.integers(0, 99))
def test_rows_are_the_layer_s_own_class_form_mixed_and_plain_ones_its_own(cells: int, seed: int) -> None:
    """Three rows: three regions with prompts of other lengths, none, and two of them."""
    attn, x = layer(), torch.randn(3, cells, 16, generator=torch.Generator().manual_seed(seed))
    conds = [text(tokens, seed + index) for index, tokens in enumerate((7, 9, 4))]
    three, two = shares(3, seed), shares(2, seed + 1)
    records = [couple(conds, three), PLAIN, couple([conds[0], conds[2]], two)]
    made = run(attn, x, [conds[0]] * 3, records)
    assert (made[0] - by_class(attn, x[0], conds, three)).abs().max() < 1e-5
    assert (made[2] - by_class(attn, x[2], [conds[0], conds[2]], two)).abs().max() < 1e-5
    plain = attn(x, encoder_hidden_states=torch.cat([conds[0].embedding] * 3))
    assert torch.equal(made[1], plain[1])


@pytest.mark.parametrize("cells", [H * W, LOWER])
def test_no_cell_depends_on_the_words_of_a_region_without_weight_there(cells: int) -> None:
    attn, x = layer(), torch.randn(1, cells, 16, generator=torch.Generator().manual_seed(1))
    weights = torch.zeros(3, H, W)
    weights[0, :2], weights[1, 2:, :3], weights[2, 2:, 3:] = 1, 1, 1
    conds = [text(7, index) for index in range(3)]
    before = run(attn, x, conds[:1], [couple(conds, weights)])[0]
    small = shrink(weights, cells)
    for index in range(3):
        changed = [text(7, 50) if place == index else cond for place, cond in enumerate(conds)]
        after = run(attn, x, changed[:1], [couple(changed, weights)])[0]
        moved = (after != before).any(dim=1)
        assert torch.equal(moved, small[index] > 0)


def test_regions_of_one_cond_are_one() -> None:
    a, b = text(7, 0), text(7, 1)
    weights = shares(3, 0)
    assert couple([a, a, a], weights) is PLAIN and couple([a], None) is PLAIN
    made = couple([a, b, a], weights)
    assert made.contexts == (b,) and made.weights is not None
    assert torch.equal(made.weights[0], weights[0] + weights[2]) and torch.equal(made.weights[1], weights[1])
    kept = couple([a, b, text(7, 2)], weights)
    assert kept.weights is weights


def test_each_region_is_guided_away_from_its_own_negative() -> None:
    attn, x = layer(), torch.randn(1, H * W, 16, generator=torch.Generator().manual_seed(4))
    nag, weights = Nag(scale=3, tau=2, alpha=0.6), shares(2, 5)
    conds, negatives = [text(7, 0), text(9, 1)], [text(5, 2), text(5, 3)]
    made = run(attn, x, conds[:1], [couple(conds, weights, negatives, nag)])[0]
    attn.to_out[0].weight.data.copy_(torch.eye(16))
    attn.to_out[0].bias.data.zero_()
    inner = guide(by_class(attn, x[0], conds, weights), by_class(attn, x[0], negatives, weights), nag)
    fresh = layer()
    assert (made - fresh.to_out[0](inner)).abs().max() < 1e-5


def test_equal_prompts_with_other_negatives_stay_two_regions() -> None:
    a, b, c = text(7, 0), text(7, 1), text(7, 2)
    made = couple([a, a], shares(2, 0), [b, c], Nag())
    assert made.contexts == (a,) and made.nag is not None and (made.nag.cond, made.nag.contexts) == (b, (c,))
    alone = couple([a, a], shares(2, 0), [b, b], Nag())
    assert not alone.contexts and alone.nag is not None and alone.nag.cond is b


def test_a_context_that_a_row_has_twice_counts_twice() -> None:
    """Two regions of one prompt and two negatives beside a third."""
    attn, x = layer(), torch.randn(1, H * W, 16, generator=torch.Generator().manual_seed(4))
    a, b, weights = text(7, 0), text(7, 1), shares(3, 2)
    made = run(attn, x, [b], [Attention((a, a), weights)])[0]
    assert (made - by_class(attn, x[0], [b, a, a], weights)).abs().max() < 1e-5


@given(st.integers(1, 33), st.integers(1, 33), st.integers(0, 9))
def test_weights_are_averaged_down_to_each_layer_and_still_sum_to_one(high: int, wide: int, seed: int) -> None:
    made = torch.rand(3, high, wide, generator=torch.Generator().manual_seed(seed))
    weights = made / made.sum(dim=0)
    rows, columns = high, wide
    for _ in range(7):
        small = shrink(weights, rows * columns)
        assert small.shape == (3, rows * columns) and (small.sum(dim=0) - 1).abs().max() < 1e-5
        rows, columns = -(-rows // 2), -(-columns // 2)


def test_the_average_is_of_the_cells_that_lie_below() -> None:
    weights = torch.arange(15.0).reshape(1, 3, 5)
    assert shrink(weights, 6)[0].tolist() == [3.0, 5.0, 6.5, 10.5, 12.5, 14.0]


def test_layers_of_unknown_sides_are_refused() -> None:
    with pytest.raises(HostError, match=r"^attention: expected layers whose sides are halves of 5x7 cells, rounded up"):
        shrink(torch.ones(1, 5, 7), 11)


def test_a_batch_that_says_nothing_installs_nothing() -> None:
    assert Mixture.of([PLAIN, PLAIN]) is None and _make_processor([PLAIN, PLAIN]) is None


def test_the_processor_keeps_the_type_of_the_layer() -> None:
    attn = layer().to(torch.bfloat16)
    x, a, b = torch.randn(1, H * W, 16).bfloat16(), text(7, 0), text(7, 1)
    made = RowsProcessor(Mixture.of([couple([a, b], shares(2, 0))]))(attn, x, a.embedding.bfloat16())
    assert made.dtype == torch.bfloat16
    away = Words(torch.cat([b.embedding]), None)
    assert RowsProcessor(None, away, Nag())(attn, x, a.embedding.bfloat16()).dtype == torch.bfloat16


def test_records_say_what_makes_them_equal() -> None:
    a, b, weights = text(7, 0), text(7, 1), shares(2, 0)
    assert couple([a, b], weights).identity == couple([a, b], weights).identity
    assert couple([a, b], weights).identity != couple([a, b], shares(2, 0)).identity
    assert couple([a, b], weights).group == PLAIN.group, "one batch"
    one, two = (Against(a, Nag(), (each,)) for each in (a, b))
    assert Attention(nag=one).identity != Attention(nag=two).identity
