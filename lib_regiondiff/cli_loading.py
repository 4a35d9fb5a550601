"""Options of the command line that add something to the model: they end up in the palette, or in how it is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import click

from lib_regiondiff.accelerators import accelerated, advice
from lib_regiondiff.overrides import Change, change
from lib_regiondiff.palette import Palette
from lib_regiondiff.renderer import Loading, Renderer

WEIGHTED = re.compile(r"(?P<name>.+?)(?::(?P<weight>[-+]?(?:\d+\.?\d*|\.\d+)))?", re.DOTALL)
LORA = "A LoRA's file, or its name in the folder REGIONDIFF_LORAS or beside the model; several add up."
EMBEDDINGS = "Folder of textual inversions; a word that is a file's name stands for its vectors."
ACCELERATE = "Sampler, steps and guidance that the LCM, TCD, Lightning, Hyper-SD or Turbo in use was made for."


def loading(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options."""
    for option in (
        click.option("--accelerate", is_flag=True, help=ACCELERATE),
        click.option("--embeddings", envvar="REGIONDIFF_EMBEDDINGS", show_envvar=True, metavar="DIR", help=EMBEDDINGS),
        click.option("--lora", "loras", metavar="NAME[:WEIGHT]", multiple=True, help=LORA),
    ):
        command = option(command)
    return command


def loaded_by(options: Mapping[str, Any]) -> list[Change]:
    """What the options change in a palette."""
    return [change("model.loras", [_lora(text) for text in options["loras"]])] if options["loras"] else []


def how_loaded(options: Mapping[str, Any]) -> Loading:
    """What the options say of loading that is nothing of the palette's."""
    return Loading(embeddings=options["embeddings"] or "")


def proposed(palette: Palette, renderer: Renderer, accelerate: bool) -> tuple[Palette, list[str]]:
    """The palette, changed as accelerators want it if that is asked for, and lines that say what they want."""
    if accelerate:
        palette = accelerated(palette, renderer.proposals)
    return palette, advice(palette, renderer.proposals)


def _lora(text: str) -> dict[str, Any]:
    """NAME:WEIGHT as a palette has it."""
    match = WEIGHTED.fullmatch(text)
    return {"name": match["name"], "weight": float(match["weight"] or 1)} if match else {"name": text}
