"""Rows of one network call have levels of their own on the WebUIs, whatever their sampler counts noise in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import fake_a1111
import fake_forge
from fake_forge import with_unet
from fake_sampler import Job, draw, drawn, halves
from fake_webui import Checkpoint, colour_of
from figures import disc
from lib_regiondiff.denoising.model import ImageBatch, Prediction, predict
from lib_regiondiff.denoising.rows import Call, Frame
from lib_regiondiff.host import Level
from lib_regiondiff.hosts.webui.conditioning import WebUIHost

FAKES: dict[str, Any] = {"a1111": fake_a1111.install, "forge": fake_forge.install}


@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
@pytest.mark.parametrize("fake", FAKES)
def test_frames_of_two_levels_are_what_each_is_alone(
    fake: str, sampler: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    webui, calls, differences = FAKES[fake](monkeypatch, tmp_path), [], []
    real = ImageBatch.predict

    def check(batch: Any, x: Tensor, level: Level, call: Call) -> Prediction:
        if not differences:
            scale = batch.host.network.network.__self__.scale
            frames = [Frame.of(batch.plan, each) for each in (level, scale.level(level.t / 2))]
            alone = [predict(batch.host, [each], x[:1], call)[0] for each in frames]
            calls.clear()
            lines = [replace(frame, line=line) for line, frame in enumerate(frames)]
            together = predict(batch.host, lines, x[:1].repeat(2, 1, 1, 1), call)
            assert any(len({row.level for row in rows}) == 2 for rows in calls), "both levels in one call"
            differences.extend(
                float((a.denoised - b.denoised).abs().max()) for a, b in zip(alone, together, strict=True)
            )
            assert not torch.allclose(alone[0].denoised, alone[1].denoised, atol=0.01)
        return real(batch, x, level, call)

    denoise = WebUIHost.denoise
    monkeypatch.setattr(WebUIHost, "denoise", lambda host, x, rows: calls.append(rows) or denoise(host, x, rows))
    monkeypatch.setattr(ImageBatch, "predict", check)
    draw(webui, "green", palette=halves("red", "blue"), sampler_name=sampler)
    assert len(differences) == 2 and max(differences) < 1e-4


@pytest.mark.parametrize("stays", [True, False])
@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
@pytest.mark.parametrize("fake", FAKES)
def test_what_shows_a_figure_is_looked_at_at_the_samplers_own_levels_ahead(
    fake: str, sampler: str, stays: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A model that draws a disc for red, unless it `stays` at the noisiest level alone."""
    webui = FAKES[fake](monkeypatch, tmp_path)
    model = Checkpoint(native=64)
    webui.load(with_unet(model) if fake == "forge" else model)
    plain, numbers = model.x0, []

    def x0(x: Tensor, scaling: Any, number: Any, text: Tensor, **beside: Any) -> Tensor:
        numbers.append(float(torch.as_tensor(number).flatten()[0]))
        made = plain(x, scaling, number, text, **beside)
        red = (text[:, -1] - colour_of("red")).abs().sum(dim=1) < 1e-3
        shown = 9.0 if stays or numbers[-1] == numbers[0] else 0.0
        made[red] = shown * disc(*x.shape[-2:]).to(x)
        return made

    monkeypatch.setattr(model, "x0", x0)
    brush = {"id": "a", "prompt": "red", "mask": {"rectangle": [0.2, 0.2, 0.6, 0.6]}}
    palette = {"version": 1, "background": {"prompt": "green"}, "brushes": [brush]}
    p = Job(webui, ["green"], sampler_name=sampler, steps=20)
    drawn(p, palette)
    images = vars(p)["regiondiff_images"][1]
    clock = (*(level.noise for level in images.levels), 0.0)
    assert clock == images.plan.clock and len(clock) > 19
    wanted = [pytest.approx(level.t, rel=1e-5) for level in images.levels[1:4]]
    turns = [numbers.index(next(each for each in numbers if each == level)) for level in wanted]
    assert turns == sorted(turns) and numbers.index(numbers[0], turns[1]) > turns[1], "before the first step is drawn"
    assert images.plan_of(0).brush_kinds == (("thing",) if stays else ("stuff",))
