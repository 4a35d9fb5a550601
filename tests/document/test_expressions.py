"""Formulas of sigma: arithmetic and nothing else, whatever a document holds."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib_regiondiff.document.expressions import evaluate
from lib_regiondiff.document.palette import Bias, parse
from lib_regiondiff.errors import PaletteError

GOOD = {
    "log(1 + sigma)": lambda s: math.log(1 + s),
    "log(1 + sigma ** 2)": lambda s: math.log(1 + s * s),
    "-sigma / 2 + .5": lambda s: -s / 2 + 0.5,
    "max(min(sigma, 3), sqrt(sigma), exp(-sigma))": lambda s: max(min(s, 3), math.sqrt(s), math.exp(-s)),
    " 2 ": lambda s: 2.0,
}
BAD = [
    "", "log", "log()", "sigma sigma", "x", "1j", "True", "'a'", "[sigma]", "sigma if sigma else 1", "sigma < 1",
    "lambda: 1", "__import__('os')", "sigma.real", "log(sigma, base=2)", "(0-1) ** .5", "1 / 0", "log(0 - 1)",
    "9 ** 9 ** 9 ** 9", "exp(sigma)", "1//2", "sigma @ 1", "log(*sigma)", "1_0", "0x1", "(" * 30, "1" * 99,
    "min(1 for a)", "a" * 79 + "!", "*" * 79 + "!", "11 " * 26 + "!", "1." * 39 + "!",
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
@given(sigma=st.floats(0.01, 1000))
def test_what_is_written_is_what_is_counted(text: str, sigma: float) -> None:
    assert evaluate(text, sigma) == pytest.approx(GOOD[text](sigma))


@pytest.mark.parametrize("text", BAD)
def test_anything_else_is_refused_at_the_door(text: str) -> None:
    with pytest.raises(PaletteError) as caught:
        parse({"version": 1, "bias": {"noise": text}})
    (problem,) = caught.value.problems
    assert problem.path == "bias.noise"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("log(1 + sigm)", r"\(did you mean 'sigma'\?\)"),
        ("Sqrt(sigma)", r"\(did you mean 'sqrt'\?\)"),
        ("sigma^2", r"\(a power is written \*\*\)"),
        ("log(1 + sigma", r"\(its brackets do not match\)"),
        ("1 / (sigma - sigma)", r"\(it has no finite value at sigma 0.03\)"),
        ("sigma ** 100", r"\(it has no finite value at sigma 14.6\)"),
    ],
)
def test_what_is_wrong_is_told_where_it_is_known(text: str, why: str) -> None:
    with pytest.raises(PaletteError, match=f"such as log\\(1 \\+ sigma\\) {why}, got"):
        parse({"version": 1, "bias": {"noise": text}})


@given(st.text("0123456789.+-*/(),siglogmaexpqrtn ", max_size=80))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        made: Any = Bias(noise=text)
    except PaletteError:
        return
    assert math.isfinite(evaluate(made.noise, 1.0))


def test_an_interval_that_is_empty_is_refused() -> None:
    with pytest.raises(PaletteError, match=r"bias.stop: expected more than start \(0.5\), got 0.5"):
        parse({"version": 1, "bias": {"start": 0.5, "stop": 0.5}})
