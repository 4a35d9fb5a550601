"""Which parts of a loaded pipeline are accelerators: recognised by names and notes of files, or by the scheduler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.accelerators import Accelerator, Proposal, recognise_name, recognise_scheduler
from lib_regiondiff.hosts.diffusers.additions.additions import Extras
from lib_regiondiff.hosts.diffusers.families.families import find_family
from lib_regiondiff.hosts.diffusers.files.headers import read_header
from lib_regiondiff.hosts.diffusers.sampling.samplers import is_flow

TOLD = (3.5, 3.5)
"""The guidance that Flux is told, the least and the most: it was distilled to it, and so are its LoRAs of few steps."""
TITLES = ("modelspec.title", "ss_output_name")
GENERAL = ("pytorch_lora_weights", "diffusion_pytorch_model", "model")


def find_proposals(pipe: Any, source: str, extras: Extras) -> tuple[Proposal, ...]:
    """What a pipeline's model and LoRAs propose, the model first; a LoRA of weight 0 proposes nothing.

    `source` is the file, folder or hub id that the model was loaded from.
    """
    found = (*_propose_for_model(pipe, source), *_propose_for_loras(extras))
    return tuple(replace(each, accelerator=_fit_to_model(pipe, each.accelerator)) for each in found)


def _fit_to_model(pipe: Any, found: Accelerator) -> Accelerator:
    """An accelerator as a model can follow it: flow models have no sampler but Euler, and Flux its own guidance."""
    if not is_flow(pipe.scheduler):
        return found
    told = find_family(type(pipe).__name__, "the pipeline").told
    return replace(found, sampler="Euler", guidance=TOLD if told else found.guidance)


def _propose_for_model(pipe: Any, source: str) -> Iterator[Proposal]:
    path = Path(source)
    found = recognise_name(_collect_names(path)) or recognise_scheduler(
        type(pipe.scheduler).__name__, pipe.scheduler.config
    )
    if found:
        yield Proposal(f"model {path.stem if path.is_file() else path.name}", found)


def _propose_for_loras(extras: Extras) -> Iterator[Proposal]:
    for file in extras.loras:
        found = recognise_name([Path(file.name).name, *_collect_names(file.path)]) if file.weight else None
        if found:
            yield Proposal(f"LoRA {Path(file.name).name or file.path.stem}", found)


def _collect_names(path: Path) -> list[str]:
    """What a file calls itself: its name, or its folder's where that is a general one, and the titles in its notes."""
    name = path.stem if path.is_file() else path.name
    notes = _read_notes(path)
    return [path.parent.name if name in GENERAL else name, *(notes.get(title, "") for title in TITLES)]


def _read_notes(path: Path) -> Mapping[str, str]:
    """The notes in the header of a .safetensors file; empty for a folder and for any other file."""
    if not path.is_file():
        return {}
    try:
        return read_header(path)[1]
    except HostError:
        return {}
