"""Every method in every mode of a running WebUI: regions obey, and the next plain job is the same bit for bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from lib_regiondiff.document.palette import ATTENTIONS, METHODS
from live.client import HEIGHT, WIDTH, Refused, WebUI, png
from live.colours import NEAR, Alone, columns, differ, middles

pytestmark = pytest.mark.live
TWO, SAID = ("red", "aqua"), "a red thing and an aqua cat"
WAYS: Mapping[str, Mapping[str, Any]] = {
    "MultiDiffusion": {"blend": "average"},
    "Mixture of Diffusers": {"blend": "mixture"},
    "Attention Couple": {"attention": "couple"},
    "Paint with Words": {"attention": "bias", "bias": {"noise": "1", "scale": 0.5}},
}
GREY = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
LOWER = np.zeros_like(GREY)
LOWER[HEIGHT // 2 :] = 255
IMG2IMG = {"path": "/sdapi/v1/img2img", "init_images": [png(GREY)], "denoising_strength": 0.9}
INSIDE = {"denoising_strength": 1, "mask_blur": 0, "inpaint_full_res": False, "inpainting_fill": 1}
HIRES = {"enable_hr": True, "hr_scale": 2, "hr_upscaler": "None", "hr_cfg": 5, "denoising_strength": 0.7}
MODES: Mapping[str, Mapping[str, Any]] = {
    "txt2img": {},
    "a batch of two": {"batch_size": 2, "n_iter": 2},
    "520x584": {"width": 520, "height": 584, "steps": 2},
    "hires fix": HIRES,
    "img2img": IMG2IMG,
    "inpainting": {**IMG2IMG, **INSIDE, "mask": png(LOWER)},
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """What a palette says for each method."""
    return WAYS[request.param]


def shows(picture: np.ndarray, alone: Alone, near: float = NEAR) -> None:
    """Check that both columns have the colours that their words have alone."""
    for word, seen in zip(TWO, middles(picture, 2), strict=True):
        assert np.abs(seen - alone(word, "Euler")).max() < near, f"{word}: {seen}"


def test_these_are_all_methods() -> None:
    assert {*WAYS, "automatic"} == {*METHODS, *ATTENTIONS}


@pytest.mark.parametrize("mode", MODES)
def test_it_obeys(webui: WebUI, alone: Alone, way: Mapping[str, Any], mode: str) -> None:
    how = {"prompt": SAID, "sampler_name": "Euler", **MODES[mode]}
    pictures = webui.draw(columns(*TWO, **way), **how).pictures
    for picture in pictures[-how.get("batch_size", 1) * how.get("n_iter", 1) :]:
        kept = HEIGHT // 2 if mode == "inpainting" else 0
        shows(picture[kept:], alone, 2 * NEAR if mode == "520x584" else NEAR)  # few steps
        assert kept == 0 or differ(picture[: kept - 8], GREY[: kept - 8]) <= 2


def test_prompts_of_160_tokens(webui: WebUI, alone: Alone, way: Mapping[str, Any]) -> None:
    """Paint with Words finds the second phrase behind them in the one prompt, the others take a prompt each."""
    first = "a red thing" + " cat" * 157
    said = f"{first} and an aqua dog"
    brushes = ("red", "and an aqua dog") if way.get("attention") == "bias" else (first, "an aqua dog" + " cat" * 157)
    shows(webui.draw(columns(*brushes, **way), prompt=said, sampler_name="Euler").pictures[0], alone)


@pytest.fixture
def same_after(webui: WebUI) -> Iterator[None]:
    """Draws a plain picture before and after a test: the files must be equal."""
    before = webui.draw(prompt=SAID, sampler_name="Euler").files
    yield
    assert webui.draw(prompt=SAID, sampler_name="Euler").files == before


def test_a_picture_leaves_nothing(webui: WebUI, way: Mapping[str, Any], same_after: None) -> None:
    one, again = (webui.draw(columns(*TWO, **way), prompt=SAID, sampler_name="Euler") for _ in range(2))
    assert one.files == again.files


def test_a_failure_in_the_middle_leaves_nothing(webui: WebUI, way: Mapping[str, Any], same_after: None) -> None:
    """A prompt whose condition is not finite acts from the middle of sampling on."""
    palette = columns(TWO[0], f"(aqua:{'9' * 40})", **way)
    palette["brushes"][1] |= {"start": 0.5, "kind": "scene" if way.get("attention") == "bias" else "auto"}
    with pytest.raises(Refused) as refused:
        webui.draw(palette, prompt=SAID, sampler_name="Euler")
    assert refused.value.status == 500 and "finite" in str(refused.value.body)


def test_an_interrupt_leaves_nothing(webui: WebUI, way: Mapping[str, Any], same_after: None) -> None:
    reached, made = webui.draw_interrupted(columns(*TWO, **way), 100, prompt=SAID, sampler_name="Euler")
    assert 2 <= reached < 50 and len(made.pictures) == 1


def test_sdxl_is_changed_where_a_brush_is_most(sdxl: WebUI, way: Mapping[str, Any]) -> None:
    how = {"prompt": "a cat and a very different thing", "sampler_name": "Euler", "batch_size": 2}
    told = {**way, "bias": {"noise": "1", "scale": 20}} if "bias" in way else way
    before, shares = sdxl.draw(**how), []
    for side in (0, 1):
        palette = columns(*["very different thing"] * 2, **told)
        palette["brushes"].pop(1 - side)
        for plain, made in zip(before.pictures[-2:], sdxl.draw(palette, **how).pictures[-2:], strict=True):
            changed = np.abs(plain.astype(int) - made.astype(int)).mean(axis=(0, 2))
            shares.append(changed[len(changed) // 2 :].sum() / changed.sum())
    assert max(shares[:2]) + 0.04 < min(shares[2:]), shares
    assert sdxl.draw(**how).files == before.files
