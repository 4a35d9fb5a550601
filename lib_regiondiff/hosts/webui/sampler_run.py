"""One run of a WebUI's sampler with a palette: its schedule is noted, and the plan made for the levels it runs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from lib_regiondiff.denoising.model import ImageBatch
from lib_regiondiff.denoising.second_pass import go_on, list_kept
from lib_regiondiff.document.palette import Palette, Tiles
from lib_regiondiff.document.records import replace_unchecked
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import LatentSpec, Level, Pictures
from lib_regiondiff.hosts.row_budget import BudgetedNetwork, Network, find_memory
from lib_regiondiff.hosts.webui import families
from lib_regiondiff.hosts.webui.conditioning import PromptEncoder, WebUIHost
from lib_regiondiff.hosts.webui.frames import drop_frame_axis
from lib_regiondiff.hosts.webui.modules import module
from lib_regiondiff.hosts.webui.networks.acting import find_methods
from lib_regiondiff.hosts.webui.noise_scales import make_clock
from lib_regiondiff.hosts.webui.program import notices
from lib_regiondiff.hosts.webui.program.whole_views import describe_filled, find_filled
from lib_regiondiff.hosts.webui.typed import CFGDenoiser, Processing, is_second_pass
from lib_regiondiff.planning.brush_texts import BrushText
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from lib_regiondiff.store import Store


def make_stand_in_clock(steps: int) -> tuple[float, ...]:
    """A clock of so many even steps from 1 to 0, to plan by and encode prompts before the sampler's own is known."""
    return (*(1 - step / steps for step in range(steps)), 0.0)


PIXELS = 2**22
"""The most pixels that one network call may hold, whatever memory there is."""


