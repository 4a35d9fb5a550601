"""Regions on a running WebUI: each obeys its prompt, in every mode; off and all-the-same change no bit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from live.client import SIDE, Refused, WebUI, columns, differ, middles, png

pytestmark = pytest.mark.live
Alone = Callable[[str, str], np.ndarray]
SAMPLERS = (
    "Euler a", "Euler", "DPM++ 2M", "DPM++ SDE", "Heun", "DDIM", "UniPC", "PLMS", "LCM",
    "DDIM CFG++", "Euler a CFG++", "DPM++ 3M SDE", "Restart", "DPM adaptive",
)  # fmt: skip
COLOURS = ("red", "blue", "yellow", "magenta", "aqua")
NEAR = 10.0


def has(webui: WebUI, sampler: str) -> None:
    if sampler not in webui.samplers():
        pytest.skip(f"this WebUI has no {sampler}")


def obeys(picture: np.ndarray, prompts: tuple[str, ...], sampler: str, alone: Alone) -> None:
    for prompt, seen in zip(prompts, middles(picture, len(prompts)), strict=True):
        assert np.abs(seen - alone(prompt, sampler)).max() < NEAR, f"{prompt}: {seen}"


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_two_brushes_obey_with_every_sampler(webui: WebUI, alone: Alone, sampler: str) -> None:
    has(webui, sampler)
    obeys(webui.draw(columns("red", "blue"), sampler_name=sampler).pictures[0], ("red", "blue"), sampler, alone)


@pytest.mark.parametrize("count", [3, 5])
@pytest.mark.parametrize("sampler", ["Euler", "DDIM", "LCM"])
def test_more_brushes_obey(webui: WebUI, alone: Alone, sampler: str, count: int) -> None:
    has(webui, sampler)
    prompts = COLOURS[:count]
    obeys(webui.draw(columns(*prompts), sampler_name=sampler).pictures[0], prompts, sampler, alone)


@pytest.mark.parametrize("sampler", ["Euler a", "DDIM"])
def test_every_picture_of_a_batch_obeys(webui: WebUI, alone: Alone, sampler: str) -> None:
    made = webui.draw(columns("red", "blue"), sampler_name=sampler, batch_size=2, n_iter=2).pictures[-4:]
    for picture in made:
        obeys(picture, ("red", "blue"), sampler, alone)


@pytest.mark.parametrize("sampler", ["Euler a", "DDIM"])
def test_both_passes_of_hires_fix_obey(webui: WebUI, alone: Alone, sampler: str) -> None:
    how = {"enable_hr": True, "hr_scale": 1.5, "denoising_strength": 0.7, "hr_upscaler": "None", "hr_cfg": 5}
    picture = webui.draw(columns("red", "blue"), sampler_name=sampler, **how).pictures[0]
    assert picture.shape[0] == SIDE * 3 // 2
    obeys(picture, ("red", "blue"), sampler, alone)


@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
def test_img2img_obeys(webui: WebUI, alone: Alone, sampler: str) -> None:
    grey = png(np.full((SIDE, SIDE, 3), 128, np.uint8))
    how = {"init_images": [grey], "denoising_strength": 0.9, "path": "/sdapi/v1/img2img"}
    obeys(webui.draw(columns("red", "blue"), sampler_name=sampler, **how).pictures[0], ("red", "blue"), sampler, alone)


@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
def test_inpainting_obeys_inside_and_keeps_the_rest(webui: WebUI, alone: Alone, sampler: str) -> None:
    grey, mask = np.full((SIDE, SIDE, 3), 128, np.uint8), np.zeros((SIDE, SIDE, 3), np.uint8)
    mask[64:] = 255
    how = {"init_images": [png(grey)], "mask": png(mask), "denoising_strength": 1, "mask_blur": 0}
    more = {"inpaint_full_res": False, "path": "/sdapi/v1/img2img", "inpainting_fill": 1}
    picture = webui.draw(columns("red", "blue"), sampler_name=sampler, **how, **more).pictures[0]
    obeys(picture[72:], ("red", "blue"), sampler, alone)
    assert np.abs(picture[:56].astype(int) - 128).max() <= 2


@pytest.mark.parametrize("sampler", ["Euler a", "DPM++ 2M", "DDIM", "UniPC", "LCM"])
def test_all_the_same_and_off_change_no_pixel(webui: WebUI, sampler: str) -> None:
    has(webui, sampler)
    prompt = "a [red:blue:0.5] (cat:1.3) AND green:0.4"
    plain = webui.draw(prompt=prompt, sampler_name=sampler).pictures[0]
    same = webui.draw(columns("", prompt), prompt=prompt, sampler_name=sampler).pictures[0]
    off = webui.draw(prompt=prompt, sampler_name=sampler, alwayson_scripts={"Region Diffusion": {"args": [False, "x"]}})
    assert differ(plain, same) == differ(plain, off.pictures[0]) == 0


@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
def test_prompt_editing_and_composition_hold_in_brushes(webui: WebUI, alone: Alone, sampler: str) -> None:
    prompts = ("[blue:red:0.3]", "red AND blue", "(blue:1.2)")
    obeys(webui.draw(columns(*prompts), sampler_name=sampler).pictures[0], prompts, sampler, alone)


def test_the_main_prompt_is_the_background_s(webui: WebUI, alone: Alone) -> None:
    palette = columns("red", "blue")
    palette["brushes"] = palette["brushes"][:1]
    obeys(webui.draw(palette, prompt="blue", sampler_name="Euler").pictures[0], ("red", "blue"), "Euler", alone)


def test_typed_regions_obey(webui: WebUI, alone: Alone) -> None:
    made = webui.draw({"typed": {}}, prompt="red\nblue", sampler_name="Euler")
    obeys(made.pictures[0], ("red", "blue"), "Euler", alone)


@pytest.mark.parametrize(
    ("palette", "said"),
    [
        ("{", "palette"),
        ({"version": 1, "brushes": [{"id": "a", "prompt": "red"}]}, "brushes[0].mask"),
        (columns("red", "blue", attention="couple"), "attention"),
        ("", "palette"),
    ],
)
def test_what_is_wrong_with_a_palette_is_told_and_leaves_nothing(webui: WebUI, palette: object, said: str) -> None:
    before = webui.draw(sampler_name="Euler").pictures[0]
    with pytest.raises(Refused) as refused:
        webui.draw(palette, sampler_name="Euler")
    assert refused.value.status == 422
    assert said in str(refused.value.body["detail"])
    assert differ(before, webui.draw(sampler_name="Euler").pictures[0]) == 0


def test_a_picture_carries_its_palette_exactly(webui: WebUI) -> None:
    made = webui.draw(columns("red, (soft:1.2)", 'blue: "quoted"\nline'), sampler_name="Euler")
    told = webui.ask("/sdapi/v1/png-info", {"image": made.files[0]})
    again = webui.draw(infotext=told["info"], sampler_name="Euler")
    assert differ(made.pictures[0], again.pictures[0]) == 0
    assert "Region Diffusion" in told["parameters"] and again.infotexts == made.infotexts
