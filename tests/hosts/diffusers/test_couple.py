"""Attention Couple on diffusers: regions obey in one row, whatever their prompts, sizes, batches and models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("diffusers")

from known_families import build_sd2, build_sdxl
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.hosts.diffusers.attention import CROSS
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import Drawing, render
from palettes import drawing

THIRDS = [(0, 0, 0.34, 1), (0.34, 0, 0.67, 1), (0.67, 0, 1, 1)]
RGB = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "aqua": (0, 255, 255), "white": (255, 255, 255)}


@pytest.fixture(scope="module", params=["sd1", "sd2", "sdxl"])
def host(request: pytest.FixtureRequest, known_pipeline: Any) -> DiffusersHost:
    build = {"sd1": lambda pipe: pipe, "sd2": build_sd2, "sdxl": build_sdxl}[request.param]
    return DiffusersHost.of(build(known_pipeline), request.param)


@pytest.fixture(scope="module")
def known(known_pipeline: Any) -> DiffusersHost:
    return DiffusersHost.of(known_pipeline, "known")


def thirds(words: tuple[str, str, str] = ("a red cat", "blue" + " dog" * 90, "green"), **more: Any) -> Palette:
    """Three brushes side by side, the middle one with a prompt of several chunks."""
    brushes = [
        {"id": f"b{index}", "prompt": prompt, "mask": {"rectangle": list(box)}}
        for index, (prompt, box) in enumerate(zip(words, THIRDS, strict=True))
    ]
    size = more.pop("size", (192, 64))
    return drawing("Euler", size, **{"steps": 3, "guidance": 4, "attention": "couple", "brushes": brushes} | more)


def expect_colours(image: Image.Image, names: tuple[str, ...]) -> None:
    """The middles of as many columns have these colours."""
    pixels = np.asarray(image, float)
    for index, name in enumerate(names):
        left, right = (round(pixels.shape[1] * (index + share) / len(names)) for share in (0.3, 0.7))
        assert np.abs(pixels[:, left:right].mean(axis=(0, 1)) - RGB[name]).max() < 12, name


def count_rows(host: DiffusersHost, document: Palette) -> list[int]:
    """Rows of each call of the network in a picture."""
    counts: list[int] = []
    unet = host.pipe.unet
    hook = unet.register_forward_pre_hook(lambda _, given: counts.append(len(given[0])))
    try:
        render(host, document)
    finally:
        hook.remove()
    return counts


def test_three_regions_obey_in_one_row_and_a_negative(host: DiffusersHost) -> None:
    document = thirds()
    expect_colours(render(host, document)[0].image, ("red", "blue", "green"))
    layers = [layer for name, layer in host.pipe.unet.named_modules() if name.endswith(CROSS)]
    assert len({id(layer.processor) for layer in layers}) == len(layers) > 3, "each has its own again"


def test_the_network_is_asked_once_a_step(known: DiffusersHost) -> None:
    assert count_rows(known, thirds(("red", "blue", "green"))) == [2, 2, 2]
    negatives = thirds(("red", "blue", "green"))
    assert count_rows(known, negatives) == [2] * 3


@pytest.mark.parametrize("size", [(520, 72), (200, 584)])
def test_sides_that_halve_unevenly(known: DiffusersHost, size: tuple[int, int]) -> None:
    expect_colours(render(known, thirds(size=size, steps=2))[0].image, ("red", "blue", "green"))


def test_pictures_of_a_batch_are_those_drawn_alone(known: DiffusersHost) -> None:
    both = [made.image for made in render(known, thirds(), seeds=(5, 6))]
    one = render(known, thirds(seed=6))[0].image
    assert np.abs(np.asarray(both[1], int) - np.asarray(one, int)).max() <= 1
    expect_colours(both[0], ("red", "blue", "green"))


@pytest.mark.parametrize("guidance", [1.2, 1])
def test_each_region_has_its_own_negative_and_guidance(known: DiffusersHost, guidance: float) -> None:
    """Gray is pushed away from the negative as far as the guidance says: 1 + (scale - 1) / 2 of the way, and back."""
    brushes = [
        {"id": "a", "prompt": "gray", "negative": "black", "mask": {"rectangle": [0, 0, 0.5, 1]}},
        {"id": "b", "prompt": "gray", "negative": "red", "guidance": 1.5, "mask": {"rectangle": [0.5, 0, 1, 1]}},
    ]
    document = drawing("Euler", (128, 64), steps=3, guidance=guidance, brushes=brushes, attention="couple")
    pixels = np.asarray(render(known, document)[0].image, float)
    left, right = pixels[:, 16:48].mean(axis=(0, 1)), pixels[:, 80:112].mean(axis=(0, 1))
    assert np.abs(left - 127.5 * (1 + (guidance - 1) * 0.85)).max() < 4
    assert np.abs(right - 127.5 * (1 + 0.5 * 0.85 * np.array([-1, 1, 1]))).max() < 4


def test_regions_are_guided_in_attention_away_from_their_own_negatives(known: DiffusersHost) -> None:
    brushes = [
        {"id": "a", "prompt": "gray", "negative": "red", "mask": {"rectangle": [0, 0, 0.5, 1]}},
        {"id": "b", "prompt": "gray", "negative": "blue" + " cat" * 90, "mask": {"rectangle": [0.5, 0, 1, 1]}},
    ]
    nag = {"scale": 1.5, "tau": 50, "alpha": 0.5}
    document = drawing("LCM", (128, 64), steps=2, guidance=1, brushes=brushes, attention="couple", nag=nag)
    pixels = np.asarray(render(known, document)[0].image, float)
    for part, kept in ((pixels[8:-8, 8:56], 0), (pixels[8:-8, 72:120], 2)):
        wanted = np.full(3, 127.5 * (1 + 0.25 * 0.85))
        wanted[kept] = 127.5 * (1 - 0.25 * 0.85)
        assert np.abs(part.reshape(-1, 3).mean(axis=0) - wanted).max() < 3


def test_a_soft_edge_mixes_and_the_background_keeps_its_share(known: DiffusersHost) -> None:
    brushes = [{"id": "a", "prompt": "white", "mask": {"rectangle": [0, 0, 0.5, 1]}}]
    ground = {"prompt": "black", "share": 0.25}
    document = drawing("Euler", (128, 64), steps=3, guidance=1, brushes=brushes, attention="couple", background=ground)
    pixels = np.asarray(render(known, document)[0].image, float)
    assert abs(pixels[:, 16:40].mean() - 127.5 * (1 + 0.85 * 0.5)) < 5
    assert abs(pixels[:, 90:].mean() - 127.5 * (1 - 0.85)) < 5


def test_img2img_and_inpainting(known: DiffusersHost) -> None:
    gray = Image.new("RGB", (192, 64), (128, 128, 128))
    init = {"image": gray, "strength": 0.9}
    expect_colours(render(known, thirds(init=init, steps=6))[0].image, ("red", "blue", "green"))
    inside = init | {"mask": {"rectangle": [0, 0, 0.67, 1]}}
    pixels = np.asarray(render(known, thirds(init=inside, steps=6))[0].image, float)
    assert np.abs(pixels[:, 140:].mean(axis=(0, 1)) - 128).max() < 3, "not repainted"
    expect_colours(Image.fromarray(pixels[:, :128].astype(np.uint8)), ("red", "blue"))


def test_tiles_of_a_wide_picture(known: DiffusersHost) -> None:
    grid = {"width": 96, "height": 64, "overlap": 32}
    expect_colours(render(known, thirds(tiles=grid))[0].image, ("red", "blue", "green"))


def test_brushes_of_one_meaning_are_the_host_s_own_picture(known: DiffusersHost) -> None:
    same = thirds(("red", "red", "red"), background={"prompt": "red"})
    alone = thirds(brushes=[], background={"prompt": "red"}, attention="none")
    one, two = (np.asarray(render(known, each)[0].image) for each in (same, alone))
    assert np.array_equal(one, two)


def test_regions_of_one_prompt_agree_with_the_plain_picture(host: DiffusersHost) -> None:
    """As they do when brushes of one meaning are kept apart: nothing is installed for them."""
    same = thirds(("red", "red", "red"), background={"prompt": "red"})
    alone = thirds(brushes=[], background={"prompt": "red"}, attention="none")
    drawn = [
        Drawing.of(host, each, lambda x0: None, merge=merge).latents() for each, merge in ((same, False), (alone, True))
    ]
    assert (drawn[0] - drawn[1]).abs().max() < 1e-4
