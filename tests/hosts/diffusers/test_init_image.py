"""Img2img, inpainting and pictures under the brushes on diffusers, with the model whose colours are known."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from lib_regiondiff.denoising.pixels.composite import measure_brush_shares, paste_over, restore_uncovered

diffusers = pytest.importorskip("diffusers")

from lib_regiondiff.document.palette import Palette
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import Level
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.init_image import InitLatents, count_skipped_steps
from lib_regiondiff.hosts.diffusers.render import Drawing, render
from lib_regiondiff.hosts.diffusers.sampling import samplers
from lib_regiondiff.planning import noise
from palettes import drawing
from quick import some

LEFT = {"rectangle": [0, 0, 0.5, 1]}
SAMPLERS = ["Euler a", "DPM++ 2M", "LCM"]


@pytest.fixture(scope="module")
def host(known_pipeline: Any) -> DiffusersHost:
    known_pipeline.set_progress_bar_config(disable=True)
    return DiffusersHost.of(known_pipeline, "known", "0123456789")


def speckled(width: int = 136, height: int = 64) -> np.ndarray:
    """A picture that no model would draw."""
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)


def url(pixels: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return Picture.of(file.getvalue()).url


def palette(sampler: str = "Euler", **more: Any) -> Palette:
    head = {"steps": 6, "background": {"prompt": "gray"}, "brushes": [{"id": "a", "prompt": "red", "mask": LEFT}]}
    return drawing(sampler, (136, 64), **head | more)


def colour(host: DiffusersHost, prompt: str, sampler: str) -> np.ndarray:
    """What a prompt gives alone."""
    picture = render(host, palette(sampler, background={"prompt": prompt}, brushes=[]))[0].image
    return np.asarray(picture)[8:-8, 8:-8].reshape(-1, 3).mean(axis=0)


@pytest.mark.parametrize("sampler", some(SAMPLERS, "Euler a"))
def test_outside_of_the_mask_no_pixel_moves_and_inside_brushes_obey(host: DiffusersHost, sampler: str) -> None:
    before = speckled()
    init = {"image": url(before), "strength": 1, "mask": {"rectangle": [0, 0.5, 1, 1]}}
    made = [np.asarray(each.image) for each in render(host, palette(sampler, init=init), (1, 2, 3, 4), batch=4)]
    red, gray = (colour(host, prompt, sampler) for prompt in ("red", "gray"))
    for picture in made:
        assert np.array_equal(picture[:32], before[:32])
        for part, wanted in ((picture[40:, 8:60], red), (picture[40:, 76:128], gray)):
            assert np.abs(part.reshape(-1, 3).mean(axis=0) - wanted).max() < 10


def test_outside_of_the_mask_every_level_predicts_the_picture(host: DiffusersHost) -> None:
    document = palette(init={"image": url(speckled()), "mask": {"rectangle": [0, 0.5, 1, 1]}})
    made, seen = InitLatents.of(document, host), []
    assert made is not None
    model = made.inside(lambda x, level: seen.append(level) or torch.full_like(x, 9.0))
    for sigma in (14.0, 1.0, 0.1):
        x0 = model(torch.randn(2, 4, 8, 17, generator=noise.make_generator(1)), Level.exploding(0, sigma))
        assert torch.equal(x0[:, :, :4], made.x0[:, :, :4].expand(2, -1, -1, -1)) and (x0[:, :, 4:] == 9).all()
    assert len(seen) == 3


@pytest.mark.parametrize("sampler", ["LCM", "DPM++ 2M"])
def test_brushes_obey_in_img2img(host: DiffusersHost, sampler: str) -> None:
    document = palette(sampler, init={"image": url(speckled()), "strength": 0.84})
    picture = np.asarray(render(host, document)[0].image)
    for part, prompt in ((picture[8:-8, 8:60], "red"), (picture[8:-8, 76:128], "gray")):
        assert np.abs(part.reshape(-1, 3).mean(axis=0) - colour(host, prompt, sampler)).max() < 12


@pytest.mark.parametrize("sampler", some(["DDIM", "DPM++ 2M", "Euler"], "DPM++ 2M"))
@pytest.mark.parametrize("strength", [0.34, 1.0])
def test_img2img_is_that_of_diffusers(host: DiffusersHost, sampler: str, strength: float) -> None:
    document = palette(sampler, init={"image": url(speckled()), "strength": strength}, brushes=[], guidance=3)
    kind = samplers.find(sampler)
    scheduler = getattr(diffusers, kind.scheduler).from_config(host.pipe.scheduler.config, **kind.options)
    parts = host.pipe.components | {"scheduler": scheduler}
    pipe = diffusers.StableDiffusionImg2ImgPipeline(**parts, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    latents = host.encode_image(Image.fromarray(speckled()))
    theirs = pipe(
        "gray", image=latents, strength=strength, num_inference_steps=6, guidance_scale=3,
        generator=noise.make_generator(3), output_type="latent",
    ).images  # fmt: skip
    assert (Drawing.of(host, document).latents() - theirs).abs().max() < 1e-4


def test_strength_is_the_share_of_steps_that_are_run(host: DiffusersHost) -> None:
    document = palette(init={"image": url(speckled()), "strength": 0.5})
    steps: list[tuple[int, int]] = []
    render(host, document, progress=lambda step: steps.append((step.done, step.total)))
    assert steps == [(1, 3), (2, 3), (3, 3)] and count_skipped_steps(document) == 3
    still = render(host, palette(init={"image": url(speckled()), "strength": 0}))[0].image
    assert np.array_equal(np.asarray(still), np.asarray(host.decode(host.encode_image(Image.fromarray(speckled())))))


@pytest.mark.parametrize("sampler", some(SAMPLERS, "LCM"))
@pytest.mark.parametrize("feather", [0, 6])
def test_brushes_on_a_picture_leave_the_rest_of_it(host: DiffusersHost, sampler: str, feather: float) -> None:
    ground = speckled()
    brush = {"id": "a", "prompt": "red", "mask": LEFT, "feather": feather}
    document = palette(sampler, background={"image": url(ground)}, brushes=[brush], bootstrap={"levels": 2})
    picture = np.asarray(render(host, document)[0].image)
    reach = 68 + 3 * feather + 1
    assert np.array_equal(picture[:, reach:], ground[:, reach:])
    inside = picture[8:-8, 8 : 60 - 2 * feather].reshape(-1, 3).mean(axis=0)
    assert np.abs(inside - colour(host, "red", sampler)).max() < 10


@pytest.mark.parametrize("sampler", some(SAMPLERS, "Euler a"))
def test_pictures_of_a_batch_are_those_of_their_seeds(host: DiffusersHost, sampler: str) -> None:
    document = palette(sampler)
    together = [np.asarray(each.image, int) for each in render(host, document, (5, 6, 7), batch=2)]
    alone = [np.asarray(render(host, document, (seed,))[0].image, int) for seed in (5, 6, 7)]
    assert all(np.abs(a - b).max() <= 1 for a, b in zip(together, alone, strict=True))


def test_a_picture_is_encoded_once(host: DiffusersHost) -> None:
    image = Image.fromarray(speckled())
    before = len(host.seen)
    assert torch.equal(host.encode_image(image), host.encode_image(image.copy())) and len(host.seen) == before + 1
    other = host.encode_image(image.transpose(Image.Transpose.FLIP_TOP_BOTTOM))
    assert not torch.equal(host.encode_image(image), other) and len(host.seen) == before + 2
    for shade in range(20):
        host.encode_image(Image.new("RGB", (64, 64), (shade, 0, 0)))
    assert len(host.seen) >= 20 and host.seen.held <= host.seen.most


def test_colour_and_transparent_pictures_are_grounds(host: DiffusersHost) -> None:
    pixels = np.zeros((64, 136, 4), np.uint8)
    pixels[:32] = (10, 20, 30, 255)
    document = palette(background={"image": url(pixels), "colour": "#00ff00"}, brushes=[])
    picture = np.asarray(render(host, document)[0].image)
    assert (picture[:30] == (10, 20, 30)).all() and (picture[34:] == (0, 255, 0)).all()


def test_blending_over_a_picture_keeps_it_exactly_where_nothing_is() -> None:
    ground, image = (Image.fromarray(speckled(20, 10)), Image.new("RGB", (20, 10), "red"))
    share = np.zeros((10, 20), np.float32)
    share[:, 10:] = 1
    made = np.asarray(paste_over(ground, image, share))
    assert np.array_equal(made[:, :10], np.asarray(ground)[:, :10]) and (made[:, 10:] == (255, 0, 0)).all()
    document = palette(background={"colour": "#0000ff", "strength": 0.5})
    assert restore_uncovered(image, document) is image
    share = measure_brush_shares(palette(), Size(64, 136))(0, 64)
    assert share[:, :67].min() == 1 and share[:, 69:].max() == 0


def test_latents_do_not_depend_on_where_an_init_is_kept(host: DiffusersHost) -> None:
    """With a mask that covers everything inpainting is img2img."""
    init = {"image": url(speckled()), "strength": 0.6}
    whole = init | {"mask": {"rectangle": [0, 0, 1, 1]}}
    one, two = (Drawing.of(host, palette(init=each)).latents() for each in (init, whole))
    assert torch.allclose(one, two, atol=1e-5)
