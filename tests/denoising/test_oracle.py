"""The whole core against closed forms: the sampler's end point on Gaussian data is known for every palette."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import GaussianHost, clock_of, end_point, exploding, heun, schedule
from lib_regiondiff.denoising.model import region_model
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Level
from lib_regiondiff.planning import noise, tiles
from lib_regiondiff.planning.brush_texts import BrushText
from lib_regiondiff.planning.plan import Job, make_plan
from lib_regiondiff.planning.weights import feather_limit, masks
from lib_regiondiff.planning.weights.blends import BLENDS
from palettes import sized

SIGMAS = schedule(40)
LEVELS = tuple(exploding(sigma) for sigma in SIGMAS)
LEFT, RIGHT = {"rectangle": [0, 0, 0.5, 1]}, {"rectangle": [0.5, 0, 1, 1]}


def palette(width: int = 128, height: int = 96, **more: Any) -> Palette:
    """A palette of prompts that are numbers."""
    return sized(width, height, **{"guidance": 1, "background": {"prompt": "0"}, "tiles": None} | more)


def job(document: Palette, levels: tuple[Level, ...] = LEVELS, seeds: tuple[int, ...] = (1,), **more: Any) -> Job:
    return Job(document.size, clock_of(levels), seeds, **more)


def run(
    document: Palette, host: GaussianHost, the_job: Job, levels: tuple[Level, ...] = LEVELS
) -> tuple[torch.Tensor, torch.Tensor]:
    """Initial x and end point [B, 3, h, w] in float64."""
    plan = make_plan(document, the_job, host)
    generators = [noise.make_generator(seed) for seed in the_job.seeds]
    start = noise.draw_unit(generators, (3, plan.size.height, plan.size.width)).double() * SIGMAS[0]
    return start, heun(region_model(host, plan), start, levels)


def expected_means(document: Palette) -> np.ndarray:
    """The mean of each cell by the masks alone: the oracle does its own sum."""
    size = document.size.cells(8)
    layers = [
        masks.BrushLayer(masks.measure_cells(brush.mask, document.size, 8), brush.feather / 8, brush.weight)
        for brush in document.brushes
    ]
    painted = [tiles.find_bounds(layer.coverage > 0) if layer.feather else None for layer in layers]
    native = GaussianHost().latent.native // 8
    weights = feather_limit.fit_feathers(
        masks.partition(layers, size, document.overlap), painted, (native, tiles.measure_widest(native))
    )
    means = np.array([0.0] + [float(brush.prompt) for brush in document.brushes])
    return (weights * means[:, None, None]).sum(axis=0)


def brush(name: str, mask: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "stuff", "prompt": name.split("/")[0], "mask": mask} | more


SCENES = {
    "two halves": [brush("2", LEFT), brush("-1", RIGHT)],
    "gap": [brush("2", {"rectangle": [0, 0, 0.3, 1]}), brush("-1", {"rectangle": [0.7, 0, 1, 1]})],
    "overlap": [brush("2", {"rectangle": [0, 0, 0.7, 1]}), brush("-1", {"rectangle": [0.3, 0.2, 1, 1]})],
    "sliver": [brush("3", {"rectangle": [0.5, 0, 0.501, 1]})],
    "speck": [brush("3", {"ellipse": [0.5, 0.5, 0.503, 0.503]})],
    "L shape": [brush("2", {"polygon": [[0, 0], [0.3, 0], [0.3, 0.7], [1, 0.7], [1, 1], [0, 1]]})],
    "feathered": [brush("2", {"ellipse": [0.2, 0.2, 0.8, 0.8]}, feather=12), brush("-1", RIGHT, feather=3)],
    "nine": [
        brush(f"{i}/{j}", {"rectangle": [j / 3, i / 3, (j + 1) / 3, (i + 1) / 3]}) for i in range(3) for j in range(3)
    ],
}


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("size", [(128, 96), (100, 132), (64, 64)])
def test_end_point_is_that_of_the_blended_mean(name: str, size: tuple[int, int]) -> None:
    document = palette(*size, brushes=[item | {"prompt": item["prompt"]} for item in SCENES[name]])
    host = GaussianHost()
    start, end = run(document, host, replace(job(document), centred=False))  # also thin brushes act on the canvas
    means = torch.from_numpy(expected_means(document))
    assert (end - end_point(start, means, host.deviation, SIGMAS[0])).abs().max() < 0.02 * (1 + means.abs().max())


def test_error_of_the_sampler_falls_quadratically() -> None:
    document, host, errors = palette(brushes=SCENES["overlap"], bootstrap={"levels": 0}), GaussianHost(), []
    means = torch.from_numpy(expected_means(document))
    for count in (40, 80, 160):
        levels = tuple(exploding(sigma) for sigma in schedule(count, low=1e-3))
        start, end = run(document, host, job(document, levels), levels)
        errors.append(float((end - end_point(start, means, host.deviation, SIGMAS[0])).abs().max()))
    assert errors[0] / errors[1] > 3 and errors[1] / errors[2] > 3


@pytest.mark.parametrize(
    "tiles", [None, {"width": 64, "height": 64, "overlap": 24}, {"width": 72, "height": 96, "overlap": 8}]
)
@pytest.mark.parametrize("size", [(64, 2048), (2048, 64), (200, 328)])
@pytest.mark.parametrize("blend", BLENDS)
def test_tiles_and_windows_change_nothing_for_a_pointwise_model(tiles: Any, size: tuple[int, int], blend: str) -> None:
    document = palette(*size, tiles=tiles, blend=blend, brushes=[brush("2", LEFT), brush("-1", RIGHT)])
    host = GaussianHost()
    start, end = run(document, host, job(document))
    edge = math.ceil(size[0] / 16)
    wanted = end_point(start, 2.0, host.deviation, SIGMAS[0])[..., : edge - 1]
    assert (end[..., : edge - 1] - wanted).abs().max() < 0.06


def test_guidance_moves_the_mean_of_each_brush_by_its_own_scale() -> None:
    brushes = [brush("2", LEFT, guidance=3, negative="1"), brush("-1", RIGHT, guidance=1)]
    document, host = palette(guidance=5, brushes=brushes), GaussianHost()
    start, end = run(document, host, job(document))
    means = torch.full((12, 16), -1.0, dtype=torch.float64)
    means[:, :8] = 1 + 3 * (2 - 1)
    assert (end - end_point(start, means, host.deviation, SIGMAS[0])).abs().max() < 0.08


def test_interval_of_a_brush_composes_two_closed_forms() -> None:
    document, host = palette(brushes=[brush("2", LEFT, start=0.25, stop=0.75)]), GaussianHost()
    levels = tuple(exploding(sigma) for sigma in schedule(160))
    start, end = run(document, host, job(document, levels), levels)
    x = start[..., :8]
    for mean, first, last in ((0, 0, 40), (2, 40, 120), (0, 120, 160)):
        x = end_point(x, float(mean), host.deviation, levels[first].beta, levels[last].beta)
    assert (end[..., :8] - x).abs().max() < 0.02


def test_strength_is_the_share_of_last_levels() -> None:
    late = palette(brushes=[brush("2", LEFT, strength=0.4)])
    same = palette(brushes=[brush("2", LEFT, start=0.6)])
    host = GaussianHost()
    assert torch.equal(run(late, host, job(late))[1], run(same, host, job(same))[1])


def test_prompt_strength_lies_between_background_and_own_prompt() -> None:
    document, host = palette(brushes=[brush("2", LEFT, prompt_strength=0.25)]), GaussianHost()
    start, end = run(document, host, job(document))
    wanted = end_point(start[..., :8], 0.5, host.deviation, SIGMAS[0])
    assert (end[..., :8] - wanted).abs().max() < 0.03


def test_a_batch_with_different_prompts_equals_its_images_alone() -> None:
    document, host = palette(brushes=[brush("2", LEFT), brush("-1", RIGHT)]), GaussianHost()
    texts = ({"2": BrushText("3", "")}, {"-1": BrushText("1 word more", "")})
    _, both = run(document, host, job(document, seeds=(5, 9), texts=texts))
    for index, seed in enumerate((5, 9)):
        _, alone = run(document, host, job(document, seeds=(seed,), texts=texts[index : index + 1]))
        assert torch.equal(both[index], alone[0])


@given(st.permutations(range(9)))
@settings(max_examples=15, deadline=None)
def test_disjoint_brushes_permute(order: list[int]) -> None:
    host = GaussianHost()
    reference = palette(brushes=SCENES["nine"])
    document = palette(brushes=[SCENES["nine"][index] for index in order])
    levels = LEVELS[::8]
    one, two = (run(each, host, job(each, levels), levels)[1] for each in (reference, document))
    assert torch.allclose(one, two, atol=1e-6)


def test_both_scalings_of_x_give_the_same_prediction() -> None:
    document, host = palette(brushes=SCENES["overlap"]), GaussianHost()
    x = torch.randn(1, 3, 12, 16, dtype=torch.float64, generator=noise.make_generator(3)) * 4
    model, wide = region_model(host, make_plan(document, job(document), host)), Level.preserving(0, SIGMAS[9])
    assert torch.allclose(model(x, LEVELS[9]), model(x * wide.alpha, wide), atol=1e-9)


def test_not_finite_names_brush_and_level() -> None:
    document, host = palette(brushes=[brush("2", LEFT), brush("nan", RIGHT)]), GaussianHost()
    with pytest.raises(HostError, match=r"prediction of nan at noise 0\.\d+: expected finite numbers") as caught:
        run(document, host, job(document))
    assert "float32" in str(caught.value)
