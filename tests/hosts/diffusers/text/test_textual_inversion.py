"""Textual inversion: a word gives exactly what its vectors' own words give, in every file's form, in brushes too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("diffusers")

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from cli_stub import run
from lib_regiondiff.document import png
from lib_regiondiff.document.palette import parse
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.additions.additions import find_extras
from lib_regiondiff.hosts.diffusers.text import encoding
from lib_regiondiff.hosts.diffusers.text.textual_inversion import Book, Vector

pytestmark = pytest.mark.diffusers


@pytest.fixture(scope="module")
def encoder(known_pipeline: Any) -> Any:
    """The known model's text encoder with attention that is heard, so that places and neighbours count."""
    import copy

    encoder = copy.deepcopy(known_pipeline.text_encoder)
    generator = torch.Generator().manual_seed(3)
    for name, value in encoder.named_parameters():
        if name.endswith(("out_proj.weight", "fc2.weight")):
            value.data = torch.randn(value.shape, generator=generator) * 0.02
    return encoder


def vectors(encoder: Any, tokenizer: Any, words: str) -> Tensor:
    """The vectors [tokens, width] of some words."""
    return encoder.get_input_embeddings().weight[tokenizer(words, add_special_tokens=False).input_ids].clone()


def save(path: Path, form: str, value: Tensor) -> Path:
    """An embedding's file."""
    forms: dict[str, Any] = {
        "a1111": {"string_to_token": {"*": 265}, "string_to_param": {"*": value}, "name": path.stem, "step": 9},
        "a1111, parameter": {"string_to_param": {"*": torch.nn.Parameter(value)}, "name": path.stem},
        "diffusers": {"<cat>": value},
        "diffusers, one vector": {"<cat>": value[0]},
    }
    path = path.with_name(path.name + (".pt" if form in forms else ".safetensors"))
    if form in forms:
        torch.save(forms[form], path)
    elif form == "sdxl":
        save_file({"clip_l": value, "clip_g": torch.zeros(len(value), 1280)}, path)
    else:
        save_file({form: value}, path)
    return path


FORMS = ["a1111", "a1111, parameter", "diffusers", "diffusers, one vector", "emb_params", "<my-cat>", "sdxl"]


@pytest.mark.parametrize("form", FORMS)
def test_a_word_is_its_vectors_in_every_form(form: str, encoder: Any, known_pipeline: Any, tmp_path: Path) -> None:
    tokenizer, words = known_pipeline.tokenizer, "landscape" if form.endswith("one vector") else "an old landscape"
    save(tmp_path / "My-Style_v1.2", form, vectors(encoder, tokenizer, words))
    book = Book.of(tmp_path)
    for prompt in ("a red {} at night", "{}", "a ({}:1.3), green", "(red {}, sun:0.8) BREAK {}"):
        ours = encoding.encode(tokenizer, encoder, prompt.replace("{}", "my-style_v1.2"), book).embedding
        theirs = encoding.encode(tokenizer, encoder, prompt.replace("{}", words)).embedding
        torch.testing.assert_close(ours, theirs)
    assert not encoder.get_input_embeddings()._forward_hooks


def test_only_whole_words_count_and_the_longest(tmp_path: Path) -> None:
    for name in ("cat", "cat-2", "a+b", "old cat"):
        save(tmp_path / name, "emb_params", torch.zeros(1, 3))
    book = Book.of(tmp_path)
    found = [word for word, _ in book.split("Cat, cats, CAT-2, cat-22, a+b, bobcat, my cat, old cat.") if word]
    assert found == ["cat", "cat-2", "a+b", "cat", "old cat"]
    pieces = list(book.split("a (cat) "))
    assert "".join(written for _, written in pieces) == "a (cat) "
    assert set(book.only(["a cat", "old cats"]).files) == {"cat"}


