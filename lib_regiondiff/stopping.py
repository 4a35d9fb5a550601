"""Ctrl-C in the command: it ends at once where nothing is to be put right, and in an orderly way where something is."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

CODE = 130
TOLD = "stopped"


def end_at_once() -> None:
    """From now on Ctrl-C ends this process with a line: an exception amid imports may be caught and turned into others.

    Nothing changes where Ctrl-C is ignored, as in a shell's background jobs, or is somebody else's.
    """
    if _is(signal.default_int_handler):
        signal.signal(signal.SIGINT, _end)


@contextlib.contextmanager
def orderly() -> Iterator[None]:
    """Work that Ctrl-C interrupts by an exception, so that files are finished or taken away; for a process of ours."""
    if not _is(_end):
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, _end)


def _is(handler: object) -> bool:
    """Whether Ctrl-C is handled like this, and may be by others: only the main thread can say so."""
    return threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is handler


def _end(number: int, frame: FrameType | None) -> None:
    os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, f"{TOLD}\n".encode())
    os._exit(CODE)
