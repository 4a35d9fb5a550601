"""Brushes equal to the main prompt, kept apart: both kinds of WebUI draw the plain picture but for rounding."""

from __future__ import annotations

import functools

import pytest
import torch

from fake_sampler import draw, halves
from fake_webui import WebUI
from lib_regiondiff.extension import jobs
from lib_regiondiff.hosts.webui.sampler_run import Request

PROMPTS = ("green", "[red:green:0.5]", "red AND blue:0.5")
LEVEL = 2 / 255  # of latents that are pictures from -1 to 1


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("sampler", ["Euler", "LCM", "DDIM", "DDIM CFG++"])
def test_equal_brushes_kept_apart_draw_the_plain_picture(
    webui: WebUI, monkeypatch: pytest.MonkeyPatch, sampler: str, prompt: str
) -> None:
    plain = draw(webui, prompt, prompt, sampler_name=sampler)
    merged = draw(webui, prompt, prompt, palette=halves(prompt, prompt), sampler_name=sampler)
    monkeypatch.setattr(jobs, "Request", functools.partial(Request, merge=False))
    webui.model.rows.clear()
    apart = draw(webui, prompt, prompt, palette=halves(prompt, prompt), sampler_name=sampler)
    assert torch.equal(plain, merged)
    assert not torch.equal(plain, apart)  # drawn another way indeed
    assert (plain - apart).abs().max() < min(LEVEL, 1e-4)
