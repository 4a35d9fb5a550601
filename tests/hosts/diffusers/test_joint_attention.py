"""Attention Couple in transformers (SD3, Flux): exact beside dense attention, and regions that never hear of others."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

pytest.importorskip("diffusers")
pytest.importorskip("tokenizers")

from diffusers import FluxTransformer2DModel, SD3Transformer2DModel

from dense_attention import dense
from lib_regiondiff.denoising.attention.couple import couple
from lib_regiondiff.document.palette import COUPLE, Palette
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import PLAIN, Attention, Level, Row
from lib_regiondiff.hosts.diffusers.families.question import Question
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.joint_attention import find_joint_attention
from lib_regiondiff.hosts.diffusers.render import Drawing
from lib_regiondiff.hosts.diffusers.text.encoding import TextCond
from palettes import drawing
from tiny_flow import CLIP, T5, build_flux, build_sd3

SIZE = Size(7, 9)
LEVEL = Level(600.0, 0.4, 0.6, 0.6)
THIRDS = [(0, 0, 0.34, 1), (0.34, 0, 0.67, 1), (0.67, 0, 1, 1)]


@pytest.fixture(scope="module", params=["sd3", "flux"])
def host(request: pytest.FixtureRequest) -> DiffusersHost:
    return DiffusersHost.of({"sd3": build_sd3, "flux": build_flux}[request.param](), request.param)


@pytest.fixture(scope="module", params=["sd3", "sd3.5", "flux double", "flux single"])
def one_block(request: pytest.FixtureRequest) -> DiffusersHost:
    """A host whose network has one block, so that a token of the picture has heard of prompts only there."""
    kind = request.param
    pipe = build_sd3() if kind.startswith("sd3") else build_flux()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        if kind.startswith("sd3"):
            more: dict[str, Any] = {"dual_attention_layers": (0,), "qk_norm": "rms_norm"} if "5" in kind else {}
            network: Any = SD3Transformer2DModel.from_config(pipe.transformer.config, num_layers=1, **more)
        else:
            layers: dict[str, Any] = {"num_layers": int("double" in kind), "num_single_layers": int("single" in kind)}
            network = FluxTransformer2DModel.from_config(pipe.transformer.config, **layers)
    pipe.register_modules(transformer=network.eval().requires_grad_(False))
    return DiffusersHost.of(pipe, kind)


def make_conds(host: DiffusersHost, lengths: Sequence[int], seed: int = 0) -> list[TextCond]:
    """Prompts of so many tokens with one pooled vector."""
    generator = torch.Generator().manual_seed(seed)
    pooled = torch.randn(1, CLIP if host.family.packed else 2 * CLIP, generator=generator)
    return [TextCond(torch.randn(1, length, T5, generator=generator), pooled) for length in lengths]


def make_weights(count: int, seed: int = 0, size: Size = SIZE) -> Tensor:
    """Soft weights [R, h, w] that sum to one, some of them 0 over several patches."""
    drawn = torch.rand(count, size.height, size.width, generator=torch.Generator().manual_seed(seed)) + 0.1
    drawn[0, :, :4] = 0
    return drawn / drawn.sum(dim=0)


def make_row(conds: Sequence[TextCond], attention: Attention = PLAIN, line: int = 0, size: Size = SIZE) -> Row:
    box = Box(0, 0, size.height, size.width)
    return Row(line, line, box, box, conds[0], LEVEL, attention=attention)


def draw(count: int, seed: int = 3, size: Size = SIZE) -> Tensor:
    return torch.randn(count, 16, size.height, size.width, generator=torch.Generator().manual_seed(seed))


def expect_dense(host: DiffusersHost, x: Tensor, row: Row, conds: Sequence[TextCond], weights: Tensor) -> Tensor:
    """What dense attention answers to one row."""
    network, lengths = host.pipe.transformer, [cond.group for cond in conds]
    joined = TextCond(torch.cat([cond.embedding for cond in conds], dim=1), conds[0].pooled)
    alone = replace(row, cond=joined, attention=PLAIN)
    with torch.no_grad(), dense(network, lengths, weights):
        velocity = host.family.ask(host.pipe, Question(x, torch.tensor([LEVEL.t]), [alone], 8, host.guidance))
    return x - LEVEL.beta * velocity


def test_rows_of_a_batch_are_those_of_dense_attention(host: DiffusersHost) -> None:
    """Each with regions, prompts and weights of its own, in a picture of odd sides; one row has no regions."""
    kinds = [((5, 3, 7), 1), ((5, 3, 7), 2), ((4, 9), 3), ((5, 7, 3), 4), ((6,), 5)]
    made = [(make_conds(host, lengths, seed), make_weights(len(lengths), seed)) for lengths, seed in kinds]
    rows = [
        make_row(conds, couple(conds, weights), line) if len(conds) > 1 else make_row(conds, line=line)
        for line, (conds, weights) in enumerate(made)
    ]
    x = draw(len(rows))
    answers = host.denoise(x, rows)
    for line, (conds, weights) in enumerate(made):
        whole = torch.ones(1, 7, 9) if len(conds) == 1 else weights
        wanted = expect_dense(host, x[line : line + 1], rows[line], conds, whole)
        assert (answers[line] - wanted[0]).abs().max() < 1e-5
        plain = host.denoise(x[line : line + 1], [replace(rows[line], attention=PLAIN)])
        assert len(conds) == 1 or (answers[line] - plain[0]).abs().max() > 1e-3, "prompts matter"


def test_regions_of_equal_prompts_are_the_plain_picture(host: DiffusersHost) -> None:
    one = make_conds(host, [6])[0]
    conds = [one, TextCond(one.embedding.clone(), one.pooled), TextCond(one.embedding.clone(), one.pooled)]
    x = draw(1)
    plain = host.denoise(x, [make_row(conds)])
    found = host.denoise(x, [make_row(conds, couple(conds, make_weights(3)))])
    assert (found - plain).abs().max() < 1e-5


def cells_of(weight: Tensor) -> Tensor:
    """Where patches of a weight [h, w] are not all 0, as cells [h, w]."""
    made = torch.zeros_like(weight, dtype=torch.bool)
    for top in range(0, weight.shape[0], 2):
        for left in range(0, weight.shape[1], 2):
            patch = slice(top, top + 2), slice(left, left + 2)
            made[patch] = bool((weight[patch] > 0).any())
    return made


def test_a_layer_tells_no_cell_of_regions_without_weight_there(one_block: DiffusersHost) -> None:
    """Changing all tokens of a region changes the cells where it has weight, and no bit of any other."""
    conds, x = make_conds(one_block, (5, 4, 6)), draw(1)
    peaks = (1 - (torch.arange(9) - torch.tensor([[0], [4], [8]])).abs() / 4).clamp(min=0)
    weights = (peaks / peaks.sum(dim=0))[:, None].repeat(1, 7, 1)  # from left to right, soft in between
    before = one_block.denoise(x, [make_row(conds, couple(conds, weights))])
    for number in range(3):
        others = list(conds)
        others[number] = TextCond(conds[number].embedding + 1, conds[number].pooled)
        after = one_block.denoise(x, [make_row(others, couple(others, weights))])
        inside = cells_of(weights[number])
        assert 0 < inside.sum() < inside.numel()
        moved = (after != before).any(dim=1)[0]
        assert not moved[~inside].any() and moved[inside].all()


def test_in_one_layer_each_half_is_what_its_prompt_draws_alone(one_block: DiffusersHost) -> None:
    size = Size(8, 12)
    weights = torch.zeros(2, 8, 12)
    weights[0, :, :6], weights[1, :, 6:] = 1, 1
    conds, x = make_conds(one_block, (5, 9)), draw(1, size=size)
    both = one_block.denoise(x, [make_row(conds, couple(conds, weights), size=size)])
    left, right = (one_block.denoise(x, [make_row([cond], size=size)]) for cond in conds)
    assert (both[..., :6] - left[..., :6]).abs().max() < 1e-5 < 1e-3 < (left - right).abs().max()
    assert (both[..., 6:] - right[..., 6:]).abs().max() < 1e-5


def test_layers_have_their_own_processors_again_also_after_an_error(host: DiffusersHost) -> None:
    conds = make_conds(host, (5, 3))
    layers = find_joint_attention(host.pipe.transformer)
    before = [layer.processor for layer in layers]
    row = make_row(conds, couple(conds, make_weights(2)))
    host.denoise(draw(1), [row])
    assert [layer.processor for layer in layers] == before
    wrong = [conds[0], TextCond(conds[1].embedding[..., 1:], conds[1].pooled)]
    with pytest.raises(RuntimeError):
        host.denoise(draw(1), [make_row(wrong, couple(wrong, make_weights(2)))])
    hook = layers[-1].register_forward_hook(lambda *_: 1 / 0)
    try:
        with pytest.raises(ZeroDivisionError):
            host.denoise(draw(1), [row])
    finally:
        hook.remove()
    assert [layer.processor for layer in layers] == before


def thirds(words: tuple[str, str, str] = ("red", "a blue cat", "blue"), **more: Any) -> Palette:
    """Three brushes side by side."""
    brushes = [
        {"id": f"b{index}", "prompt": prompt, "mask": {"rectangle": list(box)}}
        for index, (prompt, box) in enumerate(zip(words, THIRDS, strict=True))
    ]
    size = more.pop("size", (192, 64))
    return drawing("Euler", size, **{"steps": 2, "guidance": 2, "attention": COUPLE, "brushes": brushes} | more)


def test_equal_brushes_are_the_host_s_own_picture(host: DiffusersHost) -> None:
    """And kept apart they agree, though each has a stream of its own."""
    same = thirds(("red", "red", "red"), background={"prompt": "red"})
    alone = thirds(brushes=[], background={"prompt": "red"}, attention="none")
    drawn = [
        Drawing.of(host, palette, merge=merge).latents()
        for palette, merge in ((same, True), (alone, True), (same, False))
    ]
    assert torch.equal(drawn[0], drawn[1]) and (drawn[2] - drawn[1]).abs().max() < 1e-4


def test_all_regions_are_in_one_row(host: DiffusersHost) -> None:
    """SD3's negative, which all of them share, is one more, asked apart since it has fewer tokens."""
    counts: list[int] = []
    name = "encoder_hidden_states"
    hook = host.pipe.transformer.register_forward_pre_hook(
        lambda _, args, named: counts.append(named[name].shape[1]), with_kwargs=True
    )
    try:
        Drawing.of(host, thirds()).latents()
    finally:
        hook.remove()
    assert counts == ([3 * 512] * 2 if host.family.packed else [3 * 333, 333] * 2)


