"""Things on diffusers: of each size, by samplers of all kinds, with SD 1, 2 and SDXL, whose networks know colours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("diffusers")

from known_families import build_sd2, build_sdxl
from known_model import COLOURS
from known_unet import AMPLITUDE
from lib_regiondiff.denoising import model
from lib_regiondiff.denoising.deciding import decide
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import Drawing, render
from palettes import drawing
from quick import some

BOXES = {"small": [0.4, 0.4, 0.6, 0.6], "native": [0.2, 0.2, 0.7, 0.7], "large": [0.05, 0.05, 0.95, 0.95]}
SAMPLERS = ("DDIM", "Euler", "Euler a", "DPM++ 2M", "DPM++ 2M SDE", "Heun", "LCM", "TCD", "UniPC", "PLMS")
NEAR = 14 / 127.5  # fourteen grey levels, in latents of the known model


@pytest.fixture(scope="module")
def hosts(known_pipeline: Any) -> dict[str, DiffusersHost]:
    made = {"sd": known_pipeline, "sd2": build_sd2(known_pipeline), "sdxl": build_sdxl(known_pipeline)}
    found = {name: DiffusersHost.of(pipe, name) for name, pipe in made.items()}
    return {name: replace(host, latent=replace(host.latent, native=64)) for name, host in found.items()}


def document(sampler: str, box: list[float], **more: Any) -> Any:
    brush = {"id": "a", "kind": "thing", "prompt": "red", "mask": {"rectangle": box}}
    head = {"steps": 6, "background": {"prompt": "blue"}, "brushes": [brush]}
    return drawing(sampler, (128, 128), **head | more)


def wanted(colour: str) -> torch.Tensor:
    return AMPLITUDE * (2 * torch.tensor(COLOURS[colour]) - 1)


@pytest.mark.parametrize("sampler", some(list(SAMPLERS), "Euler", "LCM", "DPM++ 2M", "Heun"))
@pytest.mark.parametrize("size", BOXES)
def test_a_thing_has_its_brush_and_the_ground_the_rest(hosts: Any, sampler: str, size: str) -> None:
    left, top, right, bottom = (round(16 * each) for each in BOXES[size])
    latents = Drawing.of(hosts["sd"], document(sampler, BOXES[size])).latents()[0, :3]
    rim = 2 if size == "large" else 1  # as much as a cell of the close-up
    inside = latents[:, top + rim : bottom - rim, left + rim : right - rim].mean(dim=(1, 2))
    assert (inside - wanted("red")).abs().max() < NEAR
    outside = torch.ones(16, 16, dtype=torch.bool)
    outside[max(0, top - 1) : bottom + 1, max(0, left - 1) : right + 1] = False
    if outside.any():
        assert (latents[:, outside].mean(dim=1) - wanted("blue")).abs().max() < NEAR


@pytest.mark.parametrize("family", ["sd2", "sdxl"])
@pytest.mark.parametrize("guidance", [1, 4])
def test_every_family_draws_things(hosts: Any, family: str, guidance: float) -> None:
    found = document("Euler", BOXES["small"], guidance=guidance)
    picture = np.asarray(render(hosts[family], found)[0].image, float)
    inside, outside = picture[56:72, 56:72].mean(axis=(0, 1)), picture[:32].mean(axis=(0, 1))
    assert inside[0] > inside[2] + 50 and outside[2] > outside[0] + 50


@pytest.mark.parametrize("kind", ["thing", "stuff"])
def test_what_ddim_leaves_of_its_noise_is_no_part_of_a_picture_with_things(hosts: Any, kind: str) -> None:
    found: list[torch.Tensor] = []
    palette = document("DDIM", BOXES["native"])
    palette = replace(palette, brushes=(replace(palette.brushes[0], kind=kind),))
    latents = Drawing.of(hosts["sd"], palette, found.append).latents()
    left = (latents - found[-1]).abs().max()
    assert left < 2e-3 if kind == "thing" else left > 0.02, "other pictures end as DDIM ends"


@pytest.mark.parametrize("sampler", some(list(SAMPLERS), "DDIM", "Heun", "PLMS"))
def test_who_decides_what_a_brush_is_knows_the_levels_of_the_steps_to_come(
    hosts: Any, sampler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    monkeypatch.setattr(model, "decide", lambda *given: found.append(given) or decide(*given))
    palette = document(sampler, BOXES["small"], guidance=4, steps=12)
    made = Drawing.of(hosts["sd"], replace(palette, brushes=(replace(palette.brushes[0], kind="auto"),)))
    made.latents()
    ((_, frames, _, call, levels),) = found
    assert frames[0].level == levels[0] and call.scale == 4
    assert (*(level.noise for level in levels), 0.0) == made.plan.clock and set(levels) <= set(made.schedule.levels)
