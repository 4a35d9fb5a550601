"""Model files gone wrong: small whole ones, and what transfer, training and strangers may have made of them."""

from __future__ import annotations

import functools
import json
import random
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from safetensors.torch import save
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

from known_model import SCHEDULER
from known_single_file import checkpoint
from lib_regiondiff.hosts.diffusers.checkpoints.tokenizer import make_clip_tokenizer

SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "I64": 8, "I32": 4, "U8": 1, "BOOL": 1}
STRANGE: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1,
    2**31,
    10**30,
    1.5,
    "",
    "x",
    "1",
    [],
    [0],
    [1, 2],
    {},
    {"x": 1},
    [[[]]],
)
WIDTHS: Any = (32, 32, 32, 32)
SIDES = (0, 1, 2, 3, 4, 6, 8)


@dataclass
class Entry:
    """A tensor as a file holds it."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


@dataclass
class File:
    """A .safetensors file in parts."""

    entries: dict[str, Entry]
    notes: Any = field(default_factory=dict)

    @staticmethod
    def of(tensors: Mapping[str, Tensor], notes: Mapping[str, str] | None = None) -> File:
        """The file of these tensors."""
        data = save({name: value.contiguous() for name, value in tensors.items()}, dict(notes or {}))
        end = 8 + struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8:end])
        notes = header.pop("__metadata__", {})
        cut = {
            name: data[end + each["data_offsets"][0] : end + each["data_offsets"][1]] for name, each in header.items()
        }
        return File({k: Entry(v["dtype"], tuple(v["shape"]), cut[k]) for k, v in header.items()}, notes)

    @property
    def bytes(self) -> bytes:
        """The file as it lies on a disk."""
        header, place = {"__metadata__": self.notes}, 0
        for name, entry in self.entries.items():
            ends = [place, place + len(entry.data)]
            header[name] = {"dtype": entry.dtype, "shape": list(entry.shape), "data_offsets": ends}
            place = ends[1]
        text = json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + b"".join(entry.data for entry in self.entries.values())


RENAMES = (("_B", "_A"), ("_A", "_mid"), (".weight", ""), ("lora", "oft"), ("0", "9"), ("", "é."))
Change = Callable[[File, random.Random], None]


def _name(file: File, chance: random.Random) -> str:
    return chance.choice(list(file.entries) or [""])


def reshaped(file: File, chance: random.Random) -> None:
    """Another shape, with as many numbers as it needs."""
    if file.entries:
        entry = file.entries[_name(file, chance)]
        entry.shape = tuple(chance.choice(SIDES) for _ in range(chance.randrange(5)))
        _fill(entry, chance)


def flattened(file: File, chance: random.Random) -> None:
    """The same numbers in another shape."""
    if file.entries:
        entry = file.entries[_name(file, chance)]
        count = torch.Size(entry.shape).numel()
        entry.shape = chance.choice(
            [(count,), (count, 1), (1, count), (1, 1, count), entry.shape[::-1], (*entry.shape, 1)]
        )


def retyped(file: File, chance: random.Random) -> None:
    """Numbers of another kind."""
    if file.entries:
        entry = file.entries[_name(file, chance)]
        entry.dtype = chance.choice([*SIZES, "F4", "Q8", ""])
        _fill(entry, chance)


def _fill(entry: Entry, chance: random.Random) -> None:
    count = torch.Size(entry.shape).numel() * SIZES.get(entry.dtype, 1)
    entry.data = (bytes(count) if chance.random() < 0.5 else chance.randbytes(count))[:10_000_000]


def poisoned(file: File, chance: random.Random) -> None:
    """NaN, infinity or a huge number in one place."""
    if file.entries:
        entry = file.entries[_name(file, chance)]
        bits = {"F32": chance.choice([b"\0\0\xc0\x7f", b"\0\0\x80\x7f", b"\xff\xff\x7f\x7f"]), "F16": b"\0\x7c"}
        value = bits.get(entry.dtype, b"\xff")
        place = chance.randrange(max(1, len(entry.data) // len(value))) * len(value)
        entry.data = entry.data[:place] + value + entry.data[place + len(value) :]


def renamed(file: File, chance: random.Random) -> None:
    """A key of another form."""
    if file.entries:
        name = _name(file, chance)
        old, new = chance.choice(
            [("up", "down"), ("down", "mid"), (".weight", ""), ("lora", "oft"), ("0", "9"), ("", "é.")]
        )
        file.entries[name.replace(old, new, 1)] = file.entries.pop(name)


def lacking(file: File, chance: random.Random) -> None:
    """A key less."""
    file.entries.pop(_name(file, chance), None)


def doubled(file: File, chance: random.Random) -> None:
    """A key more, with another one's numbers."""
    if file.entries:
        name = _name(file, chance)
        file.entries[name + chance.choice([".alpha", "x", ".0.weight"])] = file.entries[name]


