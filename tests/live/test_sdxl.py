"""Regions with a checkpoint of SDXL's layout, SDXL=tiny-sdxl.safetensors from tests/support/tiny_sdxl.py."""

from __future__ import annotations

import numpy as np
import pytest

from live.client import BASE, WIDTH, WebUI
from live.colours import columns, differ, unmerged

pytestmark = pytest.mark.live
PROMPT = "a cat"


@pytest.mark.parametrize("sampler", ["Euler a", "DDIM"])
def test_sdxl_off_and_all_the_same_change_no_bit(sdxl: WebUI, sampler: str) -> None:
    plain = sdxl.draw(prompt=PROMPT, sampler_name=sampler).pictures[0]
    assert plain.std() > 5
    assert differ(plain, sdxl.draw(columns(PROMPT, PROMPT), prompt=PROMPT, sampler_name=sampler).pictures[0]) == 0


@pytest.mark.parametrize("sampler", ["Euler a", "DDIM"])
def test_sdxl_drawn_apart_is_a_grey_level_away_at_most(sdxl: WebUI, sampler: str) -> None:
    plain = sdxl.draw(prompt=PROMPT, sampler_name=sampler).pictures[0]
    apart = sdxl.draw(unmerged(PROMPT, BASE["cfg_scale"]), prompt=PROMPT, sampler_name=sampler).pictures[0]
    assert differ(plain, apart) <= 1


@pytest.mark.parametrize("more", [{"batch_size": 2}, {"enable_hr": True, "hr_scale": 2, "hr_upscaler": "None"}])
def test_sdxl_brushes_change_their_own_side_most(sdxl: WebUI, more: dict[str, object]) -> None:
    how = {"prompt": PROMPT, "sampler_name": "Euler", "hr_cfg": 5, "denoising_strength": 0.7, **more}
    plain, made = sdxl.draw(**how), sdxl.draw(columns(PROMPT, "a very different thing"), **how)
    for a, b in zip(plain.pictures, made.pictures, strict=True):
        changed = np.abs(a.astype(int) - b.astype(int)).mean(axis=(0, 2))
        half = len(changed) // 2
        assert len(changed) % WIDTH == 0
        assert changed[half:].mean() > 2 * changed[:half].mean()
