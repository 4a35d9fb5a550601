"""Records of a document: those that a program makes are checked as a file is, those that rules have read are not."""

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
"""Yields what in a record contradicts itself: (path below the record, expected, got)."""


class Held(Generic[Kept, Given]):
    """For type checkers: a field that takes more types than it keeps."""

    def __get__(self, owner: Any, kind: Any) -> Kept: ...

    def __set__(self, owner: Any, value: Given) -> None: ...


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(check: Check = lambda made: ()) -> Callable[[type[Record]], type[Record]]:
    """Class decorator: a frozen dataclass whose values are read by the rules of its fields when it is made.

    Making one raises PaletteError, which lists everything that is wrong; `check` finds what contradicts itself.
    """

    def kept(kind: type[Record]) -> type[Record]:
        vars_of: Any = kind
        vars_of.__post_init__ = lambda made: _settle(made, check)
        return dataclasses.dataclass(frozen=True, kw_only=True)(kind)

    return kept


def make_record(kind: type[Record], values: Mapping[str, Any]) -> Record:
    """Make a record of values that have been read, with defaults for the others; nothing is checked."""
    own = object.__new__(kind)
    for field in dataclasses.fields(kind):  # pyright: ignore[reportArgumentType]
        given = field.name in values
        object.__setattr__(own, field.name, values[field.name] if given else _find_default(field))
    return own


def replace_unchecked(record: Record, **changes: Any) -> Record:
    """`dataclasses.replace` without checks: tiles, sizes and masks of plans may go beyond a document's bounds."""
    return make_record(type(record), {**vars(record), **changes})


def _find_default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _settle(own: Any, check: Check) -> None:
    """Replace a record's values by what their rules read; PaletteError lists everything that is wrong."""
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
