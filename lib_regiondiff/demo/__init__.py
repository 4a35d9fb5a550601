"""The demo model: a small text-to-image network of a toy world that ships with the library, and palettes for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
WEIGHTS = HERE / "weights"
CHECKPOINT = WEIGHTS / "toyworld.safetensors"
LORA = WEIGHTS / "toyworld-lcm.safetensors"
FORGE_EXTENSION = HERE / "forge_extension.txt"
NAME = "demo"
PARTS: Mapping[str, Path] = {"demo-lcm": LORA, "demo-tiny": WEIGHTS / "tiny"}
"""What can be added to it, by the names that `--lora` and `--vae` know."""


def place_of(model: str) -> str:
    """Where a model is to be loaded from: `demo` is the model in here, every other name stays."""
    return str(CHECKPOINT) if model == NAME else model


def palettes() -> dict[str, Path]:
    """The palettes that ship with the library, by name."""
    return {path.stem: path for path in sorted((HERE / "palettes").glob("*.json"))}
