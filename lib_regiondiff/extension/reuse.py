"""What a picture's parameters give back: the palette that they hold, as JSON text for the accordion."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lib_regiondiff.document.palette import dumps
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.formats import infotext
from lib_regiondiff.hosts.webui.modules import module
from lib_regiondiff.planning import prompts

KEY = "Region Diffusion"


def has_palette(parameters: Mapping[str, Any]) -> bool:
    """Whether the parameters of a picture, read from its infotext, hold a palette."""
    return KEY in parameters


def read_palette(parameters: Mapping[str, Any]) -> str | None:
    """The palette in a picture's parameters as JSON text, or the value as it is where it cannot be read.

    None where there is none: then the text in the accordion stays.
    """
    if KEY not in parameters:
        return None
    value = str(parameters[KEY])
    try:
        return dumps(infotext.read(value, prompts.find_folder(value, _list_output_folders())))
    except PaletteError:
        return value


def _list_output_folders() -> list[Path]:
    """The folders in which the WebUI saves pictures."""
    options = module("shared").opts
    names = ("outdir_samples", "outdir_txt2img_samples", "outdir_img2img_samples", "outdir_save")
    return [Path(folder) for name in names if (folder := getattr(options, name, ""))]
