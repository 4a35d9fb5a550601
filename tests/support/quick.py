"""Examples of which the fast suite runs some and the slow suite all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def some(every: Iterable[Any], *quick: Any) -> list[Any]:
    """Values to parametrize with, tuples for several names; all but the quick ones are marked as slow."""
    return [each if each in quick else _slow(*(each if isinstance(each, tuple) else (each,))) for each in every]


def _slow(*values: Any) -> Any:
    return pytest.param(*values, marks=pytest.mark.slow)
