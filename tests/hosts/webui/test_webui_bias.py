"""Paint with Words on both kinds of WebUI: a raised word wins where it was painted, and nothing is left."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

import fake_forge
import fake_webui
from fake_sampler import HALF, Job, draw, drawn, halves
from fake_webui import Checkpoint, WebUI
from fake_words import Attention, hear_words
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.webui import cross_attention
from lib_regiondiff.hosts.webui.program.error_display import RequestError

NEAR = 1e-3
SAID = "a red thing and blue"
MODES: Mapping[str, Mapping[str, Any]] = {
    "as usual": {},
    "guidance 1": {"cfg_scale": 1.0},
    "odd steps without negative": {"s_min_uncond": 600.0},
}


def load(webui: WebUI, **how: Any) -> Any:
    kind = Checkpoint(**how)
    webui.load(hear_words(fake_forge.with_unet(kind) if hasattr(webui.model, "forge_objects") else kind))
    return webui.model


@pytest.fixture(autouse=True)
def words(webui: WebUI) -> None:
    """Every test's checkpoint hears words."""
    load(webui)


def biased(left: str = "red", right: str = "blue", **more: Any) -> dict[str, Any]:
    return halves(left, right, **{"attention": "bias", "bias": {"noise": "1", "scale": 1}, **more})


def obeys(made: Tensor, left: Tensor, right: Tensor) -> None:
    assert torch.allclose(made[..., :HALF], left[..., :HALF], atol=NEAR)
    assert torch.allclose(made[..., HALF:], right[..., HALF:], atol=NEAR)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sampler", ["Euler", "LCM", "DDIM"])
def test_a_raised_word_wins_where_it_was_painted_in_a_single_row(webui: WebUI, sampler: str, mode: str) -> None:
    job = {"sampler_name": sampler, **MODES[mode]}
    left, right = draw(webui, "red", **job), draw(webui, "blue", **job)
    both = draw(webui, SAID, **job)
    assert not torch.allclose(both, left, atol=0.1), "both words are heard everywhere without it"
    webui.model.asked.clear()
    obeys(draw(webui, SAID, palette=biased(), **job), left, right)
    assert max(webui.model.rows) <= 2, "a positive and a negative"


def test_what_the_prompt_lacks_is_added(webui: WebUI) -> None:
    obeys(draw(webui, "a thing", palette=biased("red cat")), draw(webui, "red"), draw(webui, "blue"))


@pytest.mark.parametrize("between", [60, 72, 73, 74, 75, 100, 160])
def test_words_of_later_chunks_and_between_two_chunks(webui: WebUI, between: int) -> None:
    said = "red thing" + " dog" * between + " a cat and blue"
    obeys(draw(webui, said, palette=biased(right="cat and blue")), draw(webui, "red"), draw(webui, "blue"))


def test_an_embedding_is_all_its_vectors(webui: WebUI) -> None:
    said = "blue" + " dog" * 72 + " in style"
    obeys(draw(webui, said, palette=biased("in style")), draw(webui, "style"), draw(webui, "blue"))
    with pytest.raises(RequestError, match=r"^attention: expected words that stand in the whole prompt"):
        draw(webui, "blue", palette=biased("BREAK"))


def test_words_follow_the_editing_of_prompts(webui: WebUI) -> None:
    edited = draw(webui, "[blue:red:0.5]")
    made = draw(webui, "a [blue:red:0.5] thing, green", palette=biased("[blue:red:0.5]", "green"))
    obeys(made, edited, draw(webui, "green"))


def tell_left(webui: WebUI, said: str, palette: Any) -> list[str]:
    """What the network draws in the left half at each step: words whose colours are mixed there."""
    found: list[str] = []

    def note(network: Any, given: Any, made: Tensor) -> None:
        seen = made[0, :, :, :HALF].mean(dim=(1, 2))
        texts = "red", "green", "blue", "red blue", "red green", "green blue", "red blue green"
        means = {text: fake_webui.colour_of(text) / len(text.split()) for text in texts}
        found.append(min(means, key=lambda text: float((means[text] - seen).abs().max())))

    handle = webui.model.model.diffusion_model.register_forward_hook(note)
    draw(webui, said, palette=palette, cfg_scale=1.0)
    handle.remove()
    return found


def test_words_are_raised_while_they_are_said(webui: WebUI) -> None:
    said = "[red:blue:0.5] green"
    early = tell_left(webui, said, biased("red", "green"))
    late = tell_left(webui, said, biased("blue", "green"))
    assert set(early[:3]) == {"red"} and set(early[4:]) == {"green blue"}
    assert set(late[:3]) == {"red green"} and set(late[4:]) == {"blue"}


def test_emphasis_changes_nothing_about_where_words_stand(webui: WebUI) -> None:
    made = draw(webui, "a (red:1.2) cat, blue", palette=biased("(red:1.2) cat"))
    obeys(made, draw(webui, "red"), draw(webui, "blue"))


def test_negatives_and_guidance_of_brushes_stay_their_own(webui: WebUI) -> None:
    palette = biased(left_negative="green", right_guidance=2)
    made = draw(webui, SAID, negative="grey", palette=palette)
    obeys(made, draw(webui, "red", negative="green"), draw(webui, "blue", cfg_scale=2.0))


def test_pictures_of_a_batch(webui: WebUI) -> None:
    both = draw(webui, SAID, "green blue", palette=biased())
    assert torch.allclose(both[0], draw(webui, SAID, palette=biased())[0], atol=NEAR)
    obeys(both[1:], draw(webui, "green", "red")[1:], draw(webui, "green", "blue")[1:])


