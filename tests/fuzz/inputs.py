"""Inputs for a parser: sound ones that were changed, and words of its language, often the same one many times."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from fuzz.target import LONGEST, Target

MOST_CHANGES = 6


def inputs(target: Target, seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Bytes of all three sorts."""
    words = st.sampled_from(target.tokens) if target.tokens else st.binary(min_size=1, max_size=4)
    parts = st.lists(words | st.binary(max_size=6), max_size=30).map(b"".join)
    many = st.tuples(parts, st.integers(1, LONGEST), parts).map(lambda each: _many(*each))
    changes = st.lists(
        st.tuples(st.integers(0, 2**20), st.integers(0, 40), words | st.binary(max_size=6)), max_size=MOST_CHANGES
    )
    changed = st.tuples(st.sampled_from(seeds), changes).map(lambda each: _changed(*each)) if seeds else parts
    nested = st.tuples(words, st.integers(1, 9000), words).map(lambda each: each[0] * each[1] + each[2] * each[1])
    return (changed | parts | many | nested).map(lambda data: data[:LONGEST])


def _many(part: bytes, times: int, end: bytes) -> bytes:
    return part * min(times, LONGEST // (len(part) or 1)) + end


def _changed(data: bytes, changes: Sequence[tuple[int, int, bytes]]) -> bytes:
    """Bytes in which some are others, left out or put in between."""
    for place, length, word in changes:
        start = place % (len(data) + 1)
        data = data[:start] + word + data[start + length :]
    return data
