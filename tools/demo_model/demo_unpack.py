"""Writes the demo model's shipped files as checkpoints, so that later stages can be trained without earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import demo_lcm
import demo_unet
import torch
from demo_begin import take_lora
from demo_export import UNET, translate_unet_name
from demo_loop import choose_device, make_generator
from demo_lora import attach, find_layers
from demo_rank import Halves
from demo_sample import Model
from demo_speed import hasten
from demo_vae import unsettle
from safetensors.torch import load_file
from torch import Tensor
from tqdm import trange
from worlds import TOYWORLD, World

from lib_regiondiff.demo import FIRST, LATER, make_checkpoint
from lib_regiondiff.demo.labeller import load as load_labeller
from lib_regiondiff.hosts.diffusers.checkpoints.loader import load_pipeline

SEED, STEPS, POOL = 20, 300, 1024


def main(world: World) -> None:
    """Write checkpoints of the toy world's stages up to `pairs`; those that are there stay.

    The head that tells what a cell shows is not part of the model, so it is learned anew.
    """
    if world is not TOYWORLD:
        raise SystemExit(f"the world {world.name} has no shipped files")
    first, whole = (load_pipeline(path, torch.device("cpu"), torch.float32) for path in (FIRST, make_checkpoint()))
    head = learn_head(world, Model(first.unet, first.text_encoder, first.vae))
    put(world, "vae", {"vae": unsettle(first.vae).state_dict()})
    unet = {"unet": first.unet.state_dict(), "text": first.text_encoder.state_dict(), "teller": head}
    put(world, "unet", unet)
    put(world, "bind", {"text": whole.text_encoder.state_dict()})
    put(world, "labeller", {"labeller": load_labeller().state_dict()})
    put(world, "pairs", {"lora": name_additions(read_halves(first.unet, load_file(LATER)))})
    put(world, "lcm", {"lora": pad_lora(whole.unet)})


def put(world: World, stage: str, networks: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Write a stage's checkpoint that says that it came from shipped files, unless there is one."""
    path: Path = world.checkpoint(stage)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        saved = {"networks": dict(networks), "averages": dict(networks), "shipped": True}
        torch.save({**saved, "step": world.recipe.steps[stage]}, path)


def read_halves(unet: Any, later: Mapping[str, Tensor]) -> dict[str, Halves]:
    """The additions to a denoiser in the tensors of the file that ships, by the names of its layers."""
    names = {layer: UNET + translate_unet_name(f"{layer}.weight") for layer in find_layers(unet)}
    return {
        layer: (later[f"{name}.up"].float(), later[f"{name}.down"].float())
        for layer, name in names.items()
        if f"{name}.up" in later
    }


def pad_lora(unet: Any) -> dict[str, Tensor]:
    """The LCM LoRA that ships as the stage `lcm` has it: of equal rank in all layers."""
    additions = attach(unet, demo_lcm.SEED)
    take_lora(additions)
    return {name: value.detach().clone() for name, value in additions.state_dict().items()}


def name_additions(halves: Mapping[str, Halves]) -> dict[str, Tensor]:
    """Additions as a stage's checkpoint has them."""
    parts = {name.replace(".", "/"): both for name, both in halves.items()}
    return {
        f"{name}.{part}": value
        for name, both in parts.items()
        for part, value in zip(("up", "down"), both, strict=True)
    }


def learn_head(world: World, model: Model) -> dict[str, Tensor]:
    """The weights of a head that tells what each cell shows from what a finished denoiser, which stays, computes."""
    few = replace(world, recipe=replace(world.recipe, pool=POOL))
    (pool,) = demo_unet.make_pools(few, model.vae)
    unet = hasten(model.unet.requires_grad_(False)).to(choose_device())
    moved = Model(unet, model.text.requires_grad_(False).to(choose_device()), None)
    teller = demo_unet.Teller(unet, few)
    teller.head.to(choose_device())
    optimizer = torch.optim.AdamW(teller.head.parameters(), lr=3e-3)
    for step in trange(STEPS, desc="head", mininterval=10):
        generator = make_generator(SEED, step)
        index = pool.draw(step, generator)
        captions = [demo_unet.write_caption(few, pool.seeds[each], step) for each in index.tolist()]
        order = torch.randperm(len(index), generator=generator)
        examples = demo_unet.Examples(
            pool.latents[index].float(), pool.labels[index].long(), captions, pool.kept, order
        )
        optimizer.zero_grad()
        demo_unet.examples_loss(moved, teller, examples, generator).backward()
        optimizer.step()
    return {name: value.detach().cpu() for name, value in teller.head.state_dict().items()}
