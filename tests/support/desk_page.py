"""A surface of the page that asks at an accordion's desk, as its script does."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from fake_gradio import Page

OPTIONS = {"split": "auto", "layout": "columns", "ratios": "", "common": False, "feather": 0}


@dataclass
class Asking:
    """Asks the desk of a page's only accordion."""

    page: Page
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def __call__(self, do: str, slow: bool = False, **asked: Any) -> dict[str, Any]:
        """The answer to a question."""
        number, key = next(self.numbers), "slow_" if slow else ""
        self.page.enter(f"regiondiff_{key}ask", f"{number}\n{json.dumps({'do': do, **asked})}")
        got, said = read(self.page.of(f"regiondiff_{key}answer").value)
        assert got == number
        return said


def read(said: str) -> tuple[int, dict[str, Any]]:
    """The number and what is said of an answer's HTML."""
    number, answer = re.findall(r'data-number="(\d+)" data-answer="([^"]*)"', said)[0]
    return int(number), json.loads(unescape(answer))
