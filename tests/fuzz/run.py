"""Looks for inputs that parsers do not take as they should: `python tests/fuzz/run.py [--minutes 10] [PARSER ...]`."""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from fuzz.finds import CASES
from fuzz.targets import names


def main(arguments: Sequence[str]) -> int:
    """Run all parsers or those named under each engine that is here; 1 where something is found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=10.0, help="for all together (default: 10)")
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    options.add_argument("parsers", nargs="*", metavar="PARSER", help=f"some of {', '.join(names())}")
    given = options.parse_args(arguments)
    chosen = given.parsers or list(names())
    if unknown := sorted(set(chosen) - set(names())):
        options.error(f"no parser {', '.join(unknown)}")
    engines = ["hypothesis", *(["atheris"] if importlib.util.find_spec("atheris") else [])]
    share = 60 * given.minutes / len(chosen) / len(engines)
    before = cases()
    print(f"{len(chosen)} parsers, {' and '.join(engines)}, {share:.1f} seconds each, seed {given.seed}", flush=True)
    for engine in engines:  # each a process of its own: atheris changes the code that it looks at
        words = [Path(__file__).with_name("engine.py"), engine, str(share), str(given.seed), *chosen]
        done = subprocess.run([sys.executable, *words], check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})
        if done.returncode:
            return done.returncode
    found = sorted(cases() - before)
    print(f"{len(found)} new cases" + "".join(f"\n{path}" for path in found))
    return 1 if found else 0


def cases() -> set[Path]:
    """All cases that are known, the large ones too."""
    return {path for folder in (CASES, ROOT / "out" / "fuzz") for path in folder.glob("*/*")}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
