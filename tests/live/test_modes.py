"""Regions in every mode of a running WebUI: batches, hires fix, img2img, inpainting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from live.client import HEIGHT, WIDTH, WebUI, png
from live.colours import Alone, columns, middles, needs, obeys

pytestmark = pytest.mark.live
PAIR = ("red", "blue")
GREY = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
IMG2IMG: Mapping[str, Any] = {"init_images": [png(GREY)], "path": "/sdapi/v1/img2img"}


@pytest.fixture(params=["Euler a", "DPM++ 2M", "DDIM", "LCM"])
def sampler(request: pytest.FixtureRequest, webui: WebUI) -> str:
    """One of each kind."""
    needs(webui, request.param)
    return request.param


def test_every_picture_of_a_batch_obeys(webui: WebUI, alone: Alone, sampler: str) -> None:
    made = webui.draw(columns(*PAIR), sampler_name=sampler, batch_size=2, n_iter=2).pictures[-4:]
    assert len(made) == 4
    for picture in made:
        obeys(picture, PAIR, sampler, alone)


def test_both_passes_of_hires_fix_obey(webui: WebUI, alone: Alone, sampler: str) -> None:
    how = {"enable_hr": True, "hr_scale": 2, "denoising_strength": 0.7, "hr_upscaler": "None", "hr_cfg": 5}
    picture = webui.draw(columns(*PAIR), sampler_name=sampler, **how).pictures[0]
    assert picture.shape[:2] == (2 * HEIGHT, 2 * WIDTH)
    obeys(picture, PAIR, sampler, alone)


def test_img2img_obeys(webui: WebUI, alone: Alone, sampler: str) -> None:
    picture = webui.draw(columns(*PAIR), sampler_name=sampler, denoising_strength=0.9, **IMG2IMG).pictures[0]
    obeys(picture, PAIR, sampler, alone)


def test_inpainting_obeys_inside_and_keeps_the_rest(webui: WebUI, alone: Alone, sampler: str) -> None:
    mask = np.zeros_like(GREY)
    mask[HEIGHT // 2 :] = 255
    how = {"mask": png(mask), "denoising_strength": 1, "mask_blur": 0, "inpaint_full_res": False, "inpainting_fill": 1}
    picture = webui.draw(columns(*PAIR), sampler_name=sampler, **IMG2IMG, **how).pictures[0]
    obeys(picture[HEIGHT // 2 :], PAIR, sampler, alone)
    assert np.abs(picture[: HEIGHT // 2 - 8].astype(int) - 128).max() <= 2


def test_inpainting_only_masked_crops_the_palette_too(webui: WebUI, alone: Alone, sampler: str) -> None:
    large = np.full((2 * HEIGHT, 3 * WIDTH, 3), 128, np.uint8)
    mask, inside = np.zeros_like(large), (slice(HEIGHT // 2, -HEIGHT // 2), slice(WIDTH // 2, WIDTH * 3 // 2))
    mask[inside] = 255  # of three columns half the first and half the second
    how = {"init_images": [png(large)], "mask": png(mask), "denoising_strength": 1, "mask_blur": 0}
    more = {"inpaint_full_res": True, "inpaint_full_res_padding": 0, "inpainting_fill": 1, "path": IMG2IMG["path"]}
    picture = webui.draw(columns(*PAIR, "yellow"), sampler_name=sampler, **how, **more).pictures[0]
    assert picture.shape == large.shape
    obeys(picture[inside], PAIR, sampler, alone)
    assert all(np.abs(each - 128).max() <= 2 for each in middles(picture[: HEIGHT // 2], 3))
