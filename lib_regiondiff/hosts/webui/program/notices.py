"""What is said about a job besides its pictures: below them on the page, and in the answer of the API."""

from __future__ import annotations

from collections.abc import Iterable

from lib_regiondiff.hosts.webui.typed import Processing

KEY = "Region Diffusion warnings"
"""A key among a picture's parameters, which are all that the API answers besides pictures; it gets no comments."""
SEPARATOR = " | "
MOST = 20


def tell(p: Processing, lines: Iterable[str]) -> None:
    """Tell lines about a job, on the page and among its parameters: each once, and at most MOST of them for one job."""
    old = p.extra_generation_params.get(KEY)
    before = old.split(SEPARATOR) if old else []
    plain = dict.fromkeys(line.replace(SEPARATOR, " / ") for line in lines)
    new = [line for line in plain if line not in before][: MOST - len(before)]
    for line in new:
        p.comment(line)
    if new:
        p.extra_generation_params[KEY] = SEPARATOR.join([*before, *new])
