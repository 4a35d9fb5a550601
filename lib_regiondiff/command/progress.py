"""The progress bar of the command line."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def show_bar(wanted: bool | None, steps: int) -> Iterator[tuple[Callable[[int, int], None], Callable[[], Any]]]:
    """A progress bar on stderr, if `wanted`, or by default on a terminal; `steps` are those of all pictures.

    The context gives a function (steps done, total) to call, and a context in which other lines can be printed.
    """
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield lambda done, total: None, contextlib.nullcontext
        return
    from tqdm import tqdm

    with tqdm(total=steps, unit="step", file=sys.stderr, dynamic_ncols=True) as shown:

        def progress(done: int, total: int) -> None:
            shown.total = total
            shown.update(done - shown.n)

        yield progress, tqdm.external_write_mode
