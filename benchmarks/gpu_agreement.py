"""Does a GPU draw what the CPU draws? Differences on the known and the demo model; what of palettes is found in both.

Limits are at least four times what half precision differs by on a CPU itself, where it was tried on both models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import gpu_models
import numpy as np
import torch
from gpu_report import Bench
from torch import Tensor

from known_model import COLOURS, build_pipeline
from lib_regiondiff import demo, parse, render
from lib_regiondiff.demo import labeller
from lib_regiondiff.demo.world import BACKGROUNDS, CLASSES
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.planning.weights.masks import rasterise

CPU = torch.device("cpu")
QUARTERS = {"red": [0, 0, 0.5, 0.5], "green": [0.5, 0, 1, 0.5], "blue": [0, 0.5, 0.5, 1], "white": [0.5, 0.5, 1, 1]}
FEW = 4
"""How much wider limits are in a dry run, whose two steps correct less than the usual ones."""
FEW_STEPS: Mapping[str, Any] = {"steps": 2}
NEAR = 16
"""Grey levels by which a known colour may be missed."""
TEXTURE, THING = 0.5, 0.05
"""Least share of a brush that must show its texture or its thing."""


@dataclass(frozen=True)
class Precision:
    """How a network computes, and what that may change: largest and mean of latents, then of grey levels."""

    dtype: torch.dtype
    latents: tuple[float, float]
    pixels: tuple[float, float]
    tf32: bool = False


PRECISIONS: Mapping[str, Precision] = {
    "float32": Precision(torch.float32, (0.02, 0.002), (2, 0.1)),
    "float32 with TF32": Precision(torch.float32, (0.15, 0.02), (8, 0.5), tf32=True),
    "float16": Precision(torch.float16, (0.15, 0.02), (8, 0.5)),
    "bfloat16": Precision(torch.bfloat16, (0.5, 0.08), (48, 5)),
}


@contextmanager
def tf32(allowed: bool) -> Iterator[None]:
    """While it lasts float32 products may or may not be rounded to ten bits; PyTorch's own choice is convolutions."""
    places: tuple[Any, ...] = (torch.backends.cuda.matmul, torch.backends.cudnn)
    before = [place.allow_tf32 for place in places]
    try:
        for place in places:
            place.allow_tf32 = allowed
        yield
    finally:
        for place, value in zip(places, before, strict=True):
            place.allow_tf32 = value


def drawn(host: Any, palette: Any) -> tuple[Tensor, np.ndarray]:
    """The last latents [1, C, h, w] on the CPU, and the picture [h, w, 3]."""
    seen: list[Tensor] = []
    made = render(host, palette, progress=lambda step: seen.append(step.latents), ignore_model=True)[0]
    return seen[-1].float().cpu(), np.asarray(made.image, np.float64)


def compare(bench: Bench, label: str, precision: Precision, pair: tuple[Any, Any]) -> None:
    """Lines for what a picture on the card differs by from that of the CPU."""
    (latents, picture), (true, painted) = pair
    scale = FEW if bench.small else 1
    for kind, difference, limits in (
        ("latents", (latents - true).abs().numpy(), precision.latents),
        ("picture", np.abs(picture - painted), precision.pixels),
    ):
        unit = "grey levels" if kind == "picture" else "latent units"
        bench.report.at_most(f"{label}, {kind}, largest difference", float(difference.max()), unit, scale * limits[0])
        bench.report.at_most(f"{label}, {kind}, mean difference", float(difference.mean()), unit, scale * limits[1])


def quarters(bench: Bench) -> Palette:
    """Four known colours on grey."""
    side, steps = (64, 2) if bench.small else (128, 6)
    brushes = [{"id": name, "prompt": f"a {name} thing", "mask": {"rectangle": box}} for name, box in QUARTERS.items()]
    return parse({**gpu_models.plain(side, steps, background={"prompt": "a gray thing"}), "brushes": brushes})


