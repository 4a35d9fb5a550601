"""The demo model: a small text-to-image network of a toy world that ships with the library, and palettes for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights"
FIRST, LATER = WEIGHTS / "toyworld.safetensors", WEIGHTS / "toyworld-later.safetensors"
"""The checkpoint's first weights, and what was learned later; `checkpoint` puts both together."""
LORA = WEIGHTS / "toyworld-lcm.safetensors"
FORGE_EXTENSION = HERE / "forge_extension.txt"
NAME = "demo"
NATIVE = 128
"""The side in pixels of the pictures that the demo model was trained with."""
PARTS: Mapping[str, Path] = {"demo-lcm": LORA, "demo-tiny": WEIGHTS / "tiny"}
"""What can be added to the demo model, by the names that `--lora` and `--vae` know."""


def locate(model: str) -> str:
    """Where to load a model from: the demo model's file for the name `demo`, any other name as it is.

    Raises HostError where the demo model's file cannot be written.
    """
    return str(make_checkpoint()) if model == NAME else model


def make_checkpoint() -> Path:
    """The demo model's path, a single file in SD1's layout; made once, in the user's cache folder.

    Raises HostError where it cannot be written.
    """
    from lib_regiondiff.demo import whole

    return whole.make_checkpoint()


def list_palettes() -> dict[str, Path]:
    """The files of the palettes that ship with the library, by name."""
    return {path.stem: path for path in sorted((HERE / "palettes").glob("*.json"))}
