"""The verdict on a palette before it is drawn: problems and remarks with their paths, shares, tokens, cost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib_regiondiff.authoring.case import Case, make_case
from lib_regiondiff.authoring.cost import estimate
from lib_regiondiff.authoring.job_context import JobContext
from lib_regiondiff.authoring.notices import Notice, join_names, make_badges, write_notice, write_problem
from lib_regiondiff.authoring.preflight import CHOOSES, TAKES, judge
from lib_regiondiff.authoring.summary import describe_cost, find_refusals
from lib_regiondiff.document.palette import METHODS, SCENE, THING, Palette, parse
from lib_regiondiff.errors import PaletteError, RegionDiffError
from lib_regiondiff.hosts.renderer import Renderer
from lib_regiondiff.planning.brush_texts import BACKGROUND, prepare_texts
from lib_regiondiff.server.models import Models

ROOM = 75
"""Tokens of a chunk of CLIP's: a prompt that has more is read in several."""
KINDS_OF_BRUSHES: Mapping[str, str] = {THING: "one thing", SCENE: "own scene"}
"""Kinds that are worth a word, as the page calls them."""


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
            return tell_problems(error)
        return self._judge(palette)

    def prepare(self, data: Any) -> tuple[Palette, float]:
        """A palette to draw, and its work in steps of a plain picture; PaletteError, HostError where it can't be."""
        palette = self.models.settle(parse(data))
        for refusal in find_refusals(palette):
            raise refusal
        return palette, max(estimate(palette, self.renderer.native).times, 0.01) * palette.steps

    def _judge(self, palette: Palette) -> dict[str, Any]:
        case = make_case(palette, JobContext(native=self.renderer.native, steps=palette.steps, by="command"))
        return make_verdict(case, self._count_tokens(palette), list(self._find_strangers(palette)))

    def _find_strangers(self, palette: Palette) -> Iterator[Notice]:
        """A note where a palette was made with another model."""
        name, own = palette.model.name, self.models.name
        if name and name != own:
            yield Notice("note", f"made with the model {name[:80]}; here {own} draws", "model.name")

    def _count_tokens(self, palette: Palette) -> Mapping[str, Any] | None:
        with self._counting:
            return count_tokens(palette, self.renderer.count)


def tell_problems(error: PaletteError) -> dict[str, Any]:
    """The verdict on what is no palette."""
    return {"problems": [write_problem(each) for each in error.problems], "notices": [], "badges": {}}


def make_verdict(case: Case, tokens: Mapping[str, Any] | None, first: Sequence[Notice] = ()) -> dict[str, Any]:
    """The verdict on a palette: what there is to say, after what comes `first`, its cost, shares and tokens."""
    shown = [each for each in (*first, *judge(case)) if not each.text.startswith((TAKES, CHOOSES))]
    return {
        "problems": [],
        "notices": [write_notice(each) for each in shown],
        "badges": make_badges(shown),
        "cost": describe_work(case),
        "shares": [round(case.shares.part(index), 4) for index in range(len(case.palette.brushes) + 1)],
        "tokens": tokens,
        "auto": tell_auto(case),
    }


def count_tokens(palette: Palette, count: Callable[[str], int] | None, main: str = "") -> dict[str, Any] | None:
    """The tokens of each prompt as it is encoded; `main` is the background's where the palette has none.

    None for a model that does not tell.
    """
    if count is None:
        return None
    try:
        texts = {name: each[0].prompt for name, each in prepare_texts(palette, [{}]).items()}
    except PaletteError:
        return None  # told with the wildcards
    texts[BACKGROUND] = texts[BACKGROUND] or main
    said = {name: {"count": count(text), "limit": ROOM} for name, text in texts.items()}
    return {"background": said[BACKGROUND], "brushes": [said[brush.id] for brush in palette.brushes]}


def describe_work(case: Case) -> dict[str, Any] | None:
    """What a picture takes beside one without regions; None where it cannot be drawn."""
    try:
        ratio = case.ratio
    except RegionDiffError:
        return None
    return {"ratio": round(ratio, 2), "words": describe_cost(ratio)}


def tell_auto(case: Case) -> str:
    """What `auto` becomes, in words; "" for nothing, and where that cannot be told."""
    try:
        chosen = case.plan.chosen
    except RegionDiffError:
        return ""
    return tell_choices(chosen, {brush.id: brush.name or brush.id for brush in case.palette.brushes})


def tell_choices(choices: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What a palette left open and became, as `list_choices` has it, in words that need no knowledge of palettes."""
    methods = {value: name for name, value in METHODS.items()}
    grid, levels = choices.get("tiles"), (choices.get("bootstrap") or {}).get("levels")
    parts = [methods[choices["blend"]]] if choices.get("blend") else []
    if grid:
        parts.append(f"tiles of {grid['width']} × {grid['height']} px")
    if levels:
        parts.append(f"brushes apart in the first {'step' if levels == 1 else f'{levels} steps'}")
    for kind, words in KINDS_OF_BRUSHES.items():
        own = [names[key] for key, value in (choices.get("kinds") or {}).items() if value == kind]
        parts += [f"{words}: {join_names(own)}"] if own else []
    return "; ".join(parts)
