"""Wildcards: `{a|b}` and `__name__` of a prompt become one of their options, drawn from a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lib_regiondiff.errors import PaletteError, Problem
from lib_regiondiff.formats.wildcard_files import Files
from lib_regiondiff.schema import show

MOST_DEEP = 20
MOST_DRAWN = 10000
NAME = re.compile(r"__((?![_ ./-])(?:(?!__)[\w*/. -])+(?<![ ./-]))__")
COUNT = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?\$\$(?:((?:(?!\$\$)[^|{}])*)\$\$)?")
ESCAPE = re.compile(r"\\.", re.DOTALL)
MARK = re.compile(r"\\.|[{}\[\]]", re.DOTALL)
WEIGHT = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{0,6})?|\.[0-9]{1,6})::")


@dataclass(frozen=True)
class Group:
    """What stands between two braces: how many options are drawn, what joins them, the options."""

    least: int
    most: int
    joiner: str
    options: Sequence[str]


def expand(text: str, rng_seed: int, files: Files) -> str:
    """The text with every wildcard drawn; the same for the same text, seed and files.

    `files` gives the lines of a wildcard, or None where it knows none, which leaves the wildcard as it is.
    Raises PaletteError for wildcards that never end and groups that ask for more options than they have.
    """
    return _Draw(random.Random(f"wildcards {rng_seed}"), files).text(text)


def unknown(text: str, files: Files) -> list[str]:
    """The names of wildcards that `files` does not know, in the text and in the files that it may lead to."""
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
    """One expansion: where its chance comes from and how much was drawn."""

    def __init__(self, rng: random.Random, files: Files) -> None:
        self.rng, self.files, self.drawn = rng, files, 0

    def text(self, text: str, depth: int = 0) -> str:
        """A text with every wildcard drawn."""
        if depth > MOST_DEEP:
            raise _refusal(f"wildcards at most {MOST_DEEP} deep", f"more at {show(text)}")
        return "".join(self._piece(piece, depth) for piece in _pieces(text))

    def _piece(self, piece: str, depth: int) -> str:
        if len(piece) > 1 and piece[0] == "{":
            return self._group(piece, depth + 1)
        if piece in (r"\{", r"\}"):
            return piece[1]
        name = NAME.fullmatch(piece)
        return self._line(name[1], depth + 1) if name else piece

    def _group(self, piece: str, depth: int) -> str:
        group = _group(piece)
        count = self.rng.randint(group.least, group.most) if group.most > group.least else group.most
        drawn = self._some(self._options(group), count, piece)
        return group.joiner.join(self.text(option, depth) for option in drawn)

    def _options(self, group: Group) -> Sequence[str]:
        """A group's options, or the lines of the one file that several are drawn from."""
        name = NAME.fullmatch(group.options[0].strip()) if len(group.options) == 1 < group.most else None
        lines = self.files(name[1]) if name else None
        return _entries(name[1], lines) if name and lines is not None else group.options

    def _line(self, name: str, depth: int) -> str:
        lines = self.files(name)
        if lines is None:
            return f"__{name}__"
        (line,) = self._some(_entries(name, lines), 1, f"__{name}__")
        return self.text(line, depth)

    def _some(self, options: Sequence[str], count: int, where: str) -> list[str]:
        """Options drawn by weight, none twice."""
        left = [(text, weight) for text, weight in map(_weighted, options) if weight > 0]
        if count > len(left):
            raise _refusal(f"at least {count} options with a weight above 0 in {show(where)}", str(len(left)))
        self.drawn += count
        if self.drawn > MOST_DRAWN:
            raise _refusal(f"at most {MOST_DRAWN} wildcards", f"more at {show(where)}")
        drawn = []
        for _ in range(count):
            (index,) = self.rng.choices(range(len(left)), [weight for _, weight in left])
            drawn.append(left.pop(index)[0])
        return drawn


def _refusal(expected: str, got: str) -> PaletteError:
    return PaletteError([Problem("wildcards", expected, got)])


def _entries(name: str, lines: Sequence[str]) -> list[str]:
    """The lines of a file without comments and empty ones."""
    entries = [line.strip() for line in lines]
    entries = [line for line in entries if line and not line.startswith("#")]
    if not entries:
        raise _refusal(f"a line in __{name}__", "none")
    return entries


def _weighted(option: str) -> tuple[str, float]:
    """An option without its weight, and the weight."""
    weight = WEIGHT.match(option)
    return (option[weight.end() :], float(weight[1])) if weight else (option, 1.0)


def _group(piece: str) -> Group:
    """The group that stands in a pair of braces."""
    inner = piece[1:-1]
    head = COUNT.match(inner)
    if not head:
        return Group(1, 1, "", _options(inner))
    least, most = int(head[1]), int(head[2] or head[1])
    if least > most:
        raise _refusal("a range from small to large", show(piece))
    return Group(least, most, ", " if head[3] is None else head[3], _options(inner[head.end() :]))


def _options(inner: str) -> list[str]:
    """What stands between the bars that are in no braces or brackets of their own."""
    options = [""]
    for piece in _pieces(inner, brackets=True):
        if piece == "|":
            options.append("")
        else:
            options[-1] += piece
    return options


def _pieces(text: str, brackets: bool = False) -> Iterator[str]:
    """The groups, wildcards, escapes and single letters of a text; also its `[...]` where asked."""
    partners = _partners(text)
    place = 0
    while place < len(text):
        end = place + 1
        if text[place] == "\\":
            end = min(place + 2, len(text))
        elif place in partners and (brackets or text[place] == "{"):
            end = partners[place] + 1
        elif name := NAME.match(text, place):
            end = name.end()
        yield text[place:end]
        place = end


def _partners(text: str) -> Mapping[int, int]:
    """Where each brace and bracket that has a partner is closed; one without is plain text."""
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
