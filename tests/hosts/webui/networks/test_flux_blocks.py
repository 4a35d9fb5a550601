"""Attention Couple in Flux on Forge and Forge Neo: exact beside dense attention, by the blocks' own layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

import fake_forge
from dense_attention import average_patches, mix
from fake_flux import FakeFlux
from fake_forge import with_unet
from fake_sampler import HALF, draw, halves
from fake_webui import Checkpoint, WebUI, put
from lib_regiondiff.denoising.attention.couple import couple
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box
from lib_regiondiff.host import PLAIN, Attention, Level, Row
from lib_regiondiff.hosts.webui.conditioning import ScheduledCond
from lib_regiondiff.hosts.webui.networks.acting import find_methods
from lib_regiondiff.hosts.webui.networks.flux import act_in_blocks, find_blocks, join_streams
from lib_regiondiff.hosts.webui.program.error_display import RequestError

HEIGHT, WIDTH = 6, 8
LEVEL = Level(600.0, 0.4, 0.6, 0.6)
KINDS = {"Forge": False, "Forge Neo": True}


@pytest.fixture
def webui(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WebUI:
    return fake_forge.install(monkeypatch, tmp_path)


def load(network: Any, kind: str = "Flux") -> Any:
    """A checkpoint as Forge loads it by an engine of this name, with this network."""
    checkpoint = type(kind, (Checkpoint,), {})()
    checkpoint.model.diffusion_model = network
    return with_unet(checkpoint)


def make_conds(lengths: Sequence[int], seed: int = 0) -> list[ScheduledCond]:
    """Prompts of so many tokens."""
    generator = torch.Generator().manual_seed(seed)
    texts = [torch.randn(length, 3, generator=generator) for length in lengths]
    return [ScheduledCond([SimpleNamespace(end_at_step=9, cond=text)], lambda: 0) for text in texts]


def make_weights(count: int, seed: int = 0) -> Tensor:
    """Soft weights [R, h, w] that sum to one, the first of which is 0 at the left."""
    drawn = torch.rand(count, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(seed)) + 0.1
    drawn[0, :, :4] = 0
    return drawn / drawn.sum(dim=0)


def make_row(conds: Sequence[ScheduledCond], attention: Attention = PLAIN) -> Row:
    box = Box(0, 0, HEIGHT, WIDTH)
    return Row(0, 0, box, box, conds[0], LEVEL, attention=attention)


def draw_x(count: int) -> Tensor:
    return torch.randn(count, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(3))


def ask(network: FakeFlux, x: Tensor, rows: Sequence[Row]) -> Tensor:
    with act_in_blocks(load(network), rows, set()):
        return network(x, join_streams(rows))


def ask_densely(network: FakeFlux, x: Tensor, row: Row, lengths: Sequence[int]) -> Tensor:
    """The network's own answer where its attention is written out with dense masks."""
    assert row.attention.weights is not None
    weights, plain = average_patches(row.attention.weights), network.attend

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        scores = query[0].double() @ key[0].double().transpose(-1, -2) / query.shape[-1] ** 0.5
        return (mix(scores, lengths, weights).float() @ value[0]).transpose(0, 1).flatten(1)[None]

    network.attend = attend
    try:
        return network(x, join_streams([row]))
    finally:
        network.attend = plain


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("blocks", [(2, 2), (1, 0), (0, 1)])
def test_rows_are_those_of_dense_attention(kind: str, blocks: tuple[int, int]) -> None:
    network, lengths = FakeFlux(*blocks, records=KINDS[kind]), (5, 3, 7)
    made = [(make_conds(lengths, seed), make_weights(3, seed)) for seed in (1, 2)]
    rows = [make_row(conds, couple(conds, weights)) for conds, weights in made]
    x = draw_x(2)
    answers = ask(network, x, rows)
    for line, row in enumerate(rows):
        wanted = ask_densely(network, x[line : line + 1], row, lengths)
        assert (answers[line] - wanted[0]).abs().max() < 1e-5
        plain = ask(network, x[line : line + 1], [make_row([made[line][0][0]])])
        assert (answers[line] - plain[0]).abs().max() > 1e-3, "prompts matter"


@pytest.mark.parametrize("kind", KINDS)
def test_regions_of_equal_prompts_are_the_network_s_own_answer(kind: str) -> None:
    network = FakeFlux(2, 2, records=KINDS[kind])
    conds = [make_conds([6])[0] for _ in range(3)]
    x = draw_x(1)
    plain = network(x, join_streams([make_row(conds)]))
    assert torch.equal(ask(network, x, [make_row(conds)]), plain), "nothing is changed"
    assert (ask(network, x, [make_row(conds, couple(conds, make_weights(3)))]) - plain).abs().max() < 1e-5


