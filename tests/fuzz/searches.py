"""The engines: each has a finder check inputs for some seconds, and keep what goes wrong."""

from __future__ import annotations

import contextlib
import importlib
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

SLOWER = 4
"""How many times slower code is that is watched line by line."""


def by_hypothesis(finder: Any, seconds: float, seed: int) -> None:
    """Inputs made of the parser's language and of sound ones that were changed; a find is made as small as can be."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    from fuzz.inputs import inputs

    end, last = time.monotonic() + seconds, b""
    quiet: Any = {"database": None, "deadline": None, "suppress_health_check": list(HealthCheck)}

    @settings(**quiet, max_examples=300, phases=[Phase.generate, Phase.shrink], report_multiple_bugs=False)
    @given(inputs(finder.target, finder.seeds()))
    def look(data: bytes) -> None:
        nonlocal last
        if time.monotonic() < end:
            try:
                finder.check(data)
            except BaseException:
                last = data
                raise

    while time.monotonic() < end:
        seed += 1
        try:
            seeded(seed)(look)()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a find
            finder.keep(last, error)


def by_atheris(finder: Any, seconds: float, seed: int) -> None:
    """Inputs that reach code which no other one did."""
    atheris: Any = importlib.import_module("atheris")
    seeds = finder.folder / "seeds"
    seeds.mkdir(exist_ok=True)
    for number, data in enumerate(finder.seeds()):
        (seeds / str(number)).write_bytes(data)
    words = finder.folder / "words"
    words.write_text("".join(map(quoted, finder.target.tokens)))
    finder.seconds *= SLOWER

    def look(data: bytes) -> None:
        try:
            finder.check(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a find
            finder.keep(data, error)

    options = {"max_total_time": max(1, round(seconds)), "seed": seed, "max_len": 2**16, "timeout": 120}
    options |= {"verbosity": 0, "rss_limit_mb": 0, "artifact_prefix": f"{finder.folder}/", "dict": words}
    atheris.Setup([sys.argv[0], *(f"-{key}={value}" for key, value in options.items()), str(seeds)], look)
    atheris.Fuzz()


def quoted(word: bytes) -> str:
    """A line of a dictionary of libFuzzer's."""
    letters = "".join(f"\\x{byte:02x}" for byte in word)
    return f'"{letters}"\n'


def instrumented() -> contextlib.AbstractContextManager[Any]:
    """In which modules of ours are imported so that atheris sees their lines."""
    atheris: Any = importlib.import_module("atheris")
    return atheris.instrument_imports(include=["lib_regiondiff"])


ENGINES: Mapping[str, Callable[[Any, float, int], None]] = {"hypothesis": by_hypothesis, "atheris": by_atheris}
