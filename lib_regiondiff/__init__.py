"""Region Diffusion: say what goes where in a picture. The host-independent library, and what programs need of it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_regiondiff.fingerprints import fingerprint

if TYPE_CHECKING:
    from lib_regiondiff.document.palette import Background, Brush, Palette, dump, parse
    from lib_regiondiff.errors import HostError, PaletteError
    from lib_regiondiff.geometry import Size
    from lib_regiondiff.hosts.diffusers import load_model, render, renders

__all__ = [
    "Background", "Brush", "HostError", "Palette", "PaletteError", "Size",
    "dump", "load_model", "parse", "render", "renders",
]  # fmt: skip
__version__ = "0.1.0"
LOADED = fingerprint(Path(__file__).parent)
"""Fingerprint of the source as it was imported; once the library is updated, the source on disk has another."""
PLACES = {
    "errors": ("HostError", "PaletteError"),
    "geometry": ("Size",),
    "hosts.diffusers": ("load_model", "render", "renders"),
    "document.palette": ("Background", "Brush", "Palette", "dump", "parse"),
}
"""Module -> public names, imported when they are asked for: torch and diffusers take seconds, and may be absent."""


def __getattr__(name: str) -> Any:
    """Import a public name of the library on first use (PEP 562); AttributeError for any other name."""
    for module, names in PLACES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
