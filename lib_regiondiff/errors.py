"""Errors of the whole library: what a person is told when something cannot be honoured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class RegionDiffError(Exception):
    """Base of every error that the library raises on purpose; its text is one clear sentence per problem."""


@dataclass(frozen=True)
class Problem:
    """One fault of a document: the path of the value, what was expected there and what was found."""

    path: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, got {self.got}"


class Fault(Exception):  # noqa: N818 - it never leaves the library
    """Raised by the rule of a value, with its problems; whoever reads a document turns it into a PaletteError."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems


class PaletteError(RegionDiffError):
    """A palette that cannot be accepted; `problems` lists everything that is wrong with it, each with its path."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class HostError(RegionDiffError):
    """What the program that owns the model cannot do: where, what was expected, what it got, and a cure if any."""

    def __init__(self, where: str, expected: str, got: str, cure: str = "") -> None:
        self.where, self.expected, self.got, self.cure = where, expected, got, cure
        super().__init__(f"{where}: expected {expected}, got {got}" + (f"; {cure}" if cure else ""))
