"""Verdicts: what tests made of mutants is kept in a file, so that a run that was stopped goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mutants.changes import Mutant

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "out" / "mutants"
ROOMS = ("planning", "denoising")
"""What is changed, and whose tests are to notice."""


def make_digest(*texts: str | bytes) -> str:
    """A short one of texts."""
    parts = [text.encode() if isinstance(text, str) else text for text in texts]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def find_state(test: str = "") -> str:
    """A digest of the library, what tests share and one file of tests, or all of them."""
    folders = [ROOT / "lib_regiondiff", ROOT / "tests" / "support"]
    files = [path for folder in folders for path in folder.rglob("*.py")] + [ROOT / "tests" / "conftest.py"]
    own = [ROOT / test] if test else [path for room in ROOMS for path in (ROOT / "tests" / room).rglob("*.py")]
    names = {path.relative_to(ROOT).as_posix(): path for path in [*files, *own] if path.exists()}
    return make_digest(*(text for name in sorted(names) for text in (name, names[name].read_bytes())))


@dataclass(frozen=True)
class Verdict:
    """What tests made of a mutant: the first that failed, or what else ended them; "" where it survived."""

    mutant: str
    by: str
    seconds: float
    state: str
    """A digest of what it was found with."""


class Verdicts:
    """All that are known; listed are those that still hold: the code is as it was, and so is the test (or are all)."""

    def __init__(self) -> None:
        self.path = OUT / "verdicts.jsonl"
        self._states: dict[str, str] = {}
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        whole = text[: text.rfind("\n") + 1]  # a run that is stopped may leave a part of a line
        if whole != text:
            self.path.write_text(whole, encoding="utf-8")
        self._known = {each.mutant: each for each in (Verdict(**json.loads(line)) for line in whole.splitlines())}

    def __iter__(self) -> Iterator[Verdict]:
        return (each for each in self._known.values() if each.state == self._state(each.by))

    def note(self, mutant: Mutant, by: str, seconds: float) -> Verdict:
        """Keep a new one."""
        verdict = Verdict(mutant.name, by, round(seconds, 1), self._state(by))
        self._known[mutant.name] = verdict
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(vars(verdict)) + "\n")
        return verdict

    def _state(self, by: str) -> str:
        test = by.split("::")[0] if "::" in by else ""
        if test not in self._states:
            self._states[test] = find_state(test)
        return self._states[test]
