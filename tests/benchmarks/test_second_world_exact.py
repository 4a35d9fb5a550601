"""The exact denoiser: Bayes' rule by hand, its limits, what DDIM makes of it; what prompts of the second world mean."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from second_world_borders import score_boundary
from second_world_cases import make_case, phrase
from second_world_denoiser import ExactDenoiser, denoise
from second_world_exact import STEPS, TABLES, TRUE, format_table, list_rows
from second_world_passes import LARGER, enlarge
from second_world_sets import ANYTHING, draw_scene, list_meanings, read
from torch import Tensor

from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size

KEPT = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2, dim=0)


def draw_pictures(count: int, seed: int = 0) -> Tensor:
    return torch.randn(count, 4, 3, 5, generator=torch.Generator().manual_seed(seed))


def make_denoiser(**sets: Tensor) -> ExactDenoiser:
    made = ExactDenoiser(KEPT, 16, 4)
    made.prompts = {
        name: (torch.full((1, 2, 3), float(number)), lambda height, width, own=own: own)
        for number, (name, own) in enumerate(sets.items())
    }
    return made


def ask(network: ExactDenoiser, x: Tensor, t: float, number: float = 0.0) -> Tensor:
    prompts = torch.full((len(x), 2, 3), number)
    return network(x, torch.full((len(x),), t), prompts).sample


@pytest.mark.parametrize("beta", [0.3, 3.0, 10.0])
def test_it_is_the_naive_formula(beta: float) -> None:
    pictures, alpha = draw_pictures(5), 0.8
    x = alpha * pictures[2] + beta * draw_pictures(1, 1)[0]
    pairs = [
        (sum((a - alpha * b) ** 2 for a, b in zip(x.ravel(), each.ravel(), strict=True)), each) for each in pictures
    ]
    least = min(distance for distance, _ in pairs)
    shares = [math.exp(-float(distance - least) / (2 * beta**2)) for distance, _ in pairs]
    wanted = sum(share * each for share, (_, each) in zip(shares, pairs, strict=True)) / sum(shares)
    assert sorted(shares)[-2] > 0.001 or beta < 1, "several pictures count"
    assert torch.allclose(denoise(x, alpha, beta, pictures), torch.as_tensor(wanted), atol=1e-4)


def test_without_noise_it_is_the_nearest_picture() -> None:
    pictures = draw_pictures(7)
    for number, picture in enumerate(pictures):
        x = picture + 0.2 * draw_pictures(1, 10 + number)[0]
        assert torch.equal(denoise(x, 1.0, 1e-3, pictures), picture)


def test_of_noise_alone_it_is_the_mean() -> None:
    pictures = draw_pictures(7)
    assert torch.allclose(denoise(draw_pictures(1, 3)[0], 0.0, 1.0, pictures), pictures.mean(dim=0), atol=1e-6)


@pytest.mark.parametrize("beta", [1e-3, 0.5, 50.0])
def test_a_single_picture_is_always_the_answer(beta: float) -> None:
    (picture,) = pictures = draw_pictures(1)
    assert torch.allclose(denoise(beta * draw_pictures(1, 4)[0], 0.7, beta, pictures), picture)


def test_ddim_from_noise_ends_at_one_of_the_pictures() -> None:
    diffusers = pytest.importorskip("diffusers")
    pictures = draw_pictures(6)
    network = make_denoiser(a=pictures)
    scheduler = diffusers.DDIMScheduler(trained_betas=(1 - KEPT / torch.cat([torch.ones(1), KEPT[:-1]])).numpy())
    scheduler.register_to_config(clip_sample=False)
    scheduler.set_timesteps(20)
    x = draw_pictures(8, 5)
    for t in scheduler.timesteps:
        x = scheduler.step(ask(network, x, float(t)), t, x, return_dict=False)[0]
    near = (x[:, None] - pictures[None]).flatten(2).norm(dim=2)
    assert near.min(dim=1).values.max() < 0.5 < near.sort(dim=1).values[:, 1].min()
    assert len(set(near.argmin(dim=1).tolist())) > 1, "and not always at the same"


def test_each_row_has_its_own_prompt_and_level() -> None:
    network = make_denoiser(a=draw_pictures(1), b=draw_pictures(1, 1))
    x, numbers, levels = draw_pictures(2, 2), torch.tensor([0.0, 1.0]), torch.tensor([999.0, 10.0])
    made = network(x, levels, numbers[:, None, None].expand(2, 2, 3)).sample
    for row, number in enumerate((0, 1)):
        kept = KEPT[int(levels[row])]
        x0 = (x[row] - (1 - kept).sqrt() * made[row]) / kept.sqrt()
        assert torch.allclose(x0, draw_pictures(1, number)[0], atol=1e-3)


def test_what_it_does_not_know_is_an_error() -> None:
    network = make_denoiser(a=draw_pictures(2), b=draw_pictures(2, 1))
    x = draw_pictures(1, 2)
    with pytest.raises(HostError, match="none of them"):
        ask(network, x, 10, 0.5)
    for t in (10.5, 1000.0):
        with pytest.raises(HostError, match="whole number"):
            ask(network, x, t)
    network.prompts = {**network.prompts, "c": network.prompts["a"]}
    with pytest.raises(HostError, match="'a', 'c'"):
        ask(network, x, 10)


@pytest.mark.parametrize("kind", ["thing-128", "columns", "textures"])
def test_a_case_knows_what_its_prompts_mean(kind: str) -> None:
    for number in (0, 1):
        case = make_case(kind, number)
        found = list_meanings(case)
        assert found[""] == ANYTHING and set(found) == {"", case.prompt, *(part.prompt for part in case.parts)}
        for part in case.parts:
            ground, said = found[part.prompt]
            assert said == (None if part.thing is None else (part.thing.kind, part.thing.colour))
            assert ground == (part.ground if phrase(part.ground) in part.prompt else None)


def test_another_prompt_is_refused() -> None:
    part = make_case("thing-128", 1).parts[0]
    assert part.thing is not None
    with pytest.raises(AssertionError):
        read(part.prompt + ", best quality", part.ground, part.thing)


def test_scenes_show_what_is_said_and_are_the_same_ground_with_a_thing_and_without() -> None:
    case = make_case("thing-128", 1)
    part, size = case.parts[0], Size(128, 160)
    with_thing = draw_scene(read(part.prompt, part.ground, part.thing), 5, size)
    bare = draw_scene((part.ground, None), 5, size)
    assert with_thing.backdrop == bare.backdrop == part.ground and not bare.things
    assert with_thing.seed == bare.seed and with_thing.shape == bare.shape == (128, 160)
    grounds = {draw_scene((None, ("apple", "red")), number, size).backdrop for number in range(20)}
    assert len(grounds) > 5 and all(each.colour != "red" for each in grounds)
    assert len({bool(draw_scene(ANYTHING, number, size).things) for number in range(20)}) == 2


def test_borders_of_true_pictures_are_where_they_were_painted() -> None:
    case = make_case("textures", 1)
    picture, regions = case.truth
    assert score_boundary(case, picture) > 0.9
    flat = np.broadcast_to(picture[regions == 0][0], picture.shape).copy()
    assert score_boundary(case, flat) < 0.1
    moved = np.roll(picture, 12, axis=1)
    assert score_boundary(case, moved) < score_boundary(case, picture) - 0.2
    assert np.isnan(score_boundary(make_case("thing-128", 1), picture))


def test_the_second_pass_is_asked_for_the_same_in_another_size() -> None:
    case = make_case("thing-128", 1)
    large = enlarge(case)
    assert large.size == Size(round(LARGER * case.size.height), round(LARGER * case.size.width))
    one, two = (each.parts[0].thing for each in (case, large))
    assert one is not None and two is not None
    assert two.pose.radius == pytest.approx(LARGER * one.pose.radius, rel=0.03) and two.kind == one.kind


def test_tables_have_a_row_for_each_class_sampler_and_way_that_was_measured() -> None:
    table = TABLES["borders"]
    scores = dict.fromkeys(table.scores, 0.5)
    ways: Any = {f"{way}, {steps}": scores for way in table.ways for steps in STEPS}
    records: Any = [{"class": "textures", "number": at, "ways": ways | {TRUE: scores}} for at in range(3)]
    assert len(list_rows(records, table)) == 1 + 2 * len(table.ways)
    shown = format_table(records, table).splitlines()
    assert shown[2].startswith("| textures | LCM 5 | auto | 3 | 50 (50 to 50) |") and TRUE in shown[-1]
