"""AUTOMATIC1111's denoiser with regions: what it is left as, its refiner, its image conditions, its masks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import fake_a1111
from fake_a1111 import state_of
from fake_sampler import HALF, SIDE, Job, draw, drawn, halves
from fake_webui import Checkpoint, WebUI
from lib_regiondiff.extension import jobs
from lib_regiondiff.hosts.webui import a1111
from lib_regiondiff.hosts.webui.program.error_display import RequestError
from lib_regiondiff.hosts.webui.programs import find_program

SAMPLERS = ("Euler", "LCM", "DDIM", "DDIM CFG++")
NEAR = 1e-3


@pytest.fixture
def webui(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WebUI:
    return fake_a1111.install(monkeypatch, tmp_path)


def test_it_is_known_by_what_it_lacks(webui: WebUI) -> None:
    assert find_program().load_adapter() is a1111


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_refiner_draws_regions_with_conditions_of_its_own(webui: WebUI, sampler: str) -> None:
    base, refiner, made = webui.model, Checkpoint(offset=0.7), []
    for prompt, palette in (("green", halves("red", "blue")), ("red", None), ("blue", None)):
        webui.load(base)
        made.append(draw(webui, prompt, palette=palette, sampler_name=sampler, refiner_checkpoint_info=refiner))
    both, left, right = made
    assert torch.allclose(both[..., :HALF], left[..., :HALF], atol=NEAR)
    assert torch.allclose(both[..., HALF:], right[..., HALF:], atol=NEAR)
    assert {("red",), ("blue",), ("grey",)} <= {texts for texts, *_ in refiner.encoded}
    webui.load(base)
    assert not torch.allclose(left, draw(webui, "red", sampler_name=sampler), atol=0.1)


@pytest.mark.parametrize("sdxl", [False, True])
@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
def test_sd_webui_controlnet_gets_marks_and_whole_canvases(webui: WebUI, sampler: str, sdxl: bool) -> None:
    model = Checkpoint(native=64, sdxl=sdxl)
    vars(model.model.diffusion_model)["_original_forward"] = None
    hint = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    marks: list[tuple[float, bool]] = []
    plain = model.x0

    def controlled(x: torch.Tensor, scaling: Any, number: float, text: torch.Tensor, **beside: Any) -> torch.Tensor:
        if text[0, 0].abs().eq(a1111.MARK).all():
            grey = text[:, 1, 0] == 0.25  # the negative's
            marks.extend(zip(text[:, 0].mean(dim=1).tolist(), grey.tolist(), strict=True))
            text = text[:, 1:]
        return plain(x, scaling, number, text, hint=hint.expand(len(x), -1, -1, -1), **beside)

    model.x0 = controlled  # type: ignore[method-assign]
    webui.load(model)
    both, left = (
        draw(webui, "green", palette=halves("red", "blue"), sampler_name=sampler),
        draw(webui, "red", sampler_name=sampler),
    )
    assert torch.allclose(both[..., :HALF], left[..., :HALF], atol=NEAR)
    assert set(marks) == {(a1111.MARK, False), (-a1111.MARK, True)}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_denoiser_is_left_as_it_was(webui: WebUI, sampler: str) -> None:
    p = Job(webui, ["green"], sampler_name=sampler)
    before = state_of(p)
    drawn(p, halves("red", "blue"))
    assert state_of(p) == before or sampler == "DDIM CFG++"
    assert p.sampler.model_wrap_cfg.inner_model is before.model


@pytest.mark.parametrize("error", [RuntimeError("out of memory"), KeyboardInterrupt()])
def test_a_denoiser_is_left_as_it_was_when_the_network_fails(webui: WebUI, error: BaseException) -> None:
    def fail() -> None:
        assert p.sampler.model_wrap_cfg.inner_model is not before.model, "another stands for it"
        if len(webui.model.asked) == 2:
            raise error

    p = Job(webui, ["green"])
    before, webui.model.before = state_of(p), fail
    with pytest.raises(type(error)):
        drawn(p, halves("red", "blue"))
    assert state_of(p) == before


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_sampler_that_serves_several_runs_draws_each(webui: WebUI, sampler: str) -> None:
    """Tiled Diffusion keeps one for the passes and batches of a job."""
    p = Job(webui, ["green"], sampler_name=sampler)
    first = drawn(p, halves("red", "blue"))
    x = p.noise()
    jobs.sample(p, x, x)
    assert torch.equal(p.sampler.sample(p, x), first)


@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
def test_callbacks_see_the_rows_that_the_host_guides(webui: WebUI, sampler: str) -> None:
    """Two rows, however many regions: the picture, and the negative around which the host's scale makes it."""
    seen: list[tuple[str, torch.Tensor]] = []
    webui.callbacks.append(lambda name, rows: seen.append((name, rows.clone())))
    made = []
    for prompt, palette in (("green", halves("red", "blue")), ("red", None)):
        draw(webui, prompt, palette=palette, sampler_name=sampler)
        made.append(seen.copy())
        seen.clear()
    for (name, both), (same, left) in zip(*made, strict=True):
        assert name == same and both.shape == left.shape == (2, 3, SIDE, SIDE)
        assert torch.allclose(both[..., :HALF], left[..., :HALF], atol=NEAR)


