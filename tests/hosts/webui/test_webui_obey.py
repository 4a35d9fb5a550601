"""Regions on both kinds of WebUI: inside its mask each brush draws what its prompt alone would, in every mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

import fake_forge
from fake_sampler import HALF, SIDE, Job, draw, drawn, halves
from fake_webui import Checkpoint, WebUI
from lib_regiondiff.errors import HostError

SAMPLERS = ("Euler", "LCM", "DDIM", "DDIM CFG++")
NEAR = 1e-3
KEPT = torch.zeros(3, SIDE, SIDE)
KEPT[:, : SIDE // 4] = 1
MASKED: Mapping[str, Any] = {"mask": KEPT, "init_latent": torch.linspace(-2, 2, SIDE).expand(1, 3, SIDE, SIDE)}

# What a job and the options are in a mode; a dict of options is the second.
MODES: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "as usual": ({}, {}),
    "guidance 1": ({"cfg_scale": 1.0}, {}),
    "less than one": ({"cfg_scale": 0.5}, {}),
    "odd steps without negative": ({"s_min_uncond": 600.0}, {}),
    "all late steps without negative": ({"s_min_uncond": 4.0}, {"s_min_uncond_all": True}),
    "early steps without negative": ({}, {"skip_early_cond": 0.4}),
    "negative in a call of its own": ({}, {"batch_cond_uncond": False}),
    "the scale changes": ({"scales": (7.0, 1.0, 3.0, 12.5, 2.0, 5.0)}, {}),
    "from the middle": ({"first": 2}, {}),
    "masked": (MASKED, {}),
    "negatives are shown": ({}, {"live_preview_content": "Negative prompt"}),
    "more steps": ({"steps": 9}, {}),
}


def like_alone(webui: WebUI, prompts: tuple[str, str], palette: Any = None, alone: Any = None, **job: Any) -> Tensor:
    """Check both halves against their prompts alone (with the changes `alone` of the left one's job)."""
    made = draw(webui, "green", palette=palette or halves(*prompts), **job)
    left = draw(webui, prompts[0], **(job | (alone or {})))
    right = draw(webui, prompts[1], **job)
    assert (left - right).abs().max() > 0.1
    assert torch.allclose(made[..., :HALF], left[..., :HALF], atol=NEAR)
    assert torch.allclose(made[..., HALF:], right[..., HALF:], atol=NEAR)
    return made


def options(webui: WebUI, **changes: Any) -> None:
    vars(webui.shared.opts).update(changes)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_each_half_is_what_its_prompt_draws_alone(webui: WebUI, sampler: str, mode: str) -> None:
    job, changes = MODES[mode]
    options(webui, **changes)
    like_alone(webui, ("red", "blue"), sampler_name=sampler, **job)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize(
    "prompts",
    [("[red:green:0.5]", "blue"), ("red", "long blue"), ("red AND blue:0.5", "green AND grey:-0.3"), ("", "red")],
)
def test_each_kind_of_prompt_is_what_it_is_alone(webui: WebUI, sampler: str, prompts: tuple[str, str]) -> None:
    like_alone(webui, prompts, sampler_name=sampler)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_main_prompt_of_parts_rules_where_no_brush_is(webui: WebUI, sampler: str) -> None:
    palette = halves("red", "blue")
    del palette["brushes"][1]
    made = draw(webui, "blue AND green:0.4", palette=palette, sampler_name=sampler)
    right, left = (draw(webui, prompt, sampler_name=sampler) for prompt in ("blue AND green:0.4", "red"))
    assert torch.allclose(made[..., HALF:], right[..., HALF:], atol=NEAR)
    assert torch.allclose(made[..., :HALF], left[..., :HALF], atol=NEAR)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_canvas_may_be_wide_or_tall(webui: WebUI, sampler: str) -> None:
    palette = halves("red", "blue")
    palette["brushes"][0]["mask"] = {"rectangle": [0, 0, 1, 0.375]}
    palette["brushes"][1]["mask"] = {"rectangle": [0, 0.375, 1, 1]}
    for side in ((8, 24), (24, 8)):
        job: dict[str, Any] = {"sampler_name": sampler, "side": side}
        edge = 3 * side[0] // 8
        made, red, blue = (
            draw(webui, "green", palette=palette, **job),
            draw(webui, "red", **job),
            draw(webui, "blue", **job),
        )
        assert torch.allclose(made[..., :edge, :], red[..., :edge, :], atol=NEAR)
        assert torch.allclose(made[..., edge:, :], blue[..., edge:, :], atol=NEAR)
    assert (webui.model.encoded[-1][2:]) == (64, 192)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_image_of_a_batch_has_the_prompt_of_its_own(webui: WebUI, sampler: str) -> None:
    palette = halves("red", "blue")
    del palette["brushes"][1]
    prompts = ("green", "long blue")
    made = draw(webui, *prompts, palette=palette, sampler_name=sampler)
    plain = draw(webui, *prompts, sampler_name=sampler)
    red = draw(webui, "red", "red", sampler_name=sampler)
    assert torch.allclose(made[..., HALF:], plain[..., HALF:], atol=NEAR)
    assert torch.allclose(made[..., :HALF], red[..., :HALF], atol=NEAR)
    assert (plain[0] - plain[1])[..., HALF:].abs().max() > 0.5


@pytest.mark.parametrize("sampler", ["Euler", "LCM", "DDIM"])
@pytest.mark.parametrize("scale", [1.0, 5.0])
def test_the_guidance_of_a_brush_is_that_of_a_job(webui: WebUI, sampler: str, scale: float) -> None:
    for own in (1.0, 3.0):
        palette = halves("red", "blue", left_guidance=own)
        job = {"sampler_name": sampler, "cfg_scale": scale}
        like_alone(webui, ("red", "blue"), palette, alone={"cfg_scale": own}, **job)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_negative_of_a_brush_is_that_of_a_job(webui: WebUI, sampler: str) -> None:
    palette = halves("red", "blue", left_negative="green")
    like_alone(webui, ("red", "blue"), palette, alone={"negative": "green"}, sampler_name=sampler)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_conditions_by_name_work_as_well(webui: WebUI, sampler: str) -> None:
    webui.model.sdxl = True
    like_alone(webui, ("red", "long blue"), sampler_name=sampler)
    sizes = [each.beside["size"] for each in webui.model.asked]
    assert all((size == 8 * SIDE).all() for size in sizes)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("prompt", ["red", "[red:blue:0.5]", "long red AND blue:0.7", "red:2"])
def test_all_the_same_is_the_host_s_own_path(webui: WebUI, sampler: str, prompt: str) -> None:
    plain = draw(webui, prompt, sampler_name=sampler)
    rows = webui.model.rows.copy()
    webui.model.asked.clear()
    assert torch.equal(plain, draw(webui, prompt, palette=halves(prompt, prompt), sampler_name=sampler))
    assert webui.model.rows == rows


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize(("scale", "rows"), [(5.0, {3}), (1.0, {2})])
def test_the_negative_is_shared_and_not_asked_at_guidance_1(
    webui: WebUI, sampler: str, scale: float, rows: set[int]
) -> None:
    if (
        sampler == "DDIM CFG++" and scale == 1
    ):  # it wants the negative at any scale; what surrounds an object parts them
        rows = {3, 4}
    draw(webui, "green", palette=halves("red", "blue"), sampler_name=sampler, cfg_scale=scale)
    assert set(webui.model.rows) == rows
    assert not (webui.model.asked[0].means == torch.tensor([-1.0, 1.5, 0.0])).all(dim=1).any(), "green is covered"


def test_one_call_is_the_formula(webui: WebUI) -> None:
    """No other run of the fake is trusted here: the guided mean is written down."""
    p = Job(webui, ["green"], steps=2)
    drawn(p, halves("red", "blue"))
    asked = webui.model.asked[0]
    x, sigma = asked.x[0], asked.number
    told = {"left": (2.0, -1.0, 0.5), "right": (-0.5, 0.0, 2.5)}
    share = 0.25 / (0.25 + sigma**2)
    wanted = {}
    for name, mean in told.items():
        guided = 0.25 + 5.0 * (torch.tensor(mean) - 0.25)
        wanted[name] = (1 - share) * guided[:, None, None] + share * x
    after = x + (0.1 - sigma) * (x - torch.cat([wanted["left"][..., :HALF], wanted["right"][..., HALF:]], -1)) / sigma
    second = webui.model.asked[1]
    assert torch.allclose(second.x[0], after, atol=1e-4) and second.number == pytest.approx(0.1)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_previews_and_the_picture_of_an_interrupted_job_have_regions(webui: WebUI, sampler: str) -> None:
    latents = []
    for prompt, palette in (("green", halves("red", "blue")), ("red", None), ("blue", None)):
        p = Job(webui, [prompt], sampler_name=sampler)
        drawn(p, palette)
        latents.append((p.sampler.last_latent, webui.shared.state.current_latent))
    for both, left, right in zip(*latents, strict=True):
        assert torch.allclose(both[..., :HALF], left[..., :HALF], atol=NEAR)
        assert torch.allclose(both[..., HALF:], right[..., HALF:], atol=NEAR)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_an_interruption_between_two_calls_of_a_step_is_told(webui: WebUI, sampler: str) -> None:
    count = len(webui.model.rows) + 5
    state = webui.shared.state
    webui.model.before = lambda: setattr(state, "interrupted", len(webui.model.rows) + 1 == count)
    p = Job(webui, ["green"], sampler_name=sampler)
    last = drawn(p, halves("red", "long blue"))
    assert len(webui.model.rows) == count and p.sampler.model_wrap_cfg.step == 2
    assert last is p.sampler.last_latent


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_what_is_not_a_number_is_told(webui: WebUI, sampler: str) -> None:
    with pytest.raises(HostError, match=r"prediction of right at noise .*float32"):
        draw(webui, "green", palette=halves("red", "nan"), sampler_name=sampler)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_what_the_network_raises_is_what_the_job_raises(webui: WebUI, sampler: str) -> None:
    def fail() -> None:
        raise RuntimeError("out of memory")

    p = Job(webui, ["green"], sampler_name=sampler)
    webui.model.before = fail
    with pytest.raises(RuntimeError, match="out of memory"):
        drawn(p, halves("red", "blue"))
    webui.model.before = lambda: None
    like_alone(webui, ("red", "blue"), sampler_name=sampler)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_windows_see_their_part_of_what_belongs_to_pixels(webui: WebUI, sampler: str) -> None:
    webui.load(type(webui.model)(native=64) if not hasattr(webui.model, "forge_objects") else small())
    pixels = torch.randn(2, 5, SIDE, SIDE, generator=torch.Generator().manual_seed(3))
    palette = halves("red", "blue")
    made = draw(webui, "green", "green", palette=palette, sampler_name=sampler, image_cond=pixels)
    assert {tuple(each.x.shape[-2:]) for each in webui.model.asked} == {(SIDE, HALF)}
    for prompt, part in (("red", slice(0, HALF)), ("blue", slice(HALF, SIDE))):
        alone = draw(webui, prompt, prompt, sampler_name=sampler, image_cond=pixels)
        assert torch.allclose(made[..., part], alone[..., part], atol=NEAR)


def small() -> Any:
    """A checkpoint of small pictures."""
    return fake_forge.with_unet(Checkpoint(native=64))
