"""Other extensions that draw regions: refused by name in the same job; off, or at other work, they change nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from live.client import Refused, WebUI, png
from live.colours import NEAR, Alone, columns, mean, middles, obeys

pytestmark = pytest.mark.live
PAIR = ("red", "blue")
PALETTE = columns(*PAIR)
TILED = [True, "MultiDiffusion", False, True, 1024, 1024, 16, 16, 4, 4, "None", 2.0, False, 10, 1, 1, 64, False]
"""Tiled Diffusion with tiles of 16 cells; what follows says whether and where it has regions."""
MIXTURE = [True, "Mixture of Diffusers", *TILED[2:]]
REGION = [True, 0, 0, 0.5, 1, "yellow", "", "Background", 0.2, 1]
RATIOS = ["Matrix", "Columns", "Mask", "Prompt", "1,1", "0.2", False, False, False]
GREY = png(np.full((128, 256, 3), 128, np.uint8))

ACTIVE: Mapping[str, tuple[str, str, list[Any]]] = {
    "couple": ("Forge Couple", "yellow\nmagenta", [True]),
    "couple without lines": ("Forge Couple", "green", [True]),
    "prompter, latent": ("Regional Prompter", "yellow BREAK aqua", [True, False, *RATIOS, "Latent"]),
    "prompter, attention": ("Regional Prompter", "yellow ADDCOL aqua", [True, False, *RATIOS, "Attention"]),
    "tiled regions": ("Tiled Diffusion", "green", [*TILED, True, False, False, *REGION]),
    "tiled regions, mixture": ("Tiled Diffusion", "green", [*MIXTURE, True, True, False, *REGION]),
    "demofusion": ("demofusion", "green", [True, "DemoFusion", False, 16, 8, 4, 2.0]),
    "latent couple": ("Latent Couple extension", "green AND yellow AND magenta", [True]),
    "style align": ("StyleAlign Integrated", "green", [True, 1.0]),
}
"""Title, main prompt and arguments of a rival that draws regions of its own, or a whole picture, or mixes pictures."""
MAPPING = [[0, 0.4, 0, 1, 1], [0.3, 1, 0, 1, 0.5]]
COUPLED = ["", "Horizontal", "None", 0.5, MAPPING, "{ }", False, True]
ALONE: Mapping[str, tuple[str, str, list[Any]]] = {
    **{name: ACTIVE[name] for name in ("couple", "prompter, latent", "prompter, attention", "tiled regions")},
    "couple, boxes": ("Forge Couple", "yellow\nmagenta", [True, True, "Advanced", *COUPLED]),
    "tiled regions, mixture": ACTIVE["tiled regions, mixture"],
}
"""Those that are drawn without us, before and after."""
HARMLESS: Mapping[str, tuple[str, list[Any]]] = {
    "prompter without a key": ("Regional Prompter", [True, False, *RATIOS, "Latent"]),
    "tiles": ("Tiled Diffusion", [*TILED, False, False, False]),
    "tiles, mixture": ("Tiled Diffusion", [*MIXTURE, False, False, False]),
    "tiled regions, none on": ("Tiled Diffusion", [*TILED, True, True, False, False, *REGION[1:]]),
    "tiled VAE": ("Tiled VAE", [True, 512, 64]),
    "multidiffusion": ("MultiDiffusion Integrated", [True, "MultiDiffusion", 128, 128, 32, 4]),
    "mixture": ("MultiDiffusion Integrated", [True, "Mixture of Diffusers", 128, 128, 32, 4]),
    "freeu": ("FreeU Integrated (SD 1.x, SD 2.x, SDXL)", [True]),
    "hrfix": ("Kohya HRFix Integrated", [True]),
    "pag": ("PerturbedAttentionGuidance Integrated", [True]),
    "sag": ("SelfAttentionGuidance Integrated (SD 1.x, SD 2.x, SDXL)", [True]),
    "thresholding": ("DynamicThresholding (CFG-Fix) Integrated", [True]),
}
"""Title and arguments of what is at work beside regions; the pictures' colours are ours."""
OFF = (
    "Forge Couple",
    "Regional Prompter",
    "Tiled Diffusion",
    "demofusion",
    "Latent Couple extension",
    "StyleAlign Integrated",
)


@pytest.fixture(scope="module")
def titles(webui: WebUI) -> set[str]:
    """The scripts of txt2img, by the names that the API knows."""
    return {
        each["name"] for each in webui.ask("/sdapi/v1/script-info") if each["is_alwayson"] and not each["is_img2img"]
    }


@pytest.fixture
def same_after(webui: WebUI) -> Iterator[None]:
    """Draws a plain picture before and after a test: the files must be equal."""
    before = webui.draw(sampler_name="Euler").files
    yield
    assert webui.draw(sampler_name="Euler").files == before


def needs(titles: set[str], title: str) -> None:
    """Skip where the WebUI has no such script."""
    if title.lower() not in titles:
        pytest.skip(f"this WebUI has no {title}, or does not load it")


def beside(title: str, given: list[Any]) -> dict[str, Any]:
    """The part of a job that sets a script's arguments."""
    return {"alwayson_scripts": {title: {"args": given}}}


@pytest.mark.parametrize("name", ACTIVE)
def test_an_active_rival_is_refused_by_name(webui: WebUI, titles: set[str], same_after: None, name: str) -> None:
    title, prompt, given = ACTIVE[name]
    needs(titles, title)
    with pytest.raises(Refused) as refused:
        webui.draw(PALETTE, prompt=prompt, sampler_name="Euler", width=256, height=128, **beside(title, given))
    assert refused.value.status == 422
    assert title.lower().removesuffix(" extension") in str(refused.value.body["detail"]).lower()


