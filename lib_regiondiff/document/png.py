"""What a rendered PNG carries: the palette and what the picture was made with; written in one go, and read back."""

from __future__ import annotations

import importlib.metadata
import json
import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lib_regiondiff import __version__
from lib_regiondiff.document.encoded import MAX_PIXELS, Flaw, open_image
from lib_regiondiff.document.json_text import MAX_BYTES, loads
from lib_regiondiff.document.palette import KINDS, METHODS, Palette, dump, parse
from lib_regiondiff.document.rules import Fault
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.errors import PaletteError, Problem
from lib_regiondiff.files import write_whole

KEYWORD = "regiondiff"
MARK = KEYWORD.encode() + b"\0"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
PACKAGES = ("torch", "diffusers", "transformers", "numpy", "pillow")
MAX_TEXT = MAX_BYTES + 2**22  # a palette's text, written anew, and what it was made with
MAX_CHUNKS = 2**16
BYTES_OF_A_PIXEL = 8
LONGEST_NAME = 260
LARGEST = 10**9  # of the numbers that were chosen
OURS = "a picture that this program made"
BLENDS = tuple(word for word in METHODS.values() if word != AUTO)
CHOSEN = {"tiles": ("width", "height", "overlap"), "bootstrap": ("levels", "mix")}


@dataclass(frozen=True)
class MadeWith:
    """What the pixels depend on besides palette and model: device, dtype, package -> version.

    `chosen` is what became of a palette's `auto`, as `auto.list_choices` has it.
    """

    device: str
    dtype: str
    versions: Mapping[str, str]
    device_name: str = ""
    chosen: Mapping[str, Any] = field(default_factory=dict)


def list_versions() -> dict[str, str]:
    """Package -> version, of this library and of the packages that pixels depend on; missing packages are left out."""
    found = {KEYWORD: __version__}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def list_differences(then: MadeWith, now: MadeWith) -> list[str]:
    """What has changed since a picture was made, one line each: `torch 2.12.0 then, 2.13.0 now`."""
    pairs = {"device": (then.device, now.device), "dtype": (then.dtype, now.dtype)}
    pairs["device name"] = (then.device_name, now.device_name)
    for name in (KEYWORD, *PACKAGES):
        pairs[name] = (then.versions.get(name, ""), now.versions.get(name, ""))
    return [describe_difference(name, *pair) for name, pair in pairs.items() if pair[0] != pair[1]]


def describe_difference(name: str, then: str, now: str) -> str:
    """The line that says how one value has changed; an empty one is called unknown."""
    return f"{name} {then or 'unknown'} then, {now or 'unknown'} now"


def save(image: Image.Image, palette: Palette, made_with: MadeWith, path: Path) -> None:
    """Write a PNG with its palette, whole or not at all: a file that is there is replaced only by a whole one.

    Raises HostError with the path where it cannot be written.
    """
    with write_whole(path) as file:
        write(image, palette, made_with, file)


def write(image: Image.Image, palette: Palette, made_with: MadeWith, file: BinaryIO) -> None:
    """Write a PNG with its palette into an open file; OSError where that fails."""
    palette = drop_folders(palette)
    info = PngInfo()
    info.add_text("parameters", write_infotext(palette))
    text = json.dumps(_make_document(palette, made_with), ensure_ascii=False, separators=(",", ":"))
    info.add_itxt(KEYWORD, text)  # not compressed: Pillow reads no more than 1 MB of compressed text
    image.save(file, format="PNG", pnginfo=info)


def _make_document(palette: Palette, made_with: MadeWith | None) -> dict[str, Any]:
    made = {key: value for key, value in asdict(made_with).items() if value} if made_with else {}
    return {"palette": dump(palette)} | ({"made_with": made} if made else {})


def format_document(palette: Palette, made_with: MadeWith | None, full: bool = False) -> str:
    """A palette and what it was drawn with as indented JSON for people; pictures inside are cut unless `full`."""
    data = _make_document(palette, made_with)
    return json.dumps(data if full else shorten_urls(data), indent=2, ensure_ascii=False)


def shorten_urls(data: Any) -> Any:
    """Plain data in which data URLs of more than 100 characters are cut."""
    if isinstance(data, dict):
        return {key: shorten_urls(value) for key, value in data.items()}
    if isinstance(data, list):
        return [shorten_urls(value) for value in data]
    if isinstance(data, str) and data.startswith("data:") and len(data) > 100:
        return f"{data[:60]}... ({len(data)} characters)"
    return data


def drop_folders(palette: Palette) -> Palette:
    """The palette with its model, VAE and LoRAs named without the folders of somebody's machine."""
    model = palette.model
    loras = tuple(replace(lora, name=make_portable(lora.name) or "?") for lora in model.loras)
    return replace(
        palette, model=replace(model, name=make_portable(model.name), vae=make_portable(model.vae), loras=loras)
    )


def make_portable(name: str) -> str:
    """A hub id or relative path as it is; of an absolute or overlong path only the last part."""
    name = name.encode("utf-8", "replace").decode()
    windows = PureWindowsPath(name)
    absolute = PurePosixPath(name).is_absolute() or windows.drive or windows.root or name.startswith("~")
    return windows.name[:LONGEST_NAME] if absolute or len(name) > LONGEST_NAME else name


