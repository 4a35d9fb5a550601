"""What is to be said about a job beside its pictures: under them on the page, and in what the API answers."""

from __future__ import annotations

from collections.abc import Iterable

from lib_regiondiff.hosts.webui.typed import Processing

KEY = "Region Diffusion warnings"
"""Among the parameters, which are all that the API answers beside pictures: comments stay on the page."""
SEPARATOR = " | "
MOST = 20


def tell(p: Processing, lines: Iterable[str]) -> None:
    """Tell lines about a job, each once and MOST of them in all."""
    old = p.extra_generation_params.get(KEY)
    before = old.split(SEPARATOR) if old else []
    plain = dict.fromkeys(line.replace(SEPARATOR, " / ") for line in lines)
    new = [line for line in plain if line not in before][: MOST - len(before)]
    for line in new:
        p.comment(line)
    if new:
        p.extra_generation_params[KEY] = SEPARATOR.join([*before, *new])
