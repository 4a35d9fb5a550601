"""A case: a palette in the surroundings of its job, with the texts and the plan that judging it needs, made once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lib_regiondiff.authoring.cost import Sketch, count_cells, make_clock
from lib_regiondiff.authoring.job_context import ALONE, JobContext
from lib_regiondiff.authoring.notices import mention
from lib_regiondiff.authoring.room import NOISY, is_over
from lib_regiondiff.authoring.summary import Shares
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.document.records import replace_unchecked
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning import prompts
from lib_regiondiff.planning.brush_texts import BACKGROUND, BrushText, prepare_texts
from lib_regiondiff.planning.intervals import round_levels
from lib_regiondiff.planning.plan import Job, Plan, make_plan

STEPS = 20
"""Steps of a job whose number is not known."""


@dataclass(frozen=True)
class Case:
    """A palette at the size of its job, the job's context, each brush's share, and the size it was painted at."""

    palette: Palette
    around: JobContext
    shares: Shares
    painted: Size
    known: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """Texts and plan, once made, since several checks need them."""

    @property
    def guidance(self) -> float:
        """The guidance scale of the job."""
        return self.palette.guidance if self.around.guidance is None else self.around.guidance

    @property
    def names(self) -> dict[str, str]:
        """What background and brushes are called, by id."""
        return {BACKGROUND: "the background"} | {
            brush.id: mention(number, brush) for number, brush in enumerate(self.palette.brushes, start=1)
        }

    @property
    def plan(self) -> Plan:
        """The plan of one image. Raises HostError and PaletteError for what cannot be planned."""
        if "plan" not in self.known:
            self.known["plan"] = self.planned(self.palette, self.texts())
        return self.known["plan"]

    def planned(self, palette: Palette, texts: Mapping[str, BrushText]) -> Plan:
        """The plan of one image of a palette with these texts; HostError for what cannot be planned."""
        noises = make_clock(self.around.steps or STEPS)
        if is_over(self.palette, self.around.drawing):
            share = self.palette.init.strength if self.palette.init is not None else NOISY
            count = max(1, round_levels(share * (len(noises) - 1)))
            noises = noises[-1 - count :]
        job = Job(self.palette.size, noises, (0,), (texts,), self.guidance, store=self.shares.store)
        return make_plan(palette, job, Sketch(self.around.native))

    def texts(self) -> Mapping[str, BrushText]:
        """What is encoded for background and brushes; PaletteError for wildcards that cannot be resolved."""
        if "texts" not in self.known:
            words = self.around.words
            self.known["texts"] = prompts.find_texts(prompts.draw_wildcards(self.palette, words), words)
        return self.known["texts"]

    def prompts(self) -> Mapping[str, str]:
        """The prompts of background and brushes with the suffix; PaletteError where one would be too long as well."""
        return {key: texts[0].prompt for key, texts in prepare_texts(self.palette, [self.texts()]).items()}

    @property
    def ratio(self) -> float:
        """The latent cells that the network evaluates in a whole job, in units of those of one without regions.

        As `describe_cost` takes it. Raises HostError and PaletteError as `plan` does.
        """
        plain = self.planned(
            replace_unchecked(Palette(), size=self.palette.size),
            {BACKGROUND: BrushText(self.around.words.prompt, "")},
        )
        return count_cells(self.plan, self.guidance) / count_cells(plain, self.guidance)


def make_case(palette: Palette, around: JobContext = ALONE, shares: Shares | None = None) -> Case:
    """A palette in the surroundings of a job; `shares` are those at the job's size, computed if None."""
    drawn = replace_unchecked(palette, size=around.size or palette.size)
    return Case(drawn, around, shares or Shares.of(drawn, around.drawing), palette.size)