def write_infotext(palette: Palette) -> str:
    """The palette in AUTOMATIC1111's layout, for other programs: all brushes' prompts, one a line, then settings."""
    background, model = palette.background, palette.model
    prompts = [background.prompt, *(brush.prompt for brush in palette.brushes)]
    settings = {
        "Steps": palette.steps,
        "Sampler": palette.sampler,
        "CFG scale": f"{palette.guidance:g}",
        "Seed": palette.seed,
        "Size": palette.size,
        "Model hash": model.hash[:10],
        "Model": model.name,
        "Clip skip": model.clip_skip if model.clip_skip > 1 else None,
        "Version": f"{KEYWORD} {__version__}",
    }
    told = ", ".join(f"{key}: {_quote(str(value))}" for key, value in settings.items() if value not in ("", None))
    negative = [f"Negative prompt: {background.negative}"] if background.negative else []
    return "\n".join([*(prompt for prompt in prompts if prompt), *negative, told])


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if any(sign in text for sign in ",:\n") else text


def is_png(path: Path) -> bool:
    """Whether a file begins as a PNG; OSError where it cannot be read."""
    with path.open("rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


def load(path: Path) -> tuple[Palette, MadeWith]:
    """The palette that a PNG carries, and what it was made with.

    Raises PaletteError where there is none or a damaged one, OSError where the file cannot be read.
    """
    with path.open("rb") as file:
        return read(file, path.name)


def read(file: BinaryIO, name: str) -> tuple[Palette, MadeWith]:
    """The palette of an open PNG that is called `name`, and what it was made with; PaletteError where there is none."""
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise _refusal(name, "a PNG", "a file of another kind")
    try:
        data = loads(_find(file, name), MAX_TEXT)
        palette = data["palette"]
    except (Fault, LookupError, TypeError):
        raise _damaged(name) from None
    return parse(palette), _read_made_with(data.get("made_with"))


def read_pixels(path: Path, palette: Palette) -> Image.Image:
    """The pixels of a PNG that carries a palette; PaletteError for a damaged one, or one too large for its palette."""
    most = max(MAX_PIXELS, palette.size.width * palette.size.height)
    with path.open("rb") as file:
        data = file.read(BYTES_OF_A_PIXEL * most + 2 * MAX_TEXT)
    try:
        return open_image(data, "PNG", most)[0]
    except Flaw as flaw:
        raise _refusal(path.name, OURS, str(flaw)) from None


def _find(file: BinaryIO, name: str) -> bytes:
    """The text of our chunk in a PNG file whose signature has been read."""
    for _ in range(MAX_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            raise _damaged(name)
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IEND":
            raise _refusal(name, OURS, "one without its palette (made by another program, or the data was stripped)")
        start = file.read(min(length, len(MARK)))
        if kind == b"iTXt" and start == MARK and length <= 2 * MAX_TEXT:
            return _read_text(kind + start, file.read(length + 4 - len(start)), name)
        file.seek(length + 4 - len(start), os.SEEK_CUR)
    raise _damaged(name)


def _read_text(head: bytes, rest: bytes, name: str) -> bytes:
    """The text of a chunk, from its name and first bytes and from the rest with the checksum."""
    body, checksum = rest[:-4], rest[-4:]
    try:
        if zlib.crc32(body, zlib.crc32(head)).to_bytes(4, "big") != checksum:
            raise _damaged(name)
        text = body[2:].split(b"\0", 2)[2]
        return zlib.decompressobj().decompress(text, MAX_TEXT + 1) if body[0] else text
    except (LookupError, zlib.error):
        raise _damaged(name) from None


def _damaged(name: str) -> PaletteError:
    return _refusal(name, OURS, "a damaged one")


def _refusal(name: str, expected: str, got: str) -> PaletteError:
    return PaletteError([Problem(name, expected, got)])


def _read_made_with(data: Any) -> MadeWith:
    """What a document says a picture was drawn with; it only informs, so what is missing or strange is left out."""
    known = data if isinstance(data, dict) else {}
    found = known.get("versions")
    numbers = found if isinstance(found, dict) else {}
    words = {name: _read_word(numbers.get(name)) for name in (KEYWORD, *PACKAGES)}
    device, dtype, name = (_read_word(known.get(key)) for key in ("device", "dtype", "device_name"))
    return MadeWith(
        device, dtype, {key: word for key, word in words.items() if word}, name, _read_choices(known.get("chosen"))
    )


def _read_choices(data: Any) -> dict[str, Any]:
    """The choices in plain data that are known and possible; None for one where nothing was chosen."""
    known: dict[Any, Any] = data if isinstance(data, dict) else {}
    found = {"blend": known["blend"]} if known.get("blend", "") in (None, *BLENDS) else {}
    for name, keys in CHOSEN.items():
        part = known.get(name)
        numbers = {key: part[key] for key in keys if _is_number(part.get(key))} if isinstance(part, dict) else {}
        if numbers or (name in known and part is None):
            found[name] = numbers or None
    kinds = known.get("kinds")
    words = {_read_word(key): kind for key, kind in kinds.items() if kind in KINDS} if isinstance(kinds, dict) else {}
    return {**found, "kinds": words} if words else found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST < value < LARGEST


def _read_word(value: Any) -> str:
    return "".join(sign for sign in value[:100] if sign.isprintable()) if isinstance(value, str) else ""
