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
    """Print one line on stdout, or on stderr if `err`; what would steer a terminal is escaped."""
    click.echo(escape(str(line)), err=err)


def tell_all(text: str) -> None:
    """Print a text of several lines, such as JSON, on stdout."""
    for line in text.removesuffix("\n").split("\n"):
        tell(line)


def escape(text: str) -> str:
    """A text that cannot steer a terminal: control characters and changes of direction are escaped as in JSON."""
    if PRINTABLE.fullmatch(text):
        return text
    return "".join(json.dumps(sign)[1:-1] if is_obeyed(sign) else sign for sign in text)


def is_obeyed(sign: str) -> bool:
    """Whether a terminal would act on a character rather than show it."""
    return unicodedata.category(sign) in OBEYED and sign not in HARMLESS


def tell_problems(lines: Iterable[str]) -> None:
    """Print lines on stderr."""
    for line in lines:
        tell(line, err=True)
