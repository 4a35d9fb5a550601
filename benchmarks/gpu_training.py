"""Training on a GPU: the demo model's denoiser, from new weights, on a pool of toy-world scenes of the shipped VAE."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gpu_report import Bench
from torch import Tensor, nn

sys.path.append(str(Path(__file__).resolve().parent.parent / "tools" / "demo_model"))

import demo_loop
import demo_unet
from demo_evaluate import load_shipped
from demo_networks import make_scheduler, make_seeded
from demo_sample import Model
from demo_speed import hasten
from worlds import TOYWORLD

NAME = "gpu-benchmark"
STEPS, SCENES = (300, 4), (512, 16)
"""In earnest and in a dry run."""
WARM = 10
"""Steps that are not timed, in earnest; a dry run leaves out one."""
FALL = 0.9, 1.0
"""The most that the loss of the last tenth may be of that of the first, in earnest and in a dry run."""


def stage(scenes: int, warm_up: int) -> demo_loop.Stage:
    """The stage `unet` of the demo model's training on fewer scenes, with the text encoder that ships."""
    model, seeds = load_shipped(), range(scenes)
    latents, labels = demo_unet.encode(TOYWORLD, model.vae, seeds), demo_unet.read_labels(TOYWORLD, seeds)
    things = demo_unet.count_things(TOYWORLD, seeds)
    pool = demo_unet.Pool(latents, labels, make_scheduler().alphas_cumprod, things, seeds)
    unet = hasten(make_seeded("unet", demo_unet.SEED)).to(memory_format=torch.channels_last)
    nn.init.zeros_(unet.conv_out.weight)
    text = model.text.requires_grad_(True)
    text.get_input_embeddings().requires_grad_(False)
    teller = demo_unet.Teller(unet, TOYWORLD)

    def loss(step: int) -> Tensor:
        return demo_unet.batch_loss(TOYWORLD, Model(unet, text, None), pool, teller, step)

    def sheet(networks: Mapping[str, Any]) -> np.ndarray:
        raise AssertionError("nothing is saved")

    networks = {"unet": unet, "text": text, "teller": teller.head}
    return demo_loop.Stage(NAME, TOYWORLD.folder, networks, loss, sheet, rate=1e-3, averaging=0.995, warm_up=warm_up)


def measure(bench: Bench) -> None:
    """Steps a second, and how far the loss falls."""
    steps, scenes = STEPS[bench.small], SCENES[bench.small]
    start = time.perf_counter()
    run = demo_loop.Run.of(stage(scenes, max(1, min(50, steps // 4))))
    bench.report.note("training, scenes drawn and encoded", scenes / (time.perf_counter() - start), "scenes/s")
    losses, warm = [], 1 if bench.small else WARM
    for step in range(steps):
        if step == warm:
            bench.card.settle()
            start = time.perf_counter()
        losses.append(run.advance(steps))
    bench.card.settle()
    speed = (steps - warm) / (time.perf_counter() - start)
    bench.report.note("training, speed", speed, "steps/s", batch=demo_unet.BATCH)
    tenth = max(2, steps // 10)
    first, last = (statistics.mean(part) for part in (losses[:tenth], losses[-tenth:]))
    bench.report.note("training, loss at first", first, "")
    bench.report.note("training, loss at last", last, "")
    bench.report.at_most("training, loss at last to loss at first", last / first, "ratio", FALL[bench.small])
