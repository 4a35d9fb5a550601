"""The verdict on a palette before it is drawn: problems and remarks with their paths, shares, tokens, cost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lib_regiondiff.authoring.cost import estimate
from lib_regiondiff.authoring.job_context import JobContext
from lib_regiondiff.authoring.notices import KINDS, Notice
from lib_regiondiff.authoring.preflight import CHOOSES, TAKES, measure_cost, preflight
from lib_regiondiff.authoring.summary import Shares, describe_cost, find_refusals
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.errors import PaletteError, RegionDiffError
from lib_regiondiff.hosts.renderer import Renderer
from lib_regiondiff.planning.brush_texts import BACKGROUND, prepare_texts
from lib_regiondiff.server.answers import describe_problem
from lib_regiondiff.server.models import Models

ROOM = 75
"""Tokens of a chunk of CLIP's: a prompt that has more is read in several."""


@dataclass(frozen=True)
class Checker:
    """Checks palettes for the model that draws."""

    models: Models
    renderer: Renderer
    _counting: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def check(self, data: Any) -> dict[str, Any]:
        """The verdict on a palette's plain data; what is wrong with it is a part of the verdict, nothing is raised."""
        try:
            palette = self.models.settle(parse(data))
        except PaletteError as error:
            return {"problems": [describe_problem(each) for each in error.problems], "notices": [], "badges": {}}
        return self._judge(palette)

    def prepare(self, data: Any) -> tuple[Palette, float]:
        """A palette to draw, and its work in steps of a plain picture; PaletteError, HostError where it can't be."""
        palette = self.models.settle(parse(data))
        for refusal in find_refusals(palette):
            raise refusal
        return palette, max(estimate(palette, self.renderer.native).times, 0.01) * palette.steps

    def _judge(self, palette: Palette) -> dict[str, Any]:
        around = JobContext(native=self.renderer.native, steps=palette.steps, by="command")
        shares = Shares.of(palette, around.drawing)
        notices = [*self._find_strangers(palette), *preflight(palette, around, shares)]
        shown = [each for each in notices if not each.text.startswith((TAKES, CHOOSES))]
        auto = [each.text.removeprefix(CHOOSES) for each in notices if each.text.startswith(CHOOSES)]
        return {
            "problems": [],
            "notices": [_write_notice(each) for each in shown],
            "badges": make_badges(shown),
            "cost": _describe_work(palette, around),
            "shares": [round(shares.part(index), 4) for index in range(len(palette.brushes) + 1)],
            "tokens": self._count_tokens(palette),
            "auto": auto[0] if auto else "",
        }

    def _find_strangers(self, palette: Palette) -> Iterator[Notice]:
        """A note where a palette was made with another model."""
        name, own = palette.model.name, self.models.name
        if name and name != own:
            yield Notice("note", f"made with the model {name[:80]}; here {own} draws", "model.name")

    def _count_tokens(self, palette: Palette) -> dict[str, Any] | None:
        """The tokens of each prompt as it is encoded; None for a model that does not tell."""
        count = self.renderer.count
        if count is None:
            return None
        try:
            texts = {name: each[0].prompt for name, each in prepare_texts(palette, [{}]).items()}
        except PaletteError:
            return None  # told with the wildcards
        with self._counting:
            said = {name: {"count": count(text), "limit": ROOM} for name, text in texts.items()}
        return {"background": said[BACKGROUND], "brushes": [said[brush.id] for brush in palette.brushes]}


def make_badges(notices: list[Notice]) -> dict[str, dict[str, Any]]:
    """By the ids of brushes what each one's badge says: its worst notice, and how many there are. Notes make none."""
    found: dict[str, dict[str, Any]] = {}
    for each in sorted(notices, key=lambda notice: KINDS.index(notice.kind)):
        if each.brush and each.kind != "note":
            badge = found.setdefault(each.brush, {**_write_notice(each), "count": 0})
            badge["count"] += 1
    return found


def _write_notice(notice: Notice) -> dict[str, Any]:
    said = {"level": notice.kind, "message": notice.text, "path": notice.path, "brush": notice.brush}
    return {key: value for key, value in said.items() if value}


def _describe_work(palette: Palette, around: JobContext) -> dict[str, Any] | None:
    """What a picture takes beside one without regions; None where it cannot be drawn."""
    try:
        ratio = measure_cost(palette, around)
    except RegionDiffError:
        return None
    return {"ratio": round(ratio, 2), "words": describe_cost(ratio)}
