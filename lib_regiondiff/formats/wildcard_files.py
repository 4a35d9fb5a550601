"""The wildcards of a folder: a name, which may hold stars, becomes the lines of the files that it matches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lib_regiondiff.errors import PaletteError, Problem

Files = Callable[[str], Sequence[str] | None]

MOST_WORK = 2**23
"""Work that names with stars may make over a folder's lifetime: letters of paths compared, LINE for each line found."""
LINE = 4
"""What a line costs, in letters."""


def open_folder(folder: Path) -> Files:
    """The `.txt` files below a folder as wildcards: a function of a name that gives lines, or None for an unknown name.

    `*` in a name stands for any one part of a path, `**` for all. Names are compared with files that are there, so none
    leads out of the folder. The function raises PaletteError for an unreadable file, and for too much work with stars.
    """
    return _Folder(folder).lines


def matches(pattern: str, path: str) -> bool:
    """Whether a path fits a name in which `*` stands for any letters but slashes, two or more stars for any at all."""
    return _fits(_compile(pattern), path)


class _Folder:
    """The files of a folder that have been read, and how much work names with stars may still make."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.left = folder, MOST_WORK
        self.paths: Mapping[str, Path] | None = None
        self.read: dict[Path, Sequence[str]] = {}
        self.found: dict[str, Sequence[str] | None] = {}

    def lines(self, name: str) -> Sequence[str] | None:
        """The lines of the files that a name stands for; None where there is no such file."""
        if name not in self.found:
            found = [self._read_lines(path) for path in self._find_paths(name)]
            if len(found) > 1:
                self._spend(LINE * sum(map(len, found)))
            self.found[name] = (found[0] if len(found) == 1 else tuple(_chain(found))) if found else None
        return self.found[name]

    def _find_paths(self, name: str) -> list[Path]:
        if self.paths is None:
            self.paths = dict(_walk_files(self.folder))
        if "*" not in name:
            return [self.paths[name]] if name in self.paths else []
        if len(name) - name.count("*") > max(map(len, self.paths), default=0):
            return []
        self._spend(sum(map(len, self.paths)))
        pattern = _compile(name)
        return [path for known, path in self.paths.items() if _fits(pattern, known)]

    def _read_lines(self, path: Path) -> Sequence[str]:
        if path not in self.read:
            self.read[path] = _read_lines(path)
        return self.read[path]

    def _spend(self, work: int) -> None:
        self.left -= work
        if self.left < 0:
            raise _refusal("fewer names with *, or files that they stand for", "more")


def _chain(found: Sequence[Sequence[str]]) -> Iterator[str]:
    return (line for lines in found for line in lines)


@dataclass(frozen=True)
class Pattern:
    """A name compiled for `_fits`, its letters counted without the stars, all places as bits.

    `places` are those of each letter, `part` those behind one star or more, `whole` those behind two or more.
    """

    letters: int
    places: Mapping[str, int]
    part: int
    whole: int


def _compile(name: str) -> Pattern:
    places: dict[str, int] = {}
    index = stars = part = whole = 0
    for letter in [*name, ""]:
        if letter == "*":
            stars += 1
            continue
        places[letter] = places.get(letter, 0) | 1 << index
        part |= (stars > 0) << index
        whole |= (stars > 1) << index
        index, stars = index + 1, 0
    return Pattern(index - 1, places, part, whole)


def _fits(pattern: Pattern, path: str) -> bool:
    """Whether a path fits a pattern: a bit for each place of the name that the letters so far may have led to."""
    reached = 1
    for letter in path:
        kept = reached & (pattern.whole if letter == "/" else pattern.part)
        reached = (reached & pattern.places.get(letter, 0)) << 1 | kept
        if not reached:
            return False
    return bool(reached >> pattern.letters & 1)


def _walk_files(folder: Path) -> Iterator[tuple[str, Path]]:
    root = folder.resolve()
    for path in sorted(folder.rglob("*.txt")):
        if path.is_file() and path.resolve().is_relative_to(root):
            yield path.relative_to(folder).with_suffix("").as_posix(), path


def _read_lines(path: Path) -> Sequence[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        if "\0" in text:  # which no prompt may hold
            raise _refusal(f"UTF-8 text in {path.name}", "text with NUL")
        return tuple(text.split("\n"))
    except UnicodeDecodeError:
        raise _refusal(f"UTF-8 text in {path.name}", "other bytes") from None
    except OSError as error:
        raise _refusal(f"a readable file {path.name}", str(error.strerror)) from None


def _refusal(expected: str, got: str) -> PaletteError:
    return PaletteError([Problem("wildcards", expected, got)])
