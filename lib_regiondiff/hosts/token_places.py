"""Where a phrase stands among the tokens of an encoded prompt, which text encoders read in chunks of one length."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

ROOM = 75
FRAMED = ROOM + 2
"""The tokens of a chunk with those that begin, end and fill it."""


def find_places(chunks: Sequence[Sequence[Hashable]], phrase: Sequence[Hashable]) -> list[slice]:
    """Where the tokens of a phrase stand, every time it occurs, also where it begins in one chunk and ends in the next.

    `chunks` are the tokens of a prompt without those around them; the slices count those, too. No token is in two.
    """
    places = [number * FRAMED + 1 + place for number, chunk in enumerate(chunks) for place in range(len(chunk))]
    tokens = [token for chunk in chunks for token in chunk]
    wanted = list(phrase)
    starts = range(len(tokens) - len(wanted) + 1) if wanted else ()
    found: list[slice] = []
    end = 0
    for start in starts:
        if start >= end and tokens[start : start + len(wanted)] == wanted:
            end = start + len(wanted)
            found += _join(places[start:end])
    return found


def _join(places: Sequence[int]) -> list[slice]:
    """Ascending places as slices, each of them of neighbours."""
    made: list[slice] = []
    for place in places:
        if made and made[-1].stop == place:
            made[-1] = slice(made[-1].start, place + 1)
        else:
            made.append(slice(place, place + 1))
    return made
