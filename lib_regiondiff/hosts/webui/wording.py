"""A prompt in words: what it says at each step, and where its words stand, as the WebUI's own text encoder reads it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.token_places import find_places
from lib_regiondiff.hosts.webui.modules import module

ENCODERS = ("text_processing_engine", "text_processing_engine_l", "text_processing_engine_g", "cond_stage_model")
"""Where checkpoints have what reads their prompts; those of two text encoders read all of them alike."""
OLD = "use_old_emphasis_implementation"

Tokens = list[Hashable]


def find_reader(model: Any) -> Any:
    """What takes prompts to tokens in a loaded checkpoint, by its `tokenize_line`; None for other text encoders."""
    found = (getattr(model, name, None) for name in ENCODERS)
    every = (part for each in found for part in (each, *getattr(each, "embedders", ())))
    return next((each for each in every if hasattr(each, "tokenize_line")), None)


@dataclass(frozen=True, eq=False)
class Schedules:
    """What texts say at each step: the numbers `how` are those by which the WebUI schedules prompt editing."""

    how: tuple[Any, ...]
    known: dict[str, Sequence[tuple[int, str]]] = field(default_factory=dict)

    def list_entries(self, text: str) -> Sequence[tuple[int, str]]:
        """The last step and the words of each entry."""
        if text not in self.known:
            made = module("prompt_parser").get_learned_conditioning_prompt_schedules([text], *self.how)
            self.known[text] = [(int(last), str(words)) for last, words in made[0]]
        return self.known[text]

    def read(self, text: str, step: int) -> str:
        """The words at a step."""
        entries = self.list_entries(text)
        return next((words for last, words in entries if step <= last), entries[0][1])


@dataclass(frozen=True, eq=False)
class Wording:
    """The `text` of a prompt, which `reader` takes to tokens."""

    text: str
    reader: Any
    schedules: Schedules
    known: dict[str, list[Tokens]] = field(default_factory=dict)

    def find(self, phrase: str, step: int) -> list[slice]:
        """Where what a phrase says at a step stands among the tokens of the prompt as it is encoded then.

        Raises HostError where brackets are read in the way of old versions, which has no places of words.
        """
        words = self._split(self.schedules.read(phrase, step))
        return find_places(self._split(self.schedules.read(self.text, step)), [each for part in words for each in part])

    def says(self, phrase: str) -> bool:
        """Whether it says the phrase at some step."""
        texts = self.text, phrase
        steps = {last for text in texts for last, _ in self.schedules.list_entries(text)}
        return any(self.find(phrase, step) for step in sorted(steps))

    def _split(self, text: str) -> list[Tokens]:
        """The tokens of a text in its chunks, without what is around them."""
        if getattr(module("shared").opts, OLD, False):
            cure = "switch off 'Use old emphasis implementation' in the settings"
            raise HostError("attention", "a text encoder that says where words stand", "the old way of emphasis", cure)
        if text not in self.known:
            chunks, _ = self.reader.tokenize_line(text)
            self.known[text] = [_read_chunk(chunk, self.reader.id_end) for chunk in chunks]
        return self.known[text]


def _read_chunk(chunk: Any, end: int) -> Tokens:
    """The tokens of a chunk after the one that begins it and before those that end and fill it.

    Those of an embedding, which all have one number, are told apart.
    """
    tokens: Tokens = list(chunk.tokens[1:])
    while tokens and tokens[-1] == end:
        tokens.pop()
    for place, name in _list_vectors(chunk):
        if place < len(tokens):
            tokens[place] = name
    return tokens


def _list_vectors(chunk: Any) -> Iterator[tuple[int, Hashable]]:
    """The places of the vectors of embeddings in a chunk, and what tells each of them from other tokens."""
    for offset, embedding in chunk.fixes:
        for row in range(int(embedding.vectors)):
            yield offset + row, (embedding.name, row)