@pytest.mark.parametrize("size", [(200, 72), (64, 136)])
def test_pictures_of_a_batch_are_those_drawn_alone(host: DiffusersHost, size: tuple[int, int]) -> None:
    """In sides that are no multiple of a patch."""
    both = Drawing.of(host, thirds(size=size), seeds=(5, 6)).latents()
    for line, seed in enumerate((5, 6)):
        alone = Drawing.of(host, thirds(size=size, seed=seed)).latents()
        assert (both[line] - alone[0]).abs().max() < 1e-4
    assert (both[0] - both[1]).abs().max() > 0.1


def test_prompts_act_in_their_own_third_first(one_block: DiffusersHost) -> None:
    """Through planning and sampling: in one step of one layer, only that part of a picture changes."""
    words = ("red", "a blue cat", "blue")
    draws = [
        Drawing.of(one_block, thirds((words[0], middle, words[2]), steps=1, guidance=1)).latents()
        for middle in (words[1], "a red cat")
    ]
    moved = (draws[0] != draws[1]).any(dim=1)[0]
    assert moved[:, 10:14].all() and not moved[:, :6].any() and not moved[:, 18:].any()


def test_negatives_act_in_their_own_third(one_block: DiffusersHost) -> None:
    """SD3 is guided away from them; Flux has none."""
    plain, other = thirds(steps=1), thirds(steps=1)
    brushes = tuple(replace(each, negative="cat" if each.id == "b1" else "") for each in other.brushes)
    draws = [Drawing.of(one_block, each).latents() for each in (plain, replace(other, brushes=brushes))]
    moved = ((draws[0] - draws[1]).abs() > 1e-5).any(dim=1)[0]
    assert not moved[:, :6].any() and not moved[:, 18:].any()
    assert bool(moved[:, 10:14].all()) == (not one_block.family.packed)


def test_tiles_and_img2img(host: DiffusersHost) -> None:
    tiles = {"width": 96, "height": 64, "overlap": 32}
    tiled = Drawing.of(host, thirds(tiles=tiles)).latents()
    assert torch.isfinite(tiled).all()
    file = io.BytesIO()
    Image.new("RGB", (192, 64), "red").save(file, "PNG")
    init = {"image": Picture.of(file.getvalue()).url, "strength": 0.5, "mask": {"rectangle": [0, 0, 0.5, 1]}}
    run = Drawing.of(host, thirds(init=init, steps=4))
    assert run.begin is not None
    made = run.latents()
    kept = np.s_[..., 14:]
    assert (made[kept] - run.begin.x0[kept]).abs().max() < 1e-4 < (made - run.begin.x0).abs().max()


def test_what_transformers_cannot_do_is_refused(host: DiffusersHost) -> None:
    with pytest.raises(HostError, match=r"^attention: expected none, got 'bias'; this host's network cannot"):
        Drawing.of(host, thirds(attention="bias"))
    with pytest.raises(HostError, match=r"^nag: "):
        Drawing.of(host, thirds(nag={"scale": 3}))
