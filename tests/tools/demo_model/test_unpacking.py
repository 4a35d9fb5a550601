"""The demo model's shipped files as checkpoints: training goes on from what ships, and what it leaves alone stays."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

pytest.importorskip("diffusers")

import demo_aspects
import demo_evaluate
import demo_export
import demo_labeller
import demo_rank
import demo_unpack
import demo_vae
from demo_loop import Run, Stage
from demo_lora import merge, write_kohya
from demo_networks import UNET_WIDTHS
from demo_sample import Model
from safetensors.torch import load_file
from worlds import EMOJI, TOYWORLD, World

from lib_regiondiff.demo import LATER, LORA, labeller

pytestmark = pytest.mark.diffusers


def make_head(world: World, model: Model) -> Any:
    """A head that has learned nothing."""
    return nn.Conv2d(UNET_WIDTHS[1], sum(world.labels), 1).state_dict()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The toy world with what ships as its checkpoints."""
    made = replace(TOYWORLD, folder=tmp_path_factory.mktemp("unpacked"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_unpack, "TOYWORLD", made)
        patch.setattr(demo_unpack, "learn_head", make_head)
        demo_unpack.main(made)
    return made


def test_what_is_unpacked_is_the_model_that_ships(world: World) -> None:
    shipped = demo_evaluate.load_shipped()
    unet, text = demo_aspects.load_finished(world)
    for mine, theirs in ((unet, shipped.unet), (text, shipped.text), (demo_vae.load_finished(world), shipped.vae)):
        expected = theirs.state_dict()
        assert mine.state_dict().keys() == expected.keys()
        for name, value in mine.state_dict().items():
            torch.testing.assert_close(value, expected[name], rtol=1e-3, atol=1e-3)
    known, judge = labeller.load().state_dict(), demo_labeller.load_finished(world).state_dict()
    assert all(torch.equal(value, known[name]) for name, value in judge.items())


def test_what_was_not_trained_again_is_not_written_again(world: World, tmp_path: Path) -> None:
    """Its size would be added to the history of the repository."""
    names, made = ("first", "later", "lora", "tiny", "labeller"), tmp_path / "made"
    files, mine = demo_export.Files(*(made / name for name in names)), replace(world, folder=tmp_path / "mine")
    shutil.copytree(world.folder, mine.folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_export.Files, "of", lambda _: files)
        demo_export.main(mine)
        assert list(made.iterdir()) == []
        torch.save({"networks": {}, "averages": save_labeller(), "step": 1}, mine.checkpoint("labeller"))
        demo_export.main(mine)
    assert [path.name for path in made.iterdir()] == ["labeller"]


def save_labeller() -> dict[str, Any]:
    """What a training of the labeller saves of its weights."""
    return {"labeller": labeller.load().state_dict()}


def test_the_lora_is_the_one_that_ships(world: World) -> None:
    student = merge(demo_evaluate.load_shipped().unet, load_file(LORA)).state_dict()
    padded = write_kohya(demo_rank.read_additions(world.checkpoint("lcm")))
    for name, value in merge(demo_evaluate.load_shipped().unet, padded).state_dict().items():
        torch.testing.assert_close(value, student[name], rtol=1e-3, atol=1e-3)


def test_training_goes_on_from_what_ships_without_its_optimizer(world: World) -> None:
    network: Any = demo_labeller.make_network(len(world.classes))

    def loss(step: int) -> torch.Tensor:
        steps.append(step)
        return sum((p.square().sum() for p in network.parameters()), torch.zeros(()))

    def draw(networks: Mapping[str, nn.Module]) -> np.ndarray:
        return np.zeros((1, 1, 3), np.uint8)

    steps: list[int] = []
    run = Run.of(Stage("labeller", world.folder, {"labeller": network}, loss, draw, rate=1e-3, averaging=0.9))
    known = labeller.load().state_dict()
    assert all(torch.equal(value, known[name]) for name, value in network.state_dict().items())
    run.advance(run.step + 10)
    assert steps == [world.recipe.steps["labeller"]]


def test_a_world_without_shipped_files_is_refused() -> None:
    with pytest.raises(SystemExit, match="emoji"):
        demo_unpack.main(EMOJI)


def test_every_addition_that_ships_has_a_layer() -> None:
    """So none is lost when it is unpacked."""
    unet = demo_evaluate.load_shipped().unet
    names = {name.removesuffix(".up") for name in load_file(LATER) if name.endswith(".up")}
    assert len(demo_unpack.read_halves(unet, load_file(LATER))) == len(names)