@pytest.mark.parametrize("blocks", [(1, 0), (0, 1)])
def test_a_block_tells_no_cell_of_regions_without_weight_there(blocks: tuple[int, int]) -> None:
    network, conds, x = FakeFlux(*blocks), make_conds((5, 4)), draw_x(1)
    weights = torch.zeros(2, HEIGHT, WIDTH)
    weights[0, :, :3], weights[1, :, 3:] = 1, 1
    before = ask(network, x, [make_row(conds, couple(conds, weights))])
    other = [conds[0], make_conds([4], seed=9)[0]]
    moved = (ask(network, x, [make_row(other, couple(other, weights))]) != before).any(dim=1)[0]
    assert not moved[:, :2].any() and moved[:, 2:].all(), "both have weight in the patch of columns 2 and 3"


def test_the_attention_that_the_user_has_chosen_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []

    def chosen(query: Tensor, key: Tensor, value: Tensor, heads: int, skip_reshape: bool = False) -> Tensor:
        assert skip_reshape and heads == query.shape[1]
        seen.append((query.shape[2], key.shape[2]))
        return torch.nn.functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)

    put(monkeypatch, "backend")
    put(monkeypatch, "backend.attention", attention_function=chosen)
    weights = torch.zeros(2, HEIGHT, WIDTH)
    weights[0, :, :4], weights[1, :, 4:] = 1, 1
    conds = make_conds((5, 3))
    ask(FakeFlux(1, 1), draw_x(1), [make_row(conds, couple(conds, weights))])
    assert seen == [(5 + 6, 5 + 12), (3 + 6, 3 + 12)] * 2, "queries of a region's own tokens and its half alone"


def test_blocks_have_their_own_forward_again_also_after_an_error() -> None:
    network, conds = FakeFlux(), make_conds((5, 3))
    row = make_row(conds, couple(conds, make_weights(2)))
    own = network.single_blocks[0].forward
    network.single_blocks[0].forward = own  # as another extension may put it there
    ask(network, draw_x(1), [row])
    broken = FakeFlux(extra=1)
    with pytest.raises(HostError, match=r"^attention: expected 1 rows of 20 tokens, .*, got 1 rows of 21; switch off"):
        ask(broken, draw_x(1), [row])
    assert vars(network.single_blocks[0])["forward"] is own
    blocks = [*network.double_blocks, *broken.double_blocks, *broken.single_blocks]
    assert not any("forward" in vars(block) for block in blocks)


def test_a_network_whose_blocks_are_not_called_is_an_error() -> None:
    conds, engine, heard = make_conds((5, 3)), load(FakeFlux()), set[int]()
    row = make_row(conds, couple(conds, make_weights(2)))
    with (
        pytest.raises(HostError, match=r"^attention: expected the checkpoint's own blocks to be called, got no call"),
        act_in_blocks(engine, [row], heard),
    ):
        pass
    with act_in_blocks(engine, [row], heard):
        engine.model.diffusion_model(draw_x(1), join_streams([row]))
    with act_in_blocks(engine, [row], heard):
        pass  # as of a cache of later calls


@pytest.mark.parametrize("kind", ["Flux2", "Chroma"])
def test_kin_of_flux_are_refused(webui: WebUI, kind: str) -> None:
    engine = load(FakeFlux(), kind)
    assert not find_blocks(engine) and not find_methods(engine)
    webui.load(engine)
    with pytest.raises(RequestError, match=r"^attention: expected none, got 'couple'; "):
        draw(webui, "grey", palette=halves("red", "blue", attention="couple"))


@pytest.mark.parametrize("kind", KINDS)
def test_through_the_whole_adapter_a_prompt_acts_in_its_own_half(webui: WebUI, kind: str) -> None:
    """In one step of one block, so that halves have not seen each other yet; a negative is asked apart."""
    webui.load(load(FakeFlux(1, 0, records=KINDS[kind])))
    made = [
        draw(webui, "grey", palette=halves("red long", right, attention="couple"), steps=1, cfg_scale=2.0)
        for right in ("blue", "green")
    ]
    moved = (made[0] - made[1]).abs().amax(dim=1)[0] > 1e-5
    assert not moved[:, :HALF].any() and moved[:, HALF:].all()
    assert {each.tokens for each in webui.model.asked} == {3 * 77, 77} and set(webui.model.rows) == {1}
    assert torch.isfinite(draw(webui, "grey", "red", palette=halves("red", "blue", attention="couple"))).all()
