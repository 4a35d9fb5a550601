"""Attention Couple on both kinds of WebUI: regions obey in one row, by the layers' own forward, and nothing is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from fake_network import Network
from fake_sampler import HALF, Job, draw, drawn, halves
from fake_webui import Checkpoint, WebUI
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.webui.program.error_display import RequestError

NEAR = 1e-3
MODES: Mapping[str, Mapping[str, Any]] = {
    "as usual": {},
    "guidance 1": {"cfg_scale": 1.0},
    "from the middle": {"first": 2},
    "odd steps without negative": {"s_min_uncond": 600.0},
}


def coupled(left: str = "red", right: str = "blue", **more: Any) -> dict[str, Any]:
    return halves(left, right, attention="couple", **more)


def layer_of(webui: WebUI) -> Any:
    return webui.model.model.diffusion_model.attn2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sampler", ["Euler", "LCM", "DDIM"])
def test_each_half_is_what_its_prompt_draws_alone_in_a_single_row(webui: WebUI, sampler: str, mode: str) -> None:
    job = {"sampler_name": sampler, **MODES[mode]}
    left, right = draw(webui, "red", **job), draw(webui, "blue", **job)
    webui.model.asked.clear()
    made = draw(webui, "green", palette=coupled(), **job)
    assert torch.allclose(made[..., :HALF], left[..., :HALF], atol=NEAR)
    assert torch.allclose(made[..., HALF:], right[..., HALF:], atol=NEAR)
    assert max(webui.model.rows) <= 2, "a positive and a negative"


def test_prompts_of_other_lengths_negatives_and_guidance(webui: WebUI) -> None:
    palette = coupled("red long long", "blue", left_negative="green", right_guidance=2)
    made = draw(webui, "grey", palette=palette)
    left = draw(webui, "red", negative="green")
    right = draw(webui, "blue", cfg_scale=2.0)
    assert torch.allclose(made[..., :HALF], left[..., :HALF], atol=NEAR)
    assert torch.allclose(made[..., HALF:], right[..., HALF:], atol=NEAR)


def test_pictures_of_a_batch_and_prompt_editing(webui: WebUI) -> None:
    both = draw(webui, "green", "grey", palette=coupled("[blue:red:0.3]", "blue"))
    one = draw(webui, "green", palette=coupled("[blue:red:0.3]", "blue"))
    assert torch.allclose(both[0], one[0], atol=NEAR)
    edited = draw(webui, "[blue:red:0.3]")
    assert torch.allclose(one[..., :HALF], edited[..., :HALF], atol=NEAR)


def test_a_checkpoint_with_sizes_beside_its_text(webui: WebUI) -> None:
    kind = Checkpoint(sdxl=True)
    webui.load(__import__("fake_forge").with_unet(kind) if hasattr(webui.model, "forge_objects") else kind)
    made = draw(webui, "green", palette=coupled())
    assert torch.allclose(made[..., :HALF], draw(webui, "red")[..., :HALF], atol=NEAR)


def test_one_meaning_is_the_host_s_own_picture(webui: WebUI) -> None:
    plain = draw(webui, "red")
    assert torch.equal(draw(webui, "red", palette=coupled("red", "red")), plain)


def state(webui: WebUI) -> dict[str, Any]:
    """All attributes of a layer and of its class."""
    layer = layer_of(webui)
    return {**vars(layer), "class": dict(vars(type(layer)))}


@pytest.mark.parametrize("ending", ["well", "in the network", "interrupted"])
def test_layers_are_as_they_were(webui: WebUI, ending: str) -> None:
    before = state(webui)
    calls: list[bool] = []

    def breaks() -> None:
        calls.append("forward" in vars(layer_of(webui)))
        if len(calls) == 2 and ending == "in the network":
            raise RuntimeError("out of order")
        if len(calls) == 2 and ending == "interrupted":
            webui.shared.state.interrupted = True

    webui.model.before = breaks
    try:
        draw(webui, "green", palette=coupled())
    except (RuntimeError, webui.common.InterruptedException):
        assert ending != "well"
    finally:
        webui.model.before = lambda: None
        webui.shared.state.interrupted = False
    after = state(webui)
    assert before.keys() == after.keys() and all(before[name] is after[name] for name in before if name != "class")
    assert before["class"] == after["class"] and len(calls) >= 2


def test_a_layer_s_own_forward_is_called_and_put_back(webui: WebUI) -> None:
    """What another extension has put on the object stays in force."""
    layer, heard = layer_of(webui), []
    plain = type(layer).forward

    def louder(x: Tensor, context: Tensor, *more: Any, **named: Any) -> Tensor:
        heard.append(len(x))
        return plain(layer, x, context, *more, **named)

    layer.forward = louder
    draw(webui, "green", palette=coupled())
    assert vars(layer)["forward"] is louder and set(heard) == {2, 1}
    del layer.forward


def test_calls_that_are_split_below_are_an_error(webui: WebUI) -> None:
    network, whole = webui.model.model.diffusion_model, Network.forward

    def split(x: Tensor, text: Tensor) -> Tensor:
        return torch.cat([whole(network, each[None], words[None]) for each, words in zip(x, text, strict=True)])

    network.forward = split
    try:
        with pytest.raises(HostError, match=r"^attention: expected a call of 2 rows with prompts, got 1; "):
            draw(webui, "green", palette=coupled())
    finally:
        del network.forward
    assert "forward" not in vars(layer_of(webui))


def test_a_network_that_draws_in_place_of_the_checkpoint_s_own_is_an_error(webui: WebUI) -> None:
    """As TensorRT's does: no layer of the checkpoint would hear of regions."""
    network = webui.model.model.diffusion_model
    network.forward = lambda x, *more, **named: x
    try:
        with pytest.raises(HostError, match=r"^attention: expected the checkpoint's own cross-attention to be called"):
            draw(webui, "green", palette=coupled())
    finally:
        del network.forward


def test_a_network_that_answers_later_calls_from_a_cache_goes_on(webui: WebUI) -> None:
    network, whole, kept = webui.model.model.diffusion_model, Network.forward, dict[Any, Tensor]()

    def recall(x: Tensor, *more: Any, **named: Any) -> Tensor:
        if x.shape not in kept:
            kept[x.shape] = whole(network, x, *more, **named)
        return kept[x.shape]

    network.forward = recall
    try:
        assert bool(torch.isfinite(draw(webui, "green", palette=coupled())).all())
    finally:
        del network.forward


def test_layers_that_somebody_else_answers_for_are_refused(webui: WebUI) -> None:
    if not hasattr(webui.model, "forge_objects"):
        pytest.skip("only Forge's patches replace a layer from outside")
    p = Job(webui, ["green"])
    options = webui.model.forge_objects_original.unet.model_options
    options["transformer_options"] = {"patches_replace": {"attn2": {("input", 1): len}}}
    with pytest.raises(HostError, match=r"^attention: expected cross-attention that nothing else replaces"):
        drawn(p, coupled())
    options.pop("transformer_options")


def test_a_network_without_cross_attention_is_refused(webui: WebUI) -> None:
    del webui.model.model.diffusion_model.attn2
    with pytest.raises(RequestError, match=r"^attention: expected none, got 'couple'; "):
        draw(webui, "green", palette=coupled())
