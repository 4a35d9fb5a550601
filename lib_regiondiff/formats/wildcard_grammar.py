"""A text with wildcards -> its pieces, in one pass: plain text, names of files, and groups of options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

NAME = re.compile(r"__((?![_ ./-])(?:(?!__)[\w*/. -])+(?<![ ./-]))__")
COUNT = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?\$\$(?:((?:(?!\$\$)[^|{}])*)\$\$)?")
ESCAPE = re.compile(r"\\.", re.DOTALL)
MARK = re.compile(r"\\.|[{}\[\]]", re.DOTALL)
PLAIN = re.compile(r"[^\\{}\[\]|_]+")
WEIGHT = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{0,6})?|\.[0-9]{1,6})::")
SHOWN = 60
"""Letters of a text that a message shows."""


@dataclass(frozen=True)
class Name:
    """A wildcard `__name__`, which stands for a line of a file."""

    name: str


@dataclass
class Option:
    """An option of a group: its pieces, its weight and whether it is written out, and its first letters as written."""

    pieces: list[Piece] = field(default_factory=list)
    weight: float = 1.0
    weighted: bool = False
    shown: str = ""

    @property
    def name(self) -> str | None:
        """The name of the wildcard that it consists of, or None where it is anything else or has a weight."""
        words = [piece for piece in self.pieces if not (isinstance(piece, str) and piece.isspace())]
        (word,) = words if len(words) == 1 and not self.weighted else ("",)
        return word.name if isinstance(word, Name) else None


@dataclass
class Group:
    """What stands between two braces: from `least` to `most` options are drawn and joined by `joiner`.

    `shown` is its first letters as written, for messages.
    """

    shown: str
    least: int = 1
    most: int = 1
    joiner: str = ""
    options: list[Option] = field(default_factory=list)


Piece = str | Name | Group


def parse_wildcards(text: str) -> list[Piece]:
    """The pieces of a text: plain text, names and groups; nothing is an error.

    A brace or bracket without a partner is plain, and so is what a backslash stands before.
    """
    return _Reader(text).pieces()


def split_weight(line: str) -> tuple[str, float]:
    """A line of a file without its weight, and the weight, 1 where it has none."""
    weight = WEIGHT.match(line)
    return (line[weight.end() :], float(weight[1])) if weight else (line, 1.0)


@dataclass
class _Open:
    """A group that is being read: where it ends, up to where brackets hide its bars, where its last option began."""

    group: Group
    end: int
    hidden: int = -1
    start: int = 0


class _Reader:
    """One pass over a text, with the groups around the place that is read."""

    def __init__(self, text: str) -> None:
        self.text, self.partners = text, find_partners(text)
        self.top: list[Piece] = []
        self.open: list[_Open] = []

    def pieces(self) -> list[Piece]:
        """The pieces of the whole text."""
        place = 0
        while place < len(self.text):
            place = self._step(place)
        return self.top

    def _step(self, place: int) -> int:
        """Take what stands at a place, and give the place behind it."""
        sign, inner = self.text[place], self.open[-1] if self.open else None
        if sign == "{" and place in self.partners:
            return self._begin(place)
        if inner and place == inner.end:
            self._close_option(place)
            self._add(self.open.pop().group)
        elif inner and sign == "|" and place > inner.hidden:
            self._close_option(place)
            return self._begin_option(place + 1)
        else:
            return self._take_plain(place)
        return place + 1

    def _take_plain(self, place: int) -> int:
        """Take a run of plain text, a name, or one sign, and give the place behind it."""
        sign, text = self.text[place], self.text
        if sign == "[" and self.open:
            self.open[-1].hidden = max(self.open[-1].hidden, self.partners.get(place, -1))
        if sign == "_" and (name := NAME.match(text, place)):
            self._add(Name(name[1]))
            return name.end()
        run = ESCAPE.match(text, place) or PLAIN.match(text, place)
        plain = run[0] if run else sign
        self._add(plain[1] if plain in (r"\{", r"\}") else plain)
        return place + len(plain)

    def _add(self, piece: Piece) -> None:
        (self.open[-1].group.options[-1].pieces if self.open else self.top).append(piece)

    def _begin(self, place: int) -> int:
        """Open the group at a place, and give the place where its first option's text begins."""
        end = self.partners[place]
        group = Group(self.text[place : min(end + 1, place + SHOWN)])
        self.open.append(_Open(group, end))
        head = COUNT.match(self.text, place + 1)
        if head:
            group.least, group.most = int(head[1]), int(head[2] or head[1])
            group.joiner = ", " if head[3] is None else head[3]
        return self._begin_option(head.end() if head else place + 1)

    def _begin_option(self, place: int) -> int:
        option = Option()
        self.open[-1].group.options.append(option)
        self.open[-1].start = place
        weight = WEIGHT.match(self.text, place)
        if weight:
            option.weight, option.weighted = float(weight[1]), True
        return weight.end() if weight else place

    def _close_option(self, place: int) -> None:
        inner = self.open[-1]
        inner.group.options[-1].shown = self.text[inner.start : min(place, inner.start + SHOWN)]


def find_partners(text: str) -> Mapping[int, int]:
    """For each brace and bracket that has a partner, where it is closed; those without are plain text."""
    partners: dict[int, int] = {}
    braces: list[int] = []
    brackets: list[int] = []
    for match in MARK.finditer(text):
        place = match.start()
        if match[0] in ("{", "["):
            (braces if match[0] == "{" else brackets).append(place)
        elif match[0] == "}" and braces:
            start = braces.pop()
            partners[start] = place
            while brackets and brackets[-1] > start:
                brackets.pop()
        elif match[0] == "]" and brackets and (not braces or brackets[-1] > braces[-1]):
            partners[brackets.pop()] = place
    return partners
