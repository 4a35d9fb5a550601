"""Faults on purpose: an exception of any kind at any line of ours that a job executes, by Python's own tracing."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple, TypeVar

from places import ROOT

OURS = (str(ROOT / "lib_regiondiff"), str(ROOT / "scripts"))
Made = TypeVar("Made")


class Code(NamedTuple):
    """A piece of code by where it stands: what counts coverage may put another code object in its place at any time."""

    file: str
    name: str
    first_line: int

    @classmethod
    def of(cls, code: CodeType) -> Code:
        """Where a code object stands."""
        return cls(code.co_filename, code.co_name, code.co_firstlineno)


Line = tuple[Code, int]


@dataclass(frozen=True)
class Spot:
    """A line of ours, the so manieth time that it is executed."""

    code: Code
    line: int
    turn: int

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{Path(self.code.file).relative_to(ROOT)}:{self.line} ({self.code.name}), turn {self.turn}"


def is_ours(code: CodeType) -> bool:
    """Whether code stands in the library or the script."""
    return code.co_filename.startswith(OURS)


def executed(job: Callable[[], Made]) -> tuple[Made, Counter[Line]]:
    """What a job gives, and how often it executes each line of ours, in the order in which it comes to them."""
    seen: Counter[Line] = Counter()

    def line(frame: FrameType, event: str, given: Any) -> Any:
        if event == "line":
            seen[Code.of(frame.f_code), frame.f_lineno] += 1
        return line

    def call(frame: FrameType, event: str, given: Any) -> Any:
        return line if is_ours(frame.f_code) else None

    return traced(job, call), seen


def struck(job: Callable[[], Made], spot: Spot, error: BaseException) -> tuple[Made, bool]:
    """What a job gives that meets an error at a spot, and whether it came there."""
    left = spot.turn

    def line(frame: FrameType, event: str, given: Any) -> Any:
        nonlocal left
        if event == "line" and frame.f_lineno == spot.line:
            left -= 1
            if left == 0:
                raise error  # which ends the tracing too
        return line

    def call(frame: FrameType, event: str, given: Any) -> Any:
        return line if Code.of(frame.f_code) == spot.code else None

    return traced(job, call), left == 0


def traced(job: Callable[[], Made], trace: Callable[..., Any]) -> Made:
    """What a job gives under a trace function."""
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return job()
    finally:
        sys.settrace(before)
