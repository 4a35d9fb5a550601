"""Prompts -> conditions: tokens in chunks of 75, emphasis, CLIP's text encoder; one prompt a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.text.emphasis import parse_emphasis
from lib_regiondiff.hosts.diffusers.text.textual_inversion import Book, Vector, put_vectors
from lib_regiondiff.hosts.token_places import ROOM, find_places

AND = re.compile(r"\bAND\b")
WEIGHTED = re.compile(r"(?P<text>.*?)(?::\s*(?P<weight>[-+]?(?:\d+\.?\d*|\.\d+))\s*)?", re.DOTALL)
COMMA_REACH = 20
NO_WORDS = Book()
PLACE = 0
"""The token in whose place a textual inversion's vector is put: any that is not begin, end or comma."""


@dataclass(frozen=True)
class EncoderLayer:
    """A layer of a text encoder: `number` -1 is the last, -2 the one before; `normed` applies the final norm to it."""

    number: int
    normed: bool


PENULTIMATE = EncoderLayer(-2, normed=False)
"""The last layer but one, without the final norm, as SDXL and SD3 take it."""


@dataclass(frozen=True, eq=False)
class TextCond:
    """A prompt's embedding [1, tokens, channels], and its pooled vector [1, channels] for models that take one."""

    embedding: Tensor
    pooled: Tensor | None = None
    find_spans: Callable[[str], list[slice]] = field(default=lambda phrase: [], repr=False)

    @property
    def group(self) -> int:
        """The number of tokens, which conditions must have in common to share a batch."""
        return self.embedding.shape[1]

    def spans(self, phrase: str) -> list[slice]:
        """Where the tokens of a phrase stand among the tokens of the embedding."""
        return self.find_spans(phrase)

    def says(self, phrase: str) -> bool:
        """Whether the tokens of a phrase stand there."""
        return bool(self.spans(phrase))


@dataclass(frozen=True)
class Token:
    """A token's id and its weight; `vector`, if any, replaces the embedding of the id by a textual inversion's."""

    id: int
    weight: float = 1.0
    vector: Vector | None = None


def split_chunks(tokenizer: Any, prompt: str, book: Book = NO_WORDS) -> list[list[Token]]:
    """Split a prompt into chunks of at most 75 tokens, as AUTOMATIC1111's sd_hijack_clip.py does; at least one chunk.

    A BREAK starts a new chunk. A full chunk is cut after the last comma of its last 20 tokens, if there is one, so that
    a phrase stays together. The vectors of one word stay together too. Raises HostError for an embedding that is
    unusable.
    """
    comma = tokenizer.convert_tokens_to_ids(",</w>")
    done: list[list[Token]] = []
    current: list[Token] = []
    for tokens in _tokenize(tokenizer, prompt, book):
        if not tokens:
            done.append(current)
            current = []
        elif len(current) + len(tokens) > ROOM:
            cut = _find_cut(current, tokens, comma)
            done.append(current[:cut])
            current = current[cut:]
        current.extend(tokens)
    return [*done, current] if current or not done else done


def count_tokens(tokenizer: Any, prompt: str, book: Book = NO_WORDS) -> int:
    """The number of tokens of a prompt, without those that begin, end and fill its chunks."""
    return sum(map(len, split_chunks(tokenizer, prompt, book)))


def _tokenize(tokenizer: Any, prompt: str, book: Book) -> Iterator[list[Token]]:
    """The tokens of a prompt in order, those of one word of the book together; an empty list is a BREAK."""
    for piece in parse_emphasis(prompt):
        if piece.pause:
            yield []
            continue
        for word, plain in book.split(piece.text):
            if word:
                yield [Token(PLACE, piece.weight, vector) for vector in book.vectors(word)]
            else:
                ids = tokenizer(plain, add_special_tokens=False, truncation=False, verbose=False).input_ids
                yield from ([Token(each, piece.weight)] for each in ids)


def _find_cut(full: Sequence[Token], following: Sequence[Token], comma: int) -> int:
    """Where to end a full chunk: after a comma near its end, if what is left fits with `following`, or at its end."""
    if following[0].id == comma:
        return len(full)
    reach = range(len(full), max(0, len(full) - min(COMMA_REACH, ROOM + 1 - len(following))), -1)
    return next((end for end in reach if full[end - 1].id == comma), len(full))


