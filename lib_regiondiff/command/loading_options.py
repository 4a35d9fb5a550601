"""Options of the command line that add something to the model: they end up in the palette, or in how it is loaded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from lib_regiondiff import demo
from lib_regiondiff.document.changes import Change, make_change
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.accelerators import advise, follow_proposal
from lib_regiondiff.hosts.renderer import LoadingOptions, Renderer

WEIGHTED = re.compile(r"(?P<name>.+?)(?::(?P<weight>[-+]?(?:\d+\.?\d*|\.\d+)))?", re.DOTALL)
LORA = "A LoRA's file, or its name in the folder REGIONDIFF_LORAS or beside the model; several add up."
VAE = "Another VAE, or a tiny one: folder, file, or name in the folder REGIONDIFF_VAES or beside the model."
ROWS = "Most rows of one network call; 0 is as many as there is memory for."
WHOLE = "Megapixels up to which the VAE works on the whole picture; it takes larger ones in tiles."
EMBEDDINGS = "Folder of textual inversions; a word that is a file's name stands for its vectors."
CAPTION = "BLIP, folder or hub id, that writes the background's prompt where it has a picture and no prompt."
ACCELERATE = "Sampler, steps and guidance that the LCM, TCD, Lightning, Hyper-SD or Turbo in use was made for."


def add_loading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a click command with the options of this module."""
    for option in (
        click.option("--offload", is_flag=True, help="Keep networks on the CPU while others work."),
        click.option("--vae-whole", type=click.FloatRange(0), default=4.0, show_default=True, help=WHOLE),
        click.option("--rows", type=click.IntRange(0, 4096), default=0, help=ROWS),
        click.option("--vae", "--tiny-vae", "vae", metavar="NAME", help=VAE),
        click.option("--accelerate", is_flag=True, help=ACCELERATE),
        click.option("--embeddings", envvar="REGIONDIFF_EMBEDDINGS", show_envvar=True, metavar="DIR", help=EMBEDDINGS),
        click.option("--caption-model", metavar="DIR_OR_ID", help=CAPTION),
        click.option("--lora", "loras", metavar="NAME[:WEIGHT]", multiple=True, help=LORA),
    ):
        command = option(command)
    return command


def read_loading_changes(options: Mapping[str, Any]) -> list[Change]:
    """The changes that the options --vae and --lora make in a palette."""
    vae = [make_change("model.vae", options["vae"])] if options["vae"] is not None else []
    return (
        [*vae, make_change("model.loras", [_read_lora(text) for text in options["loras"]])] if options["loras"] else vae
    )


def read_loading(options: Mapping[str, Any]) -> LoadingOptions:
    """How to load the model, as far as the options say it and palettes do not."""
    whole = round(options["vae_whole"] * 10**6)
    return LoadingOptions(options["embeddings"] or "", options["rows"], whole, options["offload"])


def expect_trust(palette: Palette, changes: Sequence[Change], model: str | None) -> None:
    """Raise HostError where a palette, after these changes, names files or downloads that no option names.

    Names of what ships with the library are always allowed. `model` is the option --model.
    """
    own, given = (
        palette.model,
        {text for each in changes if each.steps[0] == "model" for text in _find_texts(each.value)},
    )
    loras = [lora.name for lora in own.loras]
    asked = [
        ("model.name", "--model", [] if model else [own.name], {demo.NAME}),
        ("model.vae", "--vae", [own.vae], set(demo.PARTS)),
        ("model.loras", "--lora", loras, set(demo.PARTS)),
    ]
    found = [
        (path, option, ", ".join(map(repr, strange)))
        for path, option, names, inside in asked
        if (strange := [name for name in names if name and name not in inside | given])
    ]
    if found:
        paths, options, names = zip(*found, strict=True)
        expected = f"{' and '.join(options)}, or --trust (a palette alone chooses no files)"
        raise HostError(", ".join(paths), expected, ", ".join(names))


def _find_texts(value: Any) -> Iterator[str]:
    """All texts in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _find_texts(each)


def apply_proposals(palette: Palette, renderer: Renderer, accelerate: bool) -> tuple[Palette, list[str]]:
    """The palette, changed as accelerators want it if `accelerate`, and lines about what they were made for."""
    if accelerate:
        palette = follow_proposal(palette, renderer.proposals)
    return palette, advise(palette, renderer.proposals)


def _read_lora(text: str) -> dict[str, Any]:
    """The plain data of a LoRA in a palette, from NAME or NAME:WEIGHT."""
    match = WEIGHTED.fullmatch(text)
    return {"name": match["name"], "weight": float(match["weight"] or 1)} if match else {"name": text}
