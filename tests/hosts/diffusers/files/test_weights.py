"""Pickles: a checkpoint in one paints as ever, and one that holds code is refused with the code's name, unrun."""

from __future__ import annotations

import io
import pickle
import struct
import tarfile
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("diffusers")

from safetensors.torch import save_file

from bounded import bounded
from known_single_file import checkpoint
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.checkpoints.loader import load_pipeline
from lib_regiondiff.hosts.diffusers.files import weights
from lib_regiondiff.hosts.diffusers.files.headers import read_header

pytestmark = pytest.mark.diffusers


class Trap:
    """A pickle that would make a file."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return (open, (str(self.place), "w"))


def test_a_ckpt_loads_as_the_pipeline_that_it_was_made_of(known_pipeline: Any, tmp_path: Path) -> None:
    path = tmp_path / "known.ckpt"
    torch.save({"state_dict": checkpoint(known_pipeline), "global_step": 7}, path)
    loaded = load_pipeline(path, torch.device("cpu"), torch.float32)
    for part in ("unet", "vae", "text_encoder"):
        ours, theirs = (getattr(pipe, part).state_dict() for pipe in (loaded, known_pipeline))
        assert ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_is_named_and_not_run(zipped: bool, tmp_path: Path) -> None:
    path, place = tmp_path / "bad.ckpt", tmp_path / "made"
    torch.save({"state_dict": {"a": torch.zeros(1)}, "b": Trap(place)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(
        HostError, match=r"bad.ckpt: expected a file that holds nothing but tensors, got code in it"
    ) as told:
        weights.read(path)
    assert "open" in str(told.value) and "convert it to .safetensors" in str(told.value)
    assert not place.exists() and "\n" not in str(told.value)


def test_both_forms_of_pytorch_are_read_and_archives_are_not(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    for zipped in (True, False):
        torch.save({"a": torch.ones(2), "b": [torch.ones(1)], "c": 3}, path, _use_new_zipfile_serialization=zipped)
        found = weights.read(path)
        assert list(found.tensors) == ["a"] and found.tensors["a"].tolist() == [1, 1] and found.tree["c"] == 3
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("pickle"), io.BytesIO())
    with pytest.raises(HostError, match="got an older archive"):
        weights.read(path)


def test_a_safetensors_file_may_have_another_ending(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "a.ckpt", {"note": "x"})
    found = weights.read(tmp_path / "a.ckpt")
    assert found.tensors["a"].tolist() == [1, 1] and found.notes == {"note": "x"}


@pytest.mark.parametrize(
    "content", [b"", b"\x80", pickle.dumps([1], 2), pickle.dumps({}, 2)[:-1], b"\x80\x02}q\x00", b"PK\3\4"]
)
def test_other_files_are_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(HostError, match=r"a\.pt: expected a file that (PyTorch wrote|holds nothing but tensors), got "):
        weights.read(tmp_path / "a.pt")


@pytest.mark.parametrize("entry", [b"{},", b'["F32"],'])
def test_a_header_of_millions_of_entries_is_refused_soon(entry: bytes, tmp_path: Path) -> None:
    header = b'{"a":[' + entry * 5_000_000 + b"0]}"
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    with bounded(1.0, 200), pytest.raises(HostError, match=r"a\.safetensors: expected a \.safetensors file"):
        read_header(path)


@pytest.mark.parametrize("reader", [(torch, "load"), (tarfile, "is_tarfile")])
def test_a_pickle_that_claims_to_be_gigabytes_is_told(
    reader: tuple[Any, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: Any, **named: Any) -> Any:
        raise MemoryError

    path = tmp_path / "a.pt"
    path.write_bytes(b"\x80\x02.")
    monkeypatch.setattr(*reader, full)
    with pytest.raises(HostError, match=r"a\.pt: expected .+, got a damaged one, or too little memory for it"):
        weights.read(path)
