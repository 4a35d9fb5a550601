"""Pictures of the second world by the exact denoiser: case, sampler -> what is decided, and what it is compared with.

Each comparison changes one thing. Where no palette says it, one name of the engine is replaced while a picture is made.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from unittest import mock

import torch
from fidelity_costs import Cost, count_calls
from PIL import Image
from second_world_cases import Case
from second_world_sets import ExactWorld
from sizes_wishes import find_pose
from torch import Tensor

from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.denoising.parameterization import PARAMETERIZATIONS
from lib_regiondiff.denoising.pixels import paste
from lib_regiondiff.denoising.second_pass import go_on, list_kept
from lib_regiondiff.denoising.texture_memory import TextureMemory
from lib_regiondiff.denoising.thing_memory import ThingMemory
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.diffusers import finishing
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import Drawing
from lib_regiondiff.hosts.diffusers.sampling import samplers, schedule
from lib_regiondiff.planning import auto, noise
from lib_regiondiff.planning.intervals import round_levels
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.views import Layout
from lib_regiondiff.store import Store

LARGER, STRENGTH = 1.5, 0.5
"""How many times larger the second pass is, and the share of the steps that it takes."""
PAPER = (1, 3)
"""Levels of its bootstrap that StreamMultiDiffusion recommends, the least and the most."""

Notes = Mapping[str, Any]
"""What is told of a picture: network rows and latent cells that it took, and the kinds of its brushes."""
Pictures = Mapping[str, tuple[Image.Image, Notes]]
"""What was drawn, by ways."""
Drawn = tuple[Palette, Plan, ThingMemory | None]


def draw_auto(world: ExactWorld, case: Case, settings: Mapping[str, Any]) -> Pictures:
    """By what `auto` does, and the same latents without their borders cut."""
    return draw_both("auto", world, case.palette(settings), any(part.solid for part in case.parts))


def draw_stuff(world: ExactWorld, case: Case, settings: Mapping[str, Any]) -> Pictures:
    """With every brush as stuff on the canvas, and the same latents without their borders cut."""
    palette = case.palette({**settings, "brushes": {"kind": "stuff"}})
    return draw_both("stuff", world, palette, any(part.solid for part in case.parts))


def draw_both(way: str, world: ExactWorld, palette: Palette, bordered: bool) -> Pictures:
    """A palette drawn by a way; where it is `bordered`, also its latents without their borders cut."""
    latent, what, told = sample(world, palette)
    made = {way: (finish(world.host, latent, what), told)}
    if bordered:
        with mock.patch.object(finishing, "sharpen_borders", lambda host, image, *rest: image):
            made[f"{way}, borders not cut"] = finish(world.host, latent, what), told
    return made


def draw_paper(world: ExactWorld, case: Case, settings: Mapping[str, Any]) -> Pictures:
    """With every brush as stuff and StreamMultiDiffusion's bootstrap: some levels with white around a brush, then the
    canvas."""
    made = {}
    for levels in PAPER:
        asked = {**settings, "bootstrap": {"levels": levels, "mix": levels}, "brushes": {"kind": "stuff"}}
        latent, what, told = sample(world, case.palette(asked))
        made[f"stuff, {levels} white"] = finish(world.host, latent, what), told
    return made


def draw_seeing(world: ExactWorld, case: Case, settings: Mapping[str, Any]) -> Pictures:
    """With scenery that sees other scenery from the first level on."""
    with see_canvas():
        latent, what, told = sample(world, case.palette(settings))
    return {"scenery sees the canvas": (finish(world.host, latent, what), told)}


def see_canvas() -> Any:
    """A context in which scenery sees the canvas in the first levels too."""
    return mock.patch.object(Layout, "_surround_scenery", lambda layout, views, weight, around: list(views))


def draw_native(world: ExactWorld, case: Case, settings: Mapping[str, Any]) -> Pictures:
    """With tiles of the native side only; a palette that names them would say what its brushes are, too."""
    with mock.patch.object(auto, "SIDES", ()):
        latent, what, told = sample(world, case.palette(settings))
    return {"native tiles": (finish(world.host, latent, what), told)}


def draw_square(world: ExactWorld, case: Case, settings: Mapping[str, Any]) -> Pictures:
    """As by a model that knows squares alone: the same scenes, gone on with by quilting and by mirrored strips."""
    square = copy.copy(world)
    square.host = replace(world.host, latent=replace(world.host.latent, longest=1.0))
    latent, what, told = sample(square, case.palette(settings))
    made = {"square scenes, quilted": (finish(square.host, latent, what), told)}
    with mock.patch.object(paste, "quilt", return_value=None):
        return made | {"square scenes, mirrored": (finish(square.host, latent, what), told)}


def sample(world: ExactWorld, palette: Palette) -> tuple[Tensor, Drawn, Notes]:
    """Clean latents [1, C, h, w] of a palette, by what they were drawn, and notes of that."""
    with count_calls(world.network) as cost:
        drawing = Drawing.of(world.host, palette)
        latents, found = drawing.sample()
    plan, things = found.get(0, (drawing.plan, None))
    return latents, (palette, plan, things), note(cost, plan)


def note(cost: Cost, plan: Plan) -> Notes:
    """What is told of a picture."""
    return {"rows": cost.rows, "cells": cost.cells, "kinds": plan.brush_kinds}


def finish(host: DiffusersHost, latent: Tensor, what: Drawn) -> Image.Image:
    """The picture of clean latents [1, C, h, w]."""
    return finishing.finish_picture(host, latent, what, Store())


def enlarge(case: Case) -> Case:
    """The case as the second pass draws it, LARGER times as large; what it says stays."""
    size = Size(*(round(LARGER * side) for side in (case.size.height, case.size.width)))
    large = replace(case, size=size)
    parts = [
        part if part.thing is None else replace(part, thing=replace(part.thing, pose=find_pose(mask)))
        for part, mask in zip(case.parts, large.covered, strict=True)
    ]
    return replace(large, parts=tuple(parts))


def draw_twice(world: ExactWorld, case: Case, settings: Mapping[str, Any]) -> Pictures:
    """In two passes, the second at LARGER times the size: with what the first one drew as things kept, and without.

    As WebUIs do it with an upscaler of pixels: the first pass is decoded, enlarged, encoded and noised.
    """
    host, large = world.host, enlarge(case).palette(settings)
    drawing = Drawing.of(host, case.palette(settings))
    plan = make_plan(drawing.palette, make_first_job(drawing), host)
    latents, found = replace(drawing, plan=plan).sample()
    first = host.decode(latents).resize((large.size.width, large.size.height), Image.Resampling.LANCZOS)
    begun, things = host.encode_image(first), found[0][1]
    made = {}
    for way, known in (("kept", things), ("stuff in the second pass", ThingMemory())):
        with count_calls(world.network) as cost:
            latent, what = sample_again(host, large, begun, {0: TextureMemory(things=known)})
        made[way] = finish(host, latent, what), note(cost, what[1])
    return made


def make_first_job(drawing: Drawing) -> Job:
    """The job of a drawing that another pass follows."""
    return Job(drawing.palette.size, drawing.schedule.clock, drawing.seeds, final=False, store=drawing.store)


@torch.no_grad()
def sample_again(
    host: DiffusersHost, palette: Palette, begun: Tensor, before: Mapping[int, TextureMemory]
) -> tuple[Tensor, Drawn]:
    """Clean latents [1, C, h, w] of a second pass, which begins at x0 `begun`, given what the first one left."""
    assert palette.seed is not None
    sampler, seeds = samplers.find(palette.sampler), (palette.seed,)
    scheduler = samplers.make_scheduler(sampler, host.pipe.scheduler, palette.steps, host.latent.device)
    own = schedule.make_schedule(
        sampler, scheduler, palette.steps, palette.steps - round_levels(STRENGTH * palette.steps)
    )
    plan = make_plan(palette, Job(palette.size, own.clock, seeds, kept=list_kept(before)), host)
    images, kind = ImageBatch(host, plan, go_on(before, begun)), PARAMETERIZATIONS[host.latent.prediction]
    generators = [noise.make_generator(seed) for seed in seeds]
    start = noise.draw_unit(generators, (begun.shape[1], begun.shape[2], begun.shape[3]))
    x = own.levels[0].alpha * begun + own.levels[0].beta * start
    for call, (level, t) in enumerate(zip(own.levels, own.timesteps, strict=False)):
        output = kind.from_denoised(images.draw(x, level), x, level.alpha, level.beta)
        x = scheduler.step(output, t, x, return_dict=False, **schedule.make_step_options(scheduler, generators, call))[
            0
        ]
    return x, (palette, images.plan_of(0), images.memories[0].things)
