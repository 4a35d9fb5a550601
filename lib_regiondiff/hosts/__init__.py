"""Hosts: the programs that own weights and text encoders, each behind the few verbs of `host.py`."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any


def module(name: str) -> Any:
    """A module of the WebUI that runs us, such as `shared`."""
    return importlib.import_module(f"modules.{name}")


def current() -> Any:
    """The adapter of the WebUI that runs us: told by what it has, not by its name."""
    forge = importlib.util.find_spec("backend") and importlib.util.find_spec("backend.sampling.condition")
    return importlib.import_module("lib_regiondiff.hosts." + ("forge" if forge else "a1111"))