@pytest.mark.parametrize("name", ["couple", "prompter, attention"])
def test_a_rival_works_where_regions_are_off(webui: WebUI, titles: set[str], name: str) -> None:
    title, prompt, given = ACTIVE[name]
    needs(titles, title)
    how: dict[str, Any] = {"prompt": prompt, "sampler_name": "Euler"}
    scripts = {title: {"args": given}}
    off = {**scripts, "Region Diffusion": {"args": [False, PALETTE]}}
    assert webui.draw(**how, alwayson_scripts=off).files == webui.draw(**how, alwayson_scripts=scripts).files


@pytest.mark.parametrize("name", ALONE)
def test_one_after_the_other_leaves_nothing_behind(webui: WebUI, titles: set[str], name: str) -> None:
    title, prompt, given = ALONE[name]
    needs(titles, title)
    how: dict[str, Any] = {"prompt": prompt, "sampler_name": "Euler"}
    plain, ours = webui.draw(**how).files, webui.draw(PALETTE, **how).files
    theirs = webui.draw(**how, **beside(title, given)).files
    assert len({plain[0], ours[0], theirs[0]}) == 3
    with pytest.raises(Refused):
        webui.draw(PALETTE, **how, **beside(title, given))
    assert webui.draw(**how, **beside(title, given)).files == theirs
    assert webui.draw(PALETTE, **how).files == ours
    assert webui.draw(**how).files == plain


@pytest.mark.parametrize("name", ALONE)
def test_a_rival_draws_what_it_draws_without_us(webui: WebUI, titles: set[str], name: str) -> None:
    title, prompt, given = ALONE[name]
    needs(titles, title)
    if not os.environ.get("URL_WITHOUT"):
        pytest.skip("URL_WITHOUT=the address of the same WebUI that has the rivals, and not Region Diffusion")
    without = WebUI(os.environ["URL_WITHOUT"].rstrip("/"))
    known = [each["name"] for each in without.ask("/sdapi/v1/script-info")]
    assert title.lower() in known and "region diffusion" not in known
    without.ask("/sdapi/v1/options", {"sd_model_checkpoint": webui.ask("/sdapi/v1/options")["sd_model_checkpoint"]})
    how: dict[str, Any] = {"prompt": prompt, "sampler_name": "Euler"}
    webui.draw(PALETTE, **how)  # what we did before is gone
    for scripts in ({}, beside(title, given)):
        made, expected = webui.draw(**how, **scripts), without.draw(**how, **scripts)
        assert made.files == expected.files and made.infotexts == expected.infotexts


@pytest.mark.parametrize("title", OFF)
def test_a_rival_that_is_off_changes_no_bit(webui: WebUI, titles: set[str], title: str) -> None:
    needs(titles, title)
    for prompt in ("green", "yellow BREAK aqua AND green", "yellow\nmagenta"):
        alone = webui.draw(PALETTE, prompt=prompt, sampler_name="Euler")
        made = webui.draw(PALETTE, prompt=prompt, sampler_name="Euler", **beside(title, [False]))
        assert made.files == alone.files and made.infotexts == alone.infotexts


@pytest.mark.parametrize("name", HARMLESS)
def test_what_works_beside_regions_leaves_them(webui: WebUI, titles: set[str], alone: Alone, name: str) -> None:
    title, given = HARMLESS[name]
    needs(titles, title)
    made = webui.draw(PALETTE, sampler_name="Euler", width=256, height=128, **beside(title, given))
    obeys(made.pictures[0], PAIR, "Euler", alone)


@pytest.mark.parametrize("name", ["tiles", "tiles, mixture"])
def test_tiles_of_another_serve_every_pass_and_batch(webui: WebUI, titles: set[str], alone: Alone, name: str) -> None:
    """Tiled Diffusion hands out one sampler for all of them."""
    title, given = HARMLESS[name]
    needs(titles, title)
    hires = {"enable_hr": True, "hr_scale": 2, "hr_upscaler": "Latent", "denoising_strength": 0.7}
    made = webui.draw(PALETTE, sampler_name="Euler", width=256, height=128, n_iter=2, **hires, **beside(title, given))
    for picture in made.pictures[-2:]:
        obeys(picture, PAIR, "Euler", alone)


@pytest.mark.parametrize("title", ["MultiDiffusion Integrated", "Soft Inpainting"])
def test_built_ins_of_img2img_draw_regions_as_they_draw_pictures(webui: WebUI, title: str) -> None:
    needs({each["name"] for each in webui.ask("/sdapi/v1/script-info") if each["is_img2img"]}, title)
    given = [True, "MultiDiffusion", 128, 128, 32, 4] if title.startswith("Multi") else [True]
    how: dict[str, Any] = {"path": "/sdapi/v1/img2img", "init_images": [GREY], "denoising_strength": 0.9}
    how |= {"sampler_name": "Euler", "width": 256, "height": 128, **beside(title, given)}
    if title == "Soft Inpainting":
        how |= {"mask": png(np.full((128, 256, 3), 255, np.uint8)), "inpainting_fill": 1, "mask_blur": 0}
    expected = [mean(webui.draw(prompt=prompt, **how).pictures[0]) for prompt in PAIR]
    seen = middles(webui.draw(PALETTE, **how).pictures[0], len(PAIR))
    assert np.abs(np.stack(seen) - np.stack(expected)).max() < NEAR
