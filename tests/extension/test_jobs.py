"""A WebUI's job from the script's two arguments to the sampler: off, refused, drawn, and what its infotext says."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import fake_forge
from fake_sampler import HALF, Job, draw, drawn, halves
from fake_webui import WebUI
from lib_regiondiff.document.palette import parse
from lib_regiondiff.errors import HostError
from lib_regiondiff.extension import drawn as drawn_notes
from lib_regiondiff.extension import jobs, reuse
from lib_regiondiff.formats import infotext
from lib_regiondiff.hosts.webui.conditioning import PromptEncoder
from lib_regiondiff.hosts.webui.families import find_native_side
from lib_regiondiff.hosts.webui.program.error_display import RequestError

NEAR = 1e-3
PICTURE = SimpleNamespace(width=256, height=128)


@pytest.mark.parametrize("off", [False, None, "", "false", "0", 0, "off"])
def test_off_is_inert(webui: WebUI, off: Any) -> None:
    plain = draw(webui, "red")
    p = Job(webui, ["red"])
    before = set(vars(p.sampler.model_wrap_cfg)), set(vars(p.sampler)), dict(vars(webui.shared))
    jobs.begin(p, off, "{ no palette")
    p.setup_conds()
    x = p.noise()
    jobs.sample(p, x, x)
    assert (set(vars(p.sampler.model_wrap_cfg)), set(vars(p.sampler)), dict(vars(webui.shared))) == before
    assert torch.equal(p.sampler.sample(p, x), plain) and p.extra_generation_params == {}


@pytest.mark.parametrize("on", [True, 1, "true", "True ", "on", "1"])
def test_on_is_what_interface_and_api_say(on: Any) -> None:
    assert jobs.is_on(on)


REFUSED = {
    "nothing": ("", ["palette: expected a palette, got nothing"]),
    "none": (None, ["palette: expected a palette, got nothing"]),
    "no JSON": ("{", ["palette"]),
    "two faults": (
        {"version": 1, "guidance": -1, "brushes": [{"id": "a", "prompt": "red"}]},
        ["guidance: expected", "brushes[0].mask: expected"],
    ),
    "too much": (halves("red", "blue", nag={"scale": 3}), ["nag: expected nothing"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_ends_the_job_with_every_problem(webui: WebUI, name: str) -> None:
    given, said = REFUSED[name]
    p = Job(webui, ["green"], extra_generation_params={jobs.KEY: "of another job"})
    jobs.begin(p, True, given)
    with pytest.raises(RequestError) as caught:
        p.init(p.all_prompts, p.all_seeds, [])
    assert caught.value.status_code == 422
    assert len(caught.value.detail) == len(said)
    assert all(text.startswith(start) for text, start in zip(sorted(caught.value.detail), sorted(said), strict=True))
    assert p.extra_generation_params == {}


def test_a_refused_job_leaves_nothing_for_the_next(webui: WebUI) -> None:
    plain, p = draw(webui, "red"), Job(webui, ["red"])
    jobs.begin(p, True, "{")
    jobs.begin(p, False, "")
    p.setup_conds()
    x = p.noise()
    jobs.sample(p, x, x)
    assert torch.equal(p.sampler.sample(p, x), plain)


def test_the_infotext_holds_the_palette_and_gives_it_back(webui: WebUI) -> None:
    given = halves("red", "blue")
    p = Job(webui, ["green", "grey"])
    jobs.begin(p, "true", json.dumps(given))
    jobs.begin_batch(p)
    value = p.extra_generation_params[jobs.KEY]
    assert infotext.unpack(value) == parse(given)
    assert reuse.has_palette(p.extra_generation_params)
    assert parse(reuse.read_palette(p.extra_generation_params) or "") == parse(given)
    jobs.begin(p, False, None)
    assert p.extra_generation_params == {}


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({}, "MultiDiffusion"),
        ({"blend": "auto"}, "MultiDiffusion"),
        ({"blend": "mixture"}, "Mixture of Diffusers"),
        ({"attention": "couple", "blend": "mixture"}, "Attention Couple"),
        ({"attention": "bias"}, "Paint with Words"),
    ],
)
def test_the_infotext_names_the_method_and_the_palette_alone_decides(
    webui: WebUI, more: dict[str, str], name: str
) -> None:
    given, p = halves("red", "blue", **more), Job(webui, ["green"])
    jobs.begin(p, True, given)
    jobs.begin_batch(p)
    told = p.extra_generation_params
    assert told[drawn_notes.METHOD_KEY] == name
    value = reuse.read_palette({**told, drawn_notes.METHOD_KEY: "another"})
    older = {key: text for key, text in told.items() if key != drawn_notes.METHOD_KEY}
    assert value == reuse.read_palette(older) and parse(value) == parse(given)
    jobs.begin(p, False, "")
    assert told == {}


def test_an_infotext_s_value_is_a_palette_too(webui: WebUI) -> None:
    given = halves("red", "blue")
    packed = infotext.pack(parse(given))
    assert torch.equal(draw(webui, "green", palette=packed), draw(webui, "green", palette=given))


def test_pictures_of_other_wildcards_have_values_of_their_own(webui: WebUI, tmp_path: Path) -> None:
    (tmp_path / "wildcards").mkdir()
    (tmp_path / "wildcards" / "tint.txt").write_text("red\nblue\ngreen\n")
    p = Job(webui, ["grey"] * 6)
    jobs.begin(p, True, halves("__tint__", "blue"))
    jobs.begin_batch(p)
    values = p.extra_generation_params[jobs.KEY]
    assert isinstance(values, list) and len(values) == 6
    drawn_words = [infotext.unpack(value).brushes[0].prompt for value in values]
    assert len(set(drawn_words)) > 1 and set(drawn_words) <= {"red", "blue", "green"}
    made = draw(webui, *["grey"] * 6, palette=halves("__tint__", "blue"))
    alone = draw(webui, *drawn_words)
    assert torch.allclose(made[..., :HALF], alone[..., :HALF], atol=NEAR)


def test_networks_of_brushes_are_named_in_the_main_prompts(webui: WebUI) -> None:
    p = Job(webui, ["green", "grey <lora:a:1>"])
    jobs.begin(p, True, halves("red <lora:a:1>", "blue <lora:b:0.5>"))
    p.all_prompts, p.prompts = ["gray", p.prompts[1]], ["gray"]  # as other scripts do, and the host for a batch of one
    jobs.begin_batch(p)
    assert p.all_prompts == ["gray<lora:a:1><lora:b:0.5>", "grey <lora:a:1><lora:b:0.5>"]
    assert p.prompts == p.all_prompts[:1]


def test_later_batches_keep_the_networks_of_their_own_images(webui: WebUI, tmp_path: Path) -> None:
    """All images are told before the first batch; the host takes the prompts of a later one out of all."""
    (tmp_path / "wildcards").mkdir()
    (tmp_path / "wildcards" / "tint.txt").write_text("red <lora:a:1>\nblue <lora:b:1>\n")
    p = Job(webui, ["grey"] * 6)
    jobs.begin(p, True, halves("__tint__", "blue"))
    p.prompts = p.all_prompts[:1]
    jobs.begin_batch(p)
    told, values = list(p.all_prompts), p.extra_generation_params[jobs.KEY]
    assert set(told) == {"grey<lora:a:1>", "grey<lora:b:1>"}
    for p.iteration in range(1, 6):
        p.prompts = p.all_prompts[p.iteration : p.iteration + 1]
        jobs.begin_batch(p)
        assert p.prompts == [told[p.iteration]]
    assert p.all_prompts == told and p.extra_generation_params[jobs.KEY] is values


def test_a_failure_of_planning_is_raised_where_the_host_can_t_swallow_it(
    webui: WebUI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: Any) -> None:
        raise HostError("the encoder", "words", "none")

    monkeypatch.setattr(type(webui.model), "get_learned_conditioning", fail)
    p = Job(webui, ["green"])
    jobs.begin(p, True, halves("red", "blue"))
    x = p.noise()
    jobs.sample(p, x, x)
    with pytest.raises(RequestError, match="the encoder"):
        p.sampler.model_wrap_cfg(x, x.new_ones(1), uncond=None, cond=None)


def test_noise_is_changed_where_the_host_will_take_it(webui: WebUI) -> None:
    p = Job(webui, ["green"])
    jobs.begin(p, True, halves("red", "blue", left_seed=77))
    x = p.noise()
    jobs.sample(p, x, x)
    assert not torch.allclose(x[..., :HALF], p.noise()[..., :HALF])
    assert torch.equal(x[..., HALF:], p.noise()[..., HALF:])


def test_a_second_call_before_the_same_sampling_changes_nothing_more(webui: WebUI) -> None:
    """Forge calls twice before the second pass, with the same noise."""
    noise = [{"mask": {"rectangle": [0, 0, 1, 1]}, "seed": 3, "amount": 0.5}]
    p = Job(webui, ["green"])
    jobs.begin(p, True, halves("red", "blue", noise=noise))
    x = p.noise()
    jobs.sample(p, x, x)
    once = x.clone()
    jobs.sample(p, x, x)
    assert torch.equal(x, once) and not torch.equal(x, p.noise())


def test_a_second_pass_is_drawn_too(webui: WebUI) -> None:
    both, left = Job(webui, ["green"]), Job(webui, ["red"])
    for p in (both, left):
        drawn(p, halves("red", "blue") if p is both else None)
    made = []
    for p in (both, left):
        p.is_hr_pass, p.hr_cfg, p.cfg_scale = True, 3.0, 3.0
        p.hr_prompts, p.hr_negative_prompts = p.prompts, p.negative_prompts  # type: ignore[attr-defined]
        p.sampler = type(p.sampler)(webui, "Euler")
        if hasattr(webui.model, "forge_objects"):
            webui.load(fake_forge.with_unet(webui.model))
        x = p.noise()
        jobs.sample(p, x, x)
        made.append(p.sampler.sample(p, x))
    assert torch.allclose(made[0][..., :HALF], made[1][..., :HALF], atol=NEAR)


@pytest.mark.parametrize(("left", "colours"), [(0, ("red", "red")), (64, ("red", "blue")), (128, ("blue", "blue"))])
def test_inpainting_of_a_part_sees_that_part_of_the_palette(webui: WebUI, left: int, colours: tuple[str, str]) -> None:
    p = Job(webui, ["green"])
    p.paste_to, p.init_images, p.inpaint_full_res, p.image_mask = (left, 0, 128, 128), [PICTURE], True, object()
    made = drawn(p, halves("red", "blue"))
    parts = zip((made[..., :HALF], made[..., HALF:]), colours, (slice(0, HALF), slice(HALF, None)), strict=True)
    assert all(torch.allclose(part, draw(webui, colour)[..., place], atol=NEAR) for part, colour, place in parts)


def test_prompts_are_encoded_for_the_steps_of_each_pass(webui: WebUI) -> None:
    p = Job(webui, ["green"], sampler_name="Euler", steps=10, hr_sampler_name="Heun", hr_second_pass_steps=4)
    first, p.is_hr_pass = PromptEncoder.of(p, lambda: 0), True
    second, p.hr_second_pass_steps, p.hr_sampler_name = PromptEncoder.of(p, lambda: 0), 0, None
    rest = PromptEncoder.of(p, lambda: 0)
    assert [(each.steps, each.hires_steps) for each in (first, second, rest)] == [(10, None), (10, 8), (10, 10)]


@pytest.mark.parametrize(("told", "large", "side"), [("768x512", False, 512), ("", True, 1024), ("", False, 512)])
def test_the_size_that_a_model_was_trained_at(told: str, large: bool, side: int) -> None:
    info = SimpleNamespace(metadata={"modelspec.resolution": told} if told else None)
    assert find_native_side(SimpleNamespace(sd_checkpoint_info=info, is_sdxl=large)) == side
    assert find_native_side(SimpleNamespace(is_sdxl=large)) == (1024 if large else 512)


def test_long_palettes_lie_beside_the_picture(webui: WebUI, tmp_path: Path) -> None:
    ready = jobs.Ready(SimpleNamespace(), SimpleNamespace(), sidecars={"a.regiondiff.json": '{"ä": 1}'})  # type: ignore[arg-type]
    jobs.save_beside(SimpleNamespace(regiondiff=ready), str(tmp_path / "00001.png"))
    jobs.save_beside(SimpleNamespace(), str(tmp_path / "00002.png"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.regiondiff.json"]
    assert (tmp_path / "a.regiondiff.json").read_text("utf-8") == '{"ä": 1}'
