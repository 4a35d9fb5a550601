"""The preview: a palette as a piece of HTML, its regions in colour and in numbers, and remarks about it."""

from __future__ import annotations

import base64
import io
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageColor

from lib_regiondiff.authoring.colours import choose_colours, choose_ink
from lib_regiondiff.authoring.doubts import find_undivided
from lib_regiondiff.authoring.notices import make_badges, write_notice, write_problem
from lib_regiondiff.authoring.preflight import ALONE, TAKES, JobContext, Notice, preflight
from lib_regiondiff.authoring.summary import TRACE, Shares
from lib_regiondiff.authoring.typed_controls import PLACES
from lib_regiondiff.document.json_text import loads
from lib_regiondiff.document.palette import Brush, Palette
from lib_regiondiff.document.records import replace_unchecked
from lib_regiondiff.errors import Fault, PaletteError, Problem
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.prompts import Document, make_palette, read

NOTHING = "No palette yet: take a preset, load or paste one, or have the regions made from the prompt."
UNTYPED = "Type the main prompt: its lines become regions."
OFF = "Regions are off: Generate draws a plain picture. The tick beside the title switches them on."
LARGEST = 512  # side of the picture
OPAQUE = 0.8
SOLID = 0.5
LONGEST = 160  # letters of a prompt
HEARD = 75  # tokens of a piece of a prompt
MOST = 20  # problems that are listed


@dataclass(frozen=True)
class Preview:
    """What the page shows of a document, as HTML: the preview, and in `state` a few words for the header."""

    html: str
    state: str = ""


def render_html(given: Any, around: JobContext = ALONE) -> str:
    """The preview of a document (text or data, palette or typed) as HTML; a wrong one shows its mistakes instead."""
    return render_preview(given, around).html


def render_preview(given: Any, around: JobContext = ALONE, on: bool = True) -> Preview:
    """The preview of a document (text or data, palette or typed) in a job; the header has words if regions are `on`.

    What is wrong with the document is shown in its place; nothing is raised.
    """
    if given is None or (isinstance(given, str) and not given.strip()):
        return Preview(render_message([Notice("note", NOTHING)]), _render_state("no palette yet", on))
    try:
        document = read(given)
        if document.typed is not None and not around.prompt.strip():
            return Preview(render_message([Notice("note", UNTYPED)]), _render_state("waits for the prompt", on))
        palette = make_palette(_set_size(document, around.size), around.words)
    except PaletteError as error:
        verdict = {"problems": [write_problem(each) for each in error.problems], "notices": [], "ids": _list_ids(given)}
        return Preview(
            render_faults(error.problems, verdict=verdict),
            _render_state(_spell_count(len(error.problems), "mistake"), on),
        )
    palette = replace_unchecked(palette, size=around.size or palette.size)
    shares = Shares.of(palette, around.drawing)
    notices = [*_warn_first(document, palette, on), *preflight(palette, around, shares)]
    listed = _render_list([_render_item(notice.kind, escape(notice.text)) for notice in notices])
    verdict = {
        "notices": [write_notice(notice) for notice in notices],
        "badges": make_badges(notices),
        "shares": [round(shares.part(index), 4) for index in range(len(palette.brushes) + 1)],
        "ids": [brush.id for brush in palette.brushes],
        "tokens": _count_tokens(palette, around),
    }
    return Preview(
        _frame(_render_picture(palette, shares) + _render_legend(palette, shares) + listed, verdict),
        _render_state(_summarise(palette, notices), on),
    )


def _count_tokens(palette: Palette, around: JobContext) -> dict[str, Any] | None:
    """The tokens of each brush's prompt, beside how many the model hears at once; None where nobody counts."""
    count = around.count
    if count is None:
        return None
    return {"brushes": [{"count": count(brush.prompt), "limit": HEARD} for brush in palette.brushes]}


def _warn_first(document: Document, palette: Palette, on: bool) -> Iterator[Notice]:
    """Notices that come first: that regions are off, that a prompt was not split."""
    if not on:
        yield Notice("warning", OFF)
    yield from (Notice("warning", line) for line in find_undivided(document, palette))


def _summarise(palette: Palette, notices: Sequence[Notice]) -> str:
    """The header's words for a palette: its regions and its cost."""
    if any(notice.kind == "error" for notice in notices):
        return "cannot be drawn: see below"
    costs = [notice.text.removeprefix(TAKES) for notice in notices if notice.text.startswith(TAKES)]
    return " · ".join([_spell_count(len(palette.brushes), "region"), *costs])


def _spell_count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _render_state(words: str, on: bool) -> str:
    return f'<span class="regiondiff-state">{escape(words)}</span>' if on else ""


def render_message(notices: Sequence[Notice]) -> str:
    """HTML of a list of notices alone, styled as in the preview."""
    return _frame(_render_list([_render_item(notice.kind, escape(notice.text)) for notice in notices]))


def _frame(inner: str, verdict: Mapping[str, Any] | None = None) -> str:
    """The preview around what it shows; `verdict` says the same to scripts of the page."""
    data = f' data-verdict="{escape(json.dumps(verdict))}"' if verdict else ""
    return f'<div class="regiondiff-preview"{data}>{inner}</div>'


def _render_list(items: Sequence[str]) -> str:
    return f'<ul class="regiondiff-notices">{"".join(items)}</ul>' if items else ""