def noted(file: File, chance: random.Random) -> None:
    """Notes of another kind, or with strange values."""
    told = {
        f"{start}{key}": chance.choice(STRANGE) for start in ("", "unet.") for key in NOTES if chance.random() < 0.5
    }
    text = chance.choice([json.dumps(told), json.dumps(chance.choice(STRANGE)), "[" * 99_999, "{", "\0"])
    notes = {"lora_adapter_metadata": text, "modelspec.resolution": chance.choice(["9" * 5000 + "x9", "0x0", "x"])}
    file.notes = chance.choice([notes, notes, notes, chance.choice(STRANGE), {"format": chance.choice(STRANGE)}])


NOTES = ("lora_alpha", "alpha_pattern", "use_rslora")
CHANGES: tuple[Change, ...] = (reshaped, flattened, retyped, poisoned, renamed, lacking, doubled, noted)


def spoilt(file: File, seed: int) -> bytes:
    """The bytes of a file after one to three changes, and in some cases with bytes cut off or turned."""
    chance = random.Random(seed)
    entries = {name: Entry(each.dtype, each.shape, each.data) for name, each in file.entries.items()}
    copy = File(entries, file.notes)
    for _ in range(chance.randrange(4)):
        chance.choice(CHANGES)(copy, chance)
    return torn(copy.bytes, chance) if chance.random() < 0.3 else copy.bytes


def torn(data: bytes, chance: random.Random) -> bytes:
    """Bytes that are cut off, turned or more than there were, most often near the beginning."""
    place = chance.randrange(chance.choice([12, 300, len(data) + 1]) or 1)
    way = chance.randrange(4)
    if way == 0:
        return data[:place]
    if way == 1:
        return data[:place] + chance.randbytes(chance.randrange(9)) + data[place:]
    return data[:place] + chance.randbytes(chance.randrange(1, 9)) + data[place + 4 :]


class Net(nn.Module):
    """A few layers with names as a UNet has them."""

    def __init__(self) -> None:
        super().__init__()
        self.config = SimpleNamespace(layers_per_block=2)
        self.to_q, self.conv, self.deep = nn.Linear(4, 3, bias=False), nn.Conv2d(4, 3, 3), nn.Conv2d(4, 3, (1, 3))


def lora() -> File:
    """A LoRA of all layers of `Net`, one of them with a middle part and one with an alpha."""
    parts = {
        "to_q": ((3, 2), (2, 4)),
        "conv": ((3, 2, 1, 1), (2, 4, 3, 3)),
        "deep": ((3, 2, 1, 1), (2, 4, 1, 1)),
    }
    tensors = {f"unet.{name}.lora_B.weight": torch.ones(up) for name, (up, _) in parts.items()}
    tensors |= {f"unet.{name}.lora_A.weight": torch.ones(down) for name, (_, down) in parts.items()}
    more = {"unet.deep.lora_mid.weight": torch.ones(2, 2, 1, 3), "unet.deep.alpha": torch.tensor(1.0)}
    return File.of(tensors | more, {"lora_adapter_metadata": '{"unet.lora_alpha": 4}'})


def embedding() -> File:
    """An embedding of three vectors."""
    return File.of({"emb_params": torch.ones(3, 8)})


@functools.cache
def vae() -> Any:
    """A small VAE of four levels."""
    types: Any = {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        made = AutoencoderKL(block_out_channels=WIDTHS, layers_per_block=1, latent_channels=4, **types)
    return made.requires_grad_(False)


@functools.cache
def pipeline() -> Any:
    """A whole model of SD1, as small as can be."""
    sizes: Any = {"hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 1, "num_attention_heads": 1}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        unet = UNet2DConditionModel(block_out_channels=WIDTHS, cross_attention_dim=64)
        words = CLIPTextModel(CLIPTextConfig(vocab_size=50, **sizes))
    scheduler: Any = PNDMScheduler.from_config(SCHEDULER)
    parts: Any = (vae(), words, make_clip_tokenizer(), unet, scheduler, None, None)
    return StableDiffusionPipeline(*parts, requires_safety_checker=False)


@functools.cache
def model() -> File:
    """The same as one file in the original layout."""
    return File.of(checkpoint(pipeline()), {"format": "pt", "modelspec.resolution": "512x512"})


def laid(data: bytes, folder: Path, name: str = "damaged.safetensors") -> Path:
    """The file of these bytes."""
    path = folder / name
    path.write_bytes(data)
    return path
