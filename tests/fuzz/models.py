"""Parsers of model files and of emphasis, which are there where diffusers is."""

from __future__ import annotations

import copy
import functools
import math
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

import torch

import damage
from damage import SIZES, Entry, File, Net, embedding, lora
from fuzz.target import Target, folder, text_of
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.additions.lora import LoraFile, merge
from lib_regiondiff.hosts.diffusers.additions.vaes import exchange
from lib_regiondiff.hosts.diffusers.checkpoints.single_file import load_single
from lib_regiondiff.hosts.diffusers.files.headers import read_header
from lib_regiondiff.hosts.diffusers.text.emphasis import parse_emphasis
from lib_regiondiff.hosts.diffusers.text.textual_inversion import Book

MARKS = (b"(", b")", b"[", b"]", b":", b":1.1)", b": .5 )", b"\\", b"BREAK", b"1", b" ", b"a")
HEADER = (b'"dtype"', b'"F32"', b'"F16"', b'"I64"', b'"shape"', b'"data_offsets"', b"[0,", b"[", b"]", b"{", b"}")
CHANGES = (b"", b"3=[4,4]\n9:F16", b"5=", b"vae.x=[2]")
WORDS = (
    b"=",
    b":",
    b"\n",
    b"F16",
    b"I64",
    b"BF16",
    b"[1]",
    b"[0]",
    b"[]",
    b"[4096,8]",
    b"1",
    b"37",
    b"first_stage_model.",
)
LARGEST = 2**24
LORA = (b".lora_A.weight", b".lora_B.weight", b".lora_mid.weight", b".alpha", b"__metadata__", b"lora_alpha", b"unet.")


def emphasis(data: bytes) -> None:
    """A prompt with emphasis: no letter comes from nowhere."""
    text = text_of(data)
    assert sum(len(piece.text) for piece in parse_emphasis(text)) <= len(text)


def told(name: str, read: Callable[[Path], object]) -> Callable[[bytes], None]:
    """A reader of a file: it reads, or tells of the file in a line."""

    def check(data: bytes) -> None:
        path = folder() / name
        path.write_bytes(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's, of numbers of pickle protocols
            try:
                read(path)
            except HostError as error:
                expect_line(str(error), name)

    return check


def expect_line(text: str, name: str) -> None:
    """AssertionError where an error is more than a line, or names another file."""
    assert name in text and "\n" not in text


@functools.cache
def net() -> Net:
    """Small layers that are merged into again and again."""
    return Net()


def merged(path: Path) -> None:
    """A LoRA, of which no NaN comes."""
    merge(SimpleNamespace(unet=net()), LoraFile(path))
    for value in net().parameters():
        assert bool(torch.isfinite(value).all())
        value.data.zero_()


def looked_up(path: Path) -> None:
    """An embedding's vectors."""
    book = Book({"word": path})
    for vector in book.vectors("word"):
        assert book.value(vector, 8).shape == (8,)


def pickles() -> Sequence[bytes]:
    """Pickled embeddings, in both forms of PyTorch."""
    path, made = folder() / "seed.pt", []
    for new in (False, True):
        torch.save({"string_to_param": {"*": torch.ones(2, 8)}}, path, _use_new_zipfile_serialization=new)
        made.append(path.read_bytes())
    return made


def embeddings() -> Sequence[bytes]:
    """Embeddings of the newer forms."""
    return [embedding().bytes, File.of({"clip_l": torch.ones(1, 8), "clip_g": torch.ones(1, 9)}).bytes]


def changed(whole: Callable[[], File], read: Callable[[Path], object]) -> Callable[[bytes], None]:
    """A reader of a large file: lines change its tensors, 12=[3,4] a shape, 12:F16 a kind, 12= nothing stays of it."""

    def check(data: bytes) -> None:
        file = copy.copy(whole())
        entries = file.entries = dict(file.entries)
        for line in text_of(data).split("\n")[:20]:
            number, mark, value = re.fullmatch(r"([^=:]*)([=:]?)(.*)", line).groups()  # type: ignore[union-attr]
            name = sorted(entries)[int(number) % len(entries)] if re.fullmatch("[0-9]{1,6}", number) else number
            entry = entries.pop(name, Entry("F32", (), b""))
            if value and mark:
                entries[name] = remade(entry, mark, value)
        told("a.safetensors", read)(file.bytes)

    return check


def remade(entry: Entry, mark: str, value: str) -> Entry:
    """A tensor of another shape or kind, of zeros."""
    shape = tuple(map(int, re.findall(r"[0-9]{1,7}", value)[:6])) if mark == "=" else entry.shape
    kind = value if mark == ":" else entry.dtype
    return Entry(kind, shape, bytes(min(math.prod(shape) * SIZES.get(kind, 1), LARGEST)))


def exchanged(path: Path) -> None:
    """A model with another VAE."""
    exchange(SimpleNamespace(vae=damage.vae(), register_modules=lambda vae: None), path)


@functools.cache
def vae_file() -> File:
    """The file of a small VAE."""
    return File.of(damage.vae().state_dict())


MODELS: Mapping[str, Target] = {
    "emphasis": Target(emphasis, lambda: [b"a (b:1.3) [c] \\( BREAK ((d)) (e: .5 )"], MARKS),
    "header": Target(told("a.safetensors", read_header), lambda: [lora().bytes, embedding().bytes], HEADER),
    "lora": Target(told("a.safetensors", merged), lambda: [lora().bytes], HEADER + LORA),
    "embedding": Target(told("a.safetensors", looked_up), embeddings, HEADER),
    "vae": Target(changed(vae_file, exchanged), lambda: CHANGES, WORDS),
    "checkpoint": Target(changed(functools.cache(damage.model), load_single), lambda: CHANGES, WORDS),
    "pickle": Target(
        told("a.pt", looked_up), pickles, (b"PK\3\4", b"\x80\2", b"ctorch._utils\n_rebuild_tensor_v2\n", b"}q", b"K\1")
    ),
}
