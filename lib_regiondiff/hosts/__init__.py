"""Hosts: the programs that own weights and text encoders, each behind the few verbs of `host.py`."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any


def module(name: str) -> Any:
    """A module of the WebUI that runs us, such as `shared`."""
    return importlib.import_module(f"modules.{name}")


CONDITIONS = (("backend.sampling.condition", "Condition"), ("ldm_patched.modules.conds", "CONDRegular"))
"""Where the Forge family keeps the kind of condition that is handed to the network as it is; later Forge first."""


def condition() -> Any:
    """That kind of condition; None in a WebUI that has none, which is no Forge."""
    for name, kind in CONDITIONS:
        parts = name.split(".")
        if all(importlib.util.find_spec(".".join(parts[:count])) for count in range(1, len(parts) + 1)):
            return getattr(importlib.import_module(name), kind)
    return None


def current() -> Any:
    """The adapter of the WebUI that runs us: told by what it has, not by its name."""
    return importlib.import_module("lib_regiondiff.hosts.webui." + ("a1111" if condition() is None else "forge"))
