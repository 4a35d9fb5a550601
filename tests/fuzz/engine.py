"""Parsers under one engine, one after another: `python tests/fuzz/engine.py ENGINE SECONDS SEED PARSER ...`.

Each runs in a process of its own, forked where that can be, so that what takes long to import is imported once.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from bounded import forget_peak
from fuzz.searches import ENGINES, instrumented

BLOCKED = 600
"""Seconds after its time in which a process must have ended, on a busy machine too: else it waits for ever."""


def main(arguments: Sequence[str]) -> None:
    """Look for inputs that parsers do not take as they should, so many seconds for each parser."""
    engine, seconds, seed, *chosen = arguments
    load(engine, chosen)
    for name in chosen:
        count = watch(name, engine, float(seconds), int(seed))
        print(f"{name}: {count} inputs by {engine}", flush=True)


def load(engine: str, chosen: Sequence[str]) -> None:
    """Import the parsers, so that an engine sees which of their lines are reached."""
    told = contextlib.redirect_stderr(io.StringIO())  # atheris names each module
    with told, instrumented() if engine == "atheris" else contextlib.nullcontext():
        target_of: Callable[[str], object] = importlib.import_module("fuzz.targets").target_of
        for name in chosen:
            target_of(name)


def watch(name: str, engine: str, seconds: float, seed: int) -> int:
    """Run a parser in processes, where one that an input ends is followed by another; counts the inputs."""
    from fuzz.finds import keep

    end, count = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0:
        with tempfile.TemporaryDirectory(prefix="regiondiff-fuzz-") as folder:
            died = run(name, engine, left, Path(folder), seed)
            current, counted = Path(folder) / "current", Path(folder) / "count"
            count += int(counted.read_text()) if counted.is_file() else 0
            if died and current.is_file():
                keep(name, current.read_bytes(), died)
            elif died:
                said = (Path(folder) / "said").read_text(encoding="utf-8", errors="replace").splitlines()
                raise SystemExit(f"{name} under {engine} did not start: {died}; {' '.join(said[-1:])}")
        seed += 1
        if not died:
            break
    return count


def run(name: str, engine: str, seconds: float, folder: Path, seed: int) -> str:
    """Why a process died, or nothing where it ended as it should."""
    way: Any = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    process = way.Process(target=look, args=(name, engine, seconds, folder, seed))
    process.start()
    process.join(seconds + BLOCKED)
    code = process.exitcode
    if code is None:
        process.kill()
        process.join()
        return "it never ends"
    return signal.Signals(-code).name if code < 0 else f"exit code {code}" if code else ""


def look(name: str, engine: str, seconds: float, folder: Path, seed: int) -> None:
    """What a process does: it reads sound inputs, then strange ones, until its time is over."""
    from fuzz.finds import Finder, limit_memory
    from fuzz.targets import target_of

    tempfile.tempdir = str(folder)
    with (folder / "said").open("wb") as said:
        os.dup2(said.fileno(), 2)
    target = target_of(name)
    for data in target.seeds():
        target.check(data)
    forget_peak()
    finder = Finder(name, target, folder)
    limit_memory()
    ENGINES[engine](finder, seconds, seed)


if __name__ == "__main__":
    main(sys.argv[1:])
