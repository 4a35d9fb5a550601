"""The extension Dynamic Prompts, where the WebUI has it: what it knows of wildcards, by its own library."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

from lib_regiondiff.errors import PaletteError, Problem

PACKAGE = "sd_dynamic_prompts"


def is_there() -> bool:
    """Whether the WebUI has loaded it; what a script imports stays, whatever the WebUI does to the path."""
    return f"{PACKAGE}.paths" in sys.modules


def drawing(options: Any) -> Callable[[str, int], str]:
    """How it resolves a text by a seed: its folder, and its settings among these options."""
    library = importlib.import_module("dynamicprompts.wildcards")
    manager = library.WildcardManager(sys.modules[f"{PACKAGE}.paths"].get_wildcard_dir())
    manager.dedup_wildcards = not getattr(options, "dp_wildcard_manager_no_dedupe", False)
    manager.sort_wildcards = not getattr(options, "dp_wildcard_manager_no_sort", False)
    how = {"parser_config": _grammar(options), "ignore_whitespace": getattr(options, "dp_ignore_whitespace", False)}
    generator = importlib.import_module("dynamicprompts.generators").RandomPromptGenerator

    def draw(text: str, seed: int) -> str:
        try:
            return generator(manager, seed=seed, **how).generate(text, 1, seeds=[seed])[0] if text else text
        except Exception as error:  # it has none of its own for texts that it can't read
            got = f"{type(error).__name__}: {error}"
            raise PaletteError([Problem("wildcards", "a text that Dynamic Prompts can read", got)]) from error

    return draw


def _grammar(options: Any) -> Any:
    """The signs that the user has chosen."""
    names = ("variant_start", "variant_end", "wildcard_wrap")
    given = {name: getattr(options, f"dp_parser_{name}", None) for name in names}
    kind = importlib.import_module("dynamicprompts.parser.config").ParserConfig
    return kind(**{name: sign for name, sign in given.items() if sign})
