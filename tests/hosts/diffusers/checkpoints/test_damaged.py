"""Damaged model files: each loads, or ends with one line that names the file and what is wrong with it."""

from __future__ import annotations

import copy
import json
import pickle
import random
import shutil
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

pytest.importorskip("diffusers")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

import damage
from damage import File, Net, laid, spoilt
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.additions import vaes
from lib_regiondiff.hosts.diffusers.additions.lora import LoraFile, merge
from lib_regiondiff.hosts.diffusers.checkpoints.loader import load_pipeline
from lib_regiondiff.hosts.diffusers.files import weights
from lib_regiondiff.hosts.diffusers.files.headers import read_header
from lib_regiondiff.hosts.diffusers.text.textual_inversion import Book

pytestmark = pytest.mark.diffusers
CPU, SINGLE = torch.device("cpu"), torch.float32
SEEDS = st.integers(0, 2**32)


def often(count: int) -> Any:
    """So many examples, all in one folder."""
    return settings(
        max_examples=count, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    )


def told(path: Path, work: Callable[[], object]) -> str:
    """What is said of a file, or nothing where it is read; a warning would be an error."""
    try:
        work()
    except HostError as error:
        text = str(error)
        assert "\n" not in text and len(text) < 1000
        assert str(path.parent) in text
        return text
    return ""


def merged(path: Path) -> Net:
    """Small layers with a LoRA."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = Net()
    merge(SimpleNamespace(unet=net), LoraFile(path))
    assert all(bool(torch.isfinite(value).all()) for value in net.parameters())
    return net


def looked_up(path: Path) -> object:
    """All vectors of an embedding."""
    book = Book({"word": path})
    return [book.value(vector, 8) for vector in book.vectors("word")]


def exchanged(path: Path) -> object:
    """A model with another VAE."""
    pipe = SimpleNamespace(vae=damage.vae(), register_modules=lambda vae: None)
    return vaes.exchange(pipe, path)


def loaded(path: Path) -> object:
    """A whole model."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries, about sizes that they find strange
        return load_pipeline(path, CPU, SINGLE)


def test_whole_files_are_read(tmp_path: Path) -> None:
    merged(laid(damage.lora().bytes, tmp_path))
    looked_up(laid(damage.embedding().bytes, tmp_path))
    exchanged(laid(File.of(damage.vae().state_dict()).bytes, tmp_path))
    loaded(laid(damage.model().bytes, tmp_path))


@often(150)
@given(SEEDS)
def test_a_damaged_lora_is_merged_or_named(tmp_path: Path, seed: int) -> None:
    path = laid(spoilt(damage.lora(), seed), tmp_path)
    told(path, lambda: merged(path))


@often(100)
@given(SEEDS)
def test_a_damaged_embedding_is_read_or_named(tmp_path: Path, seed: int) -> None:
    path = laid(spoilt(damage.embedding(), seed), tmp_path)
    told(path, lambda: looked_up(path))


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@often(100)
@given(SEEDS, st.booleans())
def test_a_damaged_pickle_is_read_or_named(tmp_path: Path, seed: int, old: bool) -> None:
    path, chance = tmp_path / "word.pt", random.Random(seed)
    value = chance.choice(
        [torch.ones(3, 8), torch.ones(8).to_sparse(), torch.ones(1, 1).expand(2**40, 8), torch.ones(3, 0)]
    )
    inner = chance.choice(
        [{"*": value}, {7: value}, [value], value, {"*": torch.ones(3, 8).to(torch.int8)}, {"*": 3}, None]
    )
    tree = chance.choice([{"string_to_param": inner}, {"state_dict": inner}, inner, {"string_to_param": [inner]}])
    torch.save(tree, path, _use_new_zipfile_serialization=not old)
    if chance.random() < 0.7:
        path.write_bytes(damage.torn(path.read_bytes(), chance))
    told(path, lambda: looked_up(path))


