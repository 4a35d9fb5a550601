"""Prompts to conditions: tokens in chunks of 75, emphasis, the text encoder; one prompt a call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lib_regiondiff.hosts.diffusers.emphasis import pieces

AND = re.compile(r"\bAND\b")
WEIGHTED = re.compile(r"(?P<text>.*?)(?::\s*(?P<weight>[-+]?(?:\d+\.?\d*|\.\d+))\s*)?", re.DOTALL)
ROOM = 75
COMMA_REACH = 20


@dataclass(frozen=True)
class TextCond:
    """A prompt's embedding [1, tokens, channels]."""

    embedding: Tensor

    @property
    def group(self) -> int:
        """Conditions of as many tokens share a batch."""
        return self.embedding.shape[1]


@dataclass(frozen=True)
class Token:
    """A token's id and its weight."""

    id: int
    weight: float = 1.0


def chunks(tokenizer: Any, prompt: str) -> list[list[Token]]:
    """Tokens of a prompt in chunks of at most 75; at least one chunk.

    A BREAK starts a new chunk. A chunk that is full is cut after the last comma of its last 20 tokens, if there is
    one, so that a phrase stays together.
    """
    comma = tokenizer.convert_tokens_to_ids(",</w>")
    done: list[list[Token]] = []
    current: list[Token] = []
    for token in _tokens(tokenizer, prompt):
        if token is None:
            done.append(current)
            current = []
            continue
        if len(current) == ROOM:
            cut = _cut(current, token, comma)
            done.append(current[:cut])
            current = current[cut:]
        current.append(token)
    return [*done, current] if current or not done else done


def _tokens(tokenizer: Any, prompt: str) -> Iterator[Token | None]:
    """All tokens in order, None for a BREAK."""
    for piece in pieces(prompt):
        if piece.pause:
            yield None
        else:
            ids = tokenizer(piece.text, add_special_tokens=False, truncation=False, verbose=False).input_ids
            yield from (Token(each, piece.weight) for each in ids)


def _cut(full: Sequence[Token], following: Token, comma: int) -> int:
    """Where a full chunk ends: after a comma near its end, or at its end."""
    if following.id == comma:
        return len(full)
    reach = range(len(full), len(full) - COMMA_REACH, -1)
    return next((end for end in reach if full[end - 1].id == comma), len(full))


def framed(tokenizer: Any, chunk: Sequence[Token]) -> list[Token]:
    """77 tokens: begin, the chunk, end, padding."""
    filling = [Token(tokenizer.pad_token_id)] * (ROOM - len(chunk))
    return [Token(tokenizer.bos_token_id), *chunk, Token(tokenizer.eos_token_id), *filling]


def split(prompt: str) -> list[tuple[str, float]]:
    """The prompts that AND joins, each with the weight after its colon: `a cat AND a dog:0.8`."""
    found = [WEIGHTED.fullmatch(each) for each in AND.split(prompt)]
    return [(match["text"], float(match["weight"] or 1)) for match in found if match]


def encode(tokenizer: Any, text_encoder: Any, prompt: str) -> TextCond:
    """The condition of a prompt, float type and device of the text encoder."""
    parts = [_encode_chunk(text_encoder, framed(tokenizer, chunk)) for chunk in chunks(tokenizer, prompt)]
    return TextCond(torch.cat(parts, dim=1))


def _encode_chunk(text_encoder: Any, tokens: Sequence[Token]) -> Tensor:
    ids = torch.tensor([[token.id for token in tokens]], device=text_encoder.device)
    with torch.no_grad():
        embedding = text_encoder(ids)[0]
    if all(token.weight == 1 for token in tokens):
        return embedding
    return _emphasised(embedding, [token.weight for token in tokens])


def _emphasised(embedding: Tensor, weights: Sequence[float]) -> Tensor:
    """Scale each token, then restore the mean of the whole chunk, as AUTOMATIC1111 does ("Original")."""
    scaled = embedding * torch.tensor(weights).to(embedding)[None, :, None]
    return scaled * (embedding.float().mean() / scaled.float().mean()).to(embedding)


def spans(tokenizer: Any, prompt: str, phrase: str) -> list[slice]:
    """Where the tokens of a phrase stand among all tokens of the encoded prompt, every time it occurs."""
    wanted = [token.id for token in _tokens(tokenizer, phrase) if token is not None]
    ids = [token.id for chunk in chunks(tokenizer, prompt) for token in framed(tokenizer, chunk)]
    starts = range(len(ids) - len(wanted) + 1) if wanted else ()
    return [slice(start, start + len(wanted)) for start in starts if ids[start : start + len(wanted)] == wanted]
