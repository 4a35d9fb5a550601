"""The ladder's baselines: each formula of the originals beside the same one written out, number by number."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from fidelity_naive import Bootstrap, Moment, Naive, Tile, fill, find_move, measure_difference, sample
from fidelity_stream import (
    list_fading_tiles,
    list_plain_tiles,
    spread_masks,
    surround_coloured,
    surround_white,
)
from numpy.typing import NDArray
from torch import Tensor

from lib_regiondiff.geometry import Box, Size

TIMES = (999, 799, 599, 399, 199)
KEPT = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2, 0)
LEVELS = [float((1 - KEPT[t]).sqrt()) for t in TIMES]


def draw_noise(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def cover(seed: int, height: int, width: int, count: int = 3) -> NDArray[np.bool_]:
    """Random boxes that overlap."""
    rng, masks = np.random.default_rng(seed), np.zeros((count, height, width), bool)
    for mask in masks:
        top, left = rng.integers(0, height // 2), rng.integers(0, width // 2)
        mask[top : top + height // 2, left : left + width // 2] = True
    return masks


# --- masks over the noise levels


def weaken(masks: NDArray[np.bool_]) -> list[list[list[float]]]:
    """What is free and the brushes, 0.3 of each where a later one lies, pixel by pixel."""
    regions, height, width = masks.shape
    found = [[[0.0] * width for _ in range(height)] for _ in range(regions + 1)]
    for y, x in itertools.product(range(height), range(width)):
        there = [not masks[:, y, x].any(), *masks[:, y, x]]
        for region, own in enumerate(there):
            found[region][y][x] = (0.3 if any(there[region + 1 :]) else 1.0) if own else 0.0
    return found


def blur_at(mask: list[list[float]], y: int, x: int, std: float) -> float:
    """One pixel of a blurred mask, summed up over a square of three standard deviations."""
    if std == 0:
        return mask[y][x]
    reach, total, weight = math.ceil(3 * std), 0.0, 0.0
    for down, right in itertools.product(range(-reach, reach + 1), repeat=2):
        share = math.exp(-(down * down + right * right) / (2 * std * std))
        row, column = min(max(y + down, 0), len(mask) - 1), min(max(x + right, 0), len(mask[0]) - 1)
        total, weight = total + share * mask[row][column], weight + share
    return total / weight


@pytest.mark.parametrize(("std", "strength"), [(0, 1.0), (1.5, 1.0), (4, 1.0), (0, 0.95), (2.5, 0.97)])
def test_masks_grow_with_falling_noise_as_written_out(std: float, strength: float) -> None:
    covered, cell = cover(3, 24, 32), 4
    masks = spread_masks(covered, LEVELS, cell, std, strength)
    alone = weaken(covered)
    for level, mask in zip(LEVELS, masks, strict=True):
        for region, row, column in np.ndindex(*mask.shape):
            value = strength * blur_at(alone[region], row * cell, column * cell, std)
            if abs(value - level) > 1e-4:  # where rounding does not decide
                assert mask[region, row, column] == float(value > level)


def test_sharp_masks_are_a_partition_and_a_strength_below_the_noise_hides_a_region() -> None:
    covered = cover(5, 48, 64)
    assert all((mask.sum(0) == 1).all() for mask in spread_masks(covered, LEVELS, 8))
    counts = [float(mask.sum()) for mask in spread_masks(covered, LEVELS, 8, strength=0.96)]
    assert counts[:2] == [0, 0] and counts[2] == counts[4] == 48


def test_blurred_masks_only_grow_and_leave_gaps_at_first() -> None:
    masks = spread_masks(cover(5, 192, 256), LEVELS, 8, 8)
    assert all((late >= early).all() for early, late in itertools.pairwise(masks))
    assert (masks[0].sum(0) == 0).any()


# --- tiles


@pytest.mark.parametrize("size", [Size(24, 32), Size(16, 16), Size(16, 48), Size(40, 24), Size(21, 37), Size(10, 33)])
def test_tiles_fade_linearly_and_weigh_one_together(size: Size) -> None:
    total, side = torch.zeros(size.height, size.width), 16
    tiles = list_fading_tiles(size, side)
    for tile in tiles:
        tile.box.crop(total).add_(tile.weights)
        lines = []
        for start, end, length in (
            (tile.box.top, tile.box.bottom, size.height),
            (tile.box.left, tile.box.right, size.width),
        ):
            line = []
            for at in range(end - start):
                rising = 1.0 if start == 0 else at / (side // 2 - 1)
                falling = 1.0 if start + side >= length else (side - 1 - at) / (side // 2 - 1)
                line.append(rising if at < side // 2 else falling)
            lines.append(torch.tensor(line))
        assert torch.allclose(tile.weights, torch.outer(*lines), atol=1e-6)
    assert torch.allclose(total, torch.ones_like(total), atol=1e-6)
    plain = list_plain_tiles(size, side)
    assert [each.box for each in plain] == [each.box for each in tiles]
    assert all((each.weights == 1).all() for each in plain)


def test_a_canvas_of_192_by_256_has_six_tiles() -> None:
    assert len(list_fading_tiles(Size(24, 32), 16)) == 6


# --- the steps in which regions are alone


@pytest.mark.parametrize(("step", "mix"), [(0, 1.0), (1, 1.0), (1, 1.25), (0, 0.5), (2, 2.3)])
def test_white_gives_way_to_the_canvas_which_is_noised_once_more(step: int, mix: float) -> None:
    white, x, t = draw_noise(1, 1, 4, 6, 8), draw_noise(2, 1, 4, 6, 8), TIMES[step]
    box = Box(1, 2, 5, 7)
    moment = Moment(step, t, box, box.crop(x), [0, 2])
    seen = surround_white(white, KEPT, mix)(moment, torch.Generator().manual_seed(7))
    new, share = draw_noise(7, 1, 4, 4, 5), {0: mix, 1: mix - 1, 2: mix - 2}[step]
    share = max(0.0, min(1.0, share))
    assert seen.shape == (2, 4, 4, 5)
    for region, channel, row, column in np.ndindex(*seen.shape):
        at = channel, row + 1, column + 2
        mixed = share * float(white[0][at]) + (1 - share) * float(x[0][at])
        told = math.sqrt(KEPT[t]) * mixed + math.sqrt(1 - KEPT[t]) * float(new[0, channel, row, column])
        assert float(seen[region, channel, row, column]) == pytest.approx(told, abs=1e-5)


def test_where_there_is_a_ground_it_follows_the_white() -> None:
    white, ground = draw_noise(1, 1, 4, 6, 8), draw_noise(3, 1, 4, 6, 8)
    moment = Moment(1, TIMES[1], Box(0, 0, 6, 8), draw_noise(2, 1, 4, 6, 8), [0])
    seen = surround_white(white, KEPT, 1.0, ground)(moment, torch.Generator().manual_seed(7))
    told = KEPT[TIMES[1]].sqrt() * ground + (1 - KEPT[TIMES[1]]).sqrt() * draw_noise(7, 1, 4, 6, 8)
    assert torch.allclose(seen, told, atol=1e-6)


def test_colours_have_the_noise_of_the_start_and_the_first_region_sees_all() -> None:
    colours, start, x = draw_noise(1, 5, 4, 1, 1), draw_noise(2, 1, 4, 6, 8), draw_noise(3, 1, 4, 6, 8)
    moment = Moment(1, TIMES[1], Box(0, 0, 6, 8), x, [0, 1, 2])
    seen = surround_coloured(colours, start, KEPT)(moment, torch.Generator().manual_seed(7))
    assert torch.equal(seen[0], x[0])
    for each in seen[1:]:
        flat = (each - (1 - KEPT[TIMES[1]]).sqrt() * start[0]) / KEPT[TIMES[1]].sqrt()
        assert flat.std(dim=(1, 2)).max() < 1e-4
        assert min(float((flat[:, 0, 0] - colour.ravel()).abs().max()) for colour in colours) < 1e-4


def test_the_middle_of_a_mask_goes_to_the_middle_of_the_tile() -> None:
    for top, left, bottom, right in ((0, 0, 3, 3), (5, 1, 16, 2), (2, 9, 12, 16), (0, 0, 16, 16), (7, 7, 8, 8)):
        mask = torch.zeros(16, 16)
        mask[top:bottom, left:right] = 1
        down, across = find_move(mask)
        rolled = torch.nonzero(mask.roll((down, across), (0, 1)))
        for axis, length in ((0, bottom - top), (1, right - left)):
            # of an odd length, the middle cell is the first of the second half; of an even one, the second half begins
            assert int(rolled[:, axis].min()) == 8 - length // 2


def test_what_is_drawn_like_the_surroundings_weighs_nothing() -> None:
    x0, around = draw_noise(1, 3, 4, 6, 8), draw_noise(2, 3, 4, 6, 8)
    weights = measure_difference(x0, around, 0.2)
    for region, _, row, column in np.ndindex(*weights.shape):
        leak = sum(float(x0[region, c, row, column] - around[region, c, row, column]) ** 2 for c in range(4)) / 4
        told = 2 / (1 + math.exp(-leak / 0.2)) - 1
        assert float(weights[region, 0, row, column]) == pytest.approx(told, abs=1e-5)
    assert (measure_difference(x0, x0, 0.2) == 0).all()


def test_the_ground_fills_what_regions_leave() -> None:
    x, ground, count = torch.full((1, 1, 1, 4), 2.0), torch.full((1, 1, 1, 4), 6.0), torch.tensor([0, 0.25, 1, 1.5])
    assert fill(x, count, ground).ravel().tolist() == [6, 5, 2, 2]
    assert fill(x, count, None) is x


# --- whole runs


def predict(x: Tensor, t: int, regions: Sequence[int]) -> Tensor:
    """A network of two lines, which knows where its left border is."""
    shift = torch.tensor([0.1 * region for region in regions]).reshape(-1, 1, 1, 1)
    return x * (0.9 + 1e-4 * t) + shift + 0.05 * x.mean(dim=(2, 3), keepdim=True) + torch.arange(x.shape[3]) * 0.01


def write_out(masks: Sequence[Tensor], white: Tensor, x: Tensor, generator: torch.Generator) -> Tensor:
    """StreamMultiDiffusion on two tiles of 8 cells, 4 apart, row by row: two steps alone, one with the canvas."""
    ramp = [0, 1 / 3, 2 / 3, 1]
    tiles = [(0, [1, 1, 1, 1, *ramp[::-1]]), (4, [*ramp, 1, 1, 1, 1])]
    for step, t in enumerate(TIMES):
        a, b = math.sqrt(KEPT[t]), math.sqrt(1 - KEPT[t])
        total, count = np.zeros((4, 8, 12)), np.zeros((8, 12))
        for left, weights in tiles:
            crop = x[0, :, :, left : left + 8]
            around = None
            if step < 2:
                clean = white[0, :, :, left : left + 8] if step == 0 else crop
                around = a * clean + b * torch.randn(1, 4, 8, 8, generator=generator)[0]
            for region, whole in enumerate(masks[step]):
                mask, seen = whole[:, left : left + 8], crop
                if not mask.any():
                    continue
                move = (0, 0)
                if around is not None:
                    seen = mask * crop + (1 - mask) * around
                    rows, columns = np.flatnonzero(mask.numpy().any(1)), np.flatnonzero(mask.numpy().any(0))
                    move = (4 - (rows[0] + rows[-1] + 1) // 2, 4 - (columns[0] + columns[-1] + 1) // 2)
                    seen = seen.roll(move, (1, 2))
                eps = predict(seen[None], t, [region])[0]
                skip = 0.25 / ((10 * t) ** 2 + 0.25)
                x0 = skip * seen + 10 * t / math.sqrt((10 * t) ** 2 + 0.25) * (seen - b * eps) / a
                x0 = x0.roll((-move[0], -move[1]), (1, 2))
                share = mask.clone()
                if around is not None:
                    share = share * (2 * torch.sigmoid((x0 - around).pow(2).mean(0) / 0.2) - 1)
                share = (share * torch.tensor(weights)).numpy()
                total[:, :, left : left + 8] += share * x0.numpy()
                count[:, left : left + 8] += share
        x = torch.from_numpy(total / np.where(count > 0, count, 1)).float()[None]
        if step < len(TIMES) - 1:
            then = TIMES[step + 1]
            x = KEPT[then].sqrt() * x + (1 - KEPT[then]).sqrt() * torch.randn(x.shape, generator=generator)
    return x


@pytest.mark.parametrize("seed", range(4))
def test_stream_multi_diffusion_is_what_it_is_written_out(seed: int) -> None:
    masks = spread_masks(cover(seed, 32, 48), LEVELS, 4)
    white, start = draw_noise(1, 1, 4, 8, 12), draw_noise(2, 1, 4, 8, 12)
    first = Bootstrap(2, surround_white(white, KEPT, 1.0), centred=True, sensitivity=0.2)
    job = Naive(predict, list_fading_tiles(Size(8, 12), 8), masks, TIMES, KEPT, True, first)
    drawn = sample(job, start, torch.Generator().manual_seed(seed))
    told = write_out(masks, white, start, torch.Generator().manual_seed(seed))
    assert torch.allclose(drawn, told, atol=1e-4)
    assert job.rows == len(TIMES) * 2 * 4


def test_negatives_are_not_asked_at_guidance_one_and_empty_views_are_not_run() -> None:
    asked: list[int] = []

    def count(x: Tensor, t: int, regions: Sequence[int]) -> Tensor:
        asked.append(len(regions))
        return predict(x, t, regions)

    masks = torch.zeros(2, 8, 12)
    masks[0, :, :4], masks[1, :, 4:] = 1, 1
    tiles = [Tile(Box(0, left, 8, left + 4), torch.ones(8, 4)) for left in (0, 4, 8)]
    job = Naive(count, tiles, [masks] * len(TIMES), TIMES, KEPT, True)
    sample(job, draw_noise(1, 1, 4, 8, 12), torch.Generator())
    assert asked == [3] * len(TIMES) and job.rows == 6 * len(TIMES)
