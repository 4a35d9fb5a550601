"""Text to conditions: chunks of 75 tokens, emphasis that keeps the mean, spans that point at the words."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("diffusers")

from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import make_clip_tokenizer
from lib_regiondiff.hosts.diffusers.text import encoding

TOKENIZER: Any = make_clip_tokenizer()
COMMA = TOKENIZER.convert_tokens_to_ids(",</w>")
WORDS = st.lists(st.sampled_from(["cat", "red", ",", "BREAK", "(sun:1.3)", "[moon]", "landscape"]), max_size=200)


def ids(prompt: str) -> list[list[int]]:
    return [[token.id for token in chunk] for chunk in encoding.split_chunks(TOKENIZER, prompt)]


def test_one_chunk_is_what_the_tokenizer_gives() -> None:
    prompt = "a photo of a red house by the sea"
    framed = [token.id for token in encoding.frame_chunk(TOKENIZER, encoding.split_chunks(TOKENIZER, prompt)[0])]
    assert framed == TOKENIZER(prompt, padding="max_length", max_length=77).input_ids


@given(WORDS.map(" ".join))
@settings(max_examples=60)
def test_no_token_is_lost_and_no_chunk_is_too_long(prompt: str) -> None:
    found = ids(prompt)
    plain = [
        each
        for part in encoding.parse_emphasis(prompt)
        for each in TOKENIZER(part.text, add_special_tokens=False).input_ids
    ]
    assert [each for chunk in found for each in chunk] == plain
    assert found and max(len(chunk) for chunk in found) <= encoding.ROOM


def test_break_starts_a_chunk_and_the_empty_prompt_has_one() -> None:
    assert [len(chunk) for chunk in ids("cat BREAK red dog")] == [1, 2]
    assert ids("") == [[]]
    assert [len(chunk) for chunk in ids("BREAK cat")] == [0, 1]


def test_a_full_chunk_is_cut_after_its_last_comma() -> None:
    found = ids(" ".join(["cat"] * 65) + ", " + " ".join(["dog"] * 30))
    assert len(found[0]) == 66 and found[0][-1] == COMMA and len(found[1]) == 30
    found = ids(" ".join(["cat"] * 40) + ", " + " ".join(["dog"] * 60))
    assert len(found[0]) == 75
    found = ids(" ".join(["cat"] * 75) + ", dog")
    assert len(found[0]) == 75 and found[1][0] == COMMA


class Counting:
    """A text encoder whose embedding of a token is its position and id."""

    device = torch.device("cpu")

    def __call__(self, ids: torch.Tensor) -> tuple[torch.Tensor]:
        places = torch.arange(ids.shape[1])[None, :, None].expand(1, -1, 2)
        return (torch.cat([places.float() + 1, ids[..., None].float() / 49408], dim=-1),)


def test_emphasis_scales_tokens_and_keeps_the_mean() -> None:
    plain = encoding.encode(TOKENIZER, Counting(), "a red cat").embedding
    strong = encoding.encode(TOKENIZER, Counting(), "a (red:1.5) cat").embedding
    assert strong.mean() == pytest.approx(float(plain.mean()), rel=1e-5)
    ratio = strong / plain
    assert torch.allclose(ratio[0, 2] / ratio[0, 1], torch.tensor(1.5), atol=1e-5)
    assert torch.allclose(ratio[0, 3], ratio[0, 1])


def test_weight_one_changes_no_bit() -> None:
    one = encoding.encode(TOKENIZER, Counting(), "a (red:1.0) cat").embedding
    assert torch.equal(one, encoding.encode(TOKENIZER, Counting(), "a red cat").embedding)


def test_long_prompts_have_77_rows_for_each_chunk() -> None:
    cond = encoding.encode(TOKENIZER, Counting(), " ".join(["cat"] * 160))
    assert cond.embedding.shape == (1, 3 * 77, 3) and cond.group == 231


def test_spans_point_at_every_occurrence() -> None:
    prompt = "a red house, a (red house:1.2) and a red car"
    found = encoding.find_spans(TOKENIZER, prompt, "red house")
    sequence = [
        token.id
        for chunk in encoding.split_chunks(TOKENIZER, prompt)
        for token in encoding.frame_chunk(TOKENIZER, chunk)
    ]
    assert len(found) == 2 and all(
        sequence[span] == TOKENIZER("red house", add_special_tokens=False).input_ids for span in found
    )
    assert encoding.find_spans(TOKENIZER, prompt, "blue") == [] and encoding.find_spans(TOKENIZER, prompt, "") == []
