"""CLIP's tokenizer from the merges that ship with the library: text in, token ids out; no network, no download."""

from __future__ import annotations

import gzip
import json
import tempfile
from functools import cache
from pathlib import Path

from transformers import CLIPTokenizer

MERGES = Path(__file__).parent / "sd15" / "merges.txt.gz"
BEGIN, END = "<|startoftext|>", "<|endoftext|>"


def make_clip_tokenizer(padding: str | None = None) -> CLIPTokenizer:
    """A new CLIP tokenizer: 49408 tokens, begin 49406, end 49407, at most 77 for each prompt.

    `padding` is the token that fills up a prompt, by default the end; it stays an ordinary token in prompts.
    """
    with tempfile.TemporaryDirectory() as folder:
        write_tokenizer(Path(folder))
        made = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    if padding:
        made.pad_token = padding
    return made


def write_tokenizer(folder: Path) -> None:
    """Write the four files of CLIP's tokenizer, from which every version of transformers loads it, to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in make_tokenizer_files().items():
        (folder / name).write_bytes(content)


def make_tokenizer_files() -> dict[str, bytes]:
    """The four files of CLIP's tokenizer as transformers stores it: their contents by name."""
    names = {"bos_token": BEGIN, "eos_token": END, "unk_token": END, "pad_token": END}
    options = {"do_lower_case": True, "errors": "replace", "model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}
    return {
        "vocab.json": _encode_json({token: i for i, token in enumerate(list_vocabulary())}),
        "merges.txt": ("#version: 0.2\n" + "\n".join(read_merges()) + "\n").encode(),
        "special_tokens_map.json": _encode_json(names),
        "tokenizer_config.json": _encode_json({**options, **names}),
    }


@cache
def read_merges() -> tuple[str, ...]:
    """CLIP's 48894 merges for byte pair encoding, the most frequent first, each as `left right`."""
    return tuple(gzip.decompress(MERGES.read_bytes()).decode("utf-8").splitlines())


def list_vocabulary() -> list[str]:
    """CLIP's 49408 tokens in the order of their ids: bytes, bytes at a word's end, merged pairs, begin and end."""
    symbols = _list_byte_symbols()
    joined = [pair.replace(" ", "") for pair in read_merges()]
    return [*symbols, *(symbol + "</w>" for symbol in symbols), *joined, BEGIN, END]


def _list_byte_symbols() -> list[str]:
    """A printable character for each of the 256 bytes in GPT-2's order: the printable bytes first."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return [chr(code) for code in printable] + [chr(256 + i) for i in range(256 - len(printable))]


def _encode_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
