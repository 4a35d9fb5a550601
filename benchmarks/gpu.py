"""The figures of a CUDA device, in at most eight minutes: `python benchmarks/gpu.py [--dry-run] [--only NAMES]`.

Agreement with the CPU, obedience, little memory, speed beside bare network calls, training. One JSON line for each
figure, on the screen and in gpu.jsonl of a folder ($OUT, else out/gpu). No network, nothing installed: what a bare
machine lacks comes from the wheels that gpu_wheels.py collects. A missed limit or an error is a line with `ok` false,
and makes the exit code 1. `--dry-run` runs everything small on the CPU; `--page` writes docs/gpu.md from a run's lines.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gpu_wheels
from gpu_report import LINES, PAGE, ROOT, Bench, Report, read, renew, table

MINUTES = 8.0
MEASURES: Mapping[str, tuple[str, str]] = {
    "agreement": ("gpu_agreement", "agree"),
    "obedience": ("gpu_agreement", "obey"),
    "memory": ("gpu_memory", "measure"),
    "speed": ("gpu_speed", "measure"),
    "training": ("gpu_training", "measure"),
}
"""What is measured, in this order: the module and its function of a Bench."""


def options(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry-run", action="store_true", help="small, on the CPU, with memory that is pretended")
    parser.add_argument("--only", default=",".join(MEASURES), help="some of " + ",".join(MEASURES))
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT") or ROOT / "out" / "gpu"))
    parser.add_argument("--minutes", type=float, default=MINUTES, help="after which no measurement is begun")
    parser.add_argument("--commit", help="of a copy of the project that has no history with it")
    parser.add_argument("--carried", type=Path, default=gpu_wheels.FOLDER, help="where wheels lie")
    parser.add_argument("--page", type=Path, nargs="?", const=ROOT / "out" / "gpu" / LINES, help="write the page only")
    return parser.parse_args(words)


def ready(wheels: Path) -> None:
    """Let everything be found that is imported later; no hub is asked, and nothing is logged that a run is full of."""
    quiet = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "DIFFUSERS_VERBOSITY": "error"}
    for name, value in {**quiet, "OMP_WAIT_POLICY": "PASSIVE"}.items():
        os.environ.setdefault(name, value)
    gpu_wheels.offer(wheels)
    for folder in (ROOT, ROOT / "tests" / "support", ROOT / "tools" / "demo_model"):
        sys.path.append(str(folder))
    for name in ("torch", "transformers", "safetensors", "numpy", "PIL", "cv2", "click", "tqdm", "diffusers"):
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise SystemExit(f"bench-gpu: expected the package {name}, got: {error}") from error


def stamp(card: Any, commit: str | None) -> dict[str, Any]:
    """What every line says of where it comes from."""
    import diffusers
    import torch
    import transformers

    import lib_regiondiff

    versions = {each.__name__: each.__version__ for each in (torch, diffusers, transformers)}
    own = {"commit": commit or head(), "source": lib_regiondiff.LOADED, "date": time.strftime("%Y-%m-%d")}
    return {"device": card.name, **versions, "python": platform.python_version(), **own, "dry_run": card.dry_run}


def head() -> str | None:
    """The commit of this working tree, marked where files differ from it; None where there is no history."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12", "--exclude", "*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None


def begun(folder: Path) -> Path:
    """An empty file for the lines of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LINES).write_text("", encoding="utf-8")
    return folder / LINES


def measure(bench: Bench, names: Sequence[str], until: float) -> None:
    """Measure one thing after another; what would begin too late is a line too."""
    for name in names:
        start = time.perf_counter()
        with bench.report.guarded(name):
            if time.perf_counter() > until:
                raise TimeoutError("no time was left to begin")
            module, function = MEASURES[name]
            getattr(importlib.import_module(module), function)(bench)
        bench.report.note(f"{name}, time in all", time.perf_counter() - start, "s")


def main() -> int:
    """Measure, or write the page; the exit code."""
    given = options()
    if given.page is not None:
        renew(PAGE, table(read(given.page)))
        return 0
    names = [name for name in given.only.split(",") if name]
    unknown = [name for name in names if name not in MEASURES]
    if unknown or not names:
        raise SystemExit(f"bench-gpu: expected some of {', '.join(MEASURES)}, got {given.only!r}")
    until = time.perf_counter() + 60 * given.minutes
    ready(given.carried)
    card = importlib.import_module("gpu_card").card_of(given.dry_run)
    bench = Bench(card, Report(begun(given.out), stamp(card, given.commit)))
    measure(bench, names, until)
    return 1 if bench.report.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
