"""Bounds that tests set to what a piece of work takes, in this process: CPU seconds, not those on the clock."""

from __future__ import annotations

import contextlib
import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path

MOST_SECONDS, MOST_MEGABYTES = 2.0, 500
BUSY = 2.0
"""How much longer a busy machine's CPU seconds are: processes share its caches and the units of its cores."""


@contextlib.contextmanager
def bounded(seconds: float = MOST_SECONDS, megabytes: float = MOST_MEGABYTES) -> Iterator[None]:
    """AssertionError where the work inside takes more CPU seconds, or more memory than there was before it.

    The garbage collector does not see meanwhile what other tests left: to look through it takes longer than most work.
    """
    forget_peak()
    gc.freeze()
    try:
        before, start = peak(), time.process_time()
        yield
        took, grew = time.process_time() - start, peak() - before
    finally:
        gc.unfreeze()
    assert took <= BUSY * seconds, f"{took:.2f} CPU seconds, at most {BUSY:g} times {seconds}"
    assert grew <= megabytes, f"{grew:.0f} MB, at most {megabytes}"


def peak() -> float:
    """The most memory that this process held, in MB, since it was asked to forget where it can; 0 where untold."""
    if sys.platform == "linux":
        told = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(told.partition("VmHWM:")[2].split()[0]) / 2**10
    if sys.platform == "win32":
        return 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def forget_peak() -> None:
    """Have Linux count the peak anew, where it lets a process do so."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
