"""Joint attention of a transformer (SD3, Flux) by what rows ask of it: each region's prompt is a stream of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from diffusers.models.embeddings import apply_rotary_emb
from torch import Tensor

from lib_regiondiff.denoising.attention.streams import Looks, ask_alike, attend_by_looks, list_looks
from lib_regiondiff.host import Row
from lib_regiondiff.hosts.diffusers.attention import replace_processors
from lib_regiondiff.hosts.diffusers.families.question import Question, read_embedding

Ask = Callable[[Any, Question], Tensor]


@dataclass(frozen=True, eq=False)
class StreamsProcessor:
    """An attention processor by which each row of a batch has the looks of its regions."""

    looks: Sequence[Looks]

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        image_rotary_emb: Any = None,
        **named: Any,
    ) -> Any:
        """Features of the layer for those of the picture and, if they come apart, those of the prompts as well.

        Both are [B, tokens, channels]; in Flux's later blocks they are one, prompts first.
        """
        text = 0 if encoder_hidden_states is None else encoder_hidden_states.shape[1]
        parts = [_project(attn, hidden_states)]
        if encoder_hidden_states is not None:
            parts.insert(0, _project_text(attn, encoder_hidden_states))
        query, key, value = (torch.cat(each, dim=2) for each in zip(*parts, strict=True))
        if image_rotary_emb is not None:
            query, key = _turn(query, image_rotary_emb), _turn(key, image_rotary_emb)
        made = attend_by_looks(self.looks, query, key, value)
        if encoder_hidden_states is None:
            return made
        picture, prompts, add = made[:, text:], made[:, :text], getattr(attn, "to_add_out", None)
        for layer in attn.to_out:
            picture = layer(picture)
        return picture, prompts if add is None else add(prompts)


def _project(attn: Any, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values [B, heads, tokens, width] of features [B, tokens, channels]."""
    query, key, value = (_split_heads(attn, each(features)) for each in (attn.to_q, attn.to_k, attn.to_v))
    return _norm(attn, "norm_q", query), _norm(attn, "norm_k", key), value


def _project_text(attn: Any, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same of prompts that come apart from the picture."""
    layers = attn.add_q_proj, attn.add_k_proj, attn.add_v_proj
    query, key, value = (_split_heads(attn, each(features)) for each in layers)
    return _norm(attn, "norm_added_q", query), _norm(attn, "norm_added_k", key), value


def _turn(values: Tensor, positions: Any) -> Tensor:
    """Queries or keys turned by the positions of their tokens."""
    made = apply_rotary_emb(values, positions)
    assert isinstance(made, Tensor)
    return made


def _split_heads(attn: Any, values: Tensor) -> Tensor:
    return values.unflatten(-1, (attn.heads, -1)).transpose(1, 2)


def _norm(attn: Any, name: str, values: Tensor) -> Tensor:
    layer = getattr(attn, name, None)
    return values if layer is None else layer(values)


def ask_in_streams(ask: Ask) -> Ask:
    """The `ask` of a family of transformers, by which rows show several regions where their records say so."""

    def asked(pipe: Any, question: Question) -> Tensor:
        def answer(places: list[int]) -> Tensor:
            part = _pick(question, places)
            with act_in_joint_attention(pipe.transformer, part.rows):
                return ask(pipe, part)

        return ask_alike(question.rows, answer)

    return asked


def _pick(question: Question, places: Sequence[int]) -> Question:
    """The question of these rows alone."""
    if len(places) == len(question.rows):
        return question
    chosen = torch.tensor(places, device=question.x.device)
    rows = [question.rows[place] for place in places]
    return replace(question, x=question.x[chosen], t=question.t[chosen], rows=rows)


@contextlib.contextmanager
def act_in_joint_attention(network: Any, rows: Sequence[Row]) -> Iterator[None]:
    """For the time of a `with`, have a transformer's attention take prompts for the streams of a whole batch of rows.

    All rows show as many regions, with as many tokens. Nothing is installed where each shows one.
    """
    lengths = [read_embedding(cond).shape[1] for cond in (rows[0].cond, *rows[0].attention.contexts)]
    weights = [row.attention.weights for row in rows if row.attention.weights is not None]
    if not weights:
        yield
        return
    assert len(weights) == len(rows), "several regions have weights"
    with replace_processors(find_joint_attention(network), StreamsProcessor([list_looks(w, lengths) for w in weights])):
        yield


def find_joint_attention(network: Any) -> list[Any]:
    """The layers of a network in which the tokens of prompt and picture attend to one another; none in a UNet."""
    blocks = [*getattr(network, "transformer_blocks", ()), *getattr(network, "single_transformer_blocks", ())]
    return [block.attn for block in blocks]
