"""Prompts to conditions: tokens in chunks of 75, emphasis, the text encoder; one prompt a call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.text.emphasis import pieces
from lib_regiondiff.hosts.diffusers.text.textual_inversion import Book, Vector, put

AND = re.compile(r"\bAND\b")
WEIGHTED = re.compile(r"(?P<text>.*?)(?::\s*(?P<weight>[-+]?(?:\d+\.?\d*|\.\d+))\s*)?", re.DOTALL)
ROOM = 75
COMMA_REACH = 20
NO_WORDS = Book()
PLACE = 0
"""The token in whose place a vector of the book is put: any that is none of begin, end and comma."""


@dataclass(frozen=True)
class Layer:
    """A layer of a text encoder, counted from its end: -1 is the last; with or without the norm behind the last one."""

    number: int
    normed: bool


PENULTIMATE = Layer(-2, normed=False)
"""The layer before the last, which SDXL and SD3 are told."""


@dataclass(frozen=True)
class TextCond:
    """A prompt's embedding [1, tokens, channels], and the vector [1, channels] for the whole of it, if any."""

    embedding: Tensor
    pooled: Tensor | None = None

    @property
    def group(self) -> int:
        """Conditions of as many tokens share a batch."""
        return self.embedding.shape[1]


@dataclass(frozen=True)
class Token:
    """A token's id and its weight; `vector` takes the place of the id's own where a word of the book stands."""

    id: int
    weight: float = 1.0
    vector: Vector | None = None


def chunks(tokenizer: Any, prompt: str, book: Book = NO_WORDS) -> list[list[Token]]:
    """Tokens of a prompt in chunks of at most 75; at least one chunk.

    A BREAK starts a new chunk. A chunk that is full is cut after the last comma of its last 20 tokens, if there is
    one, so that a phrase stays together. The vectors of one word stay together too.
    """
    comma = tokenizer.convert_tokens_to_ids(",</w>")
    done: list[list[Token]] = []
    current: list[Token] = []
    for tokens in _tokens(tokenizer, prompt, book):
        if not tokens:
            done.append(current)
            current = []
        elif len(current) + len(tokens) > ROOM:
            cut = _cut(current, tokens, comma)
            done.append(current[:cut])
            current = current[cut:]
        current.extend(tokens)
    return [*done, current] if current or not done else done


def _tokens(tokenizer: Any, prompt: str, book: Book) -> Iterator[list[Token]]:
    """All tokens in order, those of one word of the book together, none for a BREAK."""
    for piece in pieces(prompt):
        if piece.pause:
            yield []
            continue
        for word, plain in book.split(piece.text):
            if word:
                yield [Token(PLACE, piece.weight, vector) for vector in book.vectors(word)]
            else:
                ids = tokenizer(plain, add_special_tokens=False, truncation=False, verbose=False).input_ids
                yield from ([Token(each, piece.weight)] for each in ids)


def _cut(full: Sequence[Token], following: Sequence[Token], comma: int) -> int:
    """Where a full chunk ends: after a comma near its end from which what follows has room, or at its end."""
    if following[0].id == comma:
        return len(full)
    reach = range(len(full), max(0, len(full) - min(COMMA_REACH, ROOM + 1 - len(following))), -1)
    return next((end for end in reach if full[end - 1].id == comma), len(full))


def framed(tokenizer: Any, chunk: Sequence[Token]) -> list[Token]:
    """77 tokens: begin, the chunk, end, padding."""
    filling = [Token(tokenizer.pad_token_id)] * (ROOM - len(chunk))
    return [Token(tokenizer.bos_token_id), *chunk, Token(tokenizer.eos_token_id), *filling]


def split(prompt: str) -> list[tuple[str, float]]:
    """The prompts that AND joins, each with the weight after its colon: `a cat AND a dog:0.8`."""
    found = [WEIGHTED.fullmatch(each) for each in AND.split(prompt)]
    return [(match["text"], float(match["weight"] or 1)) for match in found if match]


def encode(
    tokenizer: Any, text_encoder: Any, prompt: str, book: Book = NO_WORDS, layer: Layer | None = None
) -> TextCond:
    """The condition of a prompt, float type and device of the text encoder: its output, or one of its layers.

    HostError where it has no such layer.
    """
    parts = [framed(tokenizer, each) for each in chunks(tokenizer, prompt, book)]
    return TextCond(torch.cat([_encode_chunk(text_encoder, part, book, layer) for part in parts], dim=1))


def pooled(tokenizer: Any, text_encoder: Any, prompt: str, book: Book = NO_WORDS) -> Tensor:
    """The vector [1, channels] of a prompt's first chunk, projected by an encoder that has a projection."""
    output = _output(text_encoder, framed(tokenizer, chunks(tokenizer, prompt, book)[0]), book)
    return output.text_embeds if "text_embeds" in output else output.pooler_output


@torch.no_grad()
def _output(text_encoder: Any, tokens: Sequence[Token], book: Book, **how: Any) -> Any:
    """What the encoder makes of one chunk, the book's vectors in their places."""
    ids = torch.tensor([[token.id for token in tokens]], device=text_encoder.device)
    vectors = {place: token.vector for place, token in enumerate(tokens) if token.vector}
    width = text_encoder.config.hidden_size if vectors else 0
    with put(text_encoder, {place: book.value(vector, width) for place, vector in vectors.items()}):
        return text_encoder(ids, **how)


@torch.no_grad()
def _asked(text_encoder: Any, tokens: Sequence[Token], book: Book, layer: Layer | None) -> Tensor:
    if layer is None:
        return _output(text_encoder, tokens, book)[0]
    layers = _output(text_encoder, tokens, book, output_hidden_states=True).hidden_states[1:]  # without the embeddings
    if -layer.number > len(layers):
        raise HostError("model.clip_skip", f"at most {len(layers)} with this model", str(-layer.number))
    chosen = layers[layer.number]
    return _last_norm(text_encoder)(chosen) if layer.normed else chosen


def _last_norm(text_encoder: Any) -> Any:
    """What a text encoder applies to its last layer; versions of transformers have it in different places."""
    return getattr(text_encoder, "text_model", text_encoder).final_layer_norm


def _encode_chunk(text_encoder: Any, tokens: Sequence[Token], book: Book, layer: Layer | None) -> Tensor:
    embedding = _asked(text_encoder, tokens, book, layer)
    if all(token.weight == 1 for token in tokens):
        return embedding
    return _emphasised(embedding, [token.weight for token in tokens])


def _emphasised(embedding: Tensor, weights: Sequence[float]) -> Tensor:
    """Scale each token, then restore the mean of the whole chunk, as AUTOMATIC1111 does ("Original")."""
    scaled = embedding * torch.tensor(weights).to(embedding)[None, :, None]
    return scaled * (embedding.float().mean() / scaled.float().mean()).to(embedding)


def spans(tokenizer: Any, prompt: str, phrase: str, book: Book = NO_WORDS) -> list[slice]:
    """Where the tokens of a phrase stand among all tokens of the encoded prompt, every time it occurs."""
    wanted = [(token.id, token.vector) for tokens in _tokens(tokenizer, phrase, book) for token in tokens]
    framed_chunks = [framed(tokenizer, chunk) for chunk in chunks(tokenizer, prompt, book)]
    ids = [(token.id, token.vector) for chunk in framed_chunks for token in chunk]
    starts = range(len(ids) - len(wanted) + 1) if wanted else ()
    return [slice(start, start + len(wanted)) for start in starts if ids[start : start + len(wanted)] == wanted]