def _render_item(kind: str, inner: str) -> str:
    return f'<li class="regiondiff-{kind}">{inner}</li>'


def _list_ids(given: Any) -> list[str]:
    """The ids of the brushes of a document that is none, as far as it has them."""
    try:
        brushes = (loads(given) if isinstance(given, str) else given)["brushes"]
        return [str(brush.get("id", "")) for brush in brushes]
    except (Fault, TypeError, KeyError, AttributeError):
        return []


def render_faults(
    problems: Sequence[Problem], places: Mapping[str, str] = PLACES, verdict: Mapping[str, Any] | None = None
) -> str:
    """HTML that lists the problems of a palette, at most MOST; `places` has the label of the field for a path."""
    lines = [_render_place(each.path, places) + escape(str(each).removeprefix(each.path)) for each in problems[:MOST]]
    more = [f"{len(problems) - MOST} more"] if len(problems) > MOST else []
    return _frame(_render_list([_render_item("error", line) for line in lines + more]), verdict)


def _render_place(path: str, places: Mapping[str, str]) -> str:
    return f"<b>{escape(places[path])}</b>" if path in places else f"<code>{escape(path)}</code>"


def _set_size(document: Document, size: Size | None) -> Document:
    """Typed regions with the size of the picture, where they say none."""
    if document.typed is None or size is None or "size" in document.typed:
        return document
    return Document(None, {**document.typed, "size": {"width": size.width, "height": size.height}})


def _render_picture(palette: Palette, shares: Shares) -> str:
    """The regions in their colours, numbered."""
    width, height = palette.size.width, palette.size.height
    colours = base64.b64encode(_paint_png(palette.brushes, shares.weights[1:])).decode()
    image = f'<image href="data:image/png;base64,{colours}" width="{width}" height="{height}"'
    marks = "".join(_render_marks(shares, min(width, height) / 9))
    return (
        f'<svg class="regiondiff-picture" viewBox="0 0 {width} {height}" role="img" aria-label="regions">'
        f'{image} preserveAspectRatio="none"/>{marks}</svg>'
    )


def _paint_png(brushes: Sequence[Brush], weights: np.ndarray) -> bytes:
    """A PNG of the brushes' colours, mixed by weights [P, h, w]; clear where no brush is."""
    colours = np.array([ImageColor.getrgb(colour) for colour in choose_colours(brushes)], np.float32).reshape(-1, 3)
    covered = weights.sum(axis=0)
    mixed = np.tensordot(weights, colours, (0, 0)) / np.maximum(covered, 1e-6)[..., None]
    picture = np.dstack([mixed, 255 * OPAQUE * covered]).round().clip(0, 255).astype(np.uint8)
    shrink = max(1.0, max(picture.shape[:2]) / LARGEST)
    sides = (max(1, round(picture.shape[1] / shrink)), max(1, round(picture.shape[0] / shrink)))
    file = io.BytesIO()
    Image.fromarray(cv2.resize(picture, sides, interpolation=cv2.INTER_NEAREST)).save(file, "PNG")
    return file.getvalue()


def _render_marks(shares: Shares, height: float) -> Iterator[str]:
    """The number of each brush, in its middle."""
    for number, weight in enumerate(shares.weights[1:], start=1):
        inside = (weight > SOLID).astype(np.uint8)
        if inside.any():
            x, y = _find_middle(inside)
            place = f'x="{(x + 0.5) * shares.cell:.0f}" y="{(y + 0.5) * shares.cell:.0f}" font-size="{height:.0f}"'
            yield f'<text {place} text-anchor="middle" dominant-baseline="central">{number}</text>'


def _find_middle(inside: np.ndarray) -> tuple[float, float]:
    """Of the cells that lie deepest inside [h, w], the one nearest to the centre of all that is inside, as x, y."""
    depth = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    deepest = np.argwhere(depth >= depth.max() - 0.5)
    centre = np.argwhere(inside).mean(axis=0)
    y, x = deepest[((deepest - centre) ** 2).sum(axis=1).argmin()]
    return float(x), float(y)


def _render_legend(palette: Palette, shares: Shares) -> str:
    """HTML with a line for each brush (number, colour, name, share, prompt), and one for what no brush covers."""
    lines = [
        _render_line(f"{number}", colour, brush.name or brush.id, shares.part(number), brush.prompt)
        for number, brush, colour in zip(
            itertools.count(1), palette.brushes, choose_colours(palette.brushes), strict=False
        )
    ]
    if shares.part(0) > TRACE:
        lines.append(_render_line("", "", "background", shares.part(0), palette.background.prompt))
    return f'<ul class="regiondiff-legend">{"".join(lines)}</ul>'


def _render_line(number: str, colour: str, name: str, share: float, prompt: str) -> str:
    style = f' style="background:{colour};color:{choose_ink(colour)}"' if colour else ""
    swatch = f'<span class="regiondiff-swatch"{style}>{number}</span>'
    short = "" if prompt == name else prompt if len(prompt) <= LONGEST else prompt[:LONGEST] + "…"
    told = f'<b><bdi>{escape(name)}</bdi></b> {100 * share:.1f} % <span class="regiondiff-prompt">'
    return f"<li>{swatch}<div>{told}<bdi>{escape(short)}</bdi></span></div></li>"
