"""Pictures that are drawn once and kept: where they lie, who draws and judges them, in how many processes."""

from __future__ import annotations

import argparse
import functools
import hashlib
import io
import json
import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import fidelity_paths
import numpy as np
import torch
from fidelity_costs import Cost
from fidelity_methods import CELL, NATIVE, Studio, make_grid
from fidelity_palettes import Puzzle
from fidelity_scores import measure_seams, score
from PIL import Image
from torch import Tensor
from toyworld_scenes import Drawing

from lib_regiondiff import demo
from lib_regiondiff.demo import labeller

CACHE = fidelity_paths.ROOT / ".cache" / "fidelity"

Found = TypeVar("Found")


@dataclass(frozen=True)
class Setup:
    """Where networks are, where pictures with the LoRA (`fast`) and without (`full`) go, when to begin no more."""

    model: str
    lora: str
    labeller: str
    fast: Path
    full: Path
    deadline: float

    @staticmethod
    def of(given: argparse.Namespace) -> Setup:
        """The setup that a command line asks for; pictures of other weights lie in other folders."""
        if not Path(given.model).exists():
            raise SystemExit(f"{given.model}: no such model; `python tools/demo_model/train_demo_model.py` makes it")
        fast, full = CACHE / fingerprint(given.model, given.lora), CACHE / fingerprint(given.model)
        for folder in (fast, full):
            folder.mkdir(parents=True, exist_ok=True)
        return Setup(given.model, given.lora, given.labeller, fast, full, time.time() + 60 * given.minutes)

    @property
    def late(self) -> bool:
        """Whether it is too late to begin another picture."""
        return time.time() >= self.deadline


def make_parser(description: str | None, count: int) -> argparse.ArgumentParser:
    """A parser with the options that all such benchmarks have; `count` is the default number of palettes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--count", type=int, default=count, help="palettes")
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread")
    parser.add_argument("--minutes", type=float, default=60, help="begin no picture after this time")
    parser.add_argument("--model", default=str(demo.make_checkpoint()))
    parser.add_argument("--lora", default=str(demo.LORA))
    parser.add_argument("--labeller", default=str(demo.WEIGHTS / "labeller.safetensors"))
    return parser


def fingerprint(*files: str) -> str:
    """A short digest of weights' files, so that pictures by other weights are not taken for theirs."""
    sha = hashlib.sha256()
    for path in map(Path, files):
        for each in sorted(path.rglob("*.safetensors")) if path.is_dir() else [path] if path.exists() else []:
            sha.update(each.read_bytes())
    return sha.hexdigest()[:10]


def collect(work: Callable[[int], Found | None], count: int, workers: int) -> list[Found]:
    """What `work` gives for the numbers below `count`, without None, in processes of one thread each."""
    if workers == 1:
        return [each for each in map(work, range(count)) if each is not None]
    os.environ.update(OMP_NUM_THREADS="1", OMP_WAIT_POLICY="PASSIVE")
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        return [each for each in pool.map(work, range(count)) if each is not None]


@functools.cache
def load_studio(setup: Setup) -> Studio:
    """The demo model of a setup, loaded once in each process, which then uses one thread."""
    torch.set_num_threads(1)
    lora = Path(setup.lora)
    return Studio.open(setup.model, lora if lora.exists() else None)


@functools.cache
def load_judge(setup: Setup) -> Any:
    """The labeller of a setup, loaded once in each process."""
    torch.set_num_threads(1)
    return labeller.load(Path(setup.labeller))


def keep(
    path: Path,
    setup: Setup,
    draw: Callable[[Studio], tuple[Tensor | Image.Image, Cost]],
    finish: Callable[[Image.Image], Image.Image] = lambda image: image,
) -> None:
    """Draw a picture, finish it and keep it at a path with its cost, unless it is there already or it is too late."""
    if path.exists() or setup.late:
        return
    start = time.process_time()
    made, cost = draw(load_studio(setup))
    seconds = time.process_time() - start
    put(path.with_suffix(".json"), json.dumps(cost.note() | {"seconds": seconds}).encode())
    image = made if isinstance(made, Image.Image) else load_studio(setup).full.decode(made)
    put(path, encode_png(finish(image)))


def put(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_suffix(f".{os.getpid()}")
    part.write_bytes(data)
    part.replace(path)


def encode_png(image: Image.Image) -> bytes:
    """The bytes of a picture's PNG."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def read_pixels(path: Path) -> np.ndarray:
    """The pixels [h, w, 3] of a picture's file."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def judge_picture(path: Path, given: Puzzle, true: Drawing, setup: Setup) -> dict[str, float]:
    """The scores of a picture that was kept, and its cost if that was noted."""
    with Image.open(path) as image:
        seen = labeller.label(image, load_judge(setup))
    scores = score(given, seen, true) | {"seams": measure_seams(read_pixels(path), make_grid(NATIVE, CELL))}
    notes = path.with_suffix(".json")
    return scores | json.loads(notes.read_text(encoding="utf-8")) if notes.exists() else scores