def scene(bench: Bench) -> Palette:
    """What the demo model draws to be compared: the palette of `make demo`, or a small one."""
    if not bench.small:
        return demo_palette("land")
    few = {"sampler": "LCM", "guidance": 1, "background": {"prompt": "the sea"}}
    house = {"id": "house", "prompt": "a red house on grass", "mask": {"rectangle": [0, 0.3, 0.5, 0.9]}}
    return parse({**gpu_models.plain(64, 2, **few), "brushes": [house]})


def demo_palette(name: str) -> Palette:
    """A palette that ships with the demo model."""
    return parse(demo.list_palettes()[name].read_text(encoding="utf-8"))


def agree(bench: Bench) -> None:
    """Pictures of both models on the card in each precision, beside those of the CPU in float32."""
    known = build_pipeline()
    models = {
        "known": (lambda device, dtype: gpu_models.known_host(known, device, dtype), quarters(bench)),
        "demo": (gpu_models.demo_host, scene(bench)),
    }
    for name, (load, palette) in models.items():
        true = drawn(load(CPU, torch.float32), palette)
        for kind, precision in precisions(name, bench.small).items():
            label = f"agreement, {name} model, {kind}"
            with bench.report.guarded(label), tf32(precision.tf32):
                compare(bench, label, precision, (drawn(load(bench.card.device, precision.dtype), palette), true))


def precisions(model: str, small: bool) -> Mapping[str, Precision]:
    """What a model is drawn in; in a dry run the known one not in half precision, which a CPU takes a minute for."""
    wide = {kind: each for kind, each in PRECISIONS.items() if each.dtype == torch.float32}
    return wide if small and model == "known" else PRECISIONS


def obey(bench: Bench) -> None:
    """The share of brushes that show what they ask for: all known colours, and as many things as on the CPU."""
    known, palette, device = build_pipeline(), quarters(bench), bench.card.device
    kinds = (torch.float32,) if bench.small else (torch.float32, torch.float16)
    for dtype in kinds:
        picture = drawn(gpu_models.known_host(known, device, dtype), palette)[1]
        label = f"obedience, known model, {short(dtype)}, colours found"
        bench.report.at_least(label, colours_found(palette, picture), "share", 1)
    network, true = labeller.load(), gpu_models.demo_host(CPU, torch.float32)
    hosts = {short(dtype): gpu_models.demo_host(device, dtype) for dtype in kinds}
    for name in ("land",) if bench.small else demo.list_palettes():
        palette = replace(demo_palette(name), **FEW_STEPS) if bench.small else demo_palette(name)
        wanted = things_found(palette, true, network)
        bench.report.note(f"obedience, {name}, CPU, things found", wanted, "share")
        for kind, host in hosts.items():
            label = f"obedience, {name}, {kind}, things found"
            bench.report.at_least(label, things_found(palette, host, network), "share", wanted)


def short(dtype: torch.dtype) -> str:
    """A dtype's name."""
    return str(dtype).removeprefix("torch.")


def colours_found(palette: Palette, picture: np.ndarray) -> float:
    """The share of brushes whose middle has their colour."""
    found = []
    for brush in palette.brushes:
        left, top, right, bottom = QUARTERS[brush.id]
        y, x = int((top + bottom) / 2 * len(picture)), int((left + right) / 2 * len(picture[0]))
        middle = picture[y - 8 : y + 8, x - 8 : x + 8].mean(axis=(0, 1))
        found.append(np.abs(middle - 255 * np.array(COLOURS[brush.id])).max() <= NEAR)
    return float(np.mean(found))


def things_found(palette: Palette, host: Any, network: Any) -> float:
    """The share of brushes of which the labeller finds enough where they are on top."""
    made = render(host, palette, ignore_model=True)[0]
    seen = labeller.label(made.image, network).classes
    top = np.full(seen.shape, -1)
    for index, brush in enumerate(palette.brushes):
        top[rasterise(brush.mask, palette.size) > 0.5] = index
    found = []
    for index, brush in enumerate(palette.brushes):
        kind = next(word for word in reversed(CLASSES) if word in brush.prompt)
        least = TEXTURE if kind in BACKGROUNDS else THING
        found.append((seen[top == index] == CLASSES.index(kind)).mean() > least)
    return float(np.mean(found))
