"""Rules for plain data: a frozen dataclass whose fields carry rules is parsed, dumped and described from them."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import itertools
import math
import re
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from lib_regiondiff.document.records import make_record
from lib_regiondiff.errors import Fault, Problem

Record = TypeVar("Record")
REQUIRED = dataclasses.MISSING
MOST = 100  # faults of one list or object that are told; a hostile document has millions
UNWRITABLE = re.compile("[\\0\\ud800-\\udfff]")
PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")


class Rule(Protocol):
    """What a value must be: reads plain data, writes it back, describes itself as JSON schema."""

    def read(self, data: Any, path: str) -> Any:
        """The value that `data` stands for; Fault with paths from `path` on for all that is wrong with it."""
        ...

    def write(self, value: Any) -> Any:
        """The plain data that `read` turns into `value` again."""
        ...

    def schema(self) -> dict[str, Any]:
        """The rule as JSON schema (draft 2020-12)."""
        ...


def show(data: Any) -> str:
    """A short form of any value for a message, on one line; text in quotes, long things cut."""
    if isinstance(data, Mapping):
        return "an object"
    if isinstance(data, list | tuple):
        return f"a list of {len(data)}"
    if data is None or isinstance(data, bool):
        return {None: "null", True: "true", False: "false"}[data]
    if isinstance(data, int) and data.bit_length() > 64:
        return f"a whole number of about {(data.bit_length() - 1) * 30103 // 100000 + 1} digits"
    if isinstance(data, float) and data in (math.inf, -math.inf):
        return "a number far too large"
    text = repr(data[:60] if isinstance(data, str | bytes) else data)
    return text if len(text) <= 60 else text[:57] + "..."


def fault(path: str, expected: str, data: Any) -> Fault:
    """The Fault of one problem at `path`, "" for the whole palette, where `data` was found."""
    return Fault(Problem(path or "palette", expected, show(data)))


def join(path: str, key: str) -> str:
    """The path of a key below a path; a key that is no plain word stands in brackets and quotes."""
    if not PLAIN_KEY.fullmatch(key):
        return f"{path}[{show(key)}]"
    return f"{path}.{key}" if path else key


def cap_problems(problems: Sequence[Problem], path: str) -> Sequence[Problem]:
    """The problems; of more than MOST the first ones, and one that says so."""
    rest = Problem(path or "palette", f"at most {MOST} faults", "more, which are not listed")
    return problems if len(problems) <= MOST else [*problems[:MOST], rest]


@dataclass(frozen=True)
class Number:
    """Rule of a finite number within closed bounds, a whole one where `whole`."""

    low: float
    high: float
    whole: bool = False

    @property
    def expected(self) -> str:
        """The range in words, for messages."""
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} {self.low:g}…{self.high:.17g}"

    def read(self, data: Any, path: str) -> Any:
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise fault(path, self.expected, data)
        if not self.low <= data <= self.high or (isinstance(data, float) and not math.isfinite(data)):
            raise fault(path, self.expected, data)
        if not self.whole:
            return float(data)
        if data != int(data):
            raise fault(path, self.expected, data)
        return int(data)

    def write(self, value: Any) -> Any:
        return int(value) if value == int(value) else value

    def schema(self) -> dict[str, Any]:
        return {"type": "integer" if self.whole else "number", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class Text:
    """Rule of text with `least` to `limit` characters, none of them NUL or half of a surrogate pair."""

    limit: int
    least: int = 0

    def read(self, data: Any, path: str) -> Any:
        """The text itself; Fault for what is no text, too short or long, or cannot be written as UTF-8 without NUL."""
        if not isinstance(data, str):
            raise fault(path, "text", data)
        if not self.least <= len(data) <= self.limit:
            expected = f"text of {self.least}…{self.limit} characters"
            raise Fault(Problem(path, expected, f"{len(data)} characters"))
        if UNWRITABLE.search(data):
            raise fault(path, "text that can be written as UTF-8 without NUL", data)
        return data

    def write(self, value: Any) -> Any:
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": self.limit, "minLength": self.least}


@dataclass(frozen=True)
class Choice:
    """Rule of a value that is one of a few words; a refusal names the nearest."""

    words: tuple[str, ...]

    def read(self, data: Any, path: str) -> Any:
        if data not in self.words:
            near = find_nearest(data, self.words) if isinstance(data, str) else ""
            hint = f" (did you mean '{near}'?)" if near else ""
            raise fault(path, "one of " + ", ".join(self.words) + hint, data)
        return data

    def write(self, value: Any) -> Any:
        return value

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}


@dataclass(frozen=True)
class Maybe:
    """Rule of a value that is null, read as None, or what the inner rule takes."""

    rule: Rule

    def read(self, data: Any, path: str) -> Any:
        return None if data is None else self.rule.read(data, path)

    def write(self, value: Any) -> Any:
        return None if value is None else self.rule.write(value)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "null"}, self.rule.schema()]}


@dataclass(frozen=True)
class Many:
    """Rule of a list with `least` to `limit` entries under one rule, read as a tuple."""

    rule: Rule
    limit: int
    least: int = 0

    @property
    def expected(self) -> str:
        """The length in words, for messages."""
        count = f"{self.limit}" if self.least == self.limit else f"{self.least}…{self.limit}"
        return f"a list of {count} entries"

    def read(self, data: Any, path: str) -> Any:
        if not isinstance(data, Sequence) or isinstance(data, str | bytes):
            raise fault(path, "a list", data)
        if not self.least <= len(data) <= self.limit:
            raise fault(path, self.expected, data)
        values: list[Any] = []
        problems: list[Problem] = []
        plain = isinstance(self.rule, Number)  # of which there are so many that a path is only made for faults
        for index, entry in enumerate(data):
            try:
                values.append(self.rule.read(entry, path if plain else f"{path}[{index}]"))
            except Fault as error:
                here = (dataclasses.replace(each, path=f"{path}[{index}]") for each in error.problems)
                problems.extend(here if plain else error.problems)
            if len(problems) > MOST:
                break
        if problems:
            raise Fault(*cap_problems(problems, path))
        return tuple(values)

    def write(self, value: Any) -> Any:
        return [self.rule.write(entry) for entry in value]

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.rule.schema(), "minItems": self.least, "maxItems": self.limit}


@dataclass(frozen=True)
class Object:
    """Rule of an object whose keys are the fields of a record, read as the record; unknown keys are refused."""

    record: type

    def read(self, data: Any, path: str) -> Any:
        if isinstance(data, self.record):
            return data  # checked when it was made
        return make_record(self.record, read_keys(data, path, list_rules(self.record)))

    def write(self, value: Any) -> Any:
        """The keys of a record that are required, or whose values differ from their defaults."""
        data = {}
        for field in dataclasses.fields(self.record):
            entry = getattr(value, field.name)
            if entry != _find_default(field):
                data[field.name] = field.metadata["rule"].write(entry)
        return data

    def schema(self) -> dict[str, Any]:
        properties = {}
        for field in dataclasses.fields(self.record):
            rule = field.metadata["rule"]
            properties[field.name] = rule.schema() | {"description": field.metadata["doc"]}
            if _find_default(field) is not REQUIRED:
                properties[field.name]["default"] = rule.write(_find_default(field))
        needed = [key for key, (_, is_needed) in list_rules(self.record).items() if is_needed]
        return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def read_keys(data: Any, path: str, rules: Mapping[str, tuple[Rule, bool]]) -> dict[str, Any]:
    """Read the values of an object by rules, key -> (rule, whether it must be there); Fault has all problems."""
    if not isinstance(data, Mapping):
        raise fault(path, "an object", data)
    strange = itertools.islice((key for key in data if key not in rules), MOST + 1)
    problems = list(
        cap_problems(
            [_describe_unknown(key if isinstance(key, str) else show(key), rules, path) for key in strange], path
        )
    )
    values: dict[str, Any] = {}
    for key, (rule, needed) in rules.items():
        try:
            if key in data:
                values[key] = rule.read(data[key], join(path, key))
            elif needed:
                problems.append(Problem(join(path, key), "a value", "nothing"))
        except Fault as error:
            problems.extend(error.problems)
    if problems:
        raise Fault(*problems)
    return values


def find_nearest(word: str, words: Iterable[str]) -> str:
    """The one of `words` that is most like a misspelt one, or "" where none is like it."""
    return next(iter(difflib.get_close_matches(word[:60], words, 1)), "")


def _describe_unknown(key: str, known: Mapping[str, Any], path: str) -> Problem:
    near = find_nearest(key, known)
    if near:
        return Problem(join(path, key), f"a known key (did you mean '{near}'?)", "an unknown key")
    return Problem(join(path, key), f"a known key (one of {', '.join(known)})", "an unknown key, or a newer one")


def _find_default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


@functools.cache
def list_rules(record: type) -> Mapping[str, tuple[Rule, bool]]:
    """The rules of a record, key -> (rule, whether it must be there)."""
    fields = dataclasses.fields(record)
    return {field.name: (field.metadata["rule"], _find_default(field) is REQUIRED) for field in fields}


def field(rule: Rule, default: Any, doc: str) -> Any:
    """A dataclass field under a rule; the default may be REQUIRED, or a record class for its own defaults."""
    metadata = {"rule": rule, "doc": doc}
    if isinstance(default, type):
        return dataclasses.field(default_factory=typing.cast(Callable[[], Any], default), metadata=metadata)
    if default is REQUIRED:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)
