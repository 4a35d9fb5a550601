"""The stage `lcm`: a LoRA with which the denoiser needs four steps and no guidance.

As in latent consistency distillation the student maps a noisy latent to the end of the teacher's guided path; here the
end is computed by a few DDIM steps of the teacher rather than estimated from the student's own next prediction, which
needs far fewer updates.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import demo_aspects
import demo_pairs
import demo_vae
import numpy as np
import torch
from demo_begin import take_lora
from demo_loop import Stage, choose_device, find_place, make_generator, mix_precision
from demo_lora import attach
from demo_networks import make_scheduler
from demo_sample import Model, Sampling, embed, guide
from demo_speed import hasten
from demo_unet import Pool, choose_pool, draw_strips, find_cells, make_pools, make_samples, write_caption
from torch import Tensor, nn
from worlds import World

SEED, BATCH = 13, 16
GUIDANCE = 4.0
BUDGET = 750_000  # numbers of the additions that ship
TIMES = (999, 759, 499, 259)  # where four steps of LCM stop
MORE_TIMES, MORE_FROM = (*TIMES, 999, 799, 599, 399, 199), 290  # where five do too, from this step on
OTHERS = tuple(range(199, 1000, 20))
PAIRS_FROM, PAIRS = 1500, 6  # from this step on, this many of a batch have two objects
STRIDE, LAST = 180, 100  # the teacher's steps; where it needs no further one


def stage(world: World) -> Stage:
    """The stage that trains the LoRA's additions; teacher and text encoder stay as they are."""
    denoiser, text = demo_aspects.load_finished(world)
    teacher: Any = denoiser.to(choose_device(), memory_format=torch.channels_last)
    student = hasten(copy.deepcopy(teacher))
    hasten(teacher)
    additions = attach(student, SEED)
    if world.recipe.begins:
        take_lora(additions)
    student.to(choose_device())
    text.to(choose_device())
    kept, vae = make_scheduler().alphas_cumprod.to(choose_device()), demo_vae.load_finished(world).to(choose_device())
    two = demo_pairs.find_pairs(world, vae) if world.recipe.pairs else None
    wide = demo_aspects.widen(world) if world.checkpoint("aspects").exists() else world
    scenes = Scenes(wide, make_pools(wide, vae), two)

    def loss(step: int) -> Tensor:
        x, t, conds = make_noisy(scenes, kept, text, step)
        target = find_path_end(teacher, x, t, conds, kept)
        with mix_precision():
            eps = student(x, t, encoder_hidden_states=conds[0]).sample.float()
        return distance(clean(eps, x, kept[t]), target)

    def preview(networks: Mapping[str, nn.Module]) -> np.ndarray:
        return make_samples(world, Model(student, text, vae), Sampling(steps=4, guidance=1, lcm=True))

    networks = {"lora": additions}
    return Stage("lcm", world.folder, networks, loss, preview, 1e-3, averaging=0.98, decay=0.5, every=20, warm_up=10)


@dataclass(frozen=True)
class Scenes:
    """Pools of usual scenes, and seeds and latents of scenes with two objects where a world has such (`pairs`)."""

    world: World
    pools: Sequence[Pool]
    pairs: tuple[list[int], Tensor] | None

    def draw(self, step: int, generator: torch.Generator) -> tuple[list[int], Tensor]:
        """Seeds and latents of a training step's batch, some of them with a strip of another."""
        pool = choose_pool(self.pools, step)
        index = torch.randint(len(pool.latents), (BATCH,), generator=generator)
        x0 = pool.latents[index].float()
        strips = draw_strips(pool.things[index], generator, self.world.recipe.composed, find_cells(x0))
        x0, seeds = torch.where(strips, x0.roll(1, 0), x0), [pool.seeds[each] for each in index.tolist()]
        if self.pairs is None or self.pairs[1].shape[2:] != x0.shape[2:] or step // find_place()[1] < PAIRS_FROM:
            return seeds, x0
        two = torch.randint(len(self.pairs[0]), (PAIRS,), generator=generator)
        seeds = [*seeds[PAIRS:], *(self.pairs[0][each] for each in two.tolist())]
        order = torch.randperm(BATCH, generator=generator)
        return [seeds[each] for each in order.tolist()], torch.cat([x0[PAIRS:], self.pairs[1][two].float()])[order]


def make_noisy(scenes: Scenes, kept: Tensor, text: Any, step: int) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
    """Noisy latents of a step's batch, their times, and the embeddings of their captions and of the empty prompt."""
    generator = make_generator(SEED, step)
    seeds, x0 = scenes.draw(step, generator)
    t = draw_times(step, generator).to(choose_device())
    alpha = kept[t].reshape(-1, 1, 1, 1)
    x0, noise = x0.to(choose_device()), torch.randn(x0.shape, generator=generator).to(choose_device())
    x = (alpha.sqrt() * x0 + (1 - alpha).sqrt() * noise).contiguous(memory_format=torch.channels_last)
    captions = [write_caption(scenes.world, seed, step) for seed in seeds]
    return x, t, (embed(text, captions), embed(text, [""]))


def draw_times(step: int, generator: torch.Generator) -> Tensor:
    """Times [BATCH] of noise levels: mostly those where few steps stop, now and then others."""
    usual = torch.tensor(TIMES).repeat(BATCH // 4)
    if step // find_place()[1] >= MORE_FROM:
        usual = torch.tensor(MORE_TIMES)[torch.randint(len(MORE_TIMES), (BATCH,), generator=generator)]
    others = torch.tensor(OTHERS)[torch.randint(len(OTHERS), (BATCH,), generator=generator)]
    return torch.where(torch.rand(BATCH, generator=generator) < 0.7, usual, others)


@torch.no_grad()
def find_path_end(teacher: Any, x: Tensor, t: Tensor, conds: tuple[Tensor, Tensor], kept: Tensor) -> Tensor:
    """x0 [n, 4, h, w] at the end of the teacher's deterministic path from x at times t, in steps of at most STRIDE."""
    x, x0, t = x.clone(), torch.zeros_like(x), t.clone()
    alive = torch.arange(len(x), device=x.device)
    while len(alive):
        here, now = x[alive], t[alive]
        eps = guide(teacher, here, now, (conds[0][alive], conds[1]), GUIDANCE)
        x0[alive] = clean(eps, here, kept[now])
        t[alive] = (now - STRIDE).clamp(min=0)
        alpha = kept[t[alive]].reshape(-1, 1, 1, 1)
        x[alive] = alpha.sqrt() * x0[alive] + (1 - alpha).sqrt() * eps
        alive = alive[now > LAST]
    return x0


def clean(eps: Tensor, x: Tensor, kept: Tensor) -> Tensor:
    """x0 of x from its predicted noise `eps`; `kept` is alpha-bar at its time."""
    alpha = kept.reshape(-1, 1, 1, 1)
    return (x - (1 - alpha).sqrt() * eps) / alpha.sqrt()


def distance(x0: Tensor, target: Tensor) -> Tensor:
    """The pseudo-Huber distance of x0 and its target: square for small errors, absolute for large ones."""
    return ((x0 - target).square() + 0.01).sqrt().mean() - 0.1
