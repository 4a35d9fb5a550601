"""Samplers by their WebUI names: diffusers' scheduler classes, and the levels that a schedule runs."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Level

FINAL = Level(0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True)
class Sampler:
    """A scheduler class of diffusers; `exploding` if its x is x0 + sigma * n rather than of unit variance."""

    scheduler: str
    exploding: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


SAMPLERS: Mapping[str, Sampler] = {
    "Euler": Sampler("EulerDiscreteScheduler", exploding=True),
    "Euler a": Sampler("EulerAncestralDiscreteScheduler", exploding=True),
    "DDIM": Sampler("DDIMScheduler"),
    "DPM++ 2M": Sampler("DPMSolverMultistepScheduler", options={"algorithm_type": "dpmsolver++"}),
    "DPM++ 2M Karras": Sampler(
        "DPMSolverMultistepScheduler", options={"algorithm_type": "dpmsolver++", "use_karras_sigmas": True}
    ),
    "UniPC": Sampler("UniPCMultistepScheduler"),
    "LCM": Sampler("LCMScheduler"),
}


def find(name: str) -> Sampler:
    """The sampler of a name, capitals aside; HostError with the nearest names otherwise."""
    known = {key.lower(): sampler for key, sampler in SAMPLERS.items()}
    if name.lower() in known:
        return known[name.lower()]
    near = difflib.get_close_matches(name.lower(), known, 1)
    cure = f"did you mean '{next(key for key in SAMPLERS if key.lower() == near[0])}'?" if near else ""
    raise HostError("sampler", "one of " + ", ".join(SAMPLERS), repr(name), cure)


def scheduler_of(sampler: Sampler, base: Any, steps: int, device: Any) -> Any:
    """A scheduler with the noise schedule of the checkpoint's own one, set to `steps`."""
    kind = getattr(importlib.import_module("diffusers"), sampler.scheduler)
    scheduler = kind.from_config(base.config, **sampler.options)
    try:
        scheduler.set_timesteps(steps, device=device)
    except ValueError as error:
        raise HostError("steps", f"a number that {sampler.scheduler} takes", f"{steps} ({error})") from None
    return scheduler


def levels_of(sampler: Sampler, scheduler: Any) -> tuple[Level, ...]:
    """The levels that a set scheduler runs, and the final 0."""
    levels = [_level(sampler, scheduler, index, t) for index, t in enumerate(scheduler.timesteps.tolist())]
    return (*levels, FINAL)


def _level(sampler: Sampler, scheduler: Any, index: int, t: float) -> Level:
    if hasattr(scheduler, "sigmas"):
        sigma = float(scheduler.sigmas[index])
    else:
        kept = float(scheduler.alphas_cumprod[int(t)])
        sigma = ((1 - kept) / kept) ** 0.5
    return Level.exploding(t, sigma) if sampler.exploding else Level.preserving(t, sigma)
