"""Mutants: the source of a module comes in; for every small mistake that it could hold its tree goes out, changed."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
PAIRS = (("min", "max"), ("minimum", "maximum"), ("argmin", "argmax"), ("floor", "ceil"), ("any", "all"))
NAMES = {**dict(PAIRS), **{other: one for one, other in PAIRS}}
"""Functions that are taken for one another."""
TYPES = ("annotation", "returns", "decorator_list", "bases")
"""Fields of a tree that say what things are, not what happens."""

Edit = tuple[Any, str, Any]
"""A node, one of its fields and the value that the field gets."""


@dataclass(frozen=True)
class Mutant:
    """One change, known by the statement around it: other lines of the file may come, go and move."""

    file: str
    function: str
    """Where it is, "" for what runs while the module is imported."""
    before: str
    after: str
    number: int = 1
    """Which of those that read the same."""
    line: int = field(default=0, compare=False)
    """Where the statement begins."""

    @property
    def name(self) -> str:
        """All that it is known by, in a line."""
        number = f" ({self.number})" if self.number > 1 else ""
        return f"{self.file} {self.function or 'module'}: `{self.before}` -> `{self.after}`{number}"


@dataclass(frozen=True)
class Place:
    """A node of a tree, the field (and index) of its parent that holds it, and what is around it."""

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    statement: ast.stmt | ast.Lambda
    function: str

    def put(self, node: ast.AST) -> Edit:
        """The edit that puts another node in this one's place."""
        held = getattr(self.parent, self.field)
        node = ast.fix_missing_locations(ast.copy_location(node, self.node))
        value = node if self.index is None else [*held[: self.index], node, *held[self.index + 1 :]]
        return self.parent, self.field, value


def list_mutants(path: Path, root: Path) -> list[Mutant]:
    """All mutants of a file, named from the folder `root`."""
    return [mutant for mutant, _ in make_mutants(path, root)]


def make_mutants(path: Path, root: Path) -> Iterator[tuple[Mutant, ast.Module]]:
    """Every mutant of a file with the tree that has its change, until the next one is asked for."""
    tree = ast.parse(path.read_bytes())
    file, seen = path.relative_to(root).as_posix(), Counter[Mutant]()
    for place, edits in [(each, edits) for each in _walk_places(tree) for edits in _list_edits(each)]:
        before, old = _show(place.statement), [(node, name, getattr(node, name)) for node, name, _ in edits]
        _apply(edits)
        gone = place.statement is place.node and edits[0][0] is place.parent
        after = "pass" if gone else _show(place.statement)
        mutant = Mutant(file, place.function, before, after, line=place.statement.lineno)
        if before != after:
            seen[mutant] += 1
            yield replace(mutant, number=seen[mutant]), tree
        _apply(old)


def _apply(edits: Sequence[Edit]) -> None:
    for node, name, value in edits:
        setattr(node, name, value)


def _show(statement: ast.AST) -> str:
    """A statement in one line; of those that hold others the first line."""
    lines = ast.unparse(statement).split("\n")
    return next(line for line in lines if not line.startswith("@"))


def _walk_places(
    node: ast.AST, scope: tuple[str, ...] = (), function: str = "", around: ast.stmt | ast.Lambda | None = None
) -> Iterator[Place]:
    """Every node below one that says what happens, from the first to the last."""
    for name, value in ast.iter_fields(node):
        if name in TYPES or (name == "args" and isinstance(node, ast.Lambda)):
            continue
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and name == "body"
        here = ".".join(scope) if inside else function
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and not _is_silent(node, child):
                unit = ast.stmt if here else ast.stmt | ast.Lambda  # a table of functions would be a long text
                statement = child if isinstance(child, unit) else around
                if statement is not None:
                    yield Place(child, node, name, index if isinstance(value, list) else None, statement, here)
                own = (child.name,) if isinstance(child, ast.FunctionDef | ast.ClassDef) else ()
                yield from _walk_places(child, (*scope, *own), here, statement)


def _is_silent(parent: ast.AST, node: ast.AST) -> bool:
    """Whether a node is of no account: types, texts of errors, and invariants, which a mistake elsewhere breaks."""
    if isinstance(node, ast.Assert | ast.Raise | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Assign):  # Name = Callable[...]
        return isinstance(parent, ast.Module) and isinstance(node.value, ast.Subscript)
    if isinstance(node, ast.If):
        return _find_name(node.test) == "TYPE_CHECKING"
    if isinstance(node, ast.Call):
        return bool(re.search("Error$|^TypeVar$", _find_name(node.func)))
    if isinstance(node, ast.keyword):
        return node.arg == "strict"
    union = isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)
    return union and isinstance(parent, ast.Call) and _find_name(parent.func) == "isinstance"


def _find_name(node: ast.AST) -> str:
    """The last name of `a` and `a.b`."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _list_edits(place: Place) -> Iterator[list[Edit]]:
    """The mistakes that can be made at a place."""
    node = place.node
    if isinstance(node, ast.Compare):
        for index, kind in enumerate(node.ops):
            yield [(node, "ops", [*node.ops[:index], SWAPS[type(kind)](), *node.ops[index + 1 :]])]
    elif isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in SWAPS:
        yield [(node, "op", SWAPS[type(node.op)]())]
    elif isinstance(node, ast.UnaryOp):
        yield [place.put(node.operand)]
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        yield [(node, "value", _change_constant(node.value))]
    elif isinstance(node, ast.IfExp):
        yield [(node, "body", node.orelse), (node, "orelse", node.body)]
    elif isinstance(node, ast.Return) and node.value is not None:
        yield [(node, "value", ast.copy_location(ast.Constant(None), node.value))]
    elif isinstance(node, ast.Call):
        yield from _edit_calls(node)
    if isinstance(node, ast.AugAssign) or (isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)):
        yield [place.put(ast.Pass())]


def _edit_calls(node: ast.Call) -> Iterator[list[Edit]]:
    for index, keyword in enumerate(node.keywords):
        if keyword.arg not in (None, "strict"):
            yield [(node, "keywords", [*node.keywords[:index], *node.keywords[index + 1 :]])]
    name = _find_name(node.func)
    if name in NAMES:
        yield [(node.func, "attr" if isinstance(node.func, ast.Attribute) else "id", NAMES[name])]


def _change_constant(value: bool | int | float) -> bool | int | float:
    """A constant's mutant: the other truth, 0 for 1 and 1 for 0, one more."""
    if isinstance(value, bool):
        return not value
    return {0: 1, 1: 0}[value] if value in (0, 1) else value + 1


def add_probes(path: Path, seen: str) -> ast.Module:
    """The tree of a file in which each statement of a function first adds its line to a set of the name `seen`."""
    tree, blocks = ast.parse(path.read_bytes()), dict[tuple[int, str], ast.AST]()
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for node in ast.walk(function):  # those of functions within functions once
            lists = (name for name in ("body", "orelse", "finalbody") if isinstance(getattr(node, name, None), list))
            blocks |= {(id(node), name): node for name in lists}
    for (_, name), node in blocks.items():
        setattr(node, name, [new for each in getattr(node, name) for new in (_make_probe(each, seen), each)])
    return ast.fix_missing_locations(tree)


def _make_probe(statement: ast.stmt, seen: str) -> ast.stmt:
    added = ast.Call(ast.Attribute(ast.Name(seen, ast.Load()), "add", ast.Load()), [ast.Constant(statement.lineno)], [])
    return ast.copy_location(ast.Expr(added), statement)