@often(25)
@given(SEEDS)
def test_a_damaged_vae_is_exchanged_or_named(tmp_path: Path, seed: int) -> None:
    path = laid(spoilt(File.of(damage.vae().state_dict()), seed), tmp_path)
    told(path, lambda: exchanged(path))


@often(8)
@given(SEEDS)
def test_a_damaged_model_is_loaded_or_named(tmp_path: Path, seed: int) -> None:
    path = laid(spoilt(damage.model(), seed), tmp_path)
    told(path, lambda: loaded(path))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole model as a folder."""
    place = tmp_path_factory.mktemp("whole") / "model"
    damage.pipeline().save_pretrained(place)
    return place


@often(8)
@given(SEEDS)
def test_a_damaged_folder_is_loaded_or_named(tmp_path: Path, folder: Path, seed: int) -> None:
    place = tmp_path / "model"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(folder, place)
    spoil_folder(place, random.Random(seed))
    told(place / "any", lambda: loaded(place))
    if (place / "vae").is_dir():
        told(place / "vae", lambda: exchanged(place))


def spoil_folder(place: Path, chance: random.Random) -> None:
    """Change a value of a configuration, or bytes of a file, or leave one out."""
    path = chance.choice(sorted(each for each in place.rglob("*") if each.is_file()))
    if path.suffix == ".json" and "tokenizer" not in path.parts[-2] and chance.random() < 0.8:
        data = json.loads(path.read_text(encoding="utf-8"))
        keys = list(data)
        data[chance.choice([*keys, "_class_name"])] = chance.choice(damage.STRANGE)
        path.write_text(json.dumps(chance.choice([data, data, data, [data]])), encoding="utf-8")
    elif chance.random() < 0.3:
        path.unlink()
    else:
        path.write_bytes(damage.torn(path.read_bytes(), chance))


def changed_lora(**entries: torch.Tensor) -> dict[str, torch.Tensor]:
    """A LoRA of one layer in which some parts are others."""
    parts = {"lora_B.weight": torch.ones(3, 2), "lora_A.weight": torch.ones(2, 4)} | entries
    return {f"unet.to_q.{name}": value for name, value in parts.items()}


LORAS: dict[str, tuple[dict[str, torch.Tensor], dict[str, str], str]] = {
    "no rank": (
        changed_lora(**{"lora_B.weight": torch.ones(3, 0), "lora_A.weight": torch.ones(0, 4)}),
        {},
        "rank of 1 or more",
    ),
    "two alphas": (changed_lora(alpha=torch.ones(2)), {}, "one number as alpha, got 2 for unet.to_q"),
    "NaN": (
        changed_lora(**{"lora_A.weight": torch.full((2, 4), torch.nan)}),
        {},
        "NaN or infinity in unet.to_q",
    ),
    "far too much": (
        changed_lora(**{"lora_A.weight": torch.full((2, 4), 1e30), "lora_B.weight": torch.full((3, 2), 1e30)}),
        {},
        "beyond all numbers",
    ),
    "infinite alpha": (changed_lora(alpha=torch.tensor(torch.inf)), {}, "NaN or infinity in"),
    "a kernel": (
        {"unet.conv.lora_B.weight": torch.ones(3, 2, 3, 3), "unet.conv.lora_A.weight": torch.ones(2, 4, 3, 3)},
        {},
        "matrices of numbers",
    ),
    "a list": (
        {"unet.conv.lora_B.weight": torch.ones(3), "unet.conv.lora_A.weight": torch.ones(2, 4, 3, 3)},
        {},
        "matrices of",
    ),
    "whole numbers": (
        changed_lora(**{"lora_A.weight": torch.ones(2, 4, dtype=torch.int32)}),
        {},
        "matrices of numbers",
    ),
    "complex alpha": (changed_lora(alpha=torch.tensor(1j)), {}, "matrices of numbers"),
    **{
        f"alpha {json.dumps(told)}": (changed_lora(), {"lora_adapter_metadata": json.dumps(told)}, "in its notes")
        for told in (
            {"unet.lora_alpha": "x"},
            {"unet.lora_alpha": None},
            {"unet.lora_alpha": True},
            {"unet.alpha_pattern": [1]},
            {"unet.alpha_pattern": "x"},
            {"unet.alpha_pattern": {"to_q": [1]}},
        )
    },
    "alpha beyond all": (changed_lora(), {"lora_adapter_metadata": '{"unet.lora_alpha": 1e999}'}, "in its notes"),
}


@pytest.mark.parametrize("name", LORAS)
def test_what_is_wrong_with_a_lora_is_told(name: str, tmp_path: Path) -> None:
    tensors, notes, wanted = LORAS[name]
    path = tmp_path / "a.safetensors"
    save_file(tensors, path, notes)
    assert wanted in told(path, lambda: merged(path))


def test_an_embedding_without_width_or_with_nan_is_told(tmp_path: Path) -> None:
    for value, wanted in ((torch.ones(3, 0), "got 0"), (torch.full((3, 8), torch.inf), "NaN or infinity in emb")):
        save_file({"emb": value}, tmp_path / "a.safetensors")
        assert wanted in told(tmp_path / "a.safetensors", lambda: looked_up(tmp_path / "a.safetensors"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.float8_e4m3fn])
def test_every_nan_is_found(dtype: torch.dtype) -> None:
    value = torch.ones(1000, 7).to(dtype)
    weights.expect_finite([("a", value), ("none", torch.ones(0)), ("whole", torch.ones(2).int())], "here")
    spoilt = value.float().clone()
    spoilt[777, 3] = torch.nan
    with pytest.raises(HostError, match="here: expected weights that are numbers, got NaN or infinity in b"):
        weights.expect_finite([("a", value), ("b", spoilt.to(dtype))], "here")


@pytest.mark.parametrize("network", ["unet", "vae", "text_encoder"])
def test_a_model_with_nan_is_told(network: str, folder: Path, tmp_path: Path) -> None:
    place = shutil.copytree(folder, tmp_path / "model")
    (path,) = (place / network).glob("*.safetensors")
    file = File.of(weights.read(path).tensors, {"format": "pt"})
    name = sorted(file.entries)[0]
    file.entries[name].data = b"\0\0\xc0\x7f" + file.entries[name].data[4:]
    path.write_bytes(file.bytes)
    assert f"NaN or infinity in {network}." in told(place / "any", lambda: loaded(place))


def test_a_model_with_a_misshapen_first_weight_is_told(tmp_path: Path) -> None:
    file = copy.deepcopy(damage.model())
    first = file.entries["model.diffusion_model.input_blocks.0.0.weight"]
    first.shape = (len(first.data) // 4,)
    path = laid(file.bytes, tmp_path)
    assert "missing or misshapen weights" in told(path, lambda: loaded(path))


def test_the_header_of_a_file_has_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 100_000_001))
        file.truncate(200_000_000)
    assert "a header of at most 100000000 bytes, got 100000001" in told(path, lambda: read_header(path))


def test_deep_configurations_are_told(folder: Path, tmp_path: Path) -> None:
    place = shutil.copytree(folder, tmp_path / "model")
    (place / "model_index.json").write_text("[" * 100_000)
    assert "nested too deeply" in told(place / "any", lambda: loaded(place))
    (place / "vae" / "config.json").write_text("[1]")
    assert "a VAE's configuration, got a list of 1" in told(place / "vae", lambda: exchanged(place / "vae"))


def test_a_pickle_that_claims_more_than_it_has_is_told(tmp_path: Path) -> None:
    path = tmp_path / "word.pt"
    torch.save({"string_to_param": {"*": torch.ones(1, 1).expand(2**40, 8)}}, path)
    assert "expected plain weights, got *, which are none" in told(path, lambda: looked_up(path))
    path.write_bytes(pickle.dumps({"string_to_param": 3}, protocol=2))
    assert told(path, lambda: looked_up(path))
