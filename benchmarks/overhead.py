"""What the core costs over bare network calls: `python benchmarks/overhead.py [--steps N]`.

One run for each palette, SD1.5's real shapes with random weights, 256x256 px, with guidance: two halves, and a thing on
a ground. Each step of the sampling loop is followed by a replay of exactly the same network inputs through the bare
UNet; CPU seconds of both are summed. The last step is left out, in which a thing is decoded and its outline found: what
the outline takes is told apart.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DConditionModel

from lib_regiondiff.denoising.model import region_model
from lib_regiondiff.denoising.parameterization import PARAMETERIZATIONS
from lib_regiondiff.denoising.segment import cut_out
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.host import LatentSpec, Part, Parts, Prompt
from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.sampling import samplers, schedule
from lib_regiondiff.hosts.diffusers.text.encoding import TextCond
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.plan import Job, make_plan

PALETTES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "two halves": (
        {"id": "left", "prompt": "a", "mask": {"rectangle": [0, 0, 0.5, 1]}},
        {"id": "right", "prompt": "b", "mask": {"rectangle": [0.5, 0, 1, 1]}},
    ),
    "a thing": ({"id": "thing", "prompt": "a", "kind": "thing", "mask": {"rectangle": [0.2, 0.2, 0.8, 0.8]}},),
}


class RandomHost(DiffusersHost):
    """The diffusers host with random conditions, which keeps the inputs of each network call for the replay."""

    def encode(self, prompt: Prompt) -> Parts:
        """A random embedding of SD1.5's shape as the one part of a prompt."""
        seed = sum(prompt.text.encode()) + 1

        def make() -> TextCond:
            return TextCond(torch.randn(1, 77, 768, generator=noise.make_generator(seed)))

        return (Part(self.known.get((prompt.text, False, 1), make)),)


def make_unet() -> UNet2DConditionModel:
    """A UNet of SD1.5's shape with random weights."""
    torch.manual_seed(0)
    return UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8).eval()


class Recorder(torch.nn.Module):
    """Stands for a network: passes calls on to it and keeps their inputs."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network, self.config, self.dtype, self.inputs = network, network.config, network.dtype, []

    def forward(self, *arguments: Any, **named: Any) -> Any:
        """The network's answer to a call, whose inputs are kept."""
        self.inputs.append((arguments, named))
        return self.network(*arguments, **named)


def make_palette(name: str, steps: int) -> Palette:
    """One of PALETTES at 256x256 pixels."""
    head = {"version": 1, "size": {"width": 256, "height": 256}, "steps": steps}
    return parse(head | {"brushes": [dict(each) for each in PALETTES[name]]})


def measure_outline() -> float:
    """The CPU seconds that the outline of a thing takes, once for each thing of a picture."""
    picture = np.full((512, 512, 3), (60, 140, 60), np.uint8)
    cv2.circle(picture, (256, 256), 150, (200, 40, 40), cv2.FILLED)
    picture = picture + np.random.default_rng(0).integers(0, 30, picture.shape, np.uint8)
    inside = np.pad(np.ones((48, 48), np.float32), 8)
    start = time.process_time()
    assert cut_out(picture, inside, inside) is not None
    return round(time.process_time() - start, 3)


@torch.no_grad()
def measure(name: str, steps: int) -> dict[str, object]:
    """The line of a palette: CPU seconds of loop and replay, step by step in turn after one warm-up step of each."""
    torch.set_num_threads(1)  # waiting threads would count as work
    recorder = Recorder(make_unet())
    scheduler = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    pipe: Any = type("Pipe", (), {"unet": recorder, "scheduler": scheduler})()
    host = RandomHost(pipe, LatentSpec(4, 8, 512, torch.device("cpu"), torch.float32))
    document, sampler = make_palette(name, steps + 2), samplers.SAMPLERS["DDIM"]
    scheduler = samplers.make_scheduler(sampler, scheduler, steps + 2, "cpu")
    levels = schedule.make_levels(sampler, scheduler)
    job = Job(document.size, tuple(level.noise for level in levels), (1,))
    plan = make_plan(document, job, host)
    model, x = (
        region_model(host, plan),
        noise.draw_unit([noise.make_generator(1)], (4, plan.size.height, plan.size.width)),
    )
    loop, bare, rows, back = [], [], [], PARAMETERIZATIONS["epsilon"].from_denoised
    for level, t in zip(levels[: steps + 1], scheduler.timesteps, strict=False):
        recorder.inputs.clear()
        start = time.process_time()
        x = scheduler.step(back(model(x, level), x, level.alpha, level.beta), t, x, return_dict=False)[0]
        loop.append(time.process_time() - start)
        start = time.process_time()
        for arguments, named in recorder.inputs:
            recorder.network(*arguments, **named)
        bare.append(time.process_time() - start)
        rows.append(sum(len(arguments[0]) for arguments, _ in recorder.inputs))
    return {"benchmark": "overhead", "palette": name} | summarise(loop[1:], bare[1:], rows[1:])


def summarise(loop: Sequence[float], bare: Sequence[float], rows: Sequence[int]) -> dict[str, object]:
    """The line to print: the ratio of the sums of seconds, and the range of the ratios of single steps."""
    ratios = sorted(a / b for a, b in zip(loop, bare, strict=True))
    return {
        "steps": len(loop),
        "rows": sum(rows),
        "loop_cpu_s": round(sum(loop), 2),
        "bare_cpu_s": round(sum(bare), 2),
        "ratio": round(sum(loop) / sum(bare), 4),
        "median_step_ratio": round(statistics.median(ratios), 4),
        "step_ratio_range": [round(ratios[0], 4), round(ratios[-1], 4)],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10)
    given = parser.parse_args()
    for palette in PALETTES:
        print(json.dumps(measure(palette, given.steps)))
    print(json.dumps({"benchmark": "overhead", "outline_cpu_s": measure_outline()}))
