"""Rules of single palette values: canvas size, guidance scale, colour, version, picture, mask."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from lib_regiondiff.document.encoded import MAX_SIDE
from lib_regiondiff.document.pictures import FORMATS, File, Picture, Shape, check_picture, make_picture
from lib_regiondiff.document.rules import Choice, Fault, Many, Number, Rule, Text, fault, find_nearest, read_keys, show
from lib_regiondiff.errors import Problem
from lib_regiondiff.geometry import Size

AUTO = "auto"
SIDE = Number(64, MAX_SIDE, whole=True)
BASE64 = "[A-Za-z0-9+/]+={0,2}"
ENDINGS = {"image/png": "[pP][nN][gG]", "image/jpeg": "[jJ][pP][eE]?[gG]", "image/webp": "[wW][eE][bB][pP]"}
RELATIVE = r"(?!/)(?!(?:.*/)?\.\.(?:/|$))[^\\:\x00-\x1f]+"
FILE_NAME = Text(260, 1)
FRACTION = Number(-1, 2)
BOX = Many(FRACTION, 4, 4)
SHAPES = {"rectangle": BOX, "ellipse": BOX, "polygon": Many(Many(FRACTION, 2, 2), 1024, 3)}


@dataclass(frozen=True)
class SizeRule:
    """Rule of a canvas size: {"width", "height"} in whole pixels, within the bounds of SIDE."""

    def read(self, data: Any, path: str) -> Size:
        """The Size that `data`, an object or a Size, stands for; Fault for sides out of bounds, or other keys."""
        data = self.write(data) if isinstance(data, Size) else data
        return Size(**read_keys(data, path, {"width": (SIDE, True), "height": (SIDE, True)}))

    def write(self, value: Size) -> Any:
        return {"width": value.width, "height": value.height}

    def schema(self) -> dict[str, Any]:
        sides = {"width": SIDE.schema(), "height": SIDE.schema()}
        required = ["width", "height"]
        return {"type": "object", "properties": sides, "required": required, "additionalProperties": False}


@dataclass(frozen=True)
class Guidance:
    """Rule of a guidance scale of 1…100; the 0 of few-step recipes means the same as 1."""

    def read(self, data: Any, path: str) -> float:
        """The scale as a float, 1 for 0; Fault for any other number below 1, and above 100."""
        if isinstance(data, bool) or not isinstance(data, int | float) or not (data == 0 or 1 <= data <= 100):
            raise fault(path, "0 or a number 1…100", data)
        return float(data) or 1.0

    def write(self, value: float) -> Any:
        return Number(0, 100).write(value)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"const": 0}, Number(1, 100).schema()]}


@dataclass(frozen=True)
class Colour:
    """Rule of a colour, #rrggbb."""

    def read(self, data: Any, path: str) -> str:
        """The colour as it is written; Fault for other text."""
        if not isinstance(data, str) or not re.fullmatch("#[0-9a-fA-F]{6}", data):
            raise fault(path, "a colour such as '#2692f3'", data)
        return data

    def write(self, value: str) -> Any:
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"}


@dataclass(frozen=True)
class Auto:
    """Rule of a value that may be left open: the word `auto`, or what the inner rule takes."""

    rule: Rule

    def read(self, data: Any, path: str) -> Any:
        """`auto`, or what the inner rule reads; Fault for any other word."""
        if isinstance(data, str):
            return Choice((AUTO,)).read(data, path)
        return self.rule.read(data, path)

    def write(self, value: Any) -> Any:
        return value if value == AUTO else self.rule.write(value)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"const": AUTO}, self.rule.schema()]}


@dataclass(frozen=True)
class Exactly:
    """Rule of a value that is one whole number and no other."""

    number: int

    def read(self, data: Any, path: str) -> int:
        """The number; Fault for any other, true included."""
        if isinstance(data, bool) or data != self.number or not isinstance(data, int):
            raise fault(path, str(self.number), data)
        return data

    def write(self, value: int) -> Any:
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "const": self.number}


@dataclass(frozen=True)
class Flag:
    """Rule of a value that is true or false."""

    def read(self, data: Any, path: str) -> bool:
        """The truth value; Fault for anything else, 0 and 1 included."""
        if not isinstance(data, bool):
            raise fault(path, "true or false", data)
        return data

    def write(self, value: bool) -> Any:
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Checked:
    """Rule of what an inner rule takes and nothing contradicts; `check` yields (path below, expected, got)."""

    rule: Rule
    check: Callable[[Any], Iterable[tuple[str, str, str]]]

    def read(self, data: Any, path: str) -> Any:
        """What the inner rule reads; Fault where that refuses it or `check` finds contradictions."""
        value = self.rule.read(data, path)
        problems = [Problem(path + below, expected, got) for below, expected, got in self.check(value)]
        if problems:
            raise Fault(*problems)
        return value

    def write(self, value: Any) -> Any:
        return self.rule.write(value)

    def schema(self) -> dict[str, Any]:
        return self.rule.schema()


