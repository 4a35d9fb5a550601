"""Textual inversions: files of embedding vectors, each of which a prompt names by the file's name."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.files import weights

MOST = 75
"""The most vectors of a word: a chunk of a prompt has room for no more."""


@dataclass(frozen=True)
class Vector:
    """One of the vectors that a word stands for: `row` is its number, from 0."""

    word: str
    row: int


@dataclass(frozen=True)
class Book:
    """Words with the files of their vectors; a file is read when a prompt first has its word, and then `known`.

    Words are in lower case.
    """

    files: Mapping[str, Path] = field(default_factory=dict)
    known: dict[str, tuple[Tensor, ...]] = field(default_factory=dict, repr=False, compare=False)

    @staticmethod
    def of(folder: Path) -> Book:
        """A book of all files of embeddings in a folder and below it, by their names.

        Raises HostError where there is no such folder, or two files of one name.
        """
        if not folder.is_dir():
            raise HostError(str(folder), "a folder of embeddings", "none")
        files: dict[str, Path] = {}
        for path in sorted(each for each in folder.rglob("*") if each.suffix.lower() in weights.ENDINGS):
            word = path.stem.lower()
            if word in files:
                raise HostError(str(path), "one file for each word", f"{files[word]} for the same one")
            files[word] = path
        return Book(files)

    def only(self, prompts: Iterable[str]) -> Book:
        """The book of only those words that these prompts use."""
        used = {word for prompt in prompts for word, _ in self.split(prompt) if word}
        return Book({word: path for word, path in self.files.items() if word in used})

    def split(self, text: str) -> Iterator[tuple[str, str]]:
        """Cut a text into pieces: ("", plain text), or (word, its spelling) for a word of the book in any capitals."""
        if not self.files:
            yield "", text
            return
        longest = "|".join(re.escape(word) for word in sorted(self.files, key=len, reverse=True))
        start = 0
        for match in re.finditer(rf"(?<![\w-])(?:{longest})(?![\w-])", text, re.IGNORECASE):
            yield "", text[start : match.start()]
            yield match[0].lower(), match[0]
            start = match.end()
        yield "", text[start:]

    def vectors(self, word: str) -> list[Vector]:
        """The vectors of a word, in order; HostError for a file that is damaged or holds none, or more than MOST."""
        counts = {len(each) for each in self._read(word)}
        if len(counts) != 1 or not 1 <= max(counts) <= MOST:
            got = " and ".join(map(str, sorted(counts))) or "none"
            raise HostError(str(self.files[word]), f"one embedding of 1 to {MOST} vectors", got)
        return [Vector(word, row) for row in range(counts.pop())]

    def value(self, vector: Vector, width: int) -> Tensor:
        """The numbers [width] of a vector; HostError where the file has not exactly one embedding of this width."""
        found = self._read(vector.word)
        fitting = [each for each in found if each.shape[1] == width]
        if len(fitting) != 1:
            got = f"{len(fitting)} of them" if fitting else " and ".join(str(each.shape[1]) for each in found)
            cure = "" if fitting else "it was made for another kind of model"
            raise HostError(str(self.files[vector.word]), f"one embedding of width {width}", got, cure)
        return fitting[0][vector.row]

    def _read(self, word: str) -> tuple[Tensor, ...]:
        if word not in self.known:
            self.known[word] = tuple(_read_matrices(self.files[word]))
        return self.known[word]


def _read_matrices(path: Path) -> Iterator[Tensor]:
    """The embeddings [vectors, width] of a file: AUTOMATIC1111's `string_to_param`, or the tensors themselves."""
    file = weights.read(path)
    inside = file.tree.get("string_to_param") if isinstance(file.tree, dict) else None
    tensors = inside if isinstance(inside, dict) else file.tensors
    for name, value in tensors.items():
        if isinstance(value, Tensor) and value.ndim in (1, 2) and value.is_floating_point():
            weights.expect_plain(value, str(name), path)
            weights.expect_finite([(str(name), value)], str(path))
            yield value.detach()[None] if value.ndim == 1 else value.detach()


@contextlib.contextmanager
def put_vectors(text_encoder: Any, values: Mapping[int, Tensor]) -> Iterator[None]:
    """For the time of a `with`, have a text encoder see these vectors [width] at these positions of its tokens."""
    if not values:
        yield
        return

    def replaced(module: Any, given: Any, output: Tensor) -> Tensor:
        output = output.clone()
        for place, value in values.items():
            output[:, place] = value.to(output)
        return output

    handle = text_encoder.get_input_embeddings().register_forward_hook(replaced)
    try:
        yield
    finally:
        handle.remove()
