"""The demo model's training: what its helpers are told agrees with the scenes."""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("diffusers")

import demo_labeller
import demo_unet
import demo_vae
from demo_begin import take_lora, take_unet
from demo_loop import Run
from demo_lora import attach, find_layers, merge
from demo_networks import make_scheduler, make_seeded
from demo_sample import Model
from demo_text import PLACES, count_answers, list_facts
from demo_unet import PAIRS_FROM, PAIRS_WEIGHT, Pool, Teller, batch_loss, choose_pool, draw_strips
from safetensors.torch import load_file
from world_scenes import TRAINING
from worlds import EMOJI, TOYWORLD, WORLDS, World

from lib_regiondiff.demo import LORA
from lib_regiondiff.demo.world import COLOURS

pytestmark = pytest.mark.diffusers
SEEN = "ad4878d350841cc0e2a65df86a54a7405c3304f7d352cbe1cfb5301c4ddbb1ad"
"""What the toy world's stages drew and said at some steps when the model that ships was trained."""

SCENES = {name: [world.make_scene(seed) for seed in TRAINING[:200]] for name, world in WORLDS.items()}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_facts_answer_every_question_within_its_range(world: World) -> None:
    sizes = count_answers(world)
    for scene in SCENES[world.name]:
        known = list_facts(world, scene)
        assert len(known) == len(sizes) and all(0 <= answer < size for answer, size in zip(known, sizes, strict=True))


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_facts_name_background_and_each_thing_at_its_place(world: World) -> None:
    for scene in SCENES[world.name]:
        known = list_facts(world, scene)
        assert world.backgrounds[known[0]] == scene.backdrop.kind and COLOURS[known[1]] == scene.backdrop.colour
        there = {place: known[2 + 2 * i : 4 + 2 * i] for i, place in enumerate(PLACES)}
        assert sum(any(pair) for pair in there.values()) == len(scene.things)
        if scene.things:
            first = scene.things[0]
            kind, colour = there[scene.relation]
            assert (world.objects[kind - 1], COLOURS[colour - 1]) == (first.kind, first.colour)


def test_the_toy_world_s_stages_see_what_they_always_did() -> None:
    made = hashlib.sha256(demo_vae.draw_crops(TOYWORLD, 3).numpy().tobytes())
    made.update("|".join(demo_unet.write_caption(TOYWORLD, seed, 5) for seed in range(60)).encode())
    made.update(demo_unet.read_labels(TOYWORLD, range(8)).numpy().tobytes())
    examples = demo_labeller.make_examples(TOYWORLD, 2)
    for part in (examples.x, examples.classes, examples.colours):
        made.update(part.contiguous().numpy().tobytes())
    assert made.hexdigest() == SEEN


def make_pool(world: World, shape: tuple[int, int], seeds: range) -> Pool:
    """A pool of scenes of one shape whose latents are noise."""
    cells = shape[0] // 8, shape[1] // 8
    generator = torch.Generator().manual_seed(shape[0])
    latents = torch.randn(len(seeds), 4, *cells, generator=generator)
    labels = torch.randint(2, (len(seeds), 2, *cells), generator=generator)
    return Pool(latents, labels, make_scheduler().alphas_cumprod, torch.ones(len(seeds)), seeds)


def test_batches_are_of_one_shape_each_and_all_shapes_come_as_often_as_their_scenes() -> None:
    pools = [make_pool(EMOJI, shape, range(count)) for shape, count in (((128, 128), 30), ((88, 176), 60))]
    chosen = [choose_pool(pools, step) for step in range(600)]
    assert sum(pool is pools[1] for pool in chosen) / 600 == pytest.approx(2 / 3, abs=0.06)
    assert all(choose_pool(pools, step) is chosen[step] for step in range(50))
    assert choose_pool(pools[:1], 5) is pools[0]


@pytest.mark.parametrize("shape", [(88, 176), (160, 104)])
def test_a_strip_lies_along_a_side_of_a_picture_of_any_shape(shape: tuple[int, int]) -> None:
    cells, generator = (shape[0] // 8, shape[1] // 8), torch.Generator().manual_seed(1)
    strips = draw_strips(torch.ones(200), generator, 0.5, cells)
    assert strips.shape == (200, 1, *cells)
    share = strips.flatten(1).any(1).float().mean()
    assert 0.4 < share < 0.6 and not strips.flatten(1).all(1).any()
    for each in strips[:, 0]:
        rows, columns = each.all(1), each.all(0)
        assert torch.equal(each, rows[:, None] | columns[None]) and not (rows.any() and columns.any())


def test_the_denoiser_learns_from_a_wide_picture() -> None:
    unet, text = make_seeded("unet", 1), make_seeded("text", 1)
    teller, pool = Teller(unet, EMOJI), make_pool(EMOJI, (88, 176), range(40))
    error = batch_loss(EMOJI, Model(unet, text, None), pool, teller, EMOJI.recipe.composed_from)
    error.backward()
    assert torch.isfinite(error) and all(torch.isfinite(p.grad).all() for p in unet.parameters() if p.grad is not None)
    assert teller.head.weight.grad is not None and teller.head.out_channels == len(EMOJI.classes) + len(COLOURS)


def test_a_finished_autoencoder_can_be_trained_on_and_computes_the_same() -> None:
    vae: Any = make_seeded("vae", 2)
    x = torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(3)) * 2 - 1
    with torch.no_grad():
        before = vae(x).sample
        again = demo_vae.unsettle(vae)(x).sample
        after = demo_vae.settle(vae)(x).sample
    assert before.std() > 0.01
    torch.testing.assert_close(again, before, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4)


def test_another_world_s_lora_begins_as_the_one_that_ships() -> None:
    wanted = merge(take_unet(), load_file(LORA)).state_dict()
    unet = take_unet()
    take_lora(attach(unet, seed=3))
    for name in find_layers(unet):
        torch.testing.assert_close(unet.get_submodule(name).weight, wanted[f"{name}.weight"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["text", "labeller"])
def test_a_stage_of_the_second_world_that_was_stopped_equals_one_that_was_not(name: str, tmp_path: Path) -> None:
    recipe = replace(EMOJI.recipe, begins=False, decoded_from=10, composites_from=1)
    little = replace(EMOJI, folder=tmp_path, recipe=recipe)
    run = Run.of(importlib.import_module(f"demo_{name}").stage(little))
    run.advance(2)
    run.save()
    run.advance(2)
    again = Run.of(importlib.import_module(f"demo_{name}").stage(little))
    assert again.step == 1 and (tmp_path / f"{name}.png").exists()
    again.advance(2)
    for network in run.stage.networks:
        whole, resumed = (each.stage.networks[network].state_dict() for each in (run, again))
        assert all(torch.equal(value, resumed[key]) for key, value in whole.items())
        assert all(torch.equal(value, again.averages[network][key]) for key, value in run.averages[network].items())


def test_scenes_with_two_objects_are_drawn_more_often_later() -> None:
    things = torch.tensor([len(scene.things) for scene in SCENES[TOYWORLD.name]])
    pool, pairs = Pool(torch.empty(0), torch.empty(0), torch.empty(0), things, range(len(things))), things == 2
    share = float(pairs.float().mean())
    later = PAIRS_WEIGHT * share / (1 - share + PAIRS_WEIGHT * share)
    for step, expected in ((0, share), (PAIRS_FROM, later)):
        generator = torch.Generator().manual_seed(step)
        drawn = torch.cat([pairs[pool.draw(step, generator)] for _ in range(300)])
        assert abs(float(drawn.float().mean()) - expected) < 0.03
