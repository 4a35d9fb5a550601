"""The picture under the brushes, described by the WebUI: at the press of a button, or as a job begins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lib_regiondiff.authoring.preflight import Notice
from lib_regiondiff.authoring.presets import format_json
from lib_regiondiff.document.caption import add_caption, describe_ground, is_wordless
from lib_regiondiff.document.palette import VERSION, Background, dump, parse
from lib_regiondiff.document.pictures import Picture
from lib_regiondiff.errors import RegionDiffError
from lib_regiondiff.hosts.webui.program import interrogator, notices
from lib_regiondiff.hosts.webui.typed import Processing
from lib_regiondiff.planning import prompts
from lib_regiondiff.planning.prompts import Document


def is_due(text: str) -> bool:
    """Whether a palette's text has a picture that nothing describes, and the WebUI an interrogator that could."""
    try:
        return interrogator.is_available() and is_wordless(_read_background(_read_data(text)))
    except RegionDiffError:
        return False


def caption_picture(text: str) -> tuple[str | None, Notice]:
    """Have the WebUI describe the picture under a palette's brushes: its words, and a notice for a person.

    The words are None, and the notice an error, where there is nothing to describe or the description fails.
    """
    try:
        under = _read_background(_read_data(text))
        if not isinstance(under.image, Picture):
            return None, Notice("error", "There is no picture under the brushes: the palette has no background.image.")
        if not is_wordless(under):
            return None, Notice("error", "The background has a prompt already; without one its picture is described.")
        words = describe_ground(under, interrogator.caption_between_jobs)
    except RegionDiffError as error:
        return None, Notice("error", str(error))
    return words, Notice("note", f"The background's prompt: {words}")


def insert_caption(text: str, words: str, then: str) -> tuple[str | None, Notice | None]:
    """The palette's text with words as the background's prompt, and what to tell a person.

    `then` is the text whose picture they describe. The text is None, and stays as it is, where the palette has got
    another picture or words since.
    """
    late = Notice("warning", f"The palette has changed meanwhile; its former picture shows: {words}")
    try:
        data = _read_data(text)
        under, before = _read_background(data), _read_background(_read_data(then))
    except RegionDiffError:
        return None, late
    if under.image != before.image or not is_wordless(under):
        return None, late
    return format_json({**data, "background": {**data["background"], "prompt": words}}), None


def _read_data(text: str) -> dict[str, Any]:
    """A palette, or typed regions, as plain data; PaletteError for anything else."""
    document = prompts.read(text)
    return dump(document.palette) if document.palette is not None else dict(document.typed or {})


def _read_background(data: dict[str, Any]) -> Background:
    return parse({"version": VERSION, "background": data.get("background", {})}).background


def caption_document(p: Processing, document: Document) -> Document:
    """The document of job `p` with a description of its picture, where neither it nor the main prompt says anything.

    Where no description can be had the job goes on without, and the reason is told under its pictures.
    """
    palette = document.palette
    if palette is None or not is_wordless(palette.background) or any(text.strip() for text in p.all_prompts):
        return document
    try:
        return replace(document, palette=add_caption(palette, interrogator.caption_within_job))
    except RegionDiffError as error:
        notices.tell(p, [str(error)])
        return document