def frame_chunk(tokenizer: Any, chunk: Sequence[Token]) -> list[Token]:
    """The 77 tokens that the text encoder is given for a chunk: begin, the chunk, end, padding."""
    filling = [Token(tokenizer.pad_token_id)] * (ROOM - len(chunk))
    return [Token(tokenizer.bos_token_id), *chunk, Token(tokenizer.eos_token_id), *filling]


def split_at_and(prompt: str) -> list[tuple[str, float]]:
    """The prompts that AND joins, each with the weight after its colon, 1 without one: `a cat AND a dog:0.8`."""
    found = [WEIGHTED.fullmatch(each) for each in AND.split(prompt)]
    return [(match["text"], float(match["weight"] or 1)) for match in found if match]


def encode(
    tokenizer: Any, text_encoder: Any, prompt: str, book: Book = NO_WORDS, layer: EncoderLayer | None = None
) -> TextCond:
    """Encode a prompt to a condition of the text encoder's dtype and device: its output, or one of its layers.

    Raises HostError where it has no such layer, or where an embedding of the book does not fit it.
    """
    parts = [frame_chunk(tokenizer, each) for each in split_chunks(tokenizer, prompt, book)]
    return TextCond(torch.cat([_encode_chunk(text_encoder, part, book, layer) for part in parts], dim=1))


def encode_pooled(tokenizer: Any, text_encoder: Any, prompt: str, book: Book = NO_WORDS) -> Tensor:
    """The pooled vector [1, channels] of a prompt's first chunk, projected where the text encoder has a projection.

    Raises HostError where an embedding of the book does not fit the encoder.
    """
    output = _run_encoder(text_encoder, frame_chunk(tokenizer, split_chunks(tokenizer, prompt, book)[0]), book)
    return output.text_embeds if "text_embeds" in output else output.pooler_output


@torch.no_grad()
def _run_encoder(text_encoder: Any, tokens: Sequence[Token], book: Book, **how: Any) -> Any:
    """What the text encoder returns for one chunk, with the book's vectors in their places."""
    ids = torch.tensor([[token.id for token in tokens]], device=text_encoder.device)
    vectors = {place: token.vector for place, token in enumerate(tokens) if token.vector}
    width = text_encoder.config.hidden_size if vectors else 0
    with put_vectors(text_encoder, {place: book.value(vector, width) for place, vector in vectors.items()}):
        return text_encoder(ids, **how)


@torch.no_grad()
def _run_layer(text_encoder: Any, tokens: Sequence[Token], book: Book, layer: EncoderLayer | None) -> Tensor:
    if layer is None:
        return _run_encoder(text_encoder, tokens, book)[0]
    layers = _run_encoder(text_encoder, tokens, book, output_hidden_states=True).hidden_states[
        1:
    ]  # without the embeddings
    if -layer.number > len(layers):
        raise HostError("model.clip_skip", f"at most {len(layers)} with this model", str(-layer.number))
    chosen = layers[layer.number]
    return _find_last_norm(text_encoder)(chosen) if layer.normed else chosen


def _find_last_norm(text_encoder: Any) -> Any:
    """A text encoder's final norm, which versions of transformers keep in different places."""
    return getattr(text_encoder, "text_model", text_encoder).final_layer_norm


def _encode_chunk(text_encoder: Any, tokens: Sequence[Token], book: Book, layer: EncoderLayer | None) -> Tensor:
    embedding = _run_layer(text_encoder, tokens, book, layer)
    if all(token.weight == 1 for token in tokens):
        return embedding
    return _emphasise(embedding, [token.weight for token in tokens])


def _emphasise(embedding: Tensor, weights: Sequence[float]) -> Tensor:
    """Scale each token by its weight, then restore the chunk's mean, as AUTOMATIC1111's "Original" emphasis does."""
    scaled = embedding * torch.tensor(weights).to(embedding)[None, :, None]
    return scaled * (embedding.float().mean() / scaled.float().mean()).to(embedding)


def find_spans(tokenizer: Any, prompt: str, phrase: str, book: Book = NO_WORDS) -> list[slice]:
    """Where the tokens of a phrase stand among all tokens of the encoded prompt, every time it occurs.

    Raises HostError for an embedding that is unusable.
    """
    wanted = [(token.id, token.vector) for tokens in _tokenize(tokenizer, phrase, book) for token in tokens]
    chunks = split_chunks(tokenizer, prompt, book)
    return find_places([[(token.id, token.vector) for token in chunk] for chunk in chunks], wanted)