@dataclass(frozen=True)
class Apart:
    """Rule of a list whose first `most` entries differ in one key; repeats are told beside all other faults."""

    rule: Rule
    key: str
    most: int

    def read(self, data: Any, path: str) -> Any:
        """The entries that the inner rule reads; Fault for what it refuses, and for keys that an earlier entry has."""
        problems: list[Problem] = []
        value = None
        try:
            value = self.rule.read(data, path)
        except Fault as error:
            problems.extend(error.problems)
        told = {problem.path for problem in problems}
        problems += [problem for problem in self._find_repeats(data, path) if problem.path not in told]
        if problems:
            raise Fault(*problems)
        return value

    def _find_repeats(self, data: Any, path: str) -> Iterator[Problem]:
        seen: set[str] = set()
        for index, entry in enumerate(data[: self.most] if isinstance(data, list | tuple) else ()):
            word = entry.get(self.key) if isinstance(entry, Mapping) else getattr(entry, self.key, None)
            if isinstance(word, str) and word in seen:
                yield Problem(f"{path}[{index}].{self.key}", f"an {self.key} of its own", f"{show(word)} again")
            seen |= {word} if isinstance(word, str) else set()

    def write(self, value: Any) -> Any:
        return self.rule.write(value)

    def schema(self) -> dict[str, Any]:
        return self.rule.schema()


@dataclass(frozen=True)
class PictureRule:
    """Rule of a picture: a data URL, {"file": name}, or an image in memory; a mask is a PNG or a shape."""

    mask: bool = False

    @property
    def expected(self) -> str:
        """The accepted forms in words, for messages."""
        if self.mask:
            return "a PNG data URL, {'file': name} or one of {'rectangle'|'ellipse'|'polygon': numbers}"
        return "a PNG, JPEG or WebP data URL or {'file': name}"

    @property
    def media(self) -> tuple[str, ...]:
        """The accepted media types."""
        return tuple(FORMATS)[:1] if self.mask else tuple(FORMATS)

    @property
    def url(self) -> str:
        """Regular expression of the accepted data URLs."""
        return f"data:({'|'.join(self.media)});base64,{BASE64}"

    @property
    def name(self) -> str:
        """Regular expression of the accepted file names."""
        return rf"{RELATIVE}\.({'|'.join(ENDINGS[media] for media in self.media)})"

    def read(self, data: Any, path: str) -> Picture | File | Shape:
        """The Picture, File or Shape that `data` stands for; Fault for other forms and for broken images."""
        if isinstance(data, str | Picture):
            return self._read_picture(data, path)
        if isinstance(data, Image.Image | np.ndarray):
            return make_picture(data, path, self.mask)
        if isinstance(data, File) or (isinstance(data, Shape) and self.mask):
            return data
        if not isinstance(data, Mapping) or len(data) != 1:
            raise fault(path, self.expected, data)
        kind, value = next(iter(data.items()))
        if kind == "file":
            return self._read_file(value, f"{path}.file")
        if self.mask and kind in SHAPES:
            return _read_shape(kind, value, f"{path}.{kind}")
        near = find_nearest(str(kind), ("file", *SHAPES) if self.mask else ("file",))
        hint = f" (did you mean '{near}'?)" if near else ""
        raise Fault(Problem(path, self.expected + hint, f"an object with the key {show(kind)}"))

    def _read_picture(self, data: str | Picture, path: str) -> Picture:
        url = data if isinstance(data, str) else data.url
        head, comma, body = url.partition(",")
        if not comma or head not in {f"data:{media};base64" for media in self.media}:
            raise fault(path, self.expected, url)
        if len(body) % 4 or not re.fullmatch(BASE64, body):
            raise Fault(Problem(path, "base64 after the comma of the data URL", "something else"))
        return check_picture(Picture(data) if isinstance(data, str) else data, path, self.mask)

    def _read_file(self, name: Any, path: str) -> File:
        if not re.fullmatch(self.name, FILE_NAME.read(name, path)):
            endings = ".png" if self.mask else ".png, .jpg or .webp"
            raise fault(path, f"a relative name, with '/' and without '..', that ends in {endings}", name)
        return File(name)

    def write(self, value: Picture | File | Shape) -> Any:
        if isinstance(value, Picture):
            return value.url
        if isinstance(value, File):
            return {"file": value.name}
        numbers = [FRACTION.write(number) for number in value.numbers]
        pairs = [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
        return {value.kind: pairs if value.kind == "polygon" else numbers}

    def schema(self) -> dict[str, Any]:
        url = {"type": "string", "pattern": f"^{self.url}$"}
        keys = {"file": FILE_NAME.schema() | {"pattern": f"^{self.name}$"}}
        if self.mask:
            keys |= {kind: rule.schema() for kind, rule in SHAPES.items()}
        return {"anyOf": [url, *(_describe_key(key, value) for key, value in keys.items())]}


def _describe_key(key: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {key: value}, "required": [key], "additionalProperties": False}


def _read_shape(kind: str, data: Any, path: str) -> Shape:
    numbers = SHAPES[kind].read(data, path)
    if kind == "polygon":
        return Shape(kind, tuple(number for point in numbers for number in point))
    left, top, right, bottom = numbers
    if left >= right or top >= bottom:
        expected = "[left, top, right, bottom] with left < right and top < bottom"
        raise Fault(Problem(path, expected, str(SHAPES[kind].write(numbers))))
    return Shape(kind, numbers)
