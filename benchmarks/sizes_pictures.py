"""Pictures of wishes that are drawn once and kept: ours by an engine, and the true one through the autoencoder."""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fidelity_paths
import torch
from demo_lora import merge
from fidelity_costs import count_calls
from fidelity_pictures import Setup, encode_png, fingerprint, load_judge, put, read_pixels
from PIL import Image
from safetensors.torch import load_file
from sizes_borders import score_picture
from sizes_classes import make_wish
from sizes_labels import look
from sizes_wishes import Wish, draw_truth

from lib_regiondiff.fingerprints import fingerprint as fingerprint_source
from lib_regiondiff.hosts.diffusers import render
from lib_regiondiff.hosts.diffusers.host import DiffusersHost

CACHE = fidelity_paths.ROOT / ".cache" / "sizes"
LIBRARY, TOYWORLD = fidelity_paths.ROOT / "lib_regiondiff", fidelity_paths.ROOT / "tools" / "demo_model"
ENGINE = ("document", "planning", "denoising", "hosts/diffusers")
WISHES = ("wishes", "classes", "things", "splits", "stacks", "stuff", "edges")
SCORING = ("scores", "borders", "colours", "labels", "shapes")
FAST: Mapping[str, Any] = {"sampler": "LCM", "steps": 5, "guidance": 1}
SLOW: Mapping[str, Any] = {"sampler": "DDIM", "steps": 20, "guidance": 4}

Record = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """What is drawn how: networks and folders, settings of the palettes, the split of seeds, with the LoRA or not."""

    setup: Setup
    settings: Mapping[str, Any]
    split: str
    fast: bool

    @staticmethod
    def of(given: argparse.Namespace) -> Job:
        """The job that a command line asks for; other weights, engines, wishes and settings have other folders."""
        settings = dict(FAST if given.fast else SLOW) | json.loads(given.set)
        files = (given.model, given.lora) if given.fast else (given.model,)
        told = [fingerprint(*files), *(fingerprint_source(LIBRARY / each) for each in ENGINE), digest_wishes()]
        ours = CACHE / digest(*told, json.dumps(settings, sort_keys=True), given.seeds)
        true = CACHE / digest("true", fingerprint(given.model), digest_wishes(), given.seeds)
        for folder in (ours, true):
            folder.mkdir(parents=True, exist_ok=True)
        deadline = time.time() + 60 * given.minutes
        return Job(
            Setup(given.model, given.lora, given.labeller, ours, true, deadline), settings, given.seeds, given.fast
        )

    @property
    def steps(self) -> str:
        """The sampler and its steps, as reports name them."""
        return f"{self.settings['sampler']} {self.settings['steps']}"

    def find_paths(self, kind: str, number: int) -> dict[str, Path]:
        """Where the pictures of a wish are kept: `ours` and the `true` one."""
        name = f"{kind}-{number:04}.png"
        return {"ours": self.setup.fast / name, "true": self.setup.full / name}


def digest(*texts: str) -> str:
    """A short digest of texts."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:10]


@functools.cache
def digest_wishes() -> str:
    """A digest of the programs that make wishes and their true pictures."""
    return digest_programs("fidelity_palettes", WISHES, sorted(TOYWORLD.glob("toyworld_*.py")))


@functools.cache
def digest_scoring(network: str) -> str:
    """A digest of the programs that score pictures, and of the labeller's weights."""
    seeing = [LIBRARY / "demo" / "labeller.py", LIBRARY / "demo" / "world.py"]
    return digest(fingerprint(network), digest_programs("fidelity_scores", SCORING, seeing))


def digest_programs(first: str, parts: Sequence[str], others: Sequence[Path]) -> str:
    """A digest of a program of benchmarks/, of some parts of sizes.py, and of other files."""
    names = (first, *(f"sizes_{each}" for each in parts))
    places = [*(fidelity_paths.ROOT / "benchmarks" / f"{each}.py" for each in names), *others]
    return digest(*(path.read_text(encoding="utf-8") for path in places))


def measure(which: tuple[str, int], job: Job) -> Record | None:
    """The record of a class and a number; it is drawn and scored where that is not done yet, None if it is too late."""
    path = job.find_paths(*which)["ours"].with_suffix(f".{digest_scoring(job.setup.labeller)}.json")
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    record = make_record(*which, job)
    if record is not None:
        put(path, json.dumps(record).encode())
    return record


def make_record(kind: str, number: int, job: Job) -> Record | None:
    """Draw the wish of a class and a number where that is not done yet, and score it; None if there was no time."""
    wish, paths = make_wish(kind, number, job.split), job.find_paths(kind, number)
    if not paths["ours"].exists():
        if job.setup.late:
            return None
        draw(wish, paths["ours"], job)
    if not paths["true"].exists():
        host = load_host(job.setup.model, job.setup.lora if job.fast else "")
        put(paths["true"], encode_png(host.decode(host.encode_image(Image.fromarray(draw_truth(wish).picture)))))
    scores = {name: judge(wish, path, job.setup) for name, path in paths.items()}
    notes = json.loads(paths["ours"].with_suffix(".json").read_text(encoding="utf-8"))
    return {"class": kind, "number": number, "ours": scores["ours"] | notes, "true": scores["true"]}


@functools.cache
def load_host(model: str, lora: str) -> DiffusersHost:
    """The demo model in float32 with a LoRA, if one is named; loaded once in each process, which uses one thread."""
    torch.set_num_threads(1)
    host = DiffusersHost.load(model, "cpu", "float32")
    if lora:
        merge(host.pipe.unet, load_file(lora))
    return host


def draw(wish: Wish, path: Path, job: Job) -> None:
    """Draw a wish's palette, all of it as the library does, and keep the picture and what it cost at a path."""
    host = load_host(job.setup.model, job.setup.lora if job.fast else "")
    start = time.process_time()
    with count_calls(host.pipe.unet) as cost:
        (made,) = render(host, wish.palette(job.settings), ignore_model=True)
    notes = cost.note() | {"seconds": time.process_time() - start}
    put(path.with_suffix(".json"), json.dumps(notes).encode())
    put(path, encode_png(made.image))


def judge(wish: Wish, path: Path, setup: Setup) -> dict[str, float]:
    """All scores of a picture that was kept."""
    picture, true = read_pixels(path), draw_truth(wish)
    return score_picture(wish, picture, look(picture, wish.pieces, load_judge(setup)), true)
