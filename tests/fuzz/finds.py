"""One input through one parser, with its limits; what goes wrong becomes a file."""

from __future__ import annotations

import contextlib
import hashlib
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bounded import MOST_MEGABYTES, MOST_SECONDS, forget_peak, peak
from fuzz.target import LONGEST, Target

CASES = Path(__file__).resolve().parent.parent / "corpus"
LARGEST = 20_000
MOST_MEMORY = 3 * 2**30
SLACK = 20
"""CPU seconds after which the system ends a process that an input holds."""


@dataclass
class Finder:
    """A parser under test: where inputs and finds go, what has been found, how slow it may be here."""

    name: str
    target: Target
    folder: Path
    seconds: float = MOST_SECONDS
    idle: float = field(default_factory=peak)
    seen: set[str] = field(default_factory=set)
    count: int = 0

    def seeds(self) -> Sequence[bytes]:
        """Inputs to begin with: sound ones, and what was found earlier."""
        return [*self.target.seeds(), *(path.read_bytes() for path in sorted((CASES / self.name).glob("*")))]

    @property
    def current(self) -> Path:
        """The input that is being read, for who sees the process die."""
        return self.folder / "current"

    def check(self, data: bytes) -> None:
        """Read an input; raises what is wrong with how that went, unless the like was found before."""
        data = data[:LONGEST]
        self.current.write_bytes(data)
        self.count += 1
        if self.count % 10 == 0:
            (self.folder / "count").write_text(str(self.count))
        with hard_limit():
            start = time.process_time()
            try:
                self.target.check(data)
                self._expect_little(time.process_time() - start)
            except Exception as error:
                if where(error) not in self.seen:
                    raise

    def _expect_little(self, took: float) -> None:
        grew = peak() - self.idle
        if took > self.seconds:
            raise TimeoutError(f"{took:.1f} CPU seconds")
        if grew > MOST_MEGABYTES:
            forget_peak()
            raise MemoryError(f"{grew:.0f} MB")

    def keep(self, data: bytes, error: BaseException) -> None:
        """Write a find down, and do not look for its like again."""
        self.seen.add(where(error))
        keep(self.name, data[:LONGEST], f"{type(error).__name__}: {error} at {where(error)}")


def where(error: BaseException) -> str:
    """The kind of an error and the last place of ours that it came through: in the library, else what is expected."""
    frames = traceback.extract_tb(error.__traceback__)[::-1]
    ours = [[each for each in frames if part in Path(each.filename).parts] for part in ("lib_regiondiff", "fuzz")]
    last = next((each for each in [*ours[0], *ours[1]]), None)
    return f"{type(error).__name__} {Path(last.filename).name}:{last.lineno}" if last else type(error).__name__


def keep(name: str, data: bytes, reason: str) -> Path:
    """Write a case into the corpus; one that is too large goes to out/, where a generator is to be made of it."""
    folder = CASES / name if len(data) <= LARGEST else CASES.parent.parent / "out" / "fuzz" / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:16]
    path.write_bytes(data)
    print(f"FOUND {path}: {reason[:300]}", flush=True)
    return path


@contextlib.contextmanager
def hard_limit() -> Iterator[None]:
    """Have the system end this process where an input holds it; it knows whole seconds only."""
    if sys.platform == "win32":
        yield
        return
    import resource

    most = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + SLACK, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))


def limit_memory() -> None:
    """No more memory for this process than it has and some gigabytes, so that a find is no danger to the machine."""
    if sys.platform != "linux":
        return
    import resource

    now = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (now + MOST_MEMORY, most))
