"""Train the demo model: `python tools/demo_model/train_demo_model.py STAGE`, in the order of STAGES, then export."""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.multiprocessing

sys.path.insert(1, str(Path(__file__).resolve().parents[2]))

from worlds import WORLDS, World

STAGES: Sequence[str] = ("vae", "text", "unet", "bind", "pairs", "aspects", "lcm", "labeller", "tiny")
"""The stages in their order; the `stage` of the module that is named after each makes it for a world."""


def main() -> None:
    """Train the stage that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=[*STAGES, "unpack", "export", "evaluate", "sheet"])
    parser.add_argument("--world", choices=[*WORLDS], default="toyworld", help="what the pictures show")
    parser.add_argument("--steps", type=int, help="steps in all; a stage that was stopped goes on from its checkpoint")
    parser.add_argument("--workers", type=int, default=1, help="processes of one thread each, a batch each")
    args = parser.parse_args()
    world = WORLDS[args.world]
    if args.stage not in STAGES:
        importlib.import_module(f"demo_{args.stage}").main(world)
    elif args.stage not in world.recipe.steps:
        parser.error(f"the world {world.name} has no stage {args.stage}, only {', '.join(world.recipe.steps)}")
    elif args.workers == 1:
        train_stage(world, args.stage, args.steps)
    else:
        with tempfile.TemporaryDirectory() as folder:
            options = (args.workers, f"{folder}/meeting", args.world, args.stage, args.steps)
            torch.multiprocessing.spawn(_work, options, nprocs=args.workers)


def train_stage(world: World, name: str, steps: int | None) -> None:
    """Train a world's stage up to this many steps in all, or to its usual number."""
    stage = importlib.import_module(f"demo_{name}").stage(world)
    importlib.import_module("demo_loop").train(stage, steps or world.recipe.steps[name])


def _work(rank: int, workers: int, meeting: str, name: str, stage: str, steps: int | None) -> None:
    """Train as one of several processes, since on a busy CPU several threads in one would wait for one another."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=workers)
    train_stage(WORLDS[name], stage, steps)


if __name__ == "__main__":
    main()
