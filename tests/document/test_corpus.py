"""Cases that `make fuzz` has found, through their parsers again: each is read or refused, soon and in little memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from bounded import bounded
from fuzz.targets import OF_MODELS, names, target_of
from places import TESTS

CORPUS = TESTS / "corpus"
CASES = sorted(path for path in CORPUS.glob("*/*"))
LARGEST = 20_000
PARSERS = {name: target_of(name) for name in names()}


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_takes_what_is_sound(name: str) -> None:
    target = PARSERS[name]
    for data in target.seeds():
        with bounded(6.0, 500):
            target.check(data)
    target.check(b"")


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_case_is_read_or_refused(path: Path) -> None:
    name = path.parent.name
    if name not in PARSERS:
        assert name in OF_MODELS
        pytest.skip("its parser needs diffusers")
    target = PARSERS[name]
    data = path.read_bytes()
    with bounded(6.0, 500):  # three times what is allowed, for a machine that is busy
        target.check(data)


def test_cases_are_small_and_named_by_what_they_hold() -> None:
    for path in CASES:
        data = path.read_bytes()
        assert path.name == hashlib.sha256(data).hexdigest()[:16]
        assert len(data) <= LARGEST
