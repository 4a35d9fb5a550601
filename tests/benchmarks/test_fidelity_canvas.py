"""Mixture of Diffusers' canvas, a row of the ladder: its windows and its average, written out number by number."""

from __future__ import annotations

import math
from collections.abc import Sequence

import fidelity_canvas
import numpy as np
import pytest
import torch
from fidelity_canvas import Canvas
from fidelity_stream import weigh_gaussian
from torch import Tensor

from lib_regiondiff.geometry import Box, Size

TIMES = (999, 799, 599, 399, 199)
KEPT = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2, 0)


def draw_noise(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def predict(x: Tensor, t: int, regions: Sequence[int]) -> Tensor:
    """A network of two lines, which knows where its left border is."""
    shift = torch.tensor([0.1 * region for region in regions]).reshape(-1, 1, 1, 1)
    return x * (0.9 + 1e-4 * t) + shift + 0.05 * x.mean(dim=(2, 3), keepdim=True) + torch.arange(x.shape[3]) * 0.01


@pytest.mark.parametrize("size", [Size(8, 8), Size(6, 10), Size(1, 7), Size(64, 64)])
def test_gaussian_windows_are_those_of_the_formula(size: Size) -> None:
    weights = weigh_gaussian(size)
    for row, column in np.ndindex(size.height, size.width):
        told = 1.0
        for at, side in ((row, size.height), (column, size.width)):
            told *= math.exp(-((at - (side - 1) / 2) ** 2) / side**2 / 0.02) / math.sqrt(2 * math.pi * 0.01)
        assert float(weights[row, column]) == pytest.approx(told, rel=1e-9)


def test_windows_of_a_side_of_64_have_the_known_values() -> None:
    weights = weigh_gaussian(Size(64, 64))
    assert float(weights.max()) == pytest.approx(3.977**2, rel=2e-3)
    assert float(weights[0, 0] / weights.max()) == pytest.approx(3.0e-11, rel=0.05)


def test_a_canvas_averages_noise_cell_by_cell_and_has_none_where_no_box_is() -> None:
    boxes = [Box(0, 0, 6, 6), Box(2, 3, 8, 9)]
    x, t = draw_noise(1, 1, 4, 8, 10), TIMES[2]
    mixed = fidelity_canvas.mix(Canvas(predict, boxes, TIMES, KEPT), x, t)
    made = [predict(box.crop(x), t, [region])[0] for region, box in enumerate(boxes)]
    for channel, row, column in np.ndindex(4, 8, 10):
        total = count = 0.0
        for box, eps in zip(boxes, made, strict=True):
            if box.top <= row < box.bottom and box.left <= column < box.right:
                weight = float(weigh_gaussian(box.size)[row - box.top, column - box.left])
                total += weight * float(eps[channel, row - box.top, column - box.left])
                count += weight
        assert float(mixed[0, channel, row, column]) == pytest.approx(total / count if count else 0, abs=1e-5)


@pytest.mark.diffusers
@pytest.mark.parametrize("copies", [1, 3])
def test_boxes_that_are_the_canvas_are_the_plain_sampler(copies: int) -> None:
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.LCMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    scheduler.set_timesteps(5)

    def alone(x: Tensor, t: int, regions: Sequence[int]) -> Tensor:
        return predict(x, t, [0] * len(regions))

    start, generator = draw_noise(1, 1, 4, 8, 12), torch.Generator().manual_seed(2)
    job = Canvas(alone, [Box.whole(Size(8, 12))] * copies, scheduler.timesteps.tolist(), scheduler.alphas_cumprod)
    drawn, x = fidelity_canvas.sample(job, start, torch.Generator().manual_seed(2)), start
    for t in scheduler.timesteps:
        x = scheduler.step(predict(x, int(t), [0]), t, x, generator=generator, return_dict=False)[0]
    assert torch.allclose(drawn, x, atol=1e-5)
    assert job.rows == 5 * copies and job.cells == 5 * copies * 96
