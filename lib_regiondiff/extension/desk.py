"""The desk: what a surface on the WebUI's page asks of the program, by a hidden text, and the answer in hidden HTML."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

from lib_regiondiff.authoring.case import make_case
from lib_regiondiff.authoring.job_context import JobContext
from lib_regiondiff.authoring.notices import write_notice
from lib_regiondiff.authoring.presets import PaletteFolder, copy_preset, format_json
from lib_regiondiff.authoring.typed_controls import (
    CONTROLS,
    is_own,
    read_controls,
    read_typed,
    spell_out,
    turn_switch,
    write_options,
)
from lib_regiondiff.document.json_text import MAX_BYTES, loads
from lib_regiondiff.errors import Fault, PaletteError
from lib_regiondiff.extension import captioning, reuse
from lib_regiondiff.extension.components import QUIET, Maker
from lib_regiondiff.extension.own_page import guard
from lib_regiondiff.extension.tab import read_surroundings
from lib_regiondiff.planning.prompts import make_palette, read
from lib_regiondiff.server.checking import count_tokens, make_verdict, tell_problems

ANSWER = '<div data-number="{number}" data-answer="{answer}"></div>'
LOST = "an answer: expected one, got {error}; the console says more"
LONGEST = 20
"""Characters of a question's number."""
MOST = 4 * MAX_BYTES
"""Characters of a question: two palettes, whose quotes and line ends have a backslash each."""

Asked = Mapping[str, Any]


def add_desk(make: Maker, data_path: Path) -> None:
    """Add what a surface asks by: a question and an answer, and both again for what takes its time."""
    desk = Desk(data_path)
    replies = {"": desk.answer, "slow_": desk.answer_slowly}
    asking = [make("Textbox", f"{key}ask", label="Question", value="") for key in replies]
    for ask, (key, reply) in zip(asking, replies.items(), strict=True):
        ask.input(guard(reply), [ask], [make("HTML", f"{key}answer", value="")], **QUIET)


@dataclass(frozen=True)
class Desk:
    """Answers questions: a line with a number, then JSON with what is to be done (`do`) and what it takes.

    Wildcards and saved palettes are looked for under `data_path`.
    """

    data_path: Path

    @property
    def store(self) -> PaletteFolder:
        """The saved palettes."""
        return PaletteFolder(self.data_path / "regiondiff" / "palettes")

    def answer(self, text: str) -> str:
        """HTML with the question's number, and JSON of what there is to say, or of an `error`."""
        return self._answer(text, QUICK)

    def answer_slowly(self, text: str) -> str:
        """The same for what may take a minute, and holds nobody else up."""
        return self._answer(text, SLOW)

    def _answer(self, text: str, known: Mapping[str, Callable[[Desk, Asked], dict[str, Any]]]) -> str:
        number, _, question = text.partition("\n")
        try:
            asked = loads(question, MOST)
            said = known[asked["do"]](self, asked)
        except PaletteError as error:
            said = tell_problems(error)
        except Fault as error:
            said = {"error": str(error.problems[0])}
        except Exception as error:  # the last resort: the page is told, and goes on
            logging.getLogger(__name__).exception("a question of the page")
            said = {"error": LOST.format(error=type(error).__name__)}
        return ANSWER.format(number=escape(number[:LONGEST]), answer=escape(json.dumps(said)))


def check(data: Any, around: JobContext) -> dict[str, Any]:
    """The verdict on a palette's plain data in a job; what is wrong with it is a part of the verdict."""
    try:
        palette = make_palette(read(data), around.words)
    except PaletteError as error:
        return tell_problems(error)
    return make_verdict(
        make_case(palette, replace(around, size=None)), count_tokens(palette, around.count, around.words.prompt)
    )


def _check(desk: Desk, asked: Asked) -> dict[str, Any]:
    return check(asked["palette"], read_surroundings(asked.get("around") or {}, desk.data_path))


def _unpack(desk: Desk, asked: Asked) -> dict[str, Any]:
    """The palette that a picture's infotext has `kept`, as text."""
    return {"palette": reuse.read_palette({reuse.KEY: asked["kept"]})}


def _read(desk: Desk, asked: Asked) -> dict[str, Any]:
    """What the controls show of a palette's text: whether regions are typed, and how; what can be captioned."""
    text = asked["text"]
    options = dict(zip(CONTROLS, read_controls(text), strict=True))
    return {"typed": read_typed(text) is not None, "options": options, "caption": captioning.is_due(text)}


def _turn(desk: Desk, asked: Asked) -> dict[str, Any]:
    """The text once typed regions are switched on or off, and what was put aside for it."""
    text, kept = turn_switch(asked["on"], asked["text"], asked["kept"], *_list_options(asked))
    return {"text": text, "kept": kept}


def _write(desk: Desk, asked: Asked) -> dict[str, Any]:
    """The text of typed regions with other options; one that has become a palette meanwhile stays."""
    text = asked["text"]
    return {"text": text if read_typed(text) is None else write_options(text, *_list_options(asked))}


def _list_options(asked: Asked) -> list[Any]:
    return [asked["options"][key] for key in CONTROLS]


def _spell(desk: Desk, asked: Asked) -> dict[str, Any]:
    """The palette that typed regions make of the main prompts; a text that has become one meanwhile stays."""
    text, words = asked["text"], read_surroundings(asked.get("around") or {}, desk.data_path).words
    return {"text": text if read_typed(text) is None else spell_out(text, words)}


def _take_preset(desk: Desk, asked: Asked) -> dict[str, Any]:
    return _offer(format_json(copy_preset(asked["name"])), asked)


def _load(desk: Desk, asked: Asked) -> dict[str, Any]:
    return _offer(desk.store.load(asked["name"]), asked)


def _offer(new: str, asked: Asked) -> dict[str, Any]:
    """A text, and whether the one that it would replace is a person's own."""
    return {"text": new, "own": is_own(asked["text"]) and asked["text"] != new}


def _save(desk: Desk, asked: Asked) -> dict[str, Any]:
    desk.store.save(asked["name"], asked["text"], bool(asked["replace"]))
    return {"name": asked["name"].strip(), "saved": desk.store.names()}


def _list(desk: Desk, asked: Asked) -> dict[str, Any]:
    return {"saved": desk.store.names()}


def _caption(desk: Desk, asked: Asked) -> dict[str, Any]:
    """What the picture under the brushes shows, in words; None and a notice where that cannot be had."""
    words, notice = captioning.caption_picture(asked["text"])
    return {"words": words, "notice": write_notice(notice)}


def _insert(desk: Desk, asked: Asked) -> dict[str, Any]:
    """The text with those words, and a notice where it has changed since it was `then`."""
    text, notice = captioning.insert_caption(asked["text"], asked["words"], asked["then"])
    return {"text": text, "notice": notice and write_notice(notice)}


QUICK: Mapping[str, Callable[[Desk, Asked], dict[str, Any]]] = {
    "check": _check,
    "unpack": _unpack,
    "read": _read,
    "turn": _turn,
    "write": _write,
    "spell": _spell,
    "preset": _take_preset,
    "load": _load,
    "save": _save,
    "list": _list,
    "insert": _insert,
}
SLOW: Mapping[str, Callable[[Desk, Asked], dict[str, Any]]] = {"caption": _caption}
