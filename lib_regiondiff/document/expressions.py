"""Expressions: a formula of sigma, written as text, becomes numbers; it can do nothing but arithmetic."""

from __future__ import annotations

import ast
import difflib
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lib_regiondiff.document.rules import Text, fault

LONGEST = 80
SIGMA = "sigma"
MOST = 3e38
"""Larger numbers are infinite where the network is."""
WORDS = re.compile(r"(?:\s*(?:(?:\d+(?:\.\d*)?|\.\d+)(?![a-z\d.])|[a-z]+(?![a-z])|[-+*/(),]))+\s*")
"""Words of expressions, of which a text can be read in one way alone: it takes no longer where it is none."""
FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "log": math.log, "exp": math.exp, "sqrt": math.sqrt, "min": min, "max": max,
}  # fmt: skip
OPERATORS: Mapping[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
TRIED = (0.03, 1.0, 14.6, 1000.0)
"""Sigmas at which an expression must have a value."""
EXPECTED = f"numbers, sigma, + - * / ** ( ) and {', '.join(FUNCTIONS)}, such as log(1 + sigma)"


def evaluate(text: str, sigma: float) -> float:
    """The value of an expression at a sigma; ValueError where it is none, or no real number up to MOST either way."""
    try:
        value = _walk(_parse(text).body, float(sigma))
    except (ArithmeticError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError(str(error)) from None
    if isinstance(value, complex) or not abs(value) <= MOST:
        raise ValueError("no finite number")
    return value


def _parse(text: str) -> ast.Expression:
    if len(text) > LONGEST or not WORDS.fullmatch(text):
        raise ValueError("something else")
    return ast.parse(text.strip(), mode="eval")


def _walk(node: ast.AST, sigma: float) -> float:
    """The value of a node; whole numbers are floats, so that no power of them grows without end."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id == SIGMA:
        return sigma
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](_walk(node.left, sigma), _walk(node.right, sigma))
    if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](_walk(node.operand, sigma))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords and node.args:
        if node.func.id not in FUNCTIONS:
            raise ValueError("something else")
        return FUNCTIONS[node.func.id](*(_walk(each, sigma) for each in node.args))
    raise ValueError("something else")


def explain(text: str, sigma: float) -> str:
    """Why a text is no expression or has no value at a sigma, in brackets after a space; "" where nothing is known."""
    unknown = [word for word in re.findall(r"[A-Za-z_]\w*", text) if word not in (SIGMA, *FUNCTIONS)]
    near = difflib.get_close_matches(unknown[0].lower()[:LONGEST], (SIGMA, *FUNCTIONS), 1) if unknown else []
    if near:
        return f" (did you mean '{near[0]}'?)"
    if "^" in text:
        return " (a power is written **)"
    if text.count("(") != text.count(")"):
        return " (its brackets do not match)"
    try:
        _parse(text)
    except (ValueError, SyntaxError):
        return ""
    return f" (it has no finite value at sigma {sigma:g})" if not unknown else ""


@dataclass(frozen=True)
class Expression:
    """Rule of a formula of sigma."""

    def read(self, data: Any, path: str) -> str:
        """The text as it is; Fault for what is no formula, or has no finite value at some sigma in TRIED."""
        text = Text(LONGEST, 1).read(data, path)
        for sigma in TRIED:
            try:
                evaluate(text, sigma)
            except ValueError:
                raise fault(path, EXPECTED + explain(text, sigma), data) from None
        return text

    def write(self, value: str) -> Any:
        return value

    def schema(self) -> dict[str, Any]:
        return Text(LONGEST, 1).schema()