def fit_tiles(palette: Palette, multiple: int) -> Palette:
    """The palette with the sides of its tiles, in pixels, rounded down to a multiple of `multiple` above 0."""
    grid = palette.tiles
    if not isinstance(grid, Tiles):
        return palette
    wide, high = (
        side if isinstance(side, str) else max(multiple, side // multiple * multiple)
        for side in (grid.width, grid.height)
    )
    return replace_unchecked(
        palette, tiles=replace_unchecked(grid, width=wide, height=high, overlap=_fit_overlap(grid, wide, high))
    )


def _fit_overlap(grid: Tiles, *sides: int | str) -> int | str:
    """The overlap in pixels of tiles with these sides, reduced where it no longer fits into them."""
    least = min((side for side in sides if not isinstance(side, str)), default=0)
    asked = (side for side in (grid.width, grid.height) if not isinstance(side, str))
    if isinstance(grid.overlap, str) or not least <= grid.overlap < min(asked, default=0):
        return grid.overlap
    return least - 1


@dataclass(frozen=True)
class Request:
    """What a run is to draw: the palette and, for each image, the text of each brush by its id.

    `merge` False keeps apart brushes that are equal but for their masks.
    """

    palette: Palette
    texts: tuple[Mapping[str, BrushText], ...]
    merge: bool = True
    whole: str = ""
    """Why every view is the whole canvas, as ControlNet needs it; "" where views need not be."""
    rows: int = 0
    """The most rows of one network call; 0 for as many as memory allows."""
    note: Callable[[Mapping[str, Any]], None] = field(default=lambda chosen: None, repr=False)
    """Called with what became of the palette's `auto` values, once the plan is made."""
    keep: Callable[[Pictures, ImageBatch], None] = field(default=lambda host, images: None, repr=False)
    """Called with the host and the images of a plan before they are drawn."""
    before: tuple[Tensor, ImageBatch] | None = field(default=None, repr=False)
    """Where this is a second pass: x0 [B, C, h, w] of the pictures that it begins at, and the pass that drew them."""
    store: Store = field(default_factory=Store, repr=False)
    """Keeps what masks were computed to, for the whole job."""


@dataclass
class SamplerRun:
    """The state of one run of a `denoiser` for a job `p`; it dies with the sampler that refers to it.

    `request` says what to draw, `network` predicts x0 of rows; `host` and `plan` are there once `prepare` has been
    called, its `levels` and the sampler's own `schedules`, by the function that made them, from the first call on.
    """

    p: Processing
    denoiser: CFGDenoiser
    request: Request
    network: Network
    host: WebUIHost | None = None
    plan: Plan | None = None
    images: ImageBatch | None = None
    levels: tuple[Level, ...] = ()
    schedules: dict[str, list[float]] = field(default_factory=dict)
    heard: set[int] = field(default_factory=set)
    """The checkpoints whose cross-attention was called, by their ids."""

    def note_schedule(self) -> None:
        """Have the sampler's own schedule noted when it makes it, by `get_sigmas` or `get_timesteps`."""
        sampler = self.denoiser.sampler
        for name in ("get_sigmas", "get_timesteps"):
            if hasattr(sampler, name):
                setattr(sampler, name, self._note_what_it_makes(name, getattr(sampler, name)))

    def _note_what_it_makes(self, name: str, make: Callable[..., Tensor]) -> Callable[..., Tensor]:
        @functools.wraps(make)
        def noted(*given: Any, **named: Any) -> Tensor:
            made = make(*given, **named)
            self.schedules[name] = sorted(map(float, made), reverse=True)
            return made

        return noted

    def prepare(self, like: Tensor) -> Plan:
        """Encode all prompts and plan by a stand-in clock, for latents of the WebUI's own shape `like`.

        Raises HostError for a model that cannot draw regions, for films, and for what a palette asks and the model
        cannot do.
        """
        model = module("shared").sd_model
        families.refuse(model)
        notices.tell(self.p, families.describe_unknown(model))
        prompts = PromptEncoder.of(self.p, lambda: self.denoiser.step)
        memory = find_memory(like.device, prompts.program.find_free_memory())
        careful = BudgetedNetwork(self.network, memory, self.request.rows)
        unit = drop_frame_axis(like)
        latent, methods = self._describe_latent(unit, model), find_methods(model)
        self.host = WebUIHost(prompts, latent, careful, has_frame_axis=like is not unit, methods=methods)
        self.plan = None
        return self._make_plan(unit, make_stand_in_clock(int(self.p.steps)))

    def _describe_latent(self, like: Tensor, model: Any) -> LatentSpec:
        """The latent space of a model whose latents are [B, C, h, w] like these, as the WebUI's engine has it."""
        cell = families.find_cell(model)
        size = Size(like.shape[-2], like.shape[-1]).pixels(cell)
        side = max(size.height, size.width) if self.request.whole else families.find_native_side(model, size)
        more = {"prediction": "flow"} if families.is_flow(model) else {}
        longest, most = families.find_longest(model), PIXELS // cell**2
        return LatentSpec(like.shape[1], cell, side, like.device, like.dtype, most, longest=longest, **more)

    def plan_for(self, x: Tensor, list_levels: Callable[[], tuple[Level, ...]]) -> Plan:
        """The plan for x [B, C, h, w], made with the clock of the sampler's own levels at the first call of the run.

        Raises HostError for what a palette asks and the model cannot do.
        """
        if self.plan is None:
            self.levels = list_levels()
            self.plan = self._make_plan(x, make_clock(self.levels))
            self.request.note(self.plan.chosen)
            self._tell_filled(x, self.plan)
        return self.plan

    def _tell_filled(self, x: Tensor, plan: Plan) -> None:
        """Tell which brushes are filled only because each view is the whole canvas."""
        if self.request.whole and self.host is not None:
            job = self._make_job(x, plan.clock)
            native = families.find_native_side(module("shared").sd_model, job.size)
            numbers = find_filled(self.request.palette, job, self.host, native)
            notices.tell(self.p, describe_filled(numbers, self.request.whole))

    def images_of(self, plan: Plan) -> ImageBatch:
        """The images of this run's plan, with what their textures drew so far."""
        assert self.host is not None, "prepared"
        if self.images is None or self.images.plan is not plan:
            before = self.request.before
            held = go_on(before[1].memories, before[0].to(self.host.latent.device)) if before else {}
            made = ImageBatch(self.host, plan, held, self.levels)
            self.images = made if self.images is None else made.follow(self.images)  # after the refiner has come
            self.request.keep(self.host, self.images)
        return self.images

    def _make_plan(self, x: Tensor, clock: tuple[float, ...]) -> Plan:
        assert self.host is not None, "prepared"
        palette = fit_tiles(self.request.palette, families.find_multiple(module("shared").sd_model))
        return make_plan(palette, self._make_job(x, clock), self.host, self.request.merge)

    def _make_job(self, x: Tensor, clock: tuple[float, ...]) -> Job:
        assert self.host is not None, "prepared"
        size = Size(x.shape[-2], x.shape[-1]).pixels(self.host.latent.pixels_per_cell)
        scale, asked = float(self.p.cfg_scale), self.request
        final = is_second_pass(self.p) or not getattr(self.p, "enable_hr", False)
        how = {"negatives": True, "centred": not asked.whole, "final": final, "store": asked.store}
        if asked.before is not None:
            how["kept"] = list_kept(asked.before[1].memories)
        return Job(size, clock, tuple(map(int, self.p.seeds)), asked.texts, scale, **how)
