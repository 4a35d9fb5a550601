"""Palettes by name: presets to start from, as plain data, and the user's own, as files of one folder."""

from __future__ import annotations

import contextlib
import copy
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib_regiondiff.document.json_text import MAX_BYTES
from lib_regiondiff.document.palette import VERSION, dump, parse
from lib_regiondiff.document.rules import show
from lib_regiondiff.errors import PaletteError, Problem
from lib_regiondiff.planning.prompts import read

NAME = re.compile(r"\w([\w .()+-]{0,78}[\w)])?")
RESERVED = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])( *\..*)?", re.IGNORECASE)  # names of devices on Windows
ENDING = ".json"
MOST_BYTES = 255  # of a file's name, on most file systems


def _make_brush(number: int, name: str, prompt: str, **mask: tuple[float, ...]) -> dict[str, Any]:
    """A brush whose mask is one shape."""
    shape = {kind: list(box) for kind, box in mask.items()}
    return {"id": f"b{number}", "name": name, "prompt": prompt, "mask": shape}


# Edges are eighths of the canvas: at sides that are multiples of 64 pixels no latent cell is cut.
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "Two columns": {
        "brushes": [
            _make_brush(1, "left", "a lighthouse on a cliff, evening sun", rectangle=(0, 0, 0.5, 1)),
            _make_brush(2, "right", "a stormy sea, high waves, dark clouds", rectangle=(0.5, 0, 1, 1)),
        ]
    },
    "Three rows": {
        "brushes": [
            _make_brush(1, "top", "a blue sky with a few white clouds", rectangle=(0, 0, 1, 0.375)),
            _make_brush(2, "middle", "snowy mountains, far away", rectangle=(0, 0.375, 1, 0.625)),
            _make_brush(3, "bottom", "a meadow full of flowers", rectangle=(0, 0.625, 1, 1)),
        ]
    },
    "Grid, 2 by 2": {
        "brushes": [
            _make_brush(1, "top left", "an orchard in spring, blossoms", rectangle=(0, 0, 0.5, 0.5)),
            _make_brush(2, "top right", "an orchard in summer, green leaves", rectangle=(0.5, 0, 1, 0.5)),
            _make_brush(3, "bottom left", "an orchard in autumn, red leaves", rectangle=(0, 0.5, 0.5, 1)),
            _make_brush(4, "bottom right", "an orchard in winter, snow", rectangle=(0.5, 0.5, 1, 1)),
        ]
    },
    "Object in the centre": {
        "background": {"prompt": "a misty pine forest at dawn"},
        "brushes": [
            _make_brush(1, "object", "a red fox that looks at the viewer", ellipse=(0.25, 0.25, 0.75, 0.875))
            | {"feather": 16}
        ],
    },
}


def list_presets() -> tuple[str, ...]:
    """The names of all presets, in the order of the menu."""
    return tuple(PRESETS)


def copy_preset(name: str) -> dict[str, Any]:
    """A preset as plain data for `palette.parse`, a copy of the caller's own; PaletteError for an unknown name."""
    if name not in PRESETS:
        raise PaletteError([Problem("preset", f"one of {', '.join(PRESETS)}", show(name))])
    return {"version": VERSION} | copy.deepcopy(dict(PRESETS[name]))


def format_json(data: Mapping[str, Any]) -> str:
    """Plain palette data as JSON text that people can read: one line for each key and each brush."""
    pairs = [f"{json.dumps(key)}: {_format_value(value)}" for key, value in data.items()]
    return "{\n " + ",\n ".join(pairs) + "\n}"


def _format_value(value: Any) -> str:
    rows = value if isinstance(value, list) and any(isinstance(each, Mapping) for each in value) else None
    if rows is None:
        return json.dumps(value, ensure_ascii=False)
    return "[\n  " + ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n ]"


@dataclass(frozen=True)
class PaletteFolder:
    """The user's saved palettes: JSON files in one folder, which is created when the first of them is saved."""

    folder: Path

    def names(self) -> list[str]:
        """The names of all saved palettes, sorted; files whose names are not safe are left out."""
        names = (path.stem for path in self.folder.glob("*.json")) if self.folder.is_dir() else ()
        return sorted(name for name in names if _is_safe(name))

    def load(self, name: str | None) -> str:
        """The text of a saved palette, with the masks and images that lie in files of the folder embedded.

        Text that is no palette comes as it is. PaletteError for an unsafe name and for a file that is missing, too
        large or unreadable.
        """
        path = self._find_path(name)
        try:
            if not path.is_file():
                raise OSError("no file")
            if path.stat().st_size > MAX_BYTES:
                raise _make_error(f"at most {MAX_BYTES // 2**20} MB", "a larger one")
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise _make_error("a text file that can be read", show(str(name))) from error
        for folder in (None, self.folder):
            with contextlib.suppress(PaletteError):
                palette = parse(text, folder)
                return text if folder is None else format_json(dump(palette))
        return text

    def save(self, name: str | None, text: str, over: bool) -> None:
        """Save the text of a palette or of typed regions; `over` allows replacing a file.

        PaletteError for text that is neither, for an unsafe or a taken name, and for a file that cannot be written.
        """
        path = self._find_path((name or "").strip())
        read(text)
        try:
            if path.exists() and not over:
                raise _make_error("a new name, or 'Replace' ticked", f"{show(path.stem)}, which is there already")
            self._write(path, text.encode())
        except (OSError, UnicodeError) as error:
            raise _make_error(
                f"a folder to write to ({self.folder})", show(getattr(error, "strerror", "") or str(error))
            ) from error

    def _write(self, path: Path, data: bytes) -> None:
        """Write a file whole or not at all, by way of a new one whose name nobody can guess and so plant a link at."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f".{secrets.token_hex(8)}.part"
        try:
            with part.open("xb") as file:
                file.write(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _find_path(self, name: str | None) -> Path:
        if not name or not _is_safe(name):
            expected = f"a name of letters, digits, spaces and .()+-_, at most 80 and {MOST_BYTES} bytes with {ENDING}"
            raise _make_error(expected, show(name) if name else "none")
        return self.folder / f"{name}{ENDING}"


def _is_safe(name: str) -> bool:
    """Whether a name names a file in the folder itself, on every operating system."""
    is_short = len(f"{name}{ENDING}".encode("utf-8", "replace")) <= MOST_BYTES
    return is_short and bool(NAME.fullmatch(name)) and not RESERVED.fullmatch(name)


def _make_error(expected: str, got: str) -> PaletteError:
    return PaletteError([Problem("file", expected, got)])
