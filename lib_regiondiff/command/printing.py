"""All that the command line prints goes through here: names come from strangers, and must not steer a terminal."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable

import click

HARMLESS = "\u200c\u200d\u00ad"
"""Format characters that join or part letters, as scripts and emoji need them."""
OBEYED = ("Cc", "Cf", "Zl", "Zp")
"""Unicode's kinds of what steers a terminal or turns text around."""
PRINTABLE = re.compile(r"[ -~]*")


def tell(line: object, err: bool = False) -> None:
    """Print one line on stdout, or on stderr; what a terminal would obey is shown as JSON writes it."""
    click.echo(plain(str(line)), err=err)


def tell_all(text: str) -> None:
    """Print a text of several lines on stdout, such as JSON."""
    for line in text.removesuffix("\n").split("\n"):
        tell(line)


def plain(text: str) -> str:
    """A line in which nothing is obeyed: control characters and those that change the direction are escaped."""
    if PRINTABLE.fullmatch(text):
        return text
    return "".join(json.dumps(sign)[1:-1] if is_obeyed(sign) else sign for sign in text)


def is_obeyed(sign: str) -> bool:
    """Whether a terminal would do something else than show a character."""
    return unicodedata.category(sign) in OBEYED and sign not in HARMLESS


def tell_problems(lines: Iterable[str]) -> None:
    """Print what is wrong, a line each, on stderr."""
    for line in lines:
        tell(line, err=True)
