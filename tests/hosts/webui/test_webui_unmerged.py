"""Brushes equal to the main prompt, kept apart: both kinds of WebUI draw the plain picture but for rounding."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
import torch

import fake_a1111
import fake_forge
from fake_sampler import draw, halves
from fake_webui import WebUI
from lib_regiondiff.extension import jobs
from lib_regiondiff.hosts.webui.sampler_run import Request

HOSTS = {"a1111": fake_a1111.install, "forge": fake_forge.install}
PROMPTS = ("green", "[red:green:0.5]", "red AND blue:0.5")
LEVEL = 2 / 255  # of latents that are pictures from -1 to 1


@pytest.fixture(params=HOSTS)
def webui(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WebUI:
    return HOSTS[request.param](monkeypatch, tmp_path)


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
