"""From a palette to pictures on diffusers: schedule, noise, the sampling loop, decoding."""

from __future__ import annotations

import copy
import functools
import inspect
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.denoising.parameterization import PARAMETERIZATIONS
from lib_regiondiff.denoising.thing_memory import ThingMemory
from lib_regiondiff.document import png
from lib_regiondiff.document.palette import Model, Palette, parse
from lib_regiondiff.document.png import MadeWith
from lib_regiondiff.document.records import make_record
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers import init_image
from lib_regiondiff.hosts.diffusers.agreement import expect_agreement
from lib_regiondiff.hosts.diffusers.families import flow
from lib_regiondiff.hosts.diffusers.finishing import finish_picture
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.init_image import InitLatents
from lib_regiondiff.hosts.diffusers.pipeline_conds import fits_pipeline, read_conds
from lib_regiondiff.hosts.diffusers.sampling import samplers, schedule
from lib_regiondiff.hosts.diffusers.sampling.schedule import Schedule
from lib_regiondiff.hosts.diffusers.step import Progress, Step, listen_to_steps
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.planning.views import View
from lib_regiondiff.store import Store

PaletteSource = Palette | Mapping[str, Any] | str
"""A palette, or what `parse` accepts in place of one."""


@dataclass(frozen=True)
class Render:
    """A picture and the palette that draws it again: with its seed and the model that drew it.

    `chosen` says what became of the palette's `auto` values; `made_with` names device, dtype and versions.
    """

    image: Image.Image
    palette: Palette
    chosen: Mapping[str, Any] = field(default_factory=dict)
    made_with: MadeWith = MadeWith("", "", {})

    def save(self, path: str | Path) -> None:
        """Write a PNG that carries its palette, whole or not at all; HostError names the path where that fails."""
        png.save(self.image, self.palette, self.made_with, Path(path))


def render(
    host: DiffusersHost,
    palette: PaletteSource,
    seeds: Sequence[int] = (),
    progress: Progress | None = None,
    batch: int = 1,
    ignore_model: bool = False,
) -> list[Render]:
    """Draw one picture for each seed; without seeds, one for the palette's own seed or a random one.

    `progress` is called after each step, and what it raises ends the drawing; `batch` pictures go through the network
    together. Raises PaletteError for what is no palette, HostError for one that this host cannot honour, which includes
    another model, VAE or LoRAs than its own unless `ignore_model`.
    """
    _expect(isinstance(seeds, Iterable), "seeds", "whole numbers in a list", seeds)
    palette = palette if isinstance(palette, Palette) else parse(palette)
    seeds = tuple(seeds) or (random.SystemRandom().randrange(2**32) if palette.seed is None else palette.seed,)
    return list(renders(host, palette, seeds, progress, batch, ignore_model))


def renders(
    host: DiffusersHost,
    palette: PaletteSource,
    seeds: Sequence[int],
    progress: Progress | None = None,
    batch: int = 1,
    ignore_model: bool = False,
) -> Iterator[Render]:
    """Draw one picture for each seed and yield each as soon as it is ready, `batch` of them drawn together. With the
    first one come PaletteError for what is no palette and HostError for one that this host cannot honour."""
    _expect(isinstance(host, DiffusersHost), "host", "a host, which `load_model` gives", host)
    _expect(isinstance(batch, int) and batch >= 1, "batch", "a whole number from 1", batch)
    _expect(progress is None or callable(progress), "progress", "a function of a Step, or None", progress)
    palette = palette if isinstance(palette, Palette) else parse(palette)
    more, skip = host.extras, palette.model.clip_skip
    own = {"name": host.name, "hash": host.fingerprint, "loras": more.recorded, "vae": more.vae_name}
    # paths may be longer than names: pictures keep their last part
    model = make_record(Model, {**own, "clip_skip": skip})
    if not ignore_model:
        expect_agreement(model, palette)
    host = replace(host, clip_skip=skip)  # with a row budget of its own
    if not host.owned:
        host.forget()
    noted = host.made_with()
    groups = [tuple(seeds[start : start + batch]) for start in range(0, len(seeds), batch)]
    skipped = init_image.count_skipped_steps(palette)
    steps, total, store = itertools.count(1), len(groups) * (palette.steps - skipped), Store()

    def step_done(seeds: tuple[int, ...], x0: Tensor) -> None:
        if progress is not None:
            progress(Step(next(steps), total, seeds, x0, host.decode))

    for group in groups:
        watch = functools.partial(step_done, group)
        run = Drawing.of(host, replace(palette, seed=group[0]), watch, seeds=group, store=store)
        latents, things = run.sample()
        for number, (seed, latent) in enumerate(zip(group, latents.split(1), strict=True)):
            plan, drawn = things.get(number, (run.plan, None))
            whole = finish_picture(host, latent, (palette, plan, drawn), store)
            chosen = plan.chosen
            yield Render(whole, replace(palette, seed=seed, model=model), chosen, replace(noted, chosen=chosen))


