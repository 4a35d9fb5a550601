"""What looks like a mistake in a job that is about to be drawn, told beside its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lib_regiondiff.authoring.job_context import JobContext
from lib_regiondiff.authoring.preflight import SAID, SEEN, preflight
from lib_regiondiff.authoring.room import NOISY
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.geometry import Size
from lib_regiondiff.hosts.webui.program import notices
from lib_regiondiff.planning.prompts import Document, Words


@dataclass(frozen=True)
class DrawnPass:
    """One sampling pass of a job: its document, the palette and words of its first picture, its size in pixels."""

    document: Document
    palette: Palette
    words: Words
    size: Size


def tell(p: Any, drawn: DrawnPass, whole: bool) -> None:
    """Show the likely mistakes of a pass under the pictures of job `p`, and in the API's answer.

    Where the pass draws a part of a picture (`whole` is False) brushes are larger or elsewhere, so masks are not
    judged.
    """
    from_noise = not getattr(p, "init_images", None) and not getattr(p, "is_hr_pass", False)
    around = JobContext(
        prompt=drawn.words.prompt,
        negative=drawn.words.negative,
        guidance=float(p.cfg_scale),
        size=drawn.size,
        steps=int(p.steps) if from_noise else None,
        over=bool(getattr(p, "init_images", None)) and float(getattr(p, "denoising_strength", 0.0)) <= NOISY,
    )
    checks = (*SEEN, *SAID) if whole else SAID
    found = preflight(drawn.palette, around, checks=checks)
    doubtful = [notice.text for notice in found if notice.kind == "warning"]
    notices.tell(p, [*find_undivided(drawn.document, drawn.palette), *doubtful])


def find_undivided(document: Document, palette: Palette) -> Iterator[str]:
    """A warning where a prompt was to be split into regions but has only one part."""
    if document.typed is not None and len(palette.brushes) == 1:
        yield f"The prompt is one part, so there is one region: {_advise(document.typed)}."


def _advise(typed: Mapping[str, Any]) -> str:
    """Advice on how to write more than one part."""
    how = typed["typed"].get("split", "auto")
    word = "BREAK" if how == "auto" else how
    lines, words = "put each region on a line of its own", f"write {word} between regions"
    return f"{lines}, or {words}" if how == "auto" else lines if how == "lines" else words
