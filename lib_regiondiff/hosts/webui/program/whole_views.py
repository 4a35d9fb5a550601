"""Whole views: where each is the whole canvas, every brush is filled; which ones would not be, told beside pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lib_regiondiff.document.palette import SCENE, THING, Palette
from lib_regiondiff.host import Encoder
from lib_regiondiff.planning.attention.couple import keep_on_canvas
from lib_regiondiff.planning.conditioning import Job, find_meanings
from lib_regiondiff.planning.ground import measure_brushes
from lib_regiondiff.planning.things.candidates import fit_native
from lib_regiondiff.planning.things.kinds import choose_kinds

CONTROLLED = "ControlNet needs the whole canvas at once"
REFERRED = "the model sees its reference pictures with the whole canvas"
NUMBERED = 2
"""Brushes that a sentence numbers, at most; more of them are counted."""


def find_filled(palette: Palette, job: Job, host: Encoder, native: int) -> list[int]:
    """The brushes, by their numbers from 1 on, that would be things or scenes, or be looked at, if views of a job were
    not the whole canvas, for a model's native side in pixels."""
    free = replace(job, centred=True)
    meanings, coverages = find_meanings(palette, free), measure_brushes(palette, free, host)
    close = replace(host.latent, native=fit_native(native, job.size))
    kinds = choose_kinds(keep_on_canvas(palette), coverages, meanings, free, close)
    drawn = {number for number, kind in enumerate(kinds.known, start=1) if kind in (THING, SCENE)}
    return sorted(drawn | kinds.figures.keys())


def describe_filled(numbers: Sequence[int], why: str) -> Iterator[str]:
    """The sentence about brushes with these numbers, if there are any, that are filled for a reason."""
    subject = " and ".join(f"brush {number}" for number in numbers)
    if len(numbers) > NUMBERED:
        subject = f"{len(numbers)} brushes"
    if numbers:
        yield f"{subject}: only filled, with no object drawn by itself, because {why}"
