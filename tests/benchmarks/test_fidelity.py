"""The fidelity benchmark: true pictures score fully and others do not; its naive loop is the plain sampler."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from fidelity_naive import Naive, Tile, sample
from fidelity_palettes import CANVAS, GRADES, SEEDS, draw_truth, find_visible, make_puzzle, move, rasterise
from fidelity_scores import measure_change, measure_seams, score
from torch import Tensor
from toyworld_scenes import TRAINING

from lib_regiondiff.demo.labeller import Maps
from lib_regiondiff.document.palette import dumps
from lib_regiondiff.geometry import Box, Size

NUMBERS = range(12)
PUZZLES = [make_puzzle(number) for number in NUMBERS]
TRUTHS = [draw_truth(given) for given in PUZZLES]
LABELS = [Maps(true.classes, true.colours) for true in TRUTHS]


def test_palettes_are_deterministic_and_disjoint_from_training() -> None:
    assert dumps(make_puzzle(4).palette()) == dumps(PUZZLES[4].palette())
    assert len({dumps(given.palette()) for given in PUZZLES}) == len(PUZZLES)
    assert all(given.seed in SEEDS and given.seed not in TRAINING for given in PUZZLES)
    assert TRAINING.stop <= SEEDS.start


def test_palettes_have_two_to_six_brushes_and_all_grades() -> None:
    assert {given.grade for given in PUZZLES} == set(GRADES)
    for given in PUZZLES:
        assert 2 <= len(given.shapes) <= 6
        assert len({meaning.seen[0] for meaning in given.meanings}) == len(given.meanings)
        assert any(meaning.thing for meaning in given.meanings)


def test_grades_differ_in_how_much_is_hidden() -> None:
    hidden: dict[str, list[float]] = {}
    for given in PUZZLES:
        covered = rasterise(given.palette())
        hidden.setdefault(given.grade, []).append(1 - find_visible(covered)[1:].sum() / covered.sum())
    apart, touching, overlapping = (np.mean(hidden[grade]) for grade in GRADES)
    assert apart < touching < overlapping


@pytest.mark.parametrize("number", NUMBERS)
def test_the_true_picture_gets_full_scores(number: int) -> None:
    scores = score(PUZZLES[number], LABELS[number], TRUTHS[number])
    assert scores["fidelity"] > 0.99
    assert scores["something there"] == scores["right class"] == 1
    assert scores["wrong colour"] == scores["duplicated"] == 0
    assert scores["leaked"] < 0.02


@pytest.mark.parametrize("number", NUMBERS)
def test_a_shuffled_picture_does_not(number: int) -> None:
    true = TRUTHS[number]
    order = np.random.default_rng(number).permutation(true.classes.size)
    mixed = Maps(*(part.ravel()[order].reshape(part.shape) for part in (true.classes, true.colours)))
    assert score(PUZZLES[number], mixed, true)["fidelity"] < 0.75
    turned = Maps(true.classes[::-1, ::-1], true.colours[::-1, ::-1])
    assert score(PUZZLES[number], turned, true)["fidelity"] < 0.75


def test_another_colour_counts_as_wrong_and_another_class_as_absent() -> None:
    given, true = PUZZLES[0], TRUTHS[0]
    things = [meaning.seen for meaning in given.meanings if meaning.thing]
    colours, classes = true.colours.copy(), true.classes.copy()
    for kind, colour in things:
        colours[true.classes == kind] = (colour + 1) % 10
        classes[true.classes == kind] = 0
    assert score(given, Maps(true.classes, colours), true)["wrong colour"] == 1
    assert score(given, Maps(classes, true.colours), true)["something there"] == 0


def test_a_second_object_is_a_duplicate_and_a_leak() -> None:
    given, true = PUZZLES[3], TRUTHS[3]
    kind = next(meaning.seen[0] for meaning in given.meanings if meaning.thing)
    free = find_visible(rasterise(given.palette()))[0]
    places = [(y, x) for y in range(0, 160, 8) for x in range(0, 224, 8) if free[y : y + 32, x : x + 32].all()]
    y, x = places[0]
    classes = true.classes.copy()
    classes[y : y + 32, x : x + 32] = kind
    scores = score(given, Maps(classes, true.colours), true)
    assert scores["duplicated"] > 0 and scores["leaked"] > 0.05


def test_seams_are_seen_where_tiles_meet() -> None:
    tiles = [Box(0, 0, 24, 16), Box(0, 16, 24, 32)]
    even = np.random.default_rng(0).integers(0, 9, (CANVAS.height, CANVAS.width, 3)).astype(np.uint8)
    split = even.copy()
    split[:, 128:] += 60
    assert measure_seams(even, tiles) == pytest.approx(1, abs=0.1)
    assert measure_seams(split, tiles) > 3


def test_what_is_moved_leaves_the_rest_of_the_true_picture_alone() -> None:
    other, elsewhere = move(PUZZLES[3])
    assert measure_change(TRUTHS[3].picture, draw_truth(other).picture, elsewhere) == 0
    assert measure_change(TRUTHS[3].picture, draw_truth(other).picture, ~elsewhere) > 0.05


def eps(x: Tensor, t: int, regions: Sequence[int]) -> Tensor:
    """A network of two lines: it depends on all that it is given."""
    shift = torch.tensor([0.1 * region for region in regions]).reshape(-1, 1, 1, 1)
    return x * (0.9 + 1e-4 * t) + shift + 0.05 * x.mean(dim=(2, 3), keepdim=True)


def naive(early: bool, boxes: Sequence[Box], regions: int = 1) -> tuple[Tensor, Tensor]:
    """The naive loop and diffusers' own LCM sampling from the same noise."""
    diffusers = pytest.importorskip("diffusers")
    scheduler = diffusers.LCMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    scheduler.set_timesteps(5)
    times = scheduler.timesteps.tolist()
    masks = [torch.full((regions, 24, 32), 1 / regions)] * len(times)
    tiles = [Tile(box, torch.ones(box.size.height, box.size.width)) for box in boxes]
    job = Naive(eps, tiles, masks, times, scheduler.alphas_cumprod, early)
    start = torch.randn(1, 4, 24, 32, generator=torch.Generator().manual_seed(1))
    ours = sample(job, start, torch.Generator().manual_seed(2))
    x, generator = start, torch.Generator().manual_seed(2)
    for t in scheduler.timesteps:
        x = scheduler.step(eps(x, int(t), [0]), t, x, generator=generator, return_dict=False)[0]
    return ours, x


@pytest.mark.diffusers
@pytest.mark.parametrize("early", [False, True])
def test_the_naive_loop_with_one_full_view_is_the_plain_sampler(early: bool) -> None:
    ours, plain = naive(early, [Box.whole(Size(24, 32))])
    assert torch.allclose(ours, plain, atol=1e-5)


@pytest.mark.diffusers
def test_averaging_noisy_steps_loses_noise_and_pre_averaging_does_not() -> None:
    boxes = [Box.whole(Size(24, 32))] * 4
    late, plain = naive(False, boxes)
    early, _ = naive(True, boxes)
    assert torch.allclose(early, plain, atol=1e-5)
    assert not torch.allclose(late, plain, atol=0.1)
