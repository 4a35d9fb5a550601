"""Samplers by their WebUI names: diffusers' scheduler classes, and in which scaling each of them counts noise."""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from lib_regiondiff.document import sampler_names
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Level

SPACINGS: Mapping[str, Mapping[str, Any]] = {
    "Karras": {"use_karras_sigmas": True},
    "Exponential": {"use_exponential_sigmas": True},
    "SGM Uniform": {"timestep_spacing": "trailing"},
}
LEAST_SIGNAL = 2**-24
"""The least alpha-bar that diffusers' schedulers with a sigma keep, since sigma would be infinite without a signal."""
EVEN = {"use_karras_sigmas": False, "use_exponential_sigmas": False}

Scaling = Callable[[float, float], Level]


@dataclass(frozen=True)
class Sampler:
    """A scheduler class of diffusers, by name, with the `options` it is made with.

    `level(t, sigma)` is a noise level in the scaling of its x; `between(scheduler, call)` is the sigma of the second
    network call in a step, for schedulers that make one between two levels.
    """

    scheduler: str
    level: Scaling = Level.preserving
    options: Mapping[str, Any] = field(default_factory=dict)
    between: Callable[[Any, int], float] | None = None


def _own_middle(scheduler: Any, call: int) -> float:
    return float(scheduler.sigmas_interpol[call])


def _own_middle_before(scheduler: Any, call: int) -> float:
    return float(scheduler.sigmas_interpol[call - 1])


def _geometric_middle(scheduler: Any, call: int) -> float:
    return math.sqrt(scheduler.sigmas[call - 1] * scheduler.sigmas[call])


def _make_spaced(scheduler: str, level: Scaling = Level.preserving, **options: Any) -> Sampler:
    return Sampler(scheduler, level, {**options, **EVEN})


def _make_multistep(kind: str) -> Sampler:
    return _make_spaced("DPMSolverMultistepScheduler", algorithm_type=kind, solver_order=2)


BASES: Mapping[str, Sampler] = {
    "Euler": _make_spaced("EulerDiscreteScheduler", level=Level.exploding),
    "Euler a": Sampler("EulerAncestralDiscreteScheduler", level=Level.exploding),
    "LMS": _make_spaced("LMSDiscreteScheduler", level=Level.exploding),
    "Heun": _make_spaced("HeunDiscreteScheduler", level=Level.exploding),
    "DPM2": replace(_make_spaced("KDPM2DiscreteScheduler", level=Level.exploding), between=_own_middle),
    "DPM2 a": replace(
        _make_spaced("KDPM2AncestralDiscreteScheduler", level=Level.exploding), between=_own_middle_before
    ),
    "DPM++ 2S": _make_spaced(
        "DPMSolverSinglestepScheduler", algorithm_type="dpmsolver++", solver_order=2, lower_order_final=True
    ),
    "DPM++ 2M": _make_multistep("dpmsolver++"),
    "DPM++ 2M SDE": _make_multistep("sde-dpmsolver++"),
    "DPM++ SDE": replace(_make_spaced("DPMSolverSDEScheduler", level=Level.exploding), between=_geometric_middle),
    "DEIS": _make_spaced("DEISMultistepScheduler"),
    "UniPC": _make_spaced("UniPCMultistepScheduler"),
    "DDIM": Sampler("DDIMScheduler", options={"clip_sample": False}),
    "DDPM": Sampler("DDPMScheduler", options={"clip_sample": False}),
    "PLMS": Sampler("PNDMScheduler", options={"skip_prk_steps": True}),
    "LCM": Sampler("LCMScheduler"),
    "TCD": Sampler("TCDScheduler"),
}


def _add_spacing(base: str, spacing: str) -> Sampler:
    """The sampler of a base name, with another spacing of levels if `spacing` names one."""
    sampler = BASES[base]
    return replace(sampler, options={**sampler.options, **SPACINGS[spacing]}) if spacing else sampler


SAMPLERS: Mapping[str, Sampler] = {name: _add_spacing(*made) for name, made in sampler_names.NAMES.items()}


def find(name: str) -> Sampler:
    """The sampler of a WebUI name, capitals aside.

    Raises HostError for an unknown name, with the nearest one, and for a sampler whose package is missing.
    """
    return SAMPLERS[sampler_names.find(name)]


FLOW = Sampler("FlowMatchEulerDiscreteScheduler", lambda t, sigma: Level(t, 1 - sigma, sigma, sigma))


def is_flow(base: Any) -> bool:
    """Whether a checkpoint's own scheduler is a flow model's: x = (1 - sigma) x0 + sigma n."""
    return type(base).__name__ == FLOW.scheduler


def fit_to_model(sampler: Sampler, base: Any) -> Sampler:
    """The sampler as a checkpoint with scheduler `base` runs it; HostError for any but Euler with a flow model."""
    if not is_flow(base):
        return sampler
    if sampler != SAMPLERS["Euler"]:
        raise HostError("sampler", "Euler, with a flow model", f"one of {sampler.scheduler}")
    return FLOW


def make_flow_scheduler(base: Any, given: Mapping[str, Any], device: Any) -> Any:
    """A new scheduler like a flow model's own `base`, set to steps by the arguments `given` to `set_timesteps`."""
    scheduler = type(base).from_config(base.config)
    scheduler.set_timesteps(device=device, **given)
    return scheduler


def make_scheduler(sampler: Sampler, base: Any, steps: int, device: Any) -> Any:
    """A new scheduler of a sampler's class, with the noise schedule and prediction of the checkpoint's own, `base`.

    It is set to `steps`. Raises HostError where the checkpoint has no discrete noise schedule, for a number of steps
    that the class refuses, and where this version of diffusers lacks an option of the sampler.
    """
    if not hasattr(base, "alphas_cumprod"):
        raise HostError("the model's scheduler", "a schedule of discrete steps", type(base).__name__)
    kind = getattr(importlib.import_module("diffusers"), sampler.scheduler)
    scheduler = kind.from_config(base.config, **_collect_options(sampler, kind), **_make_zero_snr_betas(base, kind))
    try:
        scheduler.set_timesteps(steps, device=device)
    except ValueError as error:
        raise HostError("steps", f"a number that {sampler.scheduler} takes", f"{steps} ({error})") from None
    return scheduler


def _make_zero_snr_betas(base: Any, kind: Any) -> dict[str, Any]:
    """The betas of a schedule that ends without signal (Lin et al. 2023), for classes that do not rescale their own."""
    wanted, name = base.config.get("rescale_betas_zero_snr", False), "rescale_betas_zero_snr"
    if not wanted or name in inspect.signature(kind.__init__).parameters:
        return {}
    kept = base.alphas_cumprod.double().clamp(min=LEAST_SIGNAL)
    before = torch.cat([torch.ones_like(kept[:1]), kept[:-1]])
    return {"trained_betas": (1 - kept / before).tolist()}


def _collect_options(sampler: Sampler, kind: Any) -> dict[str, Any]:
    """A sampler's options that a class takes; HostError for one that it lacks, unless that is switched off anyway."""
    taken = inspect.signature(kind.__init__).parameters
    lost = [name for name, value in sampler.options.items() if value and name not in taken]
    if lost:
        got = f"a version whose {sampler.scheduler} has no {lost[0]}"
        raise HostError("sampler", "a newer version of diffusers", got, "pip install -U diffusers")
    return {name: value for name, value in sampler.options.items() if name in taken}
