"""Editing models with regions: the picture that is edited stays what it was, for the network and for each brush."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

import fake_edit
from fake_edit import EditJob, picture
from fake_sampler import HALF, SIDE, drawn, halves
from fake_webui import WebUI
from lib_regiondiff.hosts.webui import references

NEAR = 1e-3
GROUND = {"version": 1, "background": {"colour": "#336699"}, "brushes": halves("red", "blue")["brushes"][:1]}


@pytest.fixture(params=[False, True], ids=["the network sees it", "prompts see it too"])
def webui(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WebUI:
    return fake_edit.install(monkeypatch, tmp_path, request.param)


def edited(webui: WebUI, prompt: str, palette: Any = None, **more: Any) -> Tensor:
    """What comes of an edit."""
    return drawn(EditJob(webui, [prompt], init_images=[picture(SIDE)], **more), palette)


def like_alone(webui: WebUI, both: Tensor, **more: Any) -> None:
    """Check both halves against their prompts alone."""
    left, right = (edited(webui, prompt, **more) for prompt in ("red", "blue"))
    assert (left - right).abs().max() > 0.1
    assert torch.allclose(both[..., :HALF], left[..., :HALF], atol=NEAR)
    assert torch.allclose(both[..., HALF:], right[..., HALF:], atol=NEAR)


@pytest.mark.parametrize("sampler", ["Euler", "LCM", "DDIM"])
def test_each_brush_edits_the_picture(webui: WebUI, sampler: str) -> None:
    like_alone(webui, edited(webui, "green", halves("red", "blue"), sampler_name=sampler), sampler_name=sampler)


def test_pictures_that_are_given_beside_it_stay(webui: WebUI) -> None:
    webui.model.ref_latents = [torch.full((1, 3, SIDE, SIDE), 0.7)]
    like_alone(webui, edited(webui, "green", halves("red", "blue")))
    assert len(webui.model.ref_latents) == 1


@pytest.mark.parametrize("palette", [halves("red", "blue"), GROUND])
def test_what_the_program_noted_is_as_it_left_it(webui: WebUI, palette: Any) -> None:
    """A picture under the brushes is encoded by the same functions that note the one that is edited."""
    edited(webui, "green")
    plain = [each.clone() for each in webui.model.arguments.ref_latents]
    made = edited(webui, "green", palette)
    after = webui.model.arguments.ref_latents
    assert len(after) == len(plain) == 1 and torch.allclose(after[0], plain[0], atol=NEAR)
    assert webui.model.ini_latent is None and torch.isfinite(made).all()


def test_prompts_that_the_program_had_encoded_before(webui: WebUI) -> None:
    """Then nothing has used the picture up."""
    first = EditJob(webui, ["green"], init_images=[picture(SIDE)])
    drawn(first)
    p = EditJob(webui, ["green"], init_images=[picture(SIDE)])
    p.cached = first.get_conds()
    both = drawn(p, halves("red", "blue"))
    assert webui.model.ini_latent is not None, "as without regions"
    webui.model.ini_latent = None
    like_alone(webui, both)


def test_a_picture_of_an_earlier_job_is_not_taken(webui: WebUI) -> None:
    edited(webui, "green", halves("red", "blue"))
    plain = [drawn(EditJob(webui, [prompt])) for prompt in ("red", "blue")]
    both = drawn(EditJob(webui, ["green"]), halves("red", "blue"))
    assert torch.allclose(both[..., :HALF], plain[0][..., :HALF], atol=NEAR)
    assert torch.allclose(both[..., HALF:], plain[1][..., HALF:], atol=NEAR)


def test_every_region_sees_the_whole_picture_and_only_in_edits(webui: WebUI) -> None:
    for pictures, sides in (([picture(SIDE)], {(SIDE, SIDE)}), ([], {(SIDE, HALF)})):
        webui.model.asked.clear()
        palette = halves("red", "green")
        drawn(EditJob(webui, ["green"], init_images=pictures), palette)
        assert {tuple(each.x.shape[-2:]) for each in webui.model.asked} == sides


def test_notes_are_as_they_were_also_when_encoding_fails(webui: WebUI) -> None:
    arguments, model = webui.model.arguments, webui.model
    noted, beside = [torch.ones(1)], [torch.zeros(1)]
    arguments.ref_latents, model.ini_latent, model.ref_latents = noted, None, beside

    def encode() -> None:
        assert model.ini_latent is not None
        noted.clear()
        beside.append(torch.ones(1))
        arguments.ref_latents, model.ini_latent = [], torch.zeros(2)
        raise RuntimeError("no such embedding")

    with (
        pytest.raises(RuntimeError, match="no such embedding"),
        references.keep_references(arguments, model, torch.ones(3)),
    ):
        encode()
    assert arguments.ref_latents is noted and noted[0] == torch.ones(1) and model.ini_latent is None
    assert model.ref_latents is beside and len(beside) == 1


def test_programs_without_such_notes_get_none() -> None:
    model = SimpleNamespace()
    with references.keep_references(None, model, torch.ones(1)):
        assert vars(model) == {}
    assert vars(model) == {} and not references.has_references(None)
