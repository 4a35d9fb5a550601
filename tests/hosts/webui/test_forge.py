"""Forge's UNet with regions: other wrappers, ControlNet, functions after guidance, clones, its refiner."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

import fake_forge
from fake_forge import Condition, Control, calc_cond_uncond_batch, with_unet
from fake_sampler import HALF, SIDE, Job, draw, drawn, halves
from fake_webui import Checkpoint, WebUI, put
from lib_regiondiff.extension import jobs
from lib_regiondiff.hosts.webui import forge
from lib_regiondiff.hosts.webui.families import is_flow
from lib_regiondiff.hosts.webui.programs import find_program
from lib_regiondiff.hosts.webui.sampler_run import SamplerRun

SAMPLERS = ("Euler", "LCM", "DDIM", "DDIM CFG++")
NEAR = 1e-3


@pytest.fixture
def webui(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WebUI:
    return fake_forge.install(monkeypatch, tmp_path)


def like_alone(webui: WebUI, change: Callable[[Any], None], *prompts: str, **job: Any) -> None:
    """Check both halves against their prompts alone, on a UNet that somebody changed before."""
    made = []
    palette = job.pop("palette", halves("red", "blue"))
    for prompt, given in (("green", palette), ("red", None), ("blue", None)):
        unet = with_unet(webui.model).forge_objects.unet
        change(unet)
        made.append(draw(webui, prompt, *prompts, palette=given, **job))
    both, left, right = (each[:1] for each in made)
    assert (left - right).abs().max() > 0.1
    assert torch.allclose(both[..., :HALF], left[..., :HALF], atol=NEAR)
    assert torch.allclose(both[..., HALF:], right[..., HALF:], atol=NEAR)


def test_it_is_known_by_what_it_has(webui: WebUI) -> None:
    assert find_program().load_adapter() is forge


def test_its_older_relatives_keep_conditions_elsewhere(webui: WebUI, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("backend", "backend.sampling", "backend.sampling.condition"):
        monkeypatch.delitem(sys.modules, name)
    for name in ("ldm_patched", "ldm_patched.modules"):
        put(monkeypatch, name)
    put(monkeypatch, "ldm_patched.modules.conds", CONDRegular=Condition)
    assert find_program().load_adapter() is forge
    like_alone(webui, lambda unet: None)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("together", [True, False])
def test_calls_of_one_condition_each_are_answered_from_one_prediction(
    webui: WebUI, sampler: str, together: bool
) -> None:
    webui.model.asked.clear()
    webui.model.forge_objects.unet.model.together = together
    draw(webui, "green", palette=halves("red", "blue"), sampler_name=sampler)
    assert set(webui.model.rows) == {3} and len(webui.model.rows) == 6


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_wrapper_that_was_there_is_called_with_our_rows(webui: WebUI, sampler: str) -> None:
    rows: list[int] = []

    def wrapper(apply_model: Callable[..., Tensor], how: Any) -> Tensor:
        rows.append(len(how["input"]))
        assert forge.MARK not in how["c"] and len(how["cond_or_uncond"]) in (2, 3)
        return apply_model(how["input"], how["timestep"], **how["c"]) * 0.9 + 0.1

    like_alone(webui, lambda unet: unet.set_model_unet_function_wrapper(wrapper), sampler_name=sampler)
    assert set(rows) == {2, 3}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_unet_that_was_there_is_left_as_it_was(webui: WebUI, sampler: str) -> None:
    unet = webui.model.forge_objects.unet
    unet.model_options = {"transformer_options": {"mine": 1}, "conditioning_modifiers": []}
    before = copy.deepcopy(unet.model_options)
    draw(webui, "green", palette=halves("red", "blue"), sampler_name=sampler)
    assert unet.model_options == before and webui.model.forge_objects.unet is not unet


def test_options_reach_the_model_beside_the_kinds_of_our_rows(webui: WebUI) -> None:
    webui.model.forge_objects.unet.model_options = {"transformer_options": {"mine": 1}}
    draw(webui, "green", palette=halves("red", "blue"))
    for each in webui.model.asked:
        told = each.beside["options"]
        grey = (each.means == 0.25).all(dim=1)
        assert told["mine"] == 1 and told["cond_or_uncond"] == grey.long().tolist() == told["cond_mark"].tolist()
        assert told["uncond_indices"] == grey.nonzero()[:, 0].tolist()


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_clone_of_our_clone_draws_the_same(webui: WebUI, sampler: str) -> None:
    """What the next extension does; a clone copies what it finds."""
    palette = halves("red", "[blue:green:0.5]")
    wanted = draw(webui, "green", palette=palette, sampler_name=sampler)
    webui.load(with_unet(webui.model))
    p = Job(webui, ["green"], sampler_name=sampler)
    jobs.begin(p, True, palette)
    p.setup_conds()
    x = p.noise()
    jobs.sample(p, x, x)
    webui.model.forge_objects.unet = webui.model.forge_objects.unet.clone().clone()
    assert torch.equal(p.sampler.sample(p, x), wanted)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_hints_of_a_control_net_are_those_of_the_image(webui: WebUI, sampler: str) -> None:
    hint = torch.randn(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    controls: list[Control] = []

    def change(unet: Any) -> None:
        controls.append(Control(hint))
        unet.controlnet_linked_list = controls[-1]

    made = []
    for prompt, palette in (("green", halves("red", "blue")), ("red", None)):
        change(with_unet(webui.model).forge_objects.unet)
        made.append(draw(webui, prompt, prompt, palette=palette, sampler_name=sampler))
    assert torch.allclose(made[0][..., :HALF], made[1][..., :HALF], atol=NEAR)
    assert controls[0].asked == controls[1].asked == [4] * len(controls[1].asked), "the host asks it as ever"


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("negative", [0.0, 0.5])
def test_hints_of_a_control_net_may_differ_by_role(webui: WebUI, together: bool, negative: float) -> None:
    """As they do where the prompt or the ControlNet is to be more important; memory may part the roles."""
    hint = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))

    def change(unet: Any) -> None:
        unet.model.together = together
        unet.controlnet_linked_list = Control(hint, negative=negative)

    like_alone(webui, change)


@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
def test_hints_of_a_control_net_fit_a_canvas_beyond_the_native_size(webui: WebUI, sampler: str) -> None:
    webui.load(with_unet(Checkpoint(native=64)))
    hint = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    like_alone(webui, lambda unet: setattr(unet, "controlnet_linked_list", Control(hint)), sampler_name=sampler)


@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
def test_an_extra_condition_of_pixels_is_cropped(webui: WebUI, sampler: str) -> None:
    webui.load(with_unet(Checkpoint(native=64)))
    pixels = torch.randn(1, 5, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    like_alone(webui, lambda unet: setattr(unet, "extra_concat_condition", pixels), sampler_name=sampler)
    assert {tuple(each.x.shape[-2:]) for each in webui.model.asked} == {(SIDE, HALF), (SIDE, SIDE)}


def degraded(told: Any) -> Tensor:
    """As self-attention guidance does: the negative again, on other latents."""
    again, _ = calc_cond_uncond_batch(
        told["model"], (told["uncond"], None), told["input"] * 0.9, told["sigma"], told["model_options"]
    )
    return told["denoised"] + 0.3 * (told["uncond_denoised"] - again)


def perturbed(told: Any) -> Tensor:
    """As perturbed-attention guidance does: the positive again, with a patch."""
    options = copy.deepcopy(told["model_options"])
    options.setdefault("transformer_options", {})["patches"] = {"attn1_patch": [lambda made: made * 0.5]}
    again, _ = calc_cond_uncond_batch(told["model"], (told["cond"], None), told["input"], told["sigma"], options)
    return told["denoised"] + 0.3 * (told["cond_denoised"] - again)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("function", [degraded, perturbed])
def test_functions_after_guidance_that_ask_again_are_answered(
    webui: WebUI, sampler: str, function: Callable[..., Any]
) -> None:
    like_alone(webui, lambda unet: unet.set_model_sampler_post_cfg_function(function), sampler_name=sampler)


@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
def test_a_copy_of_the_modules_makes_the_same_x_another_question(webui: WebUI, sampler: str) -> None:
    """Asked again with the same x and nothing changed, nothing is asked of the network."""

    def again(told: Any) -> Tensor:
        same = calc_cond_uncond_batch(
            told["model"], (told["cond"], told["uncond"]), told["input"], told["sigma"], told["model_options"]
        )
        assert torch.equal(same[0], told["cond_denoised"]) and torch.equal(same[1], told["uncond_denoised"])
        return told["denoised"]

    webui.model.forge_objects.unet.set_model_sampler_post_cfg_function(again)
    draw(webui, "green", palette=halves("red", "blue"), sampler_name=sampler)
    assert webui.model.rows == [3] * 6


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_no_negative_at_guidance_1_unless_a_brush_is_guided(webui: WebUI, sampler: str) -> None:
    p = Job(webui, ["green"], sampler_name=sampler, cfg_scale=1.0)
    guided = drawn(p, halves("red", "blue", left_guidance=3))
    assert p.uc is None
    webui.load(with_unet(webui.model))
    wanted = draw(webui, "red", sampler_name=sampler, cfg_scale=3.0)
    if sampler != "DDIM CFG++":  # which walks along a negative that the host has not asked for
        assert torch.allclose(guided[..., :HALF], wanted[..., :HALF], atol=NEAR)
    assert torch.isfinite(guided).all()


def test_the_guidance_of_a_brush_is_the_scale_that_the_host_would_use(webui: WebUI) -> None:
    """This host knows a multiplier of its scale for CFG++ and never uses it."""
    palette = halves("red", "blue", left_guidance=3)
    both = draw(webui, "green", palette=palette, sampler_name="DDIM CFG++")
    webui.load(with_unet(webui.model))
    alone = draw(webui, "red", sampler_name="DDIM CFG++", cfg_scale=3.0)
    assert torch.allclose(both[..., :HALF], alone[..., :HALF], atol=NEAR)


@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
def test_the_refiner_draws_regions_with_conditions_of_its_own(webui: WebUI, sampler: str) -> None:
    base, refiner, made = webui.model, Checkpoint(offset=0.7), []
    for prompt, palette in (("green", halves("red", "blue")), ("red", None), ("blue", None)):
        webui.load(with_unet(base))
        again = with_unet(refiner)
        made.append(draw(webui, prompt, palette=palette, sampler_name=sampler, refiner_checkpoint_info=again))
    both, left, right = made
    assert torch.allclose(both[..., :HALF], left[..., :HALF], atol=NEAR)
    assert torch.allclose(both[..., HALF:], right[..., HALF:], atol=NEAR)


def test_hooks_of_the_first_pass_do_not_reach_into_the_second(webui: WebUI) -> None:
    """The host calls once on the UNet that the first pass left, and again on a clean one."""
    wanted = draw(webui, "green", palette=halves("red", "blue"))
    webui.load(with_unet(webui.model))
    p = Job(webui, ["green"])
    jobs.begin(p, True, halves("blue", "grey"))
    p.setup_conds()
    x = p.noise()
    jobs.sample(p, x, x)
    jobs.begin(p, True, halves("red", "blue"))
    jobs.sample(p, x, x)  # on what is there already
    webui.load(with_unet(webui.model))
    jobs.sample(p, x, x)
    assert torch.equal(p.sampler.sample(p, x), wanted)


def test_the_host_is_told_of_the_memory_of_our_rows(webui: WebUI) -> None:
    unet = webui.model.forge_objects.unet
    told = []
    for palette in (halves("red", "blue"), halves("green", "green")):
        draw(webui, "green", palette=palette)
        told.append(webui.model.forge_objects.unet.extra_preserved_memory_during_sampling)
    assert told == [unet.memory_required([2, 3, SIDE, SIDE]), 0]
    assert unet.extra_preserved_memory_during_sampling == 0


def test_flow_models_are_told_by_their_predictor(webui: WebUI) -> None:
    assert not is_flow(webui.model)
    webui.model.forge_objects.unet.model.predictor.prediction_type = "const"
    assert is_flow(webui.model)


@pytest.mark.parametrize("kind", ["epsilon", "const"])
def test_plans_are_told_of_flow_models(webui: WebUI, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their clocks count noise in another way, by which close-ups become finer."""
    monkeypatch.setattr(webui.model.forge_objects.unet.model.predictor, "prediction_type", kind, raising=False)
    run: Any = SimpleNamespace(request=SimpleNamespace(whole=""))
    found = SamplerRun._describe_latent(run, torch.zeros(1, 4, 8, 8), webui.model)
    assert found.prediction == ("flow" if kind == "const" else "epsilon")