def test_a_checkpoint_with_sizes_beside_its_text(webui: WebUI) -> None:
    load(webui, sdxl=True)
    obeys(draw(webui, SAID, palette=biased()), draw(webui, "red"), draw(webui, "blue"))


def test_it_begins_and_stops_when_it_is_told(webui: WebUI) -> None:
    how = {"noise": "1", "scale": 1}
    late = tell_left(webui, SAID, biased(bias={**how, "start": 0.5}))
    early = tell_left(webui, SAID, biased(bias={**how, "stop": 0.5}))
    assert late == ["red blue"] * 3 + ["red"] * 3 and early == ["red"] * 3 + ["red blue"] * 3


@pytest.mark.parametrize("scale", [0, 1])
def test_nothing_to_raise_is_the_host_s_own_picture(webui: WebUI, scale: float) -> None:
    plain = draw(webui, SAID)
    palette = biased(bias={"scale": scale}) | ({"brushes": []} if scale else {})
    seen: list[bool] = []
    webui.model.before = lambda: seen.append("forward" in vars(layer_of(webui)))
    assert torch.equal(draw(webui, SAID, palette=palette), plain)
    assert seen and not any(seen)


def layer_of(webui: WebUI) -> Any:
    return webui.model.model.diffusion_model.attn2


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
        draw(webui, SAID, palette=biased())
    except (RuntimeError, webui.common.InterruptedException):
        assert ending != "well"
    finally:
        webui.model.before = lambda: None
        webui.shared.state.interrupted = False
    after = state(webui)
    assert before.keys() == after.keys() and all(before[name] is after[name] for name in before if name != "class")
    assert before["class"] == after["class"] and len(calls) >= 2 and all(calls)


def test_what_holds_a_layer_already_is_told(webui: WebUI) -> None:
    """It would be passed over, as our attention does not call it."""
    layer = layer_of(webui)
    held = layer.forward = lambda *given, **named: Attention.forward(layer, *given, **named)
    with pytest.raises(
        HostError, match=r"^attention: expected cross-attention that nothing else replaces, got 1 layers"
    ):
        draw(webui, SAID, palette=biased())
    assert vars(layer)["forward"] is held
    layer.forward = back = Attention.forward.__get__(layer)
    obeys(draw(webui, SAID, palette=biased()), draw(webui, "red"), draw(webui, "blue"))
    assert vars(layer)["forward"] is back, "put back on the object by who had held it"


def test_layers_that_somebody_else_answers_for_are_refused(webui: WebUI) -> None:
    if not hasattr(webui.model, "forge_objects"):
        pytest.skip("only Forge's patches replace a layer from outside")
    p = Job(webui, [SAID])
    options = webui.model.forge_objects_original.unet.model_options
    options["transformer_options"] = {"patches_replace": {"attn2": {("input", 1): len}}}
    with pytest.raises(HostError, match=r"^attention: expected cross-attention that nothing else replaces"):
        drawn(p, biased())


@pytest.mark.parametrize("missing", ["reader", "to_k"])
def test_a_network_of_another_kind_is_refused(webui: WebUI, missing: str) -> None:
    if missing == "reader":
        for name in ("text_processing_engine", "cond_stage_model"):
            vars(webui.model).pop(name, None)
    else:
        del layer_of(webui).to_k
    with pytest.raises(RequestError, match=r"^attention: expected none, got 'bias'; "):
        draw(webui, SAID, palette=biased())


def test_the_old_way_of_emphasis_is_refused(webui: WebUI) -> None:
    webui.shared.opts.use_old_emphasis_implementation = True
    with pytest.raises(RequestError, match=r"^attention: expected a text encoder that says where words stand, got "):
        draw(webui, SAID, palette=biased())


def test_hypernetworks_and_float32_are_honoured(webui: WebUI, monkeypatch: pytest.MonkeyPatch) -> None:
    if hasattr(webui.model, "forge_objects"):
        pytest.skip("Forge's attention has neither")

    def swap(loaded: Any, text: Tensor) -> tuple[Tensor, Tensor]:
        """Red and blue change places in what values are made of."""
        return text, text[..., [2, 1, 0, 3]]

    fake_webui.put(monkeypatch, "modules.hypernetworks")
    fake_webui.put(monkeypatch, "modules.hypernetworks.hypernetwork", apply_hypernetworks=swap)
    plain = draw(webui, SAID, palette=biased(), cfg_scale=1.0)
    webui.shared.loaded_hypernetworks = [SimpleNamespace()]
    webui.shared.opts.upcast_attn = True
    asked: list[torch.dtype] = []
    whole = torch.nn.functional.scaled_dot_product_attention

    def noted(query: Tensor, *given: Any, **named: Any) -> Tensor:
        asked.append(query.dtype)
        return whole(query, *given, **named)

    monkeypatch.setattr("lib_regiondiff.hosts.webui.raised_attention.scaled_dot_product_attention", noted)
    made = draw(webui, SAID, palette=biased(), cfg_scale=1.0)
    assert torch.allclose(made.mean(dim=(0, 2, 3))[[2, 1, 0]], plain.mean(dim=(0, 2, 3)), atol=0.05)
    assert set(asked) == {torch.float32}


def test_layers_are_found(webui: WebUI) -> None:
    assert cross_attention.find_methods(webui.model) == {"couple", "bias"}
