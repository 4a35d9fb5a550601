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
from fidelity_methods import CELL, NATIVE, Cost, Studio, grid
from fidelity_palettes import Puzzle
from fidelity_scores import score, seams
from PIL import Image
from torch import Tensor
from toyworld_scenes import Drawing

from lib_regiondiff import demo
from lib_regiondiff.demo import labeller

CACHE = fidelity_paths.ROOT / ".cache" / "fidelity"

Found = TypeVar("Found")


@dataclass(frozen=True)
class Setup:
    """Where the networks are, where pictures with and without the LoRA are kept, when to begin no more of them."""

    model: str
    lora: str
    labeller: str
    fast: Path
    full: Path
    deadline: float

    @staticmethod
    def of(given: argparse.Namespace) -> Setup:
        """What the options of a command line say; pictures of other weights lie in other folders."""
        if not Path(given.model).exists():
            raise SystemExit(f"{given.model}: no such model; `python tools/demo_model/train_demo_model.py` makes it")
        fast, full = CACHE / fingerprint(given.model, given.lora), CACHE / fingerprint(given.model)
        for folder in (fast, full):
            folder.mkdir(parents=True, exist_ok=True)
        return Setup(given.model, given.lora, given.labeller, fast, full, time.time() + 60 * given.minutes)

    @property
    def late(self) -> bool:
        """Whether nothing more is to be begun."""
        return time.time() >= self.deadline


def options(description: str | None, count: int) -> argparse.ArgumentParser:
    """The options that all such benchmarks have, with the number of palettes by default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--count", type=int, default=count, help="palettes")
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread")
    parser.add_argument("--minutes", type=float, default=60, help="begin no picture after this time")
    parser.add_argument("--model", default=str(demo.checkpoint()))
    parser.add_argument("--lora", default=str(demo.LORA))
    parser.add_argument("--labeller", default=str(demo.WEIGHTS / "labeller.safetensors"))
    return parser


def fingerprint(*files: str) -> str:
    """A name for the weights, so that pictures by others are not taken for theirs."""
    sha = hashlib.sha256()
    for path in map(Path, files):
        for each in sorted(path.rglob("*.safetensors")) if path.is_dir() else [path] if path.exists() else []:
            sha.update(each.read_bytes())
    return sha.hexdigest()[:10]


def found(work: Callable[[int], Found | None], count: int, workers: int) -> list[Found]:
    """What is found for the first numbers, in processes of one thread each; what is not finished is left out."""
    if workers == 1:
        return [each for each in map(work, range(count)) if each is not None]
    os.environ.update(OMP_NUM_THREADS="1", OMP_WAIT_POLICY="PASSIVE")
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        return [each for each in pool.map(work, range(count)) if each is not None]


@functools.cache
def studio(setup: Setup) -> Studio:
    """The demo model, loaded once in each process of one thread."""
    torch.set_num_threads(1)
    lora = Path(setup.lora)
    return Studio.open(setup.model, lora if lora.exists() else None)


@functools.cache
def judge_of(setup: Setup) -> Any:
    """The labeller."""
    torch.set_num_threads(1)
    return labeller.load(Path(setup.labeller))


def keep(
    path: Path,
    setup: Setup,
    draw: Callable[[Studio], tuple[Tensor, Cost]],
    finish: Callable[[Image.Image], Image.Image] = lambda image: image,
) -> None:
    """Draw a picture, finish it and keep it with what it cost, unless it is there or it is late."""
    if path.exists() or setup.late:
        return
    start = time.process_time()
    latents, cost = draw(studio(setup))
    seconds = time.process_time() - start
    notes = {"rows": cost.rows, "cells": cost.cells, "seconds": seconds}
    put(path.with_suffix(".json"), json.dumps(notes).encode())
    put(path, png(finish(studio(setup).full.decode(latents))))


def put(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all."""
    part = path.with_suffix(f".{os.getpid()}")
    part.write_bytes(data)
    part.replace(path)


def png(image: Image.Image) -> bytes:
    """The file of a picture."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def pixels(path: Path) -> np.ndarray:
    """A picture [h, w, 3]."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def judged(path: Path, given: Puzzle, true: Drawing, setup: Setup) -> dict[str, float]:
    """The scores of a picture that is kept, and what it cost if that was noted."""
    with Image.open(path) as image:
        seen = labeller.label(image, judge_of(setup))
    scores = score(given, seen, true) | {"seams": seams(pixels(path), grid(NATIVE, CELL))}
    notes = path.with_suffix(".json")
    return scores | json.loads(notes.read_text(encoding="utf-8")) if notes.exists() else scores
