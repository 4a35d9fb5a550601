"""How a command ends: an exception becomes an exit code and lines for people, never a traceback."""

from __future__ import annotations

from lib_regiondiff.errors import HostError, PaletteError, RegionDiffError
from lib_regiondiff.stopping import CODE, TOLD

MEMORY = ("out of memory", "can't allocate memory", "not enough memory")
CURE = "make the picture or its tiles smaller, or try --dtype float16"


def judge_error(error: BaseException) -> tuple[int, list[str]]:
    """The exit code and the lines to print for an exception: 2 for a bad palette, 130 for Ctrl-C, 1 for all else."""
    if isinstance(error, KeyboardInterrupt):
        return CODE, [TOLD]
    if isinstance(error, RegionDiffError):
        return (2, [*map(str, error.problems)]) if isinstance(error, PaletteError) else (1, [str(error)])
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(part in text for part in MEMORY)):
        return 1, [str(HostError("memory", "enough for this picture", "too little", CURE))]
    if isinstance(error, OSError) and error.strerror:
        return 1, [f"{error.filename}: {error.strerror}" if error.filename else error.strerror]
    return 1, [f"unexpected: {type(error).__name__}: {text} (please report; REGIONDIFF_DEBUG=1 shows the traceback)"]
