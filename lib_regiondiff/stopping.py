"""Ctrl-C in the command: it ends at once where there is nothing to put right, and in an orderly way where there is."""

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
    """From now on let Ctrl-C end this process at once, with a line on stderr and exit code 130.

    An exception would not do: amid imports it may be caught and turned into another. Nothing changes where Ctrl-C is
    ignored, as in a shell's background jobs, or is handled by somebody else.
    """
    if _is_handled_by(signal.default_int_handler):
        signal.signal(signal.SIGINT, _end)


@contextlib.contextmanager
def allow_cleanup() -> Iterator[None]:
    """Within the block let Ctrl-C raise KeyboardInterrupt, so that files are finished or removed.

    It acts where `end_at_once` does, and hands Ctrl-C back to it afterwards; elsewhere it changes nothing.
    """
    if not _is_handled_by(_end):
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, _end)


def _is_handled_by(handler: object) -> bool:
    """Whether `handler` handles Ctrl-C and we may replace it, which only the main thread can."""
    return threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is handler


def _end(number: int, frame: FrameType | None) -> None:
    os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, f"{TOLD}\n".encode())
    os._exit(CODE)
