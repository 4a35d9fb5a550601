"""Every stage of the demo model's training, on few scenes: it goes on where it stopped, and runs on another device."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

pytest.importorskip("diffusers")

import demo_aspects
import demo_bind
import demo_labeller
import demo_loop
import demo_pairs
from worlds import WORLDS, World

import elsewhere

pytestmark = [
    pytest.mark.diffusers,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:for .*copying from a non-meta parameter"),  # it does copy, see `elsewhere`
]
LATE = 9000  # beyond every step from which a stage does something else
PROMPTS = 8
CASES = [(world, name) for world in WORLDS.values() for name in world.recipe.steps]
every_stage = pytest.mark.parametrize(("world", "name"), CASES, ids=[f"{world.name}-{name}" for world, name in CASES])


def modules() -> list[Any]:
    """The training's own modules."""
    return [module for name, module in sys.modules.items() if name.startswith("demo_")]


def replaced(patch: pytest.MonkeyPatch, name: str, value: Any) -> None:
    """Give a name of `demo_loop` another meaning wherever it was imported."""
    for module in modules():
        if hasattr(module, name):
            patch.setattr(module, name, value)


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """Few scenes where a stage has its own number of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_pairs, "PAIRS", 8)
        patch.setattr(demo_aspects, "POOL", 60)
        patch.setattr(demo_bind, "COUNT", 100)
        demo_labeller.load_pools.cache_clear()
        yield
        demo_labeller.load_pools.cache_clear()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where checkpoints lie."""
    return tmp_path_factory.mktemp("train")


def stage(world: World, name: str, folder: Path) -> demo_loop.Stage:
    """A stage of a world of a few scenes, with a folder of its own."""
    recipe = replace(world.recipe, pool=60, decoded_from=LATE, composites_from=LATE, composed_from=LATE)
    little = replace(world, recipe=recipe, prompts=world.prompts[:PROMPTS], folder=folder / world.name)
    return importlib.import_module(f"demo_{name}").stage(little)


def state(run: demo_loop.Run) -> dict[str, Tensor]:
    """All that a stage has learned so far."""
    parts = [(name, net.state_dict()) for name, net in run.stage.networks.items()]
    parts += [(f"average of {name}", average) for name, average in run.averages.items()]
    return {f"{name}: {key}": value.clone() for name, values in parts for key, value in values.items()}


@every_stage
def test_a_stage_that_was_stopped_equals_one_that_was_not(world: World, name: str, folder: Path) -> None:
    run = demo_loop.Run.of(stage(world, name, folder))
    for _ in range(2):
        run.advance(4)
    run.save()
    for _ in range(2):
        run.advance(4)
    again = demo_loop.Run.of(stage(world, name, folder))
    assert again.step == 2
    for _ in range(2):
        again.advance(4)
    whole, resumed = state(run), state(again)
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(value, resumed[key]) for key, value in whole.items())


@every_stage
@pytest.mark.parametrize("step", [0, LATE])
def test_a_stage_learns_the_same_on_another_device(
    world: World, name: str, step: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(monkeypatch, "mix_precision", contextlib.nullcontext)
    make = partial(stage, world, name, folder)
    here = first_steps(make, step)
    replaced(monkeypatch, "choose_device", lambda: elsewhere.DEVICE)
    demo_labeller.load_pools.cache_clear()
    with elsewhere.Elsewhere():
        there = first_steps(make, step)
    demo_labeller.load_pools.cache_clear()
    torch.testing.assert_close(there, here, rtol=5e-3, atol=1e-3)


def first_steps(make: Callable[[], demo_loop.Stage], step: int) -> list[float]:
    """The losses of a stage's next steps, if they were called by another number; draws its sheet too."""
    run = demo_loop.Run.of(make())
    run.step = step
    losses = [run.advance(10**5) for _ in range(3)]
    with run.averaged(), torch.no_grad():
        assert run.stage.sheet(run.stage.networks).dtype == np.uint8
    return losses
