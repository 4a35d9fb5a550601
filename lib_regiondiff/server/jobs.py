"""A job: what is to be drawn, how far it is, and who follows it."""

from __future__ import annotations

import enum
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib_regiondiff.document.palette import Palette
from lib_regiondiff.server.pictures import Drawn

GRACE = 10.0
"""Seconds that a job goes on while nobody follows it."""


class State(enum.Enum):
    """Where a job stands; the last three are for good."""

    QUEUED = "queued"
    DRAWING = "drawing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (State.QUEUED, State.DRAWING)


class Stopped(Exception):  # noqa: N818 - nothing is wrong
    """Raised in a drawing whose job was cancelled."""


@dataclass(eq=False)
class Job:
    """A palette and its seeds on the way to pictures; its desk's lock is held whenever it changes.

    `work` is what it takes, in steps of a plain picture. `steps` are those of all pictures together, 0 until known.
    """

    palette: Palette
    seeds: Sequence[int]
    work: float = 1.0
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    state: State = State.QUEUED
    step: int = 0
    steps: int = 0
    preview: str = ""
    pictures: list[Drawn] = field(default_factory=list)
    error: dict[str, Any] | None = None
    stopping: bool = False
    began: float = 0.0
    version: int = 0
    listeners: list[Callable[[], Any]] = field(default_factory=list)
    alone_since: float | None = field(default_factory=time.monotonic)

    @property
    def is_open(self) -> bool:
        """Whether it waits or is being drawn."""
        return self.state in OPEN

    def is_abandoned(self, grace: float) -> bool:
        """Whether nobody has followed it for longer than `grace` seconds."""
        return self.alone_since is not None and time.monotonic() - self.alone_since > grace

    def tell(self) -> None:
        """Wake all who follow it."""
        self.version += 1
        for listener in list(self.listeners):
            listener()
