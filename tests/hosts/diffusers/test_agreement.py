"""A palette that names another model, LoRA or VAE than a host's is refused, or drawn by request; never in silence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("diffusers")

from lib_regiondiff.document.palette import Lora, Model, Palette, parse
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers import DiffusersHost, Extras, LoraFile, render
from lib_regiondiff.hosts.diffusers.agreement import expect_agreement, is_same

HASH = "0123456789"
EXTRAS = Extras(loras=(LoraFile(Path("/loras/style.safetensors"), 0.8),), vae=Path("/vaes/wide.pt"), vae_name="wide")


@pytest.fixture(scope="module")
def host(known_pipeline: Any) -> DiffusersHost:
    """The known model as it would be after loading from a folder, with a LoRA and a VAE that change nothing."""
    made = DiffusersHost.of(known_pipeline, "/models/known", f"{HASH}+abcdef0123")
    return replace(made, extras=EXTRAS)


def named(**model: Any) -> Palette:
    return parse({"version": 1, "size": {"width": 64, "height": 64}, "steps": 1, "seed": 1, "model": model})


STYLE: dict[str, Any] = {"name": "style", "weight": 0.8}


@pytest.mark.parametrize(
    "model",
    [
        {},
        {"name": "known"},
        {"name": "D:\\other\\known.safetensors"},
        {"hash": HASH},
        {"hash": HASH[:8]},
        {"hash": f"{HASH}+abcdef0123", "name": "another", "loras": [{"name": "renamed"}]},
        {"name": "renamed", "hash": HASH, "loras": [STYLE]},
        {"name": "known", "loras": [STYLE | {"name": "somewhere/style.safetensors"}], "vae": "/else/wide.pt"},
    ],
)
def test_what_is_the_same_is_drawn(host: DiffusersHost, model: dict[str, Any]) -> None:
    made = render(host, named(**model))[0].palette.model
    assert (made.name, made.hash, made.vae) == ("/models/known", f"{HASH}+abcdef0123", "wide")
    assert made.loras == (Lora(name="style", weight=0.8),)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ({"name": "other/model"}, "model: expected 'other/model', got '/models/known' (hash 0123456789+abcdef0123)"),
        ({"name": "known", "hash": "f" * 10}, "model: expected 'known' (hash ffffffffff), got '/models/known' (hash"),
        ({"hash": "f" * 10 + "+abcdef0123"}, "model: expected a model without a name (hash ffff"),
        ({"loras": [{"name": "nowhere"}]}, "model.loras: expected 'nowhere' at 1, got 'style' at 0.8"),
        ({"loras": [STYLE | {"weight": 0.5}]}, "model.loras: expected 'style' at 0.5, got 'style' at 0.8"),
        ({"loras": [STYLE, STYLE]}, "model.loras: expected 'style' at 0.8, 'style' at 0.8, got 'style' at 0.8"),
        ({"name": "known", "vae": "narrow"}, "model.vae: expected 'narrow', got 'wide'"),
    ],
)
def test_another_model_is_refused_and_drawn_by_request(host: DiffusersHost, model: dict[str, Any], told: str) -> None:
    with pytest.raises(HostError) as error:
        render(host, named(**model))
    assert str(error.value).startswith(told) and "ignore_model=True" in str(error.value)
    made = render(host, named(**model), ignore_model=True)[0]
    assert made.palette.model.name == "/models/known"
    again = render(host, named())[0].image
    assert made.image.tobytes() == again.tobytes()


words = st.text("ab/\\.", max_size=6)
models = st.builds(
    Model,
    name=words,
    hash=st.sampled_from(["", "abcdef", "abcdef0123", "abcdef+01", "012345"]),
    loras=st.lists(st.builds(Lora, name=words.filter(bool), weight=st.sampled_from([1.0, 0.5])), max_size=2).map(tuple),
    vae=words,
)


@given(models)
def test_a_host_is_the_model_that_it_writes_into_its_pictures(model: Model) -> None:
    expect_agreement(model, Palette(model=model))
    expect_agreement(model, Palette())


@given(words, words)
def test_names_are_the_same_both_ways(one: str, other: str) -> None:
    assert is_same(one, one) and is_same(one, other) == is_same(other, one)


def test_hub_ids_of_other_owners_are_other_models() -> None:
    assert not is_same("evil/sd-turbo", "stabilityai/sd-turbo")
