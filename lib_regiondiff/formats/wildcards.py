"""Wildcards: `{a|b}` and `__name__` of a prompt become one of their options, drawn from a seed."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from lib_regiondiff.document.palette import PROMPT
from lib_regiondiff.document.rules import show
from lib_regiondiff.errors import PaletteError, Problem
from lib_regiondiff.formats.wildcard_files import Files
from lib_regiondiff.formats.wildcard_grammar import (
    ESCAPE,
    NAME,
    SHOWN,
    Group,
    Name,
    Option,
    Piece,
    parse_wildcards,
    split_weight,
)

MOST_DEEP = 20
MOST_DRAWN = 10000
MOST_READ = 2**21
"""Lines and letters that one text may have read in all."""
LETTER, RACE = 8, 4
"""What a letter that is taken apart counts beside a line, and what an option does of which several are drawn."""
LONGEST = PROMPT.limit


Entry = Option | str
"""An option of a group, or a line of a file, which is only taken apart where it is drawn."""


@dataclass(frozen=True)
class Pool:
    """Entries to draw from, with their weights above 0, and the running sums of the weights."""

    entries: Sequence[Entry]
    weights: Sequence[float]
    sums: Sequence[float]


def expand(text: str, rng_seed: int, files: Files) -> str:
    """The text with every wildcard drawn; the same for the same text, seed and files.

    `files` gives the lines of a wildcard, or None for an unknown one, which stays as it is written. Raises PaletteError
    for wildcards that never end, groups that ask for more options than they have, and a text that is longer than a
    prompt may be, or would become so.
    """
    if len(text) > LONGEST:
        raise _refusal(f"a text of at most {LONGEST} characters", str(len(text)))
    return _Draw(random.Random(f"wildcards {rng_seed}"), files).text(text)


def find_unknown(text: str, files: Files) -> list[str]:
    """The names of wildcards that `files` does not know, in a text and in the files that it may lead to, each once."""
    seen: dict[str, bool] = {}
    waiting = [text]
    while waiting:
        for name in NAME.findall(ESCAPE.sub(" ", waiting.pop(0))):
            if name not in seen:
                lines = files(name)
                seen[name] = lines is not None
                waiting.append("\n".join(line for line in lines or () if not line.lstrip().startswith("#")))
    return [name for name, is_known in seen.items() if not is_known]


class _Draw:
    """One expansion: its random numbers, how much was drawn, and what may still be written and read."""

    def __init__(self, rng: random.Random, files: Files) -> None:
        self.rng, self.files = rng, files
        self.drawn, self.room, self.left = 0, LONGEST, MOST_READ
        self.pools: dict[str, Pool] = {}
        self.known: dict[str, Sequence[Piece]] = {}

    def text(self, text: str, depth: int = 0) -> str:
        """A text with every wildcard drawn."""
        if text not in self.known:
            self._read(LETTER * len(text))
            self.known[text] = parse_wildcards(text)
        return self._draw_pieces(self.known[text], text[:SHOWN], depth)

    def _draw_pieces(self, pieces: Sequence[Piece], shown: str, depth: int) -> str:
        if depth > MOST_DEEP:
            raise _refusal(f"wildcards at most {MOST_DEEP} deep", f"more at {show(shown)}")
        return "".join([self._draw_piece(piece, depth) for piece in pieces])

    def _draw_piece(self, piece: Piece, depth: int) -> str:
        if isinstance(piece, Group):
            return self._draw_group(piece, depth + 1)
        return self._draw_line(piece.name, depth + 1) if isinstance(piece, Name) else self._write(piece)

    def _write(self, text: str, times: int = 1) -> str:
        """Count a text that goes into the result so many times, before it does; PaletteError where no room is left."""
        self.room -= len(text) * times
        if self.room < 0:
            raise _refusal(f"a drawn text of at most {LONGEST} characters", "more")
        return text

    def _read(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise _refusal(f"at most {MOST_READ} lines and letters to draw from", "more")

    def _draw_group(self, group: Group, depth: int) -> str:
        if group.least > group.most:
            raise _refusal("a range from small to large", show(group.shown))
        count = self.rng.randint(group.least, group.most) if group.most > group.least else group.most
        drawn = self._draw_entries(self._find_pool(group), count, group.shown)
        joiner = self._write(group.joiner, max(0, count - 1))
        return joiner.join([self._draw_entry(entry, depth) for entry in drawn])

    def _draw_line(self, name: str, depth: int) -> str:
        pool = self._read_file(name)
        if pool is None:
            return self._write(f"__{name}__")
        (line,) = self._draw_entries(pool, 1, f"__{name}__")
        return self._draw_entry(line, depth)

    def _draw_entry(self, entry: Entry, depth: int) -> str:
        return (
            self.text(entry, depth) if isinstance(entry, str) else self._draw_pieces(entry.pieces, entry.shown, depth)
        )

    def _find_pool(self, group: Group) -> Pool:
        """A group's options, or the lines of the one file that several are drawn from."""
        name = group.options[0].name if len(group.options) == 1 < group.most else None
        return (self._read_file(name) if name else None) or _make_pool([(each, each.weight) for each in group.options])

    def _read_file(self, name: str) -> Pool | None:
        """The lines of a file to draw from, read once for a text that names it often; None where there is no file."""
        lines = self.files(name)
        if lines is not None and name not in self.pools:
            self._read(len(lines))
            self.pools[name] = _make_pool([split_weight(line) for line in _strip_lines(name, lines)])
        return self.pools.get(name)

    def _draw_entries(self, pool: Pool, count: int, where: str) -> Sequence[Entry]:
        """Draw so many entries by weight, none twice; PaletteError where there are too few, or too many were drawn."""
        if count > len(pool.entries):
            got = str(len(pool.entries))
            raise _refusal(f"at least {count} options with a weight above 0 in {show(where)}", got)
        self.drawn += count
        if self.drawn > MOST_DRAWN:
            raise _refusal(f"at most {MOST_DRAWN} wildcards", f"more at {show(where)}")
        if count == 1:
            return self.rng.choices(pool.entries, cum_weights=pool.sums)
        self._read(RACE * len(pool.entries))
        return _draw_distinct(self.rng, pool, count)


def _draw_distinct(rng: random.Random, pool: Pool, count: int) -> Sequence[Entry]:
    """Draw entries by weight, none twice: the first to arrive, each after an exponential time of its weight as rate.

    Efraimidis and Spirakis (2006), whose keys order the entries alike.
    """
    times = [-math.log(1 - rng.random()) / weight for weight in pool.weights]
    return [pool.entries[index] for index in heapq.nsmallest(count, range(len(times)), key=times.__getitem__)]


def _make_pool(entries: Sequence[tuple[Entry, float]]) -> Pool:
    kept = [(entry, weight) for entry, weight in entries if weight > 0]
    weights = [weight for _, weight in kept]
    return Pool([entry for entry, _ in kept], weights, list(itertools.accumulate(weights)))


def _strip_lines(name: str, lines: Sequence[str]) -> list[str]:
    """The lines of a file without comments and empty ones."""
    entries = [line.strip() for line in lines]
    entries = [line for line in entries if line and not line.startswith("#")]
    if not entries:
        raise _refusal(f"a line in __{name}__", "none")
    return entries


def _refusal(expected: str, got: str) -> PaletteError:
    return PaletteError([Problem("wildcards", expected, got)])
