"""What networks predict: there and back, also where nothing is left of the signal."""

from __future__ import annotations

import pytest
import torch

from lib_regiondiff.denoising import guidance
from lib_regiondiff.denoising.parameterization import PARAMETERIZATIONS
from lib_regiondiff.host import Level
from lib_regiondiff.planning import noise

SCALES = [(1.0, 7.3), (0.6, 0.8), (0.3, 0.7), (0.0, 1.0)]
WAYS = [(kind, scale) for kind in PARAMETERIZATIONS for scale in SCALES if kind != "epsilon" or scale[0] > 0]
"""All but one: noise says nothing of a picture that is nothing but noise."""


@pytest.mark.parametrize(("kind", "scale"), WAYS)
def test_a_prediction_survives_the_way_to_x0_and_back(kind: str, scale: tuple[float, float]) -> None:
    x, made = torch.randn(2, 1, 4, 3, 3, generator=noise.make_generator(1), dtype=torch.float64)
    there = PARAMETERIZATIONS[kind].to_denoised(made, x, *scale)
    assert torch.isfinite(there).all()
    assert torch.allclose(PARAMETERIZATIONS[kind].from_denoised(there, x, *scale), made, atol=1e-9)


def test_each_kind_knows_x0() -> None:
    x0, unit = torch.randn(2, 1, 4, 3, 3, generator=noise.make_generator(2), dtype=torch.float64)
    for a in (0.0, 0.2, 0.9):
        b = (1 - a * a) ** 0.5
        x, flown = a * x0 + b * unit, a * x0 + (1 - a) * unit
        made = {"v_prediction": (a * unit - b * x0, x, b), "flow": (unit - x0, flown, 1 - a), "sample": (x0, x, b)}
        made |= {"epsilon": (unit, x, b)} if a else {}
        for kind, (output, seen, beta) in made.items():
            assert torch.allclose(PARAMETERIZATIONS[kind].to_denoised(output, seen, a, beta), x0), kind


def test_a_velocity_is_that_of_the_same_picture_in_another_scaling() -> None:
    """x = x0 + sigma n, as Euler has it, is the same picture as x / sqrt(1 + sigma^2)."""
    x, made = torch.randn(2, 1, 4, 3, 3, generator=noise.make_generator(3), dtype=torch.float64)
    sigma = 2.5
    norm = (1 + sigma**2) ** 0.5
    kind = PARAMETERIZATIONS["v_prediction"]
    assert torch.allclose(kind.to_denoised(made, x, 1, sigma), kind.to_denoised(made, x / norm, 1 / norm, sigma / norm))


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
def test_rescaled_guidance_gives_the_prediction_its_deviation_back(kind: str) -> None:
    cond, uncond, x = torch.randn(3, 2, 4, 5, 5, generator=noise.make_generator(4), dtype=torch.float64)
    for level in (Level(5, 0.6, 0.8, 0.8), Level(5, 1, 7.3, 0.99), *([Level(9, 0, 1, 1)] if kind[0] == "v" else [])):
        guided = guidance.cfg(cond, uncond, 7)
        after = guidance.rescale(guided, cond, x, (level, kind), 1)
        back = (PARAMETERIZATIONS[kind].from_denoised(each, x, level.alpha, level.beta) for each in (after, cond))
        made, plain = (each.std(dim=(1, 2, 3)) for each in back)
        assert torch.allclose(made, plain)
        assert torch.equal(guidance.rescale(guided, cond, x, (level, kind), 0), guided)


def test_rescaled_guidance_keeps_what_channels_and_images_differ_by() -> None:
    """One factor an image: its channels keep their proportions, and other images have no part in it."""
    cond, uncond, x = torch.randn(3, 2, 4, 5, 6, generator=noise.make_generator(5), dtype=torch.float64)
    cond = cond * torch.tensor([1.0, 20.0]).reshape(2, 1, 1, 1) * torch.arange(1, 5).reshape(1, 4, 1, 1)
    at = (Level(5, 0.6, 0.8, 0.8), "sample")
    guided = guidance.cfg(cond, uncond, 7)
    factor = guidance.rescale(guided, cond, x, at, 1) / guided
    for image in range(2):
        assert torch.allclose(factor[image], cond[image].std() / guided[image].std())
    half = guidance.rescale(guided, cond, x, at, 0.5)
    assert torch.allclose(half, guided * (0.5 * factor + 0.5))
