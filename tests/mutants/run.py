"""Changes the core in small ways and asks its tests whether they notice: `python tests/mutants/run.py [WORD ...]`."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from mutants.changes import Mutant, list_mutants
from mutants.trials import Tests, Trials, attempt, attempt_import, fork, import_modules, serve, watch
from mutants.verdicts import OUT, ROOMS, Verdict, Verdicts, find_state, make_digest

VARIABLES = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
"""Read by what is imported."""
CACHE, TEMPORARY = OUT / "cache", OUT / "temporary"
EQUIVALENT = Path(__file__).with_name("equivalent.md")
HEADING = re.compile(r"^## (\S+) (\S+)$", re.MULTILINE)
ENTRY = re.compile(r"^- `([^`]+)` -> `([^`]+)`(?: \((\d+)\))?: \S", re.MULTILINE)

Note = Callable[[Mutant, str, float], None]
"""(mutant, what noticed it or "", seconds of its trial) is kept and shown."""


def main(arguments: Sequence[str]) -> int:
    """Try a sample of mutants; 1 where fewer are noticed than should be, 2 where the tests fail as they are."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=read_count, default=400, help="mutants in the sample (default: 400)")
    options.add_argument("--seed", type=int, default=1, help="another one is another sample (default: 1)")
    options.add_argument("--jobs", type=read_count, default=min(2, os.cpu_count() or 1), help="processes (default: 2)")
    options.add_argument("--least", type=float, default=85, help="per cent that must be noticed (default: 85)")
    options.add_argument("--fresh", action="store_true", help="forget what earlier runs found")
    options.add_argument("words", nargs="*", metavar="WORD", help="only mutants whose file and function hold one")
    given = options.parse_args(arguments)
    prepare(given.fresh)
    chosen = draw_sample(given.count, given.seed, given.words)
    started, known = time.monotonic(), {each.mutant for each in Verdicts()}
    if not chosen:
        options.error(f"no mutant's file and function hold {' or '.join(given.words)}")
    waiting = [mutant for mutant in chosen if mutant.name not in known]
    if waiting:
        tests = find_tests()
        if tests is None:
            print(f"The tests fail without any change: see {OUT / 'tests.log'}")
            return 2
        try_all(waiting, tests, given.jobs)
    shutil.rmtree(TEMPORARY, ignore_errors=True)
    print(f"{len(chosen) - len(waiting)} were known; {time.monotonic() - started:.0f} seconds")
    found = {each.mutant: each for each in Verdicts()}
    return report([found[mutant.name] for mutant in chosen], given.least)


def read_count(text: str) -> int:
    """A whole number from 1 on, of the command line."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, got {text}")
    return int(text)


def prepare(fresh: bool) -> None:
    """Whatever is written goes to a folder that git ignores."""
    os.chdir(ROOT)
    if fresh:
        shutil.rmtree(OUT, ignore_errors=True)
    TEMPORARY.mkdir(parents=True, exist_ok=True)
    os.environ |= {**VARIABLES, "PYTEST_DEBUG_TEMPROOT": str(TEMPORARY)}
    sys.pycache_prefix, sys.dont_write_bytecode = str(OUT / "bytecode"), False


def draw_sample(count: int, seed: int, words: Sequence[str] = ()) -> list[Mutant]:
    """So many mutants, the same ones after a change elsewhere; those that are known to change nothing are left out."""
    paths = [path for room in ROOMS for path in sorted((ROOT / "lib_regiondiff" / room).rglob("*.py"))]
    every = [mutant for path in paths for mutant in list_mutants(path, ROOT)]
    silent, names = read_equivalents(EQUIVALENT.read_text(encoding="utf-8")), {mutant.name for mutant in every}
    for name in sorted(silent - names):
        print(f"{EQUIVALENT.name} has what is no mutant: {name}")
    fitting = [each for each in every if not words or any(word in f"{each.file} {each.function}" for word in words)]
    left = [mutant for mutant in fitting if mutant.name not in silent]
    print(f"{len(every)} mutants, {len(silent & names)} of them equivalent, {min(count, len(left))} in the sample")
    return sorted(left, key=lambda mutant: make_digest(str(seed), mutant.name))[:count]


def read_equivalents(text: str) -> set[str]:
    """The names of mutants that are argued to change nothing that a test could see."""
    found = set[str]()
    for section in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]:
        heading = HEADING.match(section)
        assert heading, section
        for before, after, number in ENTRY.findall(section):
            more = f" ({number})" if number else ""
            found.add(f"lib_regiondiff/{heading[1]} {heading[2]}: `{before}` -> `{after}`{more}")
    return found


def find_tests() -> Tests | None:
    """What tests run, from an earlier run or a new one; None where one of them fails."""
    path, now = OUT / "tests.json", find_state()
    kept = read_kept(path)
    if kept.get("state") != now:
        print("Running the tests as they are", flush=True)
        path.unlink(missing_ok=True)
        made = wait_for(fork(lambda: watch(CACHE), path), path)
        if not made:
            return None
        kept = {**made, "state": now}
        path.write_text(json.dumps(kept), encoding="utf-8")
    import_modules(kept["modules"])
    return Tests(kept["seconds"], kept["lines"], kept["modules"])


def read_kept(path: Path) -> Any:
    """What an earlier run has written; nothing where it was stopped while it wrote."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def wait_for(pid: int, result: Path) -> Any:
    """What a fork returns, once it has ended."""
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError(f"that went wrong: see {result.with_suffix('.log')}")
    return json.loads(result.read_text(encoding="utf-8"))


