"""The two doors that strangers' words go through whole: the WebUI's page with its prompts, and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from unittest import mock

from click.testing import CliRunner

from fuzz.documents import documents
from fuzz.target import JSON, KEYS, Target, folder, text_of
from fuzz.words import LINES, WILD
from lib_regiondiff.authoring.job_context import JobContext
from lib_regiondiff.authoring.preview import render_preview
from lib_regiondiff.command import cli, drawing
from lib_regiondiff.command.printing import is_obeyed
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size

MARKUP = "x9q"
"""What no page of ours has as the name of an element."""
OPTIONS = ("width", "height", "seed", "count", "batch", "steps", "sampler", "guidance", "blend", "quantization")
WORDS = ("set", "prompt", "negative", "dtype", "device")
COMMANDS: Mapping[str, tuple[str, ...]] = {"c": ("check",), "i": ("info",), "f": ("info", "--full")}
LOADING = HostError("here", "an end", "all that is asked of a model's loader")


def page(data: bytes) -> None:
    """What the page shows of a document and two prompts: no markup of theirs, and no more than a megabyte."""
    prompt, negative, text = [*text_of(data).split("\0", 2), "", ""][:3]
    around = JobContext(prompt, negative, size=Size(256, 256), steps=9, files=LINES.get, count=len)
    shown = render_preview(text, around)
    assert f"<{MARKUP}" not in shown.html + shown.state
    assert len(shown.html) < 2**20


def command(data: bytes) -> None:
    """A command with options and a palette: a few lines, an exit code of ours, nothing that a terminal would obey."""
    words, _, document = data.partition(b"\0")
    kind, *lines = text_of(words).split("\n")
    path, output = folder() / "a.json", folder() / "a.png"
    path.write_bytes(document)
    given = [*COMMANDS.get(kind, ("render", "-o", str(output), "--model", "demo", *map(option, lines))), str(path)]
    with mock.patch.object(drawing, "load_renderer", side_effect=LOADING):
        done = CliRunner().invoke(cli.main, given)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code in (0, 1, 2)
    assert "unexpected:" not in done.output
    assert not any(map(is_obeyed, done.output.replace("\n", "")))


def option(line: str) -> str:
    """An option of `render`: that of a letter, with a value."""
    names = [*OPTIONS, *WORDS]
    return f"--{names[ord(line[:1] or '@') % len(names)]}={line[1:]}"


def asked(*options: tuple[str, str]) -> bytes:
    """Lines that `option` reads as these."""
    names = [*OPTIONS, *WORDS]
    letters = {name: next(chr(n) for n in range(64, 127) if n % len(names) == i) for i, name in enumerate(names)}
    return "\n".join(["r", *(letters[name] + value for name, value in options)]).encode() + b"\0"


def command_seeds() -> list[bytes]:
    """Commands over the documents."""
    plain: list[tuple[str, str]] = [
        ("width", "512"),
        ("set", "brushes[0].prompt=a"),
        ("seed", "7"),
        ("guidance", "2.5"),
    ]
    return [start + text for text in documents()[:2] for start in (b"c\0", b"i\0", asked(*plain))]


FRONTS: Mapping[str, Target] = {
    "page": Target(
        page,
        lambda: [b"a {x|y}\0b\0" + text for text in documents()],
        (*JSON, *KEYS, *WILD, f"<{MARKUP}>".encode(), f"'\"><{MARKUP}>".encode(), b"\0", b"AND", b"<lora:a:1>"),
    ),
    "command": Target(
        command, command_seeds, (*JSON, *KEYS, b"\n", b"\0", b"\x1b[2J", b"\xe2\x80\xae", b"\x9b", b"=", b"1e9", b"-")
    ),
}
