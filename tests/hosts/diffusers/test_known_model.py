"""The known model keeps its promises: a linear VAE, a UNet in closed form, pictures in the colours of their words."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("diffusers")
pytest.importorskip("transformers")

import diffusers
import torch
from diffusers import AutoencoderKL, StableDiffusionPipeline
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from known_model import COLOURS, build_pipeline
from known_unet import AMPLITUDE, SPREAD
from known_weights import VAE_SCALE
from quick import some

pytestmark = [
    pytest.mark.diffusers,
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation:DeprecationWarning"
    ),  # diffusers' schedulers with numpy 2
]

SAMPLERS = {  # name -> diffusers' class, steps, guidance
    "Euler": ("EulerDiscreteScheduler", 8, 5.0),
    "Euler a": ("EulerAncestralDiscreteScheduler", 8, 5.0),
    "DDIM": ("DDIMScheduler", 8, 5.0),
    "DPM++ 2M": ("DPMSolverMultistepScheduler", 8, 5.0),
    "UniPC": ("UniPCMultistepScheduler", 8, 5.0),
    "LCM": ("LCMScheduler", 4, 1.0),
}


def paint(pipeline: Any, prompts: list[str], sampler: str, guidance: float | None = None, **options: Any) -> np.ndarray:
    """Pictures [n, height, width, 3] in grey levels, by a plain pipeline of diffusers."""
    kind, steps, usual = SAMPLERS[sampler]
    scheduler = getattr(diffusers, kind).from_config(pipeline.scheduler.config)
    plain = StableDiffusionPipeline(**{**pipeline.components, "scheduler": scheduler}, requires_safety_checker=False)
    plain.set_progress_bar_config(disable=True)
    settings = {"height": 64, "width": 64, "generator": torch.Generator().manual_seed(3), "output_type": "np"}
    scale = usual if guidance is None else guidance
    result: Any = plain(prompts, num_inference_steps=steps, guidance_scale=scale, **{**settings, **options})
    return 255 * result.images


def encode(pipeline: Any, prompt: str) -> Tensor:
    """The prompt's embedding [1, 77, 768]."""
    ids = pipeline.tokenizer([prompt], padding="max_length", max_length=77, return_tensors="pt").input_ids
    return pipeline.text_encoder(ids)[0]


def latent_colour(rgb: tuple[float, float, float]) -> Tensor:
    """The latent cell [4] that the model says for a colour."""
    return AMPLITUDE * torch.tensor([*(2 * value - 1 for value in rgb), 0.0])


@torch.inference_mode()
def test_the_vae_is_linear_and_exact(known_pipeline: Any) -> None:
    vae: AutoencoderKL = known_pipeline.vae
    picture = torch.rand(2, 3, 40, 72, generator=torch.Generator().manual_seed(0)) * 2 - 1
    latent = vae.encode(picture).latent_dist.sample() * VAE_SCALE  # type: ignore[union-attr]
    torch.testing.assert_close(latent[:, :3], avg_pool2d(picture, 8), atol=1e-5, rtol=0)
    assert latent[:, 3].abs().max() < 1e-5
    bold = 5 * torch.randn(1, 4, 5, 9, generator=torch.Generator().manual_seed(1))
    shown = vae.decode(bold / VAE_SCALE).sample  # type: ignore[union-attr]
    torch.testing.assert_close(shown, interpolate(bold[:, :3], scale_factor=8.0), atol=2e-3, rtol=0)


@pytest.mark.parametrize("sampler", some(SAMPLERS, "Euler", "LCM"))
def test_every_colour_word_gives_its_colour(known_pipeline: Any, sampler: str) -> None:
    """One sampler draws all of them, each other one every third."""
    turn = list(SAMPLERS).index(sampler)
    words = list(COLOURS)[turn % 3 :: 3] if turn else list(COLOURS)
    pictures = paint(known_pipeline, [f"a {word} cat, best quality" for word in words], sampler)
    contrast = AMPLITUDE if SAMPLERS[sampler][2] == 1 else 1.0
    wanted = 127.5 + contrast * (255 * np.array([COLOURS[word] for word in words]) - 127.5)
    assert np.abs(pictures.mean((1, 2)) - wanted).max() < 2
    assert pictures.std((1, 2)).max() < (5 if sampler == "DDIM" else 2)


