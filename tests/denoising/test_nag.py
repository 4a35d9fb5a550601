"""Normalized attention guidance: the formula, the attention of a layer, rows of a plan, colours of a real model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

diffusers = pytest.importorskip("diffusers")
from diffusers.models.attention_processor import Attention

from fakes import GaussianHost, MeanCond
from lib_regiondiff import host as asking
from lib_regiondiff.denoising.attention.nag import guide
from lib_regiondiff.denoising.rows import Call, Frame, ask, batch_rows
from lib_regiondiff.document.palette import Nag, Palette, parse
from lib_regiondiff.host import PLAIN, Against, Level, Prompt
from lib_regiondiff.hosts.diffusers.attention import RowsProcessor, Words, act_in_cross_attention
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import render
from lib_regiondiff.planning.plan import Job, make_plan

LEFT, RIGHT = {"rectangle": [0, 0, 0.5, 1]}, {"rectangle": [0.5, 0, 1, 1]}
WIDE = {"scale": 1.5, "tau": 50, "alpha": 0.5}


def by_hand(positive: np.ndarray, negative: np.ndarray, nag: Nag) -> np.ndarray:
    """The formula, feature vector by feature vector."""
    made = np.empty_like(positive)
    for place in np.ndindex(positive.shape[:-1]):
        z, away = positive[place], negative[place]
        beyond = nag.scale * z - (nag.scale - 1) * away
        ratio = np.abs(beyond).sum() / np.abs(z).sum()
        if ratio > nag.tau:
            beyond = beyond * nag.tau / ratio
        made[place] = nag.alpha * beyond + (1 - nag.alpha) * z
    return made


@given(st.integers(0, 99), st.floats(1, 20), st.floats(1, 6), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_the_formula_by_hand(seed: int, scale: float, tau: float, alpha: float) -> None:
    nag = Nag(scale=scale, tau=tau, alpha=alpha)
    positive, negative = np.random.default_rng(seed).normal(size=(2, 2, 3, 5))
    made = guide(torch.from_numpy(positive), torch.from_numpy(negative), nag).numpy()
    assert np.allclose(made, by_hand(positive, negative, nag), rtol=1e-9, atol=1e-12)
    faint = guide(torch.from_numpy(1e-3 * positive), torch.from_numpy(1e-3 * negative), nag).numpy()
    assert np.allclose(faint, 1e-3 * made, rtol=1e-9, atol=1e-12), "how large features are is all the same"
    norms = np.abs(positive).sum(axis=-1) * (1 + alpha * (tau - 1)) + 1e-9
    assert (np.abs(made).sum(axis=-1) <= norms).all()


@pytest.mark.parametrize("tokens", [3, 9])
def test_a_layer_attends_to_both_and_is_guided(tokens: int) -> None:
    torch.manual_seed(0)
    layer: Any = Attention(query_dim=8, cross_attention_dim=6, heads=2, dim_head=4).double().eval()
    cells, text, away = torch.randn(2, 5, 8), torch.randn(2, 7, 6), torch.randn(2, tokens, 6)
    nag = Nag(scale=5, tau=1.5, alpha=0.7)
    with torch.no_grad():
        made = RowsProcessor(None, Words(away.double(), None), nag)(layer, cells.double(), text.double())
    weights = {name: value.numpy() for name, value in layer.state_dict().items()}

    def attended(tokens: np.ndarray) -> np.ndarray:
        q = (cells.double().numpy() @ weights["to_q.weight"].T).reshape(2, 5, 2, 4)
        k, v = ((tokens @ weights[f"to_{name}.weight"].T).reshape(2, -1, 2, 4) for name in "kv")
        scores = np.exp(np.einsum("bqhd,bkhd->bhqk", q, k) / 2)
        return np.einsum("bhqk,bkhd->bqhd", scores / scores.sum(axis=-1, keepdims=True), v).reshape(2, 5, 8)

    positive, negative = (attended(each.double().numpy()) for each in (text, away))
    wanted = by_hand(positive, negative, nag)
    wanted = wanted @ weights["to_out.0.weight"].T + weights["to_out.0.bias"]
    assert np.abs(made.numpy() - wanted).max() < 1e-5


def numbers(**more: Any) -> Palette:
    """Two brushes, one with a negative of its own."""
    brushes = [{"id": "a", "prompt": "1", "mask": LEFT, "negative": "7"}, {"id": "b", "prompt": "2", "mask": RIGHT}]
    head = {"version": 1, "size": {"width": 64, "height": 64}, "guidance": 1, "bootstrap": {"levels": 0}}
    return parse(head | {"background": {"prompt": "0", "negative": "8 long"}, "brushes": brushes} | more)


def rows_of(document: Palette) -> Any:
    plan = make_plan(document, Job(document.size, (1.0, 0.5, 0.0), (1, 2)), GaussianHost())
    level = Level.exploding(1.0, 1.0)
    rows, _ = ask([Frame(plan, plan.steps[0], level, image, image, image) for image in (0, 1)], Call(plan.guidance))
    return plan, rows


def test_each_region_is_guided_from_its_own_negative_and_no_row_is_added() -> None:
    plan, rows = rows_of(numbers(nag={"scale": 4}))
    away = {(_mean(row.cond), _mean(row.attention.nag.cond)) for row in rows}
    assert away == {(1, 7), (2, 8)} and len(rows) == 4 and not plan.plain
    assert sorted(len(batch) for batch in batch_rows(rows, 2**16)) == [2, 2]  # negatives of unequal length


@pytest.mark.parametrize("nag", [None, {"scale": 1}, {"alpha": 0}])
def test_off_is_no_plan_s_matter(nag: Any) -> None:
    plan, rows = rows_of(numbers(nag=nag))
    assert plan.nag is None and all(row.attention is PLAIN for row in rows)
    assert all(view.region.unconds is None for view in plan.steps[0])


def test_a_picture_without_brushes_is_the_host_s_own_unless_negatives_act_in_it() -> None:
    on, off = (rows_of(numbers(brushes=[], nag=nag))[0] for nag in ({"scale": 4}, None))
    assert off.single is not None and off.plain
    assert on.single is None and not on.plain


def test_negatives_beside_guidance_are_asked_without_it() -> None:
    _, rows = rows_of(numbers(nag={}, guidance=3))
    assert {row.negative: row.attention.nag is not None for row in rows} == {True: False, False: True}


def _mean(cond: Any) -> float:
    assert isinstance(cond, MeanCond)
    return cond.mean


@pytest.fixture(scope="module")
def host(known_pipeline: Any) -> DiffusersHost:
    known_pipeline.set_progress_bar_config(disable=True)
    return DiffusersHost.of(known_pipeline, "known", "0123456789")


def colours(**more: Any) -> Palette:
    """A gray picture whose left half shall not be red and whose right half shall not be blue."""
    brushes = [
        {"id": "a", "prompt": "gray cat", "mask": LEFT, "negative": "red"},
        {"id": "b", "prompt": "gray", "mask": RIGHT, "negative": "blue" + " cat" * 90},
    ]
    head = {"version": 1, "size": {"width": 128, "height": 64}, "seed": 3, "steps": 2, "sampler": "LCM", "guidance": 1}
    return parse(head | {"brushes": brushes, "bootstrap": {"levels": 0}} | more)


def test_colours_move_away_from_each_brush_s_negative_as_far_as_the_formula_says(host: DiffusersHost) -> None:
    before = [layer.processor for name, layer in host.pipe.unet.named_modules() if name.endswith("attn2")]
    picture = np.asarray(render(host, colours(nag=WIDE))[0].image).astype(float)
    for part, kept in ((picture[8:-8, 8:56], 0), (picture[8:-8, 72:120], 2)):
        wanted = np.full(3, 127.5 * (1 + 0.25 * 0.85))  # alpha (scale - 1) of the colour at guidance 1
        wanted[kept] = 127.5 * (1 - 0.25 * 0.85)
        assert np.abs(part.reshape(-1, 3).mean(axis=0) - wanted).max() < 3
    after = [layer.processor for name, layer in host.pipe.unet.named_modules() if name.endswith("attn2")]
    assert len(before) > 10 and all(a is b for a, b in zip(before, after, strict=True))


def test_a_scale_of_1_draws_the_same_picture(host: DiffusersHost) -> None:
    one, two = (np.asarray(render(host, colours(**more))[0].image) for more in ({}, {"nag": {"scale": 1}}))
    assert np.array_equal(one, two)


def test_a_picture_of_one_prompt_has_it_too(host: DiffusersHost) -> None:
    plain = colours(brushes=[], background={"prompt": "gray", "negative": "red"}, nag=WIDE)
    assert np.asarray(render(host, plain)[0].image)[8:-8, 8:-8, 0].mean() < 110


def test_processors_come_back_after_an_error(host: DiffusersHost) -> None:
    cond: Any = host.encode(Prompt("red", True, colours().size))[0].cond
    row: Any = type("R", (), {"attention": asking.Attention(nag=Against(cond, Nag()))})()
    layers = [layer for name, layer in host.pipe.unet.named_modules() if name.endswith("attn2")]
    before = [layer.processor for layer in layers]

    def fails() -> None:
        assert all(isinstance(layer.processor, RowsProcessor) for layer in layers)
        raise RuntimeError("out of order")

    with pytest.raises(RuntimeError, match="out of order"), act_in_cross_attention(host.pipe.unet, [row]):
        fails()
    assert all(layer.processor is each for layer, each in zip(layers, before, strict=True))