def test_what_stands_for_the_model_is_the_model_to_all_who_ask(webui: WebUI) -> None:
    model = Job(webui, ["green"]).sampler.model_wrap_cfg.inner_model
    stand_in = a1111.StandInModel(model, lambda x, sigma, cond: x + sigma)
    assert stand_in.sigmas is model.sigmas and list(stand_in.parameters()) == []
    assert stand_in(1, 2, cond=None) == 3
    with pytest.raises(AttributeError):
        _ = stand_in.missing


@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
def test_the_negative_of_a_model_for_variations_sees_no_picture(webui: WebUI, sampler: str) -> None:
    webui.load(Checkpoint(conditioning_key="crossattn-adm"))
    adm = torch.tensor([[0.5, 1.0, -1.0]])
    both, left, right = (
        draw(webui, prompt, palette=palette, sampler_name=sampler, image_cond=adm)
        for prompt, palette in (("green", halves("red", "blue")), ("red", None), ("blue", None))
    )
    assert torch.allclose(both[..., :HALF], left[..., :HALF], atol=NEAR)
    assert torch.allclose(both[..., HALF:], right[..., HALF:], atol=NEAR)


@pytest.mark.parametrize("sampler", SAMPLERS[:3])
def test_parts_of_a_prompt_without_a_negative_are_composed_as_the_host_does(webui: WebUI, sampler: str) -> None:
    job: dict[str, Any] = {"sampler_name": sampler, "s_min_uncond": 2000.0}
    palette, prompt = halves("red AND blue:0.5", "green"), "red AND blue:0.5"
    both, left = draw(webui, "grey", palette=palette, **job), draw(webui, prompt, **job)
    assert torch.allclose(both[..., :HALF], left[..., :HALF], atol=NEAR)


def test_prompts_are_encoded_once_and_before_the_network_is_asked(webui: WebUI) -> None:
    webui.model.before = lambda: webui.model.encoded.append("network")  # type: ignore[arg-type]
    draw(webui, "green", palette=halves("red", "blue"))
    early = webui.model.encoded[: webui.model.encoded.index("network")]  # type: ignore[arg-type]
    assert [each for each in webui.model.encoded if each != "network"] == early
    ours = early[2:]  # after the host's own two
    assert len(ours) == len(set(ours)) and {texts for texts, *_ in ours} == {("red",), ("blue",), ("grey",)}


def test_a_model_that_edits_pictures_is_refused(webui: WebUI) -> None:
    webui.model.cond_stage_key = "edit"
    with pytest.raises(RequestError, match="InstructPix2Pix"):
        draw(webui, "green", palette=halves("red", "blue"))
    assert webui.model.encoded == []


def test_arguments_may_come_by_place(webui: WebUI) -> None:
    p = Job(webui, ["green"])
    by_name = drawn(p, halves("red", "blue"))
    q = Job(webui, ["green"])
    real = q.sampler.loop

    def by_place(denoiser: Any, x: Any, levels: Any, told: Any) -> Any:
        order = ("uncond", "cond", "cond_scale", "s_min_uncond", "image_cond")
        return real(lambda x, sigma, **how: denoiser(x, sigma, *(how[name] for name in order)), x, levels, told)

    q.sampler.loop = by_place
    assert torch.equal(drawn(q, halves("red", "blue")), by_name)
