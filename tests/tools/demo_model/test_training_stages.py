"""Every stage of the demo model's training, on few scenes: it goes on where it stopped, and runs on another device."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

pytest.importorskip("diffusers")

import demo_bind
import demo_labeller
import demo_lcm
import demo_loop
import demo_pairs
import demo_unet
from train_demo_model import STAGES

import elsewhere

pytestmark = [
    pytest.mark.diffusers,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:for .*copying from a non-meta parameter"),  # it does copy, see `elsewhere`
]
LATE = 9000  # beyond every step from which a stage does something else


def modules() -> list[Any]:
    """The training's own modules."""
    return [module for name, module in sys.modules.items() if name.startswith("demo_")]


def replaced(patch: pytest.MonkeyPatch, name: str, value: Any) -> None:
    """Give a name of `demo_loop` another meaning wherever it was imported."""
    for module in modules():
        if hasattr(module, name):
            patch.setattr(module, name, value)


@pytest.fixture(scope="module", autouse=True)
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A world of a few scenes, whose checkpoints lie in a folder of their own."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("CACHE", tmp_path_factory.mktemp("train")), ("POOL", 24), ("PAIRS", 8)):
            for module in (demo_loop, demo_unet, demo_pairs):
                if hasattr(module, name):
                    patch.setattr(module, name, value)
        patch.setattr(demo_bind, "COUNT", 100)
        patch.setattr(demo_unet, "PROMPTS", demo_unet.PROMPTS[:6])
        patch.setattr(demo_lcm, "PROMPTS", demo_unet.PROMPTS[:6])
        demo_labeller.load_pools.cache_clear()
        yield
        demo_labeller.load_pools.cache_clear()


def stage(name: str) -> demo_loop.Stage:
    return __import__(STAGES[name][0]).stage()


def state(run: demo_loop.Run) -> dict[str, Tensor]:
    """All that a stage has learned so far."""
    parts = [(name, net.state_dict()) for name, net in run.stage.networks.items()]
    parts += [(f"average of {name}", average) for name, average in run.averages.items()]
    return {f"{name}: {key}": value.clone() for name, values in parts for key, value in values.items()}


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_that_was_stopped_equals_one_that_was_not(name: str) -> None:
    run = demo_loop.Run.of(stage(name))
    for _ in range(2):
        run.advance(4)
    run.save()
    for _ in range(2):
        run.advance(4)
    again = demo_loop.Run.of(stage(name))
    assert again.step == 2
    for _ in range(2):
        again.advance(4)
    whole, resumed = state(run), state(again)
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(value, resumed[key]) for key, value in whole.items())


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("step", [0, LATE])
def test_a_stage_learns_the_same_on_another_device(name: str, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(monkeypatch, "mix_precision", contextlib.nullcontext)
    here = first_steps(name, step)
    replaced(monkeypatch, "choose_device", lambda: elsewhere.DEVICE)
    demo_labeller.load_pools.cache_clear()
    with elsewhere.Elsewhere():
        there = first_steps(name, step)
    demo_labeller.load_pools.cache_clear()
    torch.testing.assert_close(there, here, rtol=5e-3, atol=1e-3)


def first_steps(name: str, step: int) -> list[float]:
    """The losses of a stage's next steps, if they were called by another number; draws its sheet too."""
    run = demo_loop.Run.of(stage(name))
    run.step = step
    losses = [run.advance(10**5) for _ in range(3)]
    with run.averaged(), torch.no_grad():
        assert run.stage.sheet(run.stage.networks).dtype == np.uint8
    return losses
