"""Does the picture do what the palette says? `python benchmarks/fidelity.py [--write]` measures the ladder.

Random palettes of the toy world, drawn with the demo model by each method of the ladder on the same seeds, judged by
the labeller. One JSON line for each method; pictures are kept in .cache/fidelity, so that a run that was stopped goes
on. `--write` renews docs/fidelity.md and its pictures.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import io
import json
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fidelity_paths
import numpy as np
import torch
from fidelity_methods import CELL, METHODS, NATIVE, Studio, grid
from fidelity_palettes import Puzzle, moved, puzzle, truth
from fidelity_report import lines, write
from fidelity_scores import changed, score, seams
from PIL import Image
from torch import Tensor
from toyworld_scenes import Drawing

from lib_regiondiff.demo import labeller

ROOT = fidelity_paths.ROOT
CACHE = ROOT / ".cache" / "fidelity"
WEIGHTS = ROOT / "lib_regiondiff" / "demo" / "weights"
CEILING = "true"
WITHOUT_LORA = ("g", CEILING)
SHIFTED = 10  # every so many palettes are drawn again with an object moved
NO_MASK = "a"  # a method in which nothing can be moved


@dataclass(frozen=True)
class Setup:
    """Where the networks are, where pictures with and without the LoRA are kept, when to begin no more of them."""

    model: str
    lora: str
    labeller: str
    fast: Path
    full: Path
    deadline: float

    def path(self, number: int, letter: str, end: str = ".png") -> Path:
        """Where a picture of a puzzle is kept."""
        return (self.full if letter in WITHOUT_LORA else self.fast) / f"{number:04}-{letter}{end}"


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


def measure(number: int, setup: Setup, letters: str) -> dict[str, Any] | None:
    """Draw a puzzle by these methods, where that is not done yet; the record of all methods if all are done."""
    given = puzzle(number)
    versions = {"": given} | ({"-moved": moved(given)[0]} if number % SHIFTED == 0 else {})
    for letter in letters:
        for version, each in versions.items():
            path = setup.path(number, letter, f"{version}.png")
            if not path.exists() and not (version and letter == NO_MASK) and time.time() < setup.deadline:
                drawn(letter, each, path, setup)
    for version, each in versions.items():
        path = setup.path(number, CEILING, f"{version}.png")
        if not path.exists():
            path.write_bytes(png(autoencoded(studio(setup).full, truth(each).picture)))
    done = all(setup.path(number, letter).exists() for letter in METHODS)
    return record(number, given, setup) if done else None


def drawn(letter: str, given: Puzzle, path: Path, setup: Setup) -> None:
    """Draw a puzzle by a method and keep the picture and what it cost."""
    start = time.process_time()
    latents, cost = METHODS[letter][1](studio(setup), given)
    seconds = time.process_time() - start
    notes = {"rows": cost.rows, "cells": cost.cells, "seconds": seconds}
    path.with_suffix(".json").write_text(json.dumps(notes), encoding="utf-8")
    path.write_bytes(png(studio(setup).full.decode(latents)))


def png(image: Image.Image) -> bytes:
    """The file of a picture, to be written at once."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def autoencoded(host: Any, picture: np.ndarray) -> Image.Image:
    """A picture through the autoencoder."""
    latents: Tensor = host.encode_image(Image.fromarray(picture))
    return host.decode(latents)


def record(number: int, given: Puzzle, setup: Setup) -> dict[str, Any]:
    """All scores of a puzzle by all methods, and where the pictures are."""
    true, elsewhere = truth(given), moved(given)[1]
    methods = {}
    for letter in (*METHODS, CEILING):
        path = setup.path(number, letter)
        methods[letter] = judged(path, given, true, setup)
        if path.with_suffix(".json").exists():
            methods[letter] |= json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        after = setup.path(number, letter, "-moved.png")
        if after.exists():
            methods[letter]["elsewhere changed"] = changed(pixels(path), pixels(after), elsewhere)
    pictures = {letter: str(setup.path(number, letter)) for letter in methods}
    return {"number": number, "grade": given.grade, "methods": methods, "pictures": pictures}


def judged(path: Path, given: Puzzle, true: Drawing, setup: Setup) -> dict[str, float]:
    """The scores of a picture."""
    with Image.open(path) as image:
        seen = labeller.label(image, judge_of(setup))
    return score(given, seen, true) | {"seams": seams(pixels(path), grid(NATIVE, CELL))}


def pixels(path: Path) -> np.ndarray:
    """A picture [h, w, 3]."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def run(setup: Setup, count: int, workers: int, letters: str) -> list[dict[str, Any]]:
    """The records of the first puzzles, measured in processes of one thread each."""
    for folder in (setup.fast, setup.full):
        folder.mkdir(parents=True, exist_ok=True)
    work = functools.partial(measure, setup=setup, letters=letters)
    if workers == 1:
        return [each for each in map(work, range(count)) if each]
    os.environ.update(OMP_NUM_THREADS="1", OMP_WAIT_POLICY="PASSIVE")
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        return [each for each in pool.map(work, range(count)) if each]


def fingerprint(*files: str) -> str:
    """A name for the weights, so that pictures by others are not taken for theirs."""
    sha = hashlib.sha256()
    for path in map(Path, files):
        for each in sorted(path.rglob("*.safetensors")) if path.is_dir() else [path] if path.exists() else []:
            sha.update(each.read_bytes())
    return sha.hexdigest()[:10]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="palettes")
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread")
    parser.add_argument("--minutes", type=float, default=60, help="begin no picture after this time")
    parser.add_argument(
        "--methods", default="".join(METHODS), help="draw these only; what is there counts all the same"
    )
    parser.add_argument("--model", default=str(WEIGHTS / "toyworld.safetensors"))
    parser.add_argument("--lora", default=str(WEIGHTS / "toyworld-lcm.safetensors"))
    parser.add_argument("--labeller", default=str(WEIGHTS / "labeller.safetensors"))
    parser.add_argument("--write", action="store_true", help="renew docs/fidelity.md and docs/pictures/fidelity.png")
    given = parser.parse_args()
    if not Path(given.model).exists():
        raise SystemExit(f"{given.model}: no such model; `python tools/train_demo_model.py` makes it")
    fast, full = CACHE / fingerprint(given.model, given.lora), CACHE / fingerprint(given.model)
    files = (given.model, given.lora, given.labeller)
    known = run(Setup(*files, fast, full, time.time() + 60 * given.minutes), given.count, given.workers, given.methods)
    for line in lines(known) if known else []:
        print(json.dumps(line))
    if given.write and known:
        write(known)


if __name__ == "__main__":
    main()
