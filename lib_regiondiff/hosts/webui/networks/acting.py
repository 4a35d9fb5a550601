"""Attention methods by the kind of network that Forge has loaded: what it can be asked, and how rows are asked so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from torch import Tensor

from lib_regiondiff.denoising.attention.streams import ask_alike
from lib_regiondiff.document.palette import COUPLE
from lib_regiondiff.host import Row
from lib_regiondiff.hosts.webui import cross_attention
from lib_regiondiff.hosts.webui.networks import flux
from lib_regiondiff.hosts.webui.raised_attention import Habits


def find_methods(engine: Any) -> frozenset[str]:
    """What a loaded checkpoint's network can be asked beside plain rows."""
    return frozenset({COUPLE}) if flux.find_blocks(engine) else cross_attention.find_methods(engine)


def act_in_attention(
    engine: Any, rows: Sequence[Row], heard: set[int], replaced: Any = None
) -> AbstractContextManager[None]:
    """For the time of a `with`, have a checkpoint's attention do what the records of a call's rows say.

    `heard` and `replaced` are as `act_in_cross_attention` has them.
    """
    if flux.find_blocks(engine):
        return flux.act_in_blocks(engine, rows, heard)
    return cross_attention.act_in_cross_attention(engine, rows, heard, Habits(), replaced)


def add_streams(engine: Any, rows: Sequence[Row], conds: dict[str, Any]) -> dict[str, Any]:
    """The text conditions of a call, with the prompts of further regions where the network takes them beside."""
    return {**conds, "c_crossattn": flux.join_streams(rows)} if flux.find_blocks(engine) else conds


def ask_in_streams(engine: Any, rows: Sequence[Row], ask: Callable[[list[int]], Tensor]) -> Tensor:
    """The answers [N, ...] to rows, by their places, in as few calls of `ask` as the network allows."""
    return ask_alike(rows, ask) if flux.find_blocks(engine) else ask(list(range(len(rows))))
