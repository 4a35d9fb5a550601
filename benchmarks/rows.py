"""Counts network rows and latent pixels of one step of each scene: `python benchmarks/rows.py`. Exact, no model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from scenes import SCENES, make_scene
from torch import Tensor

from lib_regiondiff.denoising.model import region_model
from lib_regiondiff.geometry import Size
from lib_regiondiff.host import Cond, LatentSpec, Level, Part, Parts, Prompt, Row
from lib_regiondiff.planning.plan import Job, make_plan

LEVEL = Level.preserving(999, 14.6)


@dataclass(frozen=True)
class Words:
    """A condition that is nothing but its prompt."""

    prompt: str
    group: int = 77

    def spans(self, phrase: str) -> list[slice]:
        """None."""
        return []

    def says(self, phrase: str) -> bool:
        """No."""
        return False


class Counting:
    """A host that only counts: it predicts zeros, and `shapes` holds rows, height and width of each call."""

    latent = LatentSpec(4, 8, 512, torch.device("cpu"), torch.float32)
    methods: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.shapes: list[tuple[int, int, int]] = []

    def encode(self, prompt: Prompt) -> Parts:
        """The prompt as one part, which is not encoded."""
        return (Part(Words(prompt.text)),)

    def lerp(self, a: Cond, b: Cond, t: float) -> Cond:
        """The second condition."""
        return b

    def denoise(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """Zeros in the shape of x, whose shape is noted."""
        self.shapes.append((x.shape[0], x.shape[2], x.shape[3]))
        return torch.zeros_like(x)

    def resize(self, x0: Tensor, size: Size) -> Tensor:
        """Zeros of so many cells."""
        return torch.zeros(len(x0), size.height, size.width)

    def encode_image(self, image: Image.Image) -> Tensor:
        """Zeros in place of a picture's latents."""
        return torch.zeros(1, 4, image.height // 8, image.width // 8)

    def decode(self, latent: Tensor) -> Image.Image:
        """A black picture."""
        return Image.new("RGB", (latent.shape[-1] * 8, latent.shape[-2] * 8))


def count(name: str) -> dict[str, object]:
    """The line of a scene: calls, rows and latent pixels of one step."""
    palette, host = make_scene(name), Counting()
    plan = make_plan(palette, Job(palette.size, (LEVEL.noise, 0.0), (1,)), host)
    region_model(host, plan)(torch.zeros(1, 4, plan.size.height, plan.size.width), LEVEL)
    return {
        "benchmark": "rows",
        "scene": name,
        "calls": len(host.shapes),
        "rows": sum(rows for rows, _, _ in host.shapes),
        "latent_pixels": sum(rows * h * w for rows, h, w in host.shapes),
        "canvas": plan.size.area,
    }


if __name__ == "__main__":
    for each in SCENES:
        print(json.dumps(count(each)))
