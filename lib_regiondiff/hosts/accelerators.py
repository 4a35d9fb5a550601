"""Distilled models and LoRAs, recognised by name: the sampler, steps and guidance that each was made for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lib_regiondiff.document.palette import Palette
from lib_regiondiff.errors import HostError

Range = tuple[float, float]


@dataclass(frozen=True)
class Accelerator:
    """A method of distillation with the settings that it was made for.

    `sampler` is a sampler's WebUI name, `steps` and `guidance` are the least and the most that suit it, both included,
    and `best` is the number of steps to propose.
    """

    name: str
    sampler: str
    steps: Range
    guidance: Range
    best: int

    def __str__(self) -> str:
        return f"sampler {self.sampler}, {_format_range(self.steps)} steps, guidance {_format_range(self.guidance)}"


@dataclass(frozen=True)
class Proposal:
    """What an accelerator proposes, and the `subject` in which it was recognised, such as `LoRA lcm`."""

    subject: str
    accelerator: Accelerator

    def __str__(self) -> str:
        return f"{self.subject} is {self.accelerator.name}: {self.accelerator}"


LCM = Accelerator("LCM", "LCM", (4, 8), (1, 2), 4)
TCD = Accelerator("TCD", "TCD", (4, 8), (1, 1), 4)
LIGHTNING = Accelerator("Lightning", "Euler SGM Uniform", (4, 8), (1, 2), 4)
HYPER = Accelerator("Hyper-SD", "DDIM SGM Uniform", (2, 8), (1, 1), 8)
TURBO = Accelerator("Turbo", "Euler a SGM Uniform", (1, 8), (1, 2), 4)

MODEL = r"xl|sd|flux|v\d|\d[-_ ]?steps?"  # lightning and turbo alone may also be what a LoRA draws
NAMES: Mapping[str, Accelerator] = {
    r"(?<![a-z])tcd(?![a-z])": TCD,
    r"(?<![a-z])lcm(?![a-z])": LCM,
    r"hyper[-_ ]?(?:sd|flux)|hyper.*\d[-_ ]?steps?": HYPER,
    rf"(?:{MODEL}).*lightning|lightning.*(?:{MODEL})": LIGHTNING,
    rf"(?:{MODEL}).*turbo|turbo.*(?:{MODEL})": TURBO,
}
STEPS = re.compile(r"(?<!\d)(\d{1,2})[-_ ]?steps?")
GUIDED = re.compile(r"(?<![a-z])cfg(?![a-z])")
SCHEDULERS: Mapping[str, Accelerator] = {"LCMScheduler": LCM, "TCDScheduler": TCD}
TRAILING = ("EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler")


def recognise_name(texts: Iterable[str]) -> Accelerator | None:
    """The accelerator that the first telling text names, with the steps that it states; None if no text names one.

    Texts are names of files and folders and titles, the most reliable first; capitals do not matter.
    """
    for text in map(str.lower, texts):
        for pattern, accelerator in NAMES.items():
            if re.search(pattern, text):
                return _apply_step_count(accelerator, text)
    return None


def _apply_step_count(accelerator: Accelerator, text: str) -> Accelerator:
    """An accelerator with the number of steps that a name states, if it states one.

    Hyper-SD's LoRA for one step wants TCD's sampler, and those with `cfg` in their names want guidance.
    """
    match = STEPS.search(text)
    if not match or not int(match[1]):
        return accelerator
    steps = int(match[1])
    exact = replace(accelerator, steps=(steps, steps), best=steps)
    if accelerator is not HYPER:
        return exact
    exact = replace(exact, guidance=(5.0, 8.0)) if GUIDED.search(text) else exact
    return replace(exact, sampler="TCD") if steps == 1 else exact


def recognise_scheduler(scheduler: str, config: Mapping[str, Any]) -> Accelerator | None:
    """The accelerator that the scheduler shipped with a model reveals; None for an ordinary scheduler.

    `scheduler` is the name of its class in diffusers, `config` its configuration.
    """
    if scheduler in TRAILING and config.get("timestep_spacing") == "trailing":
        plain = config.get("prediction_type") == "epsilon" and not config.get("rescale_betas_zero_snr")
        return TURBO if plain else None
    return SCHEDULERS.get(scheduler)


def find_conflicts(palette: Palette, wanted: Accelerator) -> list[str]:
    """The settings of a palette that do not suit an accelerator, as phrases like `20 steps` or `guidance 7 of sky`."""
    asked = []
    if palette.sampler.lower() != wanted.sampler.lower():
        asked.append(f"sampler {palette.sampler}")
    if not wanted.steps[0] <= palette.steps <= wanted.steps[1]:
        asked.append(f"{palette.steps} steps")
    if not _fits(palette.guidance, wanted):
        asked.append(f"guidance {palette.guidance:g}")
    return asked + [
        f"guidance {brush.guidance:g} of {brush.id}" for brush in palette.brushes if not _fits(brush.guidance, wanted)
    ]


def follow_proposal(palette: Palette, proposals: Sequence[Proposal]) -> Palette:
    """The palette with the last proposal's sampler, and with its steps and guidance where the palette's do not suit it.

    A brush whose own guidance does not suit takes the palette's. Raises HostError where there is no proposal.
    """
    if not proposals:
        known = "a LoRA or a model known as LCM, TCD, Lightning, Hyper-SD or Turbo"
        cure = "give --sampler, --steps and --guidance yourself"
        raise HostError("--accelerate", known, "none that its name, notes or scheduler tell", cure)
    wanted = proposals[-1].accelerator
    brushes = tuple(each if _fits(each.guidance, wanted) else replace(each, guidance=None) for each in palette.brushes)
    steps = palette.steps if wanted.steps[0] <= palette.steps <= wanted.steps[1] else wanted.best
    guidance = palette.guidance if _fits(palette.guidance, wanted) else wanted.guidance[0]
    return replace(palette, sampler=wanted.sampler, steps=steps, guidance=guidance, brushes=brushes)


def advise(palette: Palette, proposals: Sequence[Proposal]) -> list[str]:
    """Lines to print about a palette: each proposal, and a warning where its settings do not suit the last one."""
    lines = [str(each) for each in proposals]
    asked = find_conflicts(palette, proposals[-1].accelerator) if proposals else []
    if asked:
        lines.append(f"warning: the palette asks for {', '.join(asked)}; --accelerate draws as proposed")
    return lines


def _fits(guidance: float | None, wanted: Accelerator) -> bool:
    return guidance is None or wanted.guidance[0] <= guidance <= wanted.guidance[1]


def _format_range(limits: Range) -> str:
    low, high = limits
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