def try_all(waiting: Sequence[Mutant], tests: Tests, jobs: int) -> None:
    """Try mutants, last those that are made while modules are imported: this process has not imported any."""
    verdicts, terminal = Verdicts(), os.fdopen(os.dup(1), "w", buffering=1)  # a fork's own output is kept

    def note(mutant: Mutant, by: str, seconds: float) -> None:
        verdict = verdicts.note(mutant, by, seconds)
        terminal.write(f"{verdict.seconds:5.1f} s {'killed' if by else 'SURVIVED'} {mutant.name}\n")

    def work(trials: Trials) -> None:
        try_side_by_side(late, jobs, lambda mutant: attempt(mutant, tests.of(mutant), trials), note)

    early, late = ([each for each in waiting if bool(each.function) == inside] for inside in (False, True))
    if late:
        result = OUT / "functions.json"
        if wait_for(fork(lambda: serve(Trials(work), CACHE), result), result):
            raise RuntimeError(f"the tests could not be collected: see {result.with_suffix('.log')}")
    try_side_by_side(early, jobs, lambda mutant: attempt_import(mutant, tests.of(mutant), CACHE), note)


def try_side_by_side(waiting: Sequence[Mutant], jobs: int, trial: Callable[[Mutant], str], note: Note) -> None:
    """Try each mutant in a fork, some at a time."""
    left, running = list(reversed(waiting)), dict[int, tuple[Mutant, float]]()
    try:
        while left or running:
            while left and len(running) < jobs:
                mutant = left.pop()
                running[fork(lambda mutant=mutant: trial(mutant), locate_result(mutant))] = mutant, time.monotonic()
            pid, status = os.wait()
            mutant, started = running.pop(pid)
            note(mutant, read_verdict(status, locate_result(mutant)), time.monotonic() - started)
    finally:
        for pid in running:
            os.kill(pid, signal.SIGKILL)


def locate_result(mutant: Mutant) -> Path:
    """The file of a trial's result."""
    return OUT / f"{make_digest(mutant.name)}.json"


def read_verdict(status: int, result: Path) -> str:
    """What noticed a mutant: a test, an import that failed, or a signal that ended its process; "" for nothing."""
    if os.WIFSIGNALED(status):
        found = "too long" if os.WTERMSIG(status) == signal.SIGPROF else f"signal {os.WTERMSIG(status)}"
    elif status:
        raise RuntimeError(f"a trial went wrong: see {result.with_suffix('.log')}")
    else:
        found = str(json.loads(result.read_text(encoding="utf-8")))
    for path in (result, result.with_suffix(".log")):
        path.unlink(missing_ok=True)
    return found


def report(found: Sequence[Verdict], least: float) -> int:
    """Print who survived, by file, and the share that was noticed."""
    survivors = sorted(each.mutant for each in found if not each.by)
    files = Counter(name.split()[0] for name in survivors)
    print("\n".join(["", *survivors, "", *(f"{count:3d} survive in {file}" for file, count in files.most_common())]))
    killed, share = len(found) - len(survivors), 100 * (1 - len(survivors) / max(1, len(found)))
    print(f"{sum(each.by == 'too long' for each in found)} of the killed took too long")
    print(f"killed {killed} of {len(found)} ({share:.1f} %)")
    return 0 if found and share >= least else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
