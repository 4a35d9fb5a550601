"""Records of a document: what a program makes is checked as a file is, what rules have read is not checked again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from lib_regiondiff.errors import Fault, PaletteError, Problem

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**options: Any) -> Callable[[Any], Any]:
        """Python 3.11 has it; it means something to type checkers only."""
        return lambda function: function


Record = TypeVar("Record")
Kept = TypeVar("Kept")
Given = TypeVar("Given")
Check = Callable[[Any], Iterable[tuple[str, str, str]]]
"""What of a record's values contradicts itself: (path below, expected, got)."""


class Held(Generic[Kept, Given]):
    """For type checkers: a field that keeps another type than it may be given."""

    def __get__(self, owner: Any, kind: Any) -> Kept: ...

    def __set__(self, owner: Any, value: Given) -> None: ...


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(check: Check = lambda made: ()) -> Callable[[type[Record]], type[Record]]:
    """A frozen dataclass with rules on its fields; whoever makes one gets what they read, or a PaletteError."""

    def kept(kind: type[Record]) -> type[Record]:
        vars_of: Any = kind
        vars_of.__post_init__ = lambda made: _settle(made, check)
        return dataclasses.dataclass(frozen=True, kw_only=True)(kind)

    return kept


def made(kind: type[Record], values: Mapping[str, Any]) -> Record:
    """A record of values that have been read, and of defaults."""
    own = object.__new__(kind)
    for field in dataclasses.fields(kind):  # pyright: ignore[reportArgumentType]
        given = field.name in values
        object.__setattr__(own, field.name, values[field.name] if given else _default(field))
    return own


def renewed(record: Record, **changes: Any) -> Record:
    """`dataclasses.replace` for plans: nothing is checked, since tiles, sizes and masks may go beyond a document's."""
    return made(type(record), {**vars(record), **changes})


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _settle(own: Any, check: Check) -> None:
    """Keep what the rules read of the values; PaletteError lists all that is wrong."""
    name = type(own).__name__
    problems: list[Problem] = []
    for field in dataclasses.fields(own):
        try:
            value = field.metadata["rule"].read(getattr(own, field.name), f"{name}.{field.name}")
            object.__setattr__(own, field.name, value)
        except Fault as error:
            problems.extend(error.problems)
    problems = problems or [Problem(name + below, expected, got) for below, expected, got in check(own)]
    if problems:
        raise PaletteError(problems)
