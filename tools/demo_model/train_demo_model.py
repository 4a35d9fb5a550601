"""Train the demo model: `python tools/demo_model/train_demo_model.py STAGE`, in the order of STAGES, then export."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
import torch.multiprocessing

sys.path.insert(1, str(Path(__file__).resolve().parents[2]))

STAGES: Mapping[str, tuple[str, int]] = {
    "vae": ("demo_vae", 2600),
    "text": ("demo_text", 1600),
    "unet": ("demo_unet", 6100),
    "bind": ("demo_bind", 2400),
    "pairs": ("demo_pairs", 6600),
    "lcm": ("demo_lcm", 2300),
    "labeller": ("demo_labeller", 11500),
    "tiny": ("demo_tiny", 900),
}
"""A stage's name -> the module whose `stage` makes it, and how many steps it takes."""


def main() -> None:
    """Train the stage that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=[*STAGES, "export", "evaluate"])
    parser.add_argument("--steps", type=int, help="steps in all; a stage that was stopped goes on from its checkpoint")
    parser.add_argument("--workers", type=int, default=1, help="processes of one thread each, a batch each")
    args = parser.parse_args()
    if args.stage not in STAGES:
        importlib.import_module(f"demo_{args.stage}").main()
    elif args.workers == 1:
        train_stage(args.stage, args.steps)
    else:
        with tempfile.TemporaryDirectory() as folder:
            options = (args.workers, f"{folder}/meeting", args.stage, args.steps)
            torch.multiprocessing.spawn(_work, options, nprocs=args.workers)


def train_stage(name: str, steps: int | None) -> None:
    """Train a stage up to this many steps in all, or to its usual number."""
    module, usual = STAGES[name]
    stage = importlib.import_module(module).stage()
    importlib.import_module("demo_loop").train(stage, steps or usual)


def _work(rank: int, workers: int, meeting: str, name: str, steps: int | None) -> None:
    """Train as one of several processes, since on a busy CPU several threads in one would wait for one another."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=workers)
    train_stage(name, steps)


if __name__ == "__main__":
    main()
