"""What the first run shows: a small model of our own and palettes for it."""

from __future__ import annotations

from pathlib import Path

NAME = "demo"
CHECKPOINT = Path(__file__).parent / "weights" / "toyworld.safetensors"


def source(model: str) -> str:
    """Where a model is: the file of the demo model for its name, else what was given."""
    return str(CHECKPOINT) if model == NAME else model
