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
from fake_sampler import draw, halves
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
