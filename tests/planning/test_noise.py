"""Initial noise: unit variance, reproducible, independent of the batch and of everybody else's generators."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.planning import noise

SHAPE = (4, 64, 64)
LEFT = {"rectangle": [0, 0, 0.5, 1]}


def palette(**more: Any) -> Palette:
    return parse({"version": 1} | more)


def made(document: Palette, seeds: tuple[int, ...] = (1,)) -> torch.Tensor:
    start = noise.draw_unit([noise.make_generator(seed) for seed in seeds], SHAPE)
    return noise.apply(start, document, document.size, 8)


def test_noise_of_an_image_does_not_depend_on_its_batch() -> None:
    both = made(palette(), (3, 4))
    assert torch.equal(both[:1], made(palette(), (3,))) and torch.equal(both[1:], made(palette(), (4,)))


def test_global_generator_is_not_consumed() -> None:
    torch.manual_seed(7)
    state = torch.get_rng_state()
    made(palette(noise=[{"mask": LEFT, "seed": 5}]), (1, 2))
    assert torch.equal(torch.get_rng_state(), state)


def test_brush_seed_owns_the_noise_inside_its_mask_alone() -> None:
    document = palette(brushes=[{"id": "a", "mask": LEFT, "seed": 9}])
    one, two, plain = made(document, (1,)), made(document, (2,)), made(palette(), (1,))
    assert torch.equal(one[..., :32], two[..., :32]) and not torch.equal(one[..., 32:], two[..., 32:])
    assert torch.equal(one[..., 32:], plain[..., 32:])


def test_operations_run_in_order_after_brush_seeds() -> None:
    document = palette(
        brushes=[{"id": "a", "mask": LEFT, "seed": 9}],
        noise=[{"mask": {"rectangle": [0, 0, 1, 1]}, "seed": 3}, {"mask": LEFT, "seed": 4}],
    )
    wanted = made(palette(noise=[{"mask": LEFT, "seed": 4}]))
    assert torch.equal(made(document)[..., :32], wanted[..., :32])
    assert torch.equal(made(document)[..., 32:], made(palette(), (3,))[..., 32:])


@pytest.mark.parametrize("amount", [0.0, 0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("mask", [LEFT, {"ellipse": [0.1, 0.1, 0.9, 0.9]}])
def test_variance_stays_one(amount: float, mask: dict[str, Any]) -> None:
    mixed = made(palette(noise=[{"mask": mask, "seed": 5, "amount": amount}]), tuple(range(30)))
    assert mixed.std() == pytest.approx(1, abs=0.01) and abs(mixed.mean()) < 0.02


def test_a_small_amount_changes_little() -> None:
    plain = made(palette())
    close = made(palette(noise=[{"mask": LEFT, "seed": 5, "amount": 0.1}]))
    alike = torch.corrcoef(torch.stack([plain.flatten(), close.flatten()]))[0, 1]
    assert alike > 0.99 and not torch.equal(plain, close)


def test_further_noise_of_a_picture_is_its_own() -> None:
    """Images of a batch have neighbouring seeds: no noise is that of another number, another image or its start."""
    seeds = [*range(1, 40), *range(2**32 - 4, 2**32), 2**53 - 1]
    derived = [noise.derive_seed(seed, number) for seed in seeds for number in range(40)]
    assert len({*derived, *seeds}) == len(derived) + len(seeds)
    derived += [noise.derive_seed(number * 2**51 - 1, 1) for number in range(1, 5)]
    assert all(0 <= seed < 2**53 for seed in derived), "a document can hold it"
    assert noise.derive_seed(7, 0) == 7_000_022 and noise.derive_seed(7, 3) == 7_000_025, "pictures stay as they were"
