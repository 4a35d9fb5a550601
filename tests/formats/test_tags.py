"""Tags of extra networks leave a prompt, everything else stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded import bounded
from lib_regiondiff.formats.tags import split_networks

TAGS = st.from_regex(r"<(lora|lyco|hypernet|Word):[^<>]+(:-?[0-9.]+)?>", fullmatch=True)
PLAIN = st.text(st.characters(exclude_characters="<>"), max_size=10)


@given(st.lists(st.tuples(PLAIN, TAGS), max_size=5), PLAIN)
def test_tags_and_text_are_told_apart(pairs: list[tuple[str, str]], rest: str) -> None:
    prompt = "".join(text + tag for text, tag in pairs) + rest
    assert split_networks(prompt) == ("".join(text for text, _ in pairs) + rest, tuple(tag for _, tag in pairs))


@given(PLAIN)
def test_text_without_tags_stays(text: str) -> None:
    assert split_networks(text) == (text, ())


def test_spaces_around_a_tag_stay() -> None:
    text, tags = split_networks("a <lora:film:0.8> cat<lyco:b:te=1:unet=0.5>, <hypernet:c d:1>")
    assert text == "a  cat, "
    assert tags == ("<lora:film:0.8>", "<lyco:b:te=1:unet=0.5>", "<hypernet:c d:1>")


@pytest.mark.parametrize(
    "text", ["<lora>", "<lora:>", "<:x>", "<3: love>", "a < b: c > d", "<lora:x", "lora:x>", "<a b:c>"]
)
def test_what_only_looks_like_a_tag_stays(text: str) -> None:
    assert split_networks(text) == (text, ())


def test_a_second_tag_of_the_same_name_is_told_too() -> None:
    assert split_networks("<lora:x:1><lora:x:1>") == ("", ("<lora:x:1>", "<lora:x:1>"))


@pytest.mark.parametrize(
    "text", ["<a:" * 6_666, "<" * 20_000, "<" + "a" * 19_999, "<a:>" * 5_000, "<a:" * 6_000 + "<b>"]
)
def test_many_beginnings_of_tags_are_looked_at_once(text: str) -> None:
    with bounded(0.05, 50):
        rest, tags = split_networks(text)
    assert len(rest) + sum(map(len, tags)) == len(text)