@given(st.lists(st.sampled_from(["style", "red", ",", "BREAK", "(style:1.2)", "cat"]), max_size=60), st.integers(1, 75))
@settings(max_examples=40)
def test_the_vectors_of_a_word_stay_together(words: list[str], count: int) -> None:
    tokenizer: Any = type("T", (), {"__call__": _call, "convert_tokens_to_ids": lambda self, token: 9})()
    book = Book({"style": Path("style.pt")}, {"style": (torch.zeros(count, 4),)})
    found = encoding.split_chunks(tokenizer, " ".join(words), book)
    assert max(len(chunk) for chunk in found) <= encoding.ROOM
    whole = [Vector("style", row) for row in range(count)]
    seen = 0
    for chunk in found:
        rows = [token.vector for token in chunk if token.vector]
        assert rows == whole * (len(rows) // count)
        seen += len(rows) // count
    assert seen == sum("style" in word for word in words)
    plain = [token.id for chunk in found for token in chunk if not token.vector]
    assert plain == [9 if word == "," else 5 for word in words if word in ("red", ",", "cat")]


def _call(self: Any, words: str, **options: Any) -> Any:
    """One token a word; a comma has its own."""
    return type("I", (), {"input_ids": [9 if word == "," else 5 for word in words.split()]})


def test_the_words_that_a_palette_uses_are_looked_for_in_its_suffix_too(tmp_path: Path) -> None:
    for name in ("inside", "ending", "never", "nothing"):
        save(tmp_path / name, "emb_params", torch.zeros(1, 3))
    brush = {"id": "a", "prompt": "a inside wall", "negative": "never", "mask": {"rectangle": [0, 0, 1, 1]}}
    palette = parse({"version": 1, "suffix": ", in ending", "brushes": [brush]})
    assert set(find_extras(palette, "none", {}, str(tmp_path)).book.files) == {"inside", "ending", "never"}


def test_spans_point_at_vectors(known_pipeline: Any) -> None:
    book = Book({"style": Path("style.pt")}, {"style": (torch.zeros(3, 4),)})
    tokenizer = known_pipeline.tokenizer
    assert encoding.find_spans(tokenizer, "a red style, style", "style", book) == [slice(3, 6), slice(7, 10)]
    assert encoding.find_spans(tokenizer, "a red style", "red style", book) == [slice(2, 6)]
    assert encoding.find_spans(tokenizer, "a red style", "!", book) == []


def test_files_that_do_not_fit_are_named(encoder: Any, known_pipeline: Any, tmp_path: Path) -> None:
    tokenizer = known_pipeline.tokenizer
    cases = {"none": {"a": torch.zeros(2, 3, 4)}, "two": {"a": torch.zeros(1, 768), "b": torch.zeros(2, 768)}}
    cases |= {"many": {"a": torch.zeros(76, 768)}, "wide": {"a": torch.zeros(1, 1024)}}
    cases |= {"twins": {"a": torch.zeros(1, 768), "b": torch.zeros(1, 768)}}
    told = {"none": "got none", "two": "got 1 and 2", "many": "got 76", "wide": "768, got 1024;", "twins": "got 2 of"}
    for name, tensors in cases.items():
        save_file(tensors, tmp_path / f"{name}.safetensors")
        with pytest.raises(HostError, match=rf"{name}\.safetensors: expected one embedding of .*{told[name]}"):
            encoding.encode(tokenizer, encoder, f"a {name}", Book.of(tmp_path))
    (tmp_path / "sub").mkdir()
    save_file({"a": torch.zeros(1, 768)}, tmp_path / "sub" / "WIDE.safetensors")
    with pytest.raises(HostError, match="one file for each word"):
        Book.of(tmp_path)
    with pytest.raises(HostError, match="expected a folder of embeddings, got none"):
        Book.of(tmp_path / "nowhere")


def test_brushes_obey_words_of_the_folder(known_pipeline: Any, known_folder: Path, tmp_path: Path) -> None:
    words, folder = known_pipeline.text_encoder.get_input_embeddings().weight, tmp_path / "embeddings"
    folder.mkdir()
    for name, colour in (("mystyle", "green"), ("other", "red")):
        place = known_pipeline.tokenizer(colour).input_ids[1]
        save(folder / name, "a1111", words[place].repeat(2, 1))
    brush = {"id": "a", "prompt": "a mystyle wall", "mask": {"rectangle": [0, 0, 0.5, 1]}}
    small = {"version": 1, "seed": 1, "steps": 3, "guidance": 3, "size": {"width": 128, "height": 64}}
    source, out = tmp_path / "palette.json", tmp_path / "out.png"
    source.write_text(json.dumps(small | {"background": {"prompt": "a blue wall"}, "brushes": [brush]}), "utf-8")
    words_asked = ("--model", known_folder, "--device", "cpu", "--embeddings", folder)
    assert run("render", source, "-o", out, *words_asked).stderr == ""
    with Image.open(out) as picture:
        seen = np.asarray(picture).astype(int)
    assert np.abs(seen[:, :48] - [0, 255, 0]).max() < 40 and np.abs(seen[:, 80:] - [0, 0, 255]).max() < 40
    assert "+" in png.load(out)[0].model.hash