def test_the_seed_still_tells(known_pipeline: Any) -> None:
    options = {"guidance": 1.0, "num_images_per_prompt": 2}
    one, other = paint(known_pipeline, ["a red cat"], "Euler", **options)
    assert 0.1 < np.abs(one - other).mean() < 3


def test_two_colour_words_mix_and_none_is_grey(known_pipeline: Any) -> None:
    pictures = paint(known_pipeline, ["red and blue", "a cat"], "LCM")
    np.testing.assert_allclose(pictures[0].mean((0, 1)), [127.5, 19.1, 127.5], atol=2)
    np.testing.assert_allclose(pictures[1].mean((0, 1)), 127.5, atol=2)


def test_the_negative_prompt_pushes_away(known_pipeline: Any) -> None:
    (picture,) = paint(known_pipeline, ["a cat"], "DPM++ 2M", negative_prompt=["red"])
    np.testing.assert_allclose(picture.mean((0, 1)), [0, 255, 255], atol=2)


def test_an_emphasised_word_keeps_its_colour(known_pipeline: Any) -> None:
    cond = encode(known_pipeline, "a red cat").clone()
    assert cond.mean().abs() > 0.01  # what WebUIs divide by
    cond[0, 2] *= 1.3
    (picture,) = paint(known_pipeline, None, "LCM", prompt_embeds=cond)  # type: ignore[arg-type]
    np.testing.assert_allclose(picture.mean((0, 1)), [255, 0, 0], atol=3)


@torch.inference_mode()
@pytest.mark.parametrize("t", [999, 600, 251.5, 20])
def test_the_unet_is_the_denoiser_of_one_coloured_pictures(known_pipeline: Any, t: float) -> None:
    alpha = known_pipeline.scheduler.alphas_cumprod.double().sqrt()[int(t)]
    sigma = math.sqrt(1 - alpha**2)
    c = latent_colour(COLOURS["orange"]).reshape(1, 4, 1, 1)
    x = alpha * c + sigma * torch.randn(1, 4, 16, 12, generator=torch.Generator().manual_seed(0))
    eps = known_pipeline.unet(x.float(), t, encode(known_pipeline, "an orange")).sample
    wanted = sigma * (x - alpha * c) / (SPREAD**2 * alpha**2 + sigma**2)
    assert (eps - wanted).square().mean().sqrt() < 0.005 * wanted.square().mean().sqrt()


@torch.inference_mode()
def test_a_cell_depends_on_itself_and_its_prompt_alone(known_pipeline: Any) -> None:
    x = torch.randn(2, 4, 17, 24, generator=torch.Generator().manual_seed(0))
    cond = torch.cat([encode(known_pipeline, "red"), encode(known_pipeline, "green")])
    t = torch.tensor([700, 30])
    whole = known_pipeline.unet(x, t, cond).sample
    for i in range(2):
        for box in ((slice(0, 8), slice(0, 8)), (slice(9, 17), slice(16, 24))):
            part = known_pipeline.unet(x[i : i + 1, :, box[0], box[1]], t[i], cond[i : i + 1]).sample[0]
            torch.testing.assert_close(part, whole[i, :, box[0], box[1]], atol=3e-3, rtol=1e-3)


def test_building_is_repeatable_and_leaves_the_global_generator_alone(known_pipeline: Any) -> None:
    before = torch.get_rng_state()
    again = build_pipeline()
    assert torch.equal(torch.get_rng_state(), before)
    for part in ("unet", "vae", "text_encoder"):
        one, other = getattr(known_pipeline, part).state_dict(), getattr(again, part).state_dict()
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_saved_folder_is_kept(known_folder: Path) -> None:
    from known_model import save_folder

    before = (known_folder / "model_index.json").stat().st_mtime_ns
    save_folder(known_folder)
    assert (known_folder / "model_index.json").stat().st_mtime_ns == before
    assert not list(known_folder.parent.glob("*.unfinished"))