def _expect(true: bool, name: str, expected: str, got: Any) -> None:
    if not true:
        raise HostError(f"render's {name}", expected, repr(got)[:80])


@dataclass(frozen=True)
class Drawing:
    """A palette being drawn by `host`, one picture for each seed: by `plan` and `schedule`, from `begin`, the init
    picture, if any. `step_done` is given x0 [B, C, h, w] after each step; `store` keeps computed masks."""

    host: DiffusersHost
    palette: Palette
    plan: Plan
    schedule: Schedule
    step_done: Callable[[Tensor], Any]
    begin: InitLatents | None = None
    seeds: tuple[int, ...] = ()
    store: Store = field(default_factory=Store, repr=False)

    @staticmethod
    def of(
        host: DiffusersHost,
        palette: Palette,
        step_done: Callable[[Tensor], Any] = lambda x0: None,
        merge: bool = True,
        seeds: Sequence[int] = (),
        store: Store | None = None,
    ) -> Drawing:
        """Plan a palette for seeds, or for its own, which must be set then; HostError for what the host cannot do."""
        seeds = tuple(seeds) or ((palette.seed,) if palette.seed is not None else ())
        assert seeds
        own = _make_schedule(host, palette, seeds)
        _expect_signal(own, host.latent.prediction)
        told, skip = host.family.told, palette.model.clip_skip
        if skip != host.clip_skip:
            host = replace(host, clip_skip=skip)
        if told:
            host = replace(host, guidance=expect_one_guidance(palette))
        store = store or Store()
        scale, formula = 1.0 if told else None, host.extras.formula
        job = Job(palette.size, own.clock, seeds, guidance=scale, formula=formula, store=store)
        plan = make_plan(palette, job, host, merge)
        return Drawing(host, palette, plan, own, step_done, InitLatents.of(palette, host, store), seeds, store)

    def latents(self) -> Tensor:
        """Sample clean latents [B, C, h, w]; diffusers' own pipeline does it where the plan is one full-canvas view."""
        return self.sample()[0]

    @torch.no_grad()
    def sample(self) -> tuple[Tensor, Mapping[int, tuple[Plan, ThingMemory]]]:
        """Clean latents [B, C, h, w]; by the numbers of images by which plan they were drawn, and their close-ups."""
        spec, size = self.host.latent, self.plan.size
        generators = [noise.make_generator(seed) for seed in self.seeds]
        start = noise.draw_unit(generators, (spec.channels, size.height, size.width))
        start = noise.apply(start, self.palette, self.palette.size, spec.pixels_per_cell, self.store).to(spec.device)
        single = self.plan.single
        if single is not None and self.begin is None and self._fits(single):
            with self.host.lock:
                return self._run_pipeline(single, start, generators), {}
        return self._run_sampler(start, generators)

    def _run_sampler(
        self, start: Tensor, generators: list[torch.Generator]
    ) -> tuple[Tensor, Mapping[int, tuple[Plan, ThingMemory]]]:
        """Sample latents [B, C, h, w]: the scheduler steps the canvas with the blended prediction."""
        own, scheduler, kind = self.schedule, self.schedule.scheduler, PARAMETERIZATIONS[self.host.latent.prediction]
        images = ImageBatch(self.host, self.plan, levels=own.beginnings)
        x, model = start * getattr(scheduler, "init_noise_sigma", 1.0), images.draw
        if self.begin is not None:
            x, model = self.begin.noised(start, own.levels[0]), self.begin.inside(model)
        for call, (level, t) in enumerate(zip(own.levels, own.timesteps, strict=False)):
            getattr(scheduler, "scale_model_input", lambda x, t: x)(x, t)
            x0 = model(x, level)
            output = kind.from_denoised(x0, x, level.alpha, level.beta)
            extra = schedule.make_step_options(scheduler, generators, call)
            x = scheduler.step(output, t, x, return_dict=False, **extra)[0]
            if own.ends_step(call):
                self.step_done(x0)
        return images.settle(x), {
            number: (images.plan_of(number), each.things) for number, each in images.memories.items()
        }

    def _fits(self, view: View) -> bool:
        """Whether diffusers' pipeline can draw this view of the whole canvas by itself."""
        size, many = self.plan.size, self.host.family.multiple
        whole = size.height % many == 0 and size.width % many == 0
        return whole and fits_pipeline(view) and (self.palette.rescale == 0 or self._takes("guidance_rescale"))

    def _takes(self, name: str) -> bool:
        return name in inspect.signature(self.host.pipe.__call__).parameters

    def _run_pipeline(self, view: View, start: Tensor, generators: list[torch.Generator]) -> Tensor:
        """Latents [B, C, h, w] by the unchanged call of diffusers' pipeline."""
        pipe, family = copy.copy(self.host.pipe), self.host.family  # its scheduler and guidance are this picture's
        latents = start.to(self.host.latent.dtype)
        rescaled = {"guidance_rescale": self.palette.rescale} if self._takes("guidance_rescale") else {}
        pipe.scheduler = self.schedule.scheduler
        self.host.bring_denoiser()
        heard = listen_to_steps(pipe.scheduler)

        def done(pipe: Any, call: int, t: Any, values: dict[str, Any]) -> dict[str, Any]:
            if self.schedule.ends_step(call):
                self._report(self._read_denoised(call, *heard))
            return values

        made = pipe(
            **family.given(*read_conds(view)),
            **rescaled,
            num_images_per_prompt=len(start),
            latents=flow.pack(latents) if family.packed else latents,
            generator=generators,
            num_inference_steps=self.palette.steps,
            guidance_scale=self._find_scale(view),
            height=self.plan.size.height * self.host.latent.pixels_per_cell,
            width=self.plan.size.width * self.host.latent.pixels_per_cell,
            output_type="latent",
            callback_on_step_end=done,
        ).images
        return flow.unpack(made, self.plan.size) if family.packed else made

    def _report(self, x0: Tensor) -> None:
        """Tell of a step while others may have the network, as they may between the steps of regions."""
        self.host.lock.release()
        try:
            self.step_done(x0)
        finally:
            self.host.lock.acquire()
        self.host.bring_denoiser()

    def _read_denoised(self, call: int, output: Tensor, x: Tensor) -> Tensor:
        """x0 [B, C, h, w] from the network's output and x, both in the pipeline's own layout."""
        if self.host.family.packed:
            output, x = (flow.unpack(each, self.plan.size) for each in (output, x))
        level, kind = self.schedule.levels[call], PARAMETERIZATIONS[self.host.latent.prediction]
        return kind.to_denoised(output.float(), x.float(), level.alpha, level.beta)

    def _find_scale(self, view: View) -> float:
        """The guidance scale of a view, or the one that the network is told."""
        if self.host.family.told:
            return self.host.guidance
        return self.plan.guidance if view.region.guidance is None else view.region.guidance


