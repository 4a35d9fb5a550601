"""Pictures under the brushes and bootstrap on both kinds of WebUI."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from fake_sampler import HALF, SIDE, Job, draw, drawn, halves
from fake_webui import WebUI
from lib_regiondiff.document.palette import parse
from lib_regiondiff.document.pictures import Picture, decode
from lib_regiondiff.extension import jobs
from lib_regiondiff.extension.drawn import AUTO_KEY
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.webui.program.error_display import RequestError
from lib_regiondiff.planning import crop
from lib_regiondiff.store import Store

LEFT = {"id": "a", "prompt": "red", "mask": {"rectangle": [0, 0, 0.5, 1]}}


def url(pixels: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return Picture.of(file.getvalue()).url


def grey(value: int, side: int = 8 * SIDE) -> np.ndarray:
    return np.full((side, side, 3), value, np.uint8)


@pytest.mark.parametrize("sampler", ["Euler", "LCM", "DDIM"])
@pytest.mark.parametrize("ground", [{"image": url(grey(51, 40))}, {"colour": "#333333"}])
def test_what_no_brush_covers_is_the_picture_under_it(webui: WebUI, sampler: str, ground: dict[str, Any]) -> None:
    document = {"version": 1, "background": ground, "brushes": [LEFT]}
    made = draw(webui, "green", palette=document, sampler_name=sampler)
    alone = draw(webui, "red", sampler_name=sampler)
    most = 0.2 if sampler == "DDIM" else 0.01  # its last level has some noise left
    assert (made[..., HALF:] - (51 / 127.5 - 1)).abs().max() < most
    assert torch.allclose(made[..., :HALF], alone[..., :HALF], atol=1e-3)


def test_what_auto_chose_stands_in_the_infotext(webui: WebUI) -> None:
    brush = {"id": "a", "prompt": "red", "mask": {"rectangle": [0, 0, 0.2, 0.2]}}
    for more, told in (({}, "bootstrap levels 3, mix 1"), ({"bootstrap": {"levels": 0}}, None)):
        p = Job(webui, ["green"], sampler_name="LCM", steps=4, cfg_scale=1.0)
        drawn(p, {"version": 1, "brushes": [brush], **more})
        assert p.extra_generation_params.get(AUTO_KEY) == told
        jobs.begin(p, False, None)
        assert p.extra_generation_params == {}


def test_encoding_leaves_the_shared_generator_alone(webui: WebUI) -> None:
    torch.manual_seed(3)
    draw(webui, "green", palette={"version": 1, "background": {"colour": "#333333"}, "brushes": [LEFT]})
    after = torch.rand(4)
    torch.manual_seed(3)
    assert torch.equal(after, torch.rand(4))


@pytest.mark.parametrize("sampler", ["Euler", "LCM", "DDIM"])
def test_a_pointwise_model_does_not_notice_the_bootstrap(webui: WebUI, sampler: str) -> None:
    plain = {**halves("red", "blue"), "bootstrap": {"levels": 0}}
    kept_apart = {**halves("red", "blue"), "bootstrap": {"levels": 3, "leak_sensitivity": 0}}
    one, two = (draw(webui, "green", palette=each, sampler_name=sampler) for each in (plain, kept_apart))
    assert torch.allclose(one, two, atol=1e-3)


def test_an_init_picture_is_refused_and_img2img_named(webui: WebUI) -> None:
    document = {"version": 1, "init": {"image": url(grey(9))}, "brushes": [LEFT]}
    with pytest.raises(RequestError, match=r"init: expected nothing, got a picture; .* img2img"):
        draw(webui, "green", palette=document)


def test_guidance_in_attention_is_refused(webui: WebUI) -> None:
    with pytest.raises(RequestError, match=r"nag: expected nothing, got scale 4; .* CFG scale above 1"):
        draw(webui, "green", palette={"version": 1, "nag": {}, "brushes": [LEFT]})


def test_pixels_without_a_brush_are_put_back_when_a_picture_is_decoded() -> None:
    ground = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    palette = parse(
        {"version": 1, "background": {"image": url(ground)}, "brushes": [LEFT], "size": {"width": 64, "height": 64}}
    )
    processed = SimpleNamespace(image=Image.new("RGB", (64, 64), "red"))
    jobs.finish(SimpleNamespace(regiondiff=SimpleNamespace(store=Store()), regiondiff_drawn=palette), processed)
    made = np.asarray(processed.image)
    assert np.array_equal(made[:, 32:], ground[:, 32:]) and (made[:, :32] == (255, 0, 0)).all()
    plain = SimpleNamespace(image=Image.new("RGB", (64, 64), "red"))
    for p in (SimpleNamespace(), SimpleNamespace(regiondiff=None, regiondiff_drawn=palette)):
        before = plain.image
        jobs.finish(p, plain)
        assert plain.image is before


def test_a_crop_shows_its_part_of_the_picture_under_the_brushes() -> None:
    ground = np.zeros((64, 128, 3), np.uint8)
    ground[:, 64:] = 200
    palette = parse({"version": 1, "background": {"image": url(ground)}, "size": {"width": 128, "height": 64}})
    part = crop.crop_palette(palette, Size(64, 128), (32, 0, 96, 64), Size(64, 64)).background.image
    assert isinstance(part, Picture)
    assert np.array_equal(np.asarray(decode(part).convert("RGB")), ground[:, 32:96])
    beyond = crop.crop_palette(palette, Size(64, 128), (96, 0, 160, 64), Size(64, 64)).background.image
    assert isinstance(beyond, Picture) and (np.asarray(decode(beyond).convert("RGB")) == 200).all()
