"""One run of a WebUI's sampler with a palette: the schedule is noted, the plan made for the levels that it runs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from lib_regiondiff.geometry import Size
from lib_regiondiff.host import LatentSpec
from lib_regiondiff.hosts import module
from lib_regiondiff.hosts.memory import Careful, Network, memory_of
from lib_regiondiff.hosts.webui import CELL, Prompts, WebUIHost, native_side
from lib_regiondiff.palette import Palette
from lib_regiondiff.plan import Job, Plan, Text, make_plan


def before(steps: int) -> tuple[float, ...]:
    """A clock to plan by before the sampler's is known, so that prompts are encoded before the network is loaded."""
    return (*(1 - step / steps for step in range(steps)), 0.0)


@dataclass(frozen=True)
class Request:
    """What a run is to draw: the palette and, for each image, the text of each brush."""

    palette: Palette
    texts: tuple[Mapping[str, Text], ...]
    merge: bool = True
    whole: bool = False
    """Every view is the whole canvas, as ControlNet needs it."""
    rows: int = 0
    """The most rows of one network call; 0 for as many as memory allows."""
    note: Callable[[Mapping[str, Any]], None] = field(default=lambda chosen: None, repr=False)
    """Told what became of that which the palette leaves open."""


@dataclass
class Run:
    """The state of a run; it dies with the sampler that refers to it."""

    p: Any
    denoiser: Any
    request: Request
    network: Network
    host: WebUIHost | None = None
    plan: Plan | None = None
    schedules: dict[str, list[float]] = field(default_factory=dict)

    def note_schedule(self) -> None:
        """Have the sampler's own schedule noted when it makes it: `get_sigmas` or `get_timesteps`."""
        sampler = self.denoiser.sampler
        for name in ("get_sigmas", "get_timesteps"):
            if hasattr(sampler, name):
                setattr(sampler, name, self._noted(name, getattr(sampler, name)))

    def _noted(self, name: str, make: Callable[..., Tensor]) -> Callable[..., Tensor]:
        @functools.wraps(make)
        def noted(*given: Any, **named: Any) -> Tensor:
            made = make(*given, **named)
            self.schedules[name] = sorted(map(float, made), reverse=True)
            return made

        return noted

    def prepare(self, like: Tensor) -> Plan:
        """Encode all prompts for latents [B, C, h, w] like these; a plan by a stand-in clock."""
        side = max(like.shape[-2:]) * CELL if self.request.whole else native_side(module("shared").sd_model)
        prompts = Prompts.of(self.p, lambda: self.denoiser.step)
        latent = LatentSpec(like.shape[1], CELL, side, like.device, like.dtype)
        careful = Careful(self.network, memory_of(like.device), self.request.rows)
        self.host = WebUIHost(prompts, latent, careful)
        self.plan = None
        return self._made(like, before(int(self.p.steps)))

    def planned(self, x: Tensor, clock: Callable[[], tuple[float, ...]]) -> Plan:
        """The plan, made at the first call of the run."""
        if self.plan is None:
            self.plan = self._made(x, clock())
            self.request.note(self.plan.chosen)
        return self.plan

    def _made(self, x: Tensor, clock: tuple[float, ...]) -> Plan:
        assert self.host is not None, "prepared"
        size = Size(x.shape[-2], x.shape[-1]).pixels(CELL)
        scale, texts = float(self.p.cfg_scale), self.request.texts
        job = Job(
            size, clock, tuple(map(int, self.p.seeds)), texts, scale, negatives=True, centred=not self.request.whole
        )
        return make_plan(self.request.palette, job, self.host, self.request.merge)