def _make_schedule(host: DiffusersHost, palette: Palette, seeds: Sequence[int]) -> Schedule:
    """The schedule of a palette's sampler and steps, for the model of a host."""
    base, steps, device = host.pipe.scheduler, palette.steps, host.latent.device
    sampler = samplers.fit_to_model(samplers.find(palette.sampler), base)
    if samplers.is_flow(base):
        size, sigmas = palette.size.cells(host.latent.pixels_per_cell), host.family.sigmas(steps)
        count: dict[str, Any] = {"sigmas": sigmas} if sigmas else {"num_inference_steps": steps}
        scheduler = samplers.make_flow_scheduler(base, {**count, **flow.compute_shift(base.config, size)}, device)
    else:
        scheduler = samplers.make_scheduler(sampler, base, steps, device)
    schedule.make_own_noise(scheduler, seeds)
    return schedule.make_schedule(sampler, scheduler, steps, init_image.count_skipped_steps(palette))


def expect_one_guidance(palette: Palette) -> float:
    """A palette's guidance for a network that is told it as a number; HostError where a brush has its own."""
    for brush in palette.brushes:
        if brush.guidance is not None:
            where, got = f"guidance of brush {brush.id}", f"{brush.guidance:g}"
            raise HostError(where, "none of its own with this model, whose network is told one guidance", got)
    return palette.guidance


def _expect_signal(own: Schedule, prediction: str) -> None:
    """HostError where a network that predicts noise begins at pure noise: that says nothing of the picture."""
    if own.levels[0].alpha == 0 and prediction == "epsilon":
        got, cure = "epsilon", "the checkpoint's scheduler says rescale_betas_zero_snr; it should not"
        raise HostError("prediction at a level without signal", "v_prediction", got, cure)
