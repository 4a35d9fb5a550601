"""The extension Dynamic Prompts, where the WebUI has it: wildcards resolved by its own library and settings."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from typing import Any

from lib_regiondiff.document.palette import PROMPT
from lib_regiondiff.document.rules import Fault
from lib_regiondiff.errors import PaletteError, Problem

PACKAGE = "sd_dynamic_prompts"
MOST_AT_ONCE = 500
COUNT = re.compile(r"(?:([0-9]+)|-)\s*\$\$(?:((?:(?!\$\$)[^|{}])*)\$\$)?")


def is_available() -> bool:
    """Whether the WebUI has loaded Dynamic Prompts; its modules stay loaded, whatever the WebUI does to the path."""
    return f"{PACKAGE}.paths" in sys.modules


def make_draw(options: Any) -> Callable[[str, int], str]:
    """A function `draw(text, seed)` that resolves a text's wildcards as Dynamic Prompts does, by the WebUI's `options`.

    The function raises PaletteError for a text that the library cannot read, or that is or would become too long.
    """
    library = importlib.import_module("dynamicprompts.wildcards")
    manager = library.WildcardManager(sys.modules[f"{PACKAGE}.paths"].get_wildcard_dir())
    manager.dedup_wildcards = not getattr(options, "dp_wildcard_manager_no_dedupe", False)
    manager.sort_wildcards = not getattr(options, "dp_wildcard_manager_no_sort", False)
    how = {
        "parser_config": _make_grammar(options),
        "ignore_whitespace": getattr(options, "dp_ignore_whitespace", False),
    }
    generator = importlib.import_module("dynamicprompts.generators").RandomPromptGenerator

    def draw(text: str, seed: int) -> str:
        refuse_long(text)
        try:
            drawn = generator(manager, seed=seed, **how).generate(text, 1, seeds=[seed])[0] if text else text
        except Exception as error:  # it has none of its own for texts that it can't read
            got = f"{type(error).__name__}: {error}"
            raise PaletteError([Problem("wildcards", "a text that Dynamic Prompts can read", got)]) from error
        return _check_length(drawn)

    return draw


def refuse_long(text: str) -> None:
    """Raise PaletteError for a text that is too long for a prompt, or whose groups draw more than one has room for.

    The library would build such a text first, and takes long over groups of many options.
    """
    _check_length(text)
    options = text.count("|") + 1
    groups = [(int(count[:7]) if count else options, len(joiner)) for count, joiner in COUNT.findall(text)]
    if (
        sum(count for count, _ in groups) > MOST_AT_ONCE
        or sum(count * letters for count, letters in groups) > PROMPT.limit
    ):
        expected = f"groups that draw at most {MOST_AT_ONCE} options and {PROMPT.limit} letters between them"
        raise PaletteError([Problem("wildcards", expected, "more")])


def _check_length(text: str) -> str:
    """The drawn text as it is; PaletteError where it could not be a palette's prompt, as which pictures keep it."""
    try:
        return PROMPT.read(text, "wildcards")
    except Fault as error:
        raise PaletteError(error.problems) from None


def _make_grammar(options: Any) -> Any:
    """The signs for variants and wildcards that the user has chosen."""
    names = ("variant_start", "variant_end", "wildcard_wrap")
    given = {name: getattr(options, f"dp_parser_{name}", None) for name in names}
    kind = importlib.import_module("dynamicprompts.parser.config").ParserConfig
    return kind(**{name: sign for name, sign in given.items() if sign})
