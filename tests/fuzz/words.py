"""Parsers of what people type: prompts with wildcards, regions and tags, names of presets, values of plots."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping

from fuzz.documents import documents
from fuzz.target import Target, folder, palette_of, tell, text_of
from lib_regiondiff.authoring.presets import PaletteFolder
from lib_regiondiff.document import json_text, plot_axes
from lib_regiondiff.document.palette import PROMPT, Background, Palette, dumps, parse
from lib_regiondiff.document.rules import Fault
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.formats import wildcards
from lib_regiondiff.formats.tags import split_networks
from lib_regiondiff.formats.typed import parse_typed
from lib_regiondiff.formats.wildcard_files import matches, open_folder
from lib_regiondiff.hosts.webui.program.dynamic_prompts import refuse_long
from lib_regiondiff.planning.prompt_words import add_words

LINES = {"a": ["x", "2::y", "{p|__b__}"], "b": ["__a__", "{2$$, $$p|q|r}"], "c": ["{" * 9 + "a|b" + "}" * 9] * 99}
WILD = (
    b"{",
    b"}",
    b"|",
    b"[",
    b"]",
    b"\\",
    b"$$",
    b"2$$",
    b"99$$",
    b"1-3$$",
    b"::",
    b"__",
    b"__a__",
    b"__b__",
    b"_",
    b"*",
)
CANVAS = {"rectangle": [0, 0, 1, 1]}
REGIONS = (b" BREAK ", b" ADDCOL ", b" ADDROW ", b"ADDCOMM", b"ADDBASE", b"\n", b",", b";", b"\0", b'{"split":"BREAK"}')


def wildcard(data: bytes) -> None:
    """A text with wildcards; what is drawn can be a palette's prompt."""
    text = text_of(data)
    wildcards.find_unknown(text, LINES.get)
    try:
        drawn = wildcards.expand(text, len(data), LINES.get)
    except PaletteError as error:
        tell(error)
        return
    if not re.search("[\0\ud800-\udfff]", text):
        assert parse(dumps(Palette(background=Background(prompt=drawn)))).background.prompt == drawn


def wildcard_name(data: bytes) -> None:
    """A name with stars: compared with a path as a regular expression would, and with those of a folder."""
    pattern, _, path = text_of(data).partition("\0")
    if len(pattern) <= 30:  # a longer one may keep the expression for ever
        said = re.sub(r"(?:\\\*)+", lambda stars: ".*" if len(stars[0]) > 2 else "[^/]*", re.escape(pattern))
        assert matches(pattern, path[:30]) == bool(re.fullmatch(said, path[:30], re.DOTALL))
    matches(pattern, path)
    (folder() / "wildcards").mkdir(exist_ok=True)
    (folder() / "wildcards" / "aaa.txt").write_text("x\ny")
    open_folder(folder() / "wildcards")(pattern)


def prompts(data: bytes) -> None:
    """Typed regions: options, a prompt and a negative."""
    options, _, rest = text_of(data).partition("\0")
    prompt, _, negative = rest.partition("\0")
    try:
        said = json_text.loads(options.encode("utf-8", "replace"))
    except Fault:
        said = {}
    with contextlib.suppress(PaletteError):
        parse(parse_typed({"typed": said}, prompt, negative))


def tags(data: bytes) -> None:
    """Tags of extra networks."""
    text, found = split_networks(text_of(data))
    assert len(text) + sum(map(len, found)) == len(text_of(data))


def dynamic_prompts(data: bytes) -> None:
    """What is handed to the extension Dynamic Prompts."""
    with contextlib.suppress(PaletteError):
        refuse_long(text_of(data))


def plot(data: bytes) -> None:
    """A value of a plot, after the number of its axis."""
    axis, text = plot_axes.AXES[data[0] % len(plot_axes.AXES)] if data else plot_axes.AXES[0], text_of(data[1:])
    own = parse({"version": 1, "tiles": {}, "brushes": [{"id": key, "mask": CANVAS} for key in ("a", "b")]})
    palette_of(lambda: plot_axes.apply_settings(own, [plot_axes.AxisSetting(axis, text)]))


def suffix(data: bytes) -> None:
    """A prompt, words around it and the background's prompt: the prompt is kept whole, and no more comes than may."""
    prompt, beginning, ending, under = [*text_of(data).split("\0", 3), "", "", ""][:4]
    with contextlib.suppress(PaletteError):
        found = add_words(prompt, beginning, ending, under)
        assert len(found) <= max(len(prompt), PROMPT.limit)
        assert not prompt or len(found) >= len(prompt)


def preset(data: bytes) -> None:
    """A preset's name and its text."""
    name, _, text = text_of(data).partition("\0")
    store, plain = PaletteFolder(folder() / "presets"), '{"version": 1}'
    for written_text in (text, plain):
        with contextlib.suppress(PaletteError):
            store.save(name, written_text, True)
            assert store.load(name.strip()) == written_text
    with contextlib.suppress(PaletteError):
        store.load(name)
    for path in store.folder.glob("*"):
        assert path.parent == store.folder and path.suffix == ".json"
        path.unlink()


WORDS: Mapping[str, Target] = {
    "wildcards": Target(wildcard, lambda: [b"a {2$$ and $$b|3::c|__a__} __b__ [x|y] \\{", b"{2$$__c__}"], WILD),
    "wildcard_names": Target(wildcard_name, lambda: [b"a/*\0a/b", b"**b\0a/b"], (b"*", b"**", b"/", b"\0", b"a")),
    "typed": Target(prompts, lambda: [b'{"ratios":"1;2,1,1"}\0a ADDCOMM b ADDCOL c ADDROW d\0e', b"\0a\nb"], REGIONS),
    "tags": Target(tags, lambda: [b"a <lora:x:0.8> b <hypernet:y:1>"], (b"<", b">", b":", b"lora", b"<lora:")),
    "dynamic_prompts": Target(dynamic_prompts, lambda: [b"{2$$ and $$a|b|c} __x__"], (*WILD, b"-", b"$$j$$")),
    "plot": Target(
        plot, lambda: [b"\3a=red", b"\4.5", b"\0MultiDiffusion", b"\2 16"], (b"=", b"a", b"b", b"1", b"e9", b".")
    ),
    "suffix": Target(
        suffix,
        lambda: [b"a cat:1.2 AND a dog : -.5\0, on {background}\0a lawn:1 AND b"],
        (b" AND ", b":", b" ", b"1", b".", b"-", b"\0", b"{background}"),
    ),
    "presets": Target(
        preset,
        lambda: [b"My preset (2)\0" + documents()[1]],
        (b"COM1", b"nul", b".", b"/", b"\0", b" ", b"\xf0\xa0\x80\x80"),
    ),
}
