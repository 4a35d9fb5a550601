"""A network that is not there and hears single words: in a cell it draws a softmax over the colours that it is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from fake_webui import COLOURS, Checkpoint

ROOM, START, END = 75, 1, 2
LOUD = 40.0
"""The score QK^T of a word that names a colour; others have 0."""
WORD = re.compile(r"\w+|,")
VECTORS = {"style": ("red", "red", "cat")}
"""Embeddings, and the words whose vectors theirs are."""


class Reader:
    """Takes words to tokens, in chunks, as the WebUIs' text encoders do; all vectors of embeddings have number 0."""

    id_end = END

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def tokenize_line(self, line: str) -> tuple[list[Any], int]:
        """The chunks of a text, and its tokens; brackets and weights are no words."""
        chunks: list[Any] = [make_chunk()]
        for word in WORD.findall(re.sub(r"\(([^():]*)(?::[\d.]+)?\)", r"\1", line)):
            numbers = [0] * len(VECTORS[word]) if word in VECTORS else [self.number(word)]
            if word == "BREAK" or len(chunks[-1].tokens) + len(numbers) > ROOM:
                chunks.append(make_chunk())
            if word in VECTORS:
                chunks[-1].fixes.append((len(chunks[-1].tokens), SimpleNamespace(name=word, vectors=len(numbers))))
            chunks[-1].tokens += numbers if word != "BREAK" else []
        count = sum(len(chunk.tokens) for chunk in chunks)
        for chunk in chunks:
            chunk.tokens = [START, *chunk.tokens, *[END] * (ROOM + 1 - len(chunk.tokens))]
        return chunks, count

    def number(self, word: str) -> int:
        """The number of a word, from 10 on."""
        return self.numbers.setdefault(word, 10 + len(self.numbers))

    def embed(self, line: str) -> Tensor:
        """What its text encoder makes of a text [tokens, 4]: of each word its colour, and whether it has one."""
        known = {number: word for word, number in self.numbers.items()}
        words: list[str] = []
        for chunk in self.tokenize_line(line)[0]:
            known |= {number: word for word, number in self.numbers.items()}
            row = [known.get(number, "") for number in chunk.tokens]
            for offset, embedding in chunk.fixes:
                row[offset + 1 : offset + 1 + embedding.vectors] = VECTORS[embedding.name]
            words += row
        return torch.tensor([[*COLOURS[word], 1.0] if word in COLOURS else [0.0] * 4 for word in words])


class Attention(nn.Module):
    """Cross-attention by one head, whose queries are all alike: words of colours share a cell equally."""

    heads = 1

    def __init__(self) -> None:
        super().__init__()
        self.to_q, self.to_k, self.to_v = nn.Linear(3, 4), nn.Linear(4, 4, bias=False), nn.Linear(4, 3, bias=False)
        self.to_out = nn.Identity()
        with torch.no_grad():
            for each in (self.to_q.weight, self.to_q.bias, self.to_k.weight):
                each.zero_()
            self.to_q.bias[3] = self.to_k.weight[3, 3] = LOUD**0.5
            self.to_v.weight.copy_(torch.eye(3, 4))
        self.requires_grad_(False)

    def forward(self, x: Tensor, context: Tensor, value: Tensor | None = None, **how: Any) -> Tensor:
        """By a naive softmax."""
        scores = self.to_q(x) @ self.to_k(context).transpose(1, 2) / 2
        return self.to_out(scores.softmax(dim=-1) @ self.to_v(context))


def hear_words(loaded: Any) -> Any:
    """Have a loaded checkpoint hear single words, and say how it reads them."""
    reader = Reader()
    network: Any = loaded.model.diffusion_model
    network.attn2 = Attention()
    name = "text_processing_engine" if hasattr(loaded, "forge_objects") else "cond_stage_model"
    setattr(loaded, name, reader)

    def encode(texts: Any) -> Any:
        loaded.encoded.append((tuple(texts), texts.is_negative_prompt, texts.width, texts.height))
        made = stack([reader.embed(text) for text in texts])
        if not loaded.sdxl:
            return made
        return {"crossattn": made, "vector": torch.tensor([[texts.width, texts.height]] * len(texts)).float()}

    loaded.get_learned_conditioning = encode
    return loaded


def stack(texts: Sequence[Tensor]) -> Tensor:
    """Texts of whole chunks in one batch, the shorter ones with empty chunks."""
    most = max(map(len, texts))
    return torch.stack([torch.cat([each, each.new_zeros(most - len(each), 4)]) for each in texts])


def make_chunk() -> Any:
    """An empty chunk."""
    return SimpleNamespace(tokens=[], fixes=[])


def make_checkpoint(**how: Any) -> Checkpoint:
    """A checkpoint that hears single words."""
    return hear_words(Checkpoint(**how))
