"""A palette in a few lines for people: what it asks for, who gets how much of the canvas, what looks like a mistake."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from lib_regiondiff.authoring.losses import Run, find_losses
from lib_regiondiff.authoring.notices import Remark, mention
from lib_regiondiff.authoring.room import USUAL, Drawing, Painted, find_room
from lib_regiondiff.document.palette import BIAS, SCENE, THING, Brush, Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import LATENT_CELL
from lib_regiondiff.planning.auto import drop_idle_nag
from lib_regiondiff.planning.intervals import find_interval
from lib_regiondiff.planning.prompt_words import AND
from lib_regiondiff.planning.refusals import list_refusals
from lib_regiondiff.planning.weights.partition import divide_for_people
from lib_regiondiff.store import Store

FINEST = 2
THIN = 24  # pixels; three latent cells
FAINT, AROUND = LATENT_CELL // 2, 3  # pixels; numbers along a side of a square in which a line is measured
SLANTED = 0.93  # of what a line of that width covers of the square: less than that where it is slanted
TRACE = 5e-4
ALIKE = 1.0


@dataclasses.dataclass(frozen=True)
class Shares:
    """Weights float32 [1 + P, h, w] in [0, 1] of background and brushes; a number stands for `cell` pixels squared.

    `painted` tells of each brush whether its mask covers anything at all, `room` [1 + P, h, w] what is left of it:
    things lie on what is below them and do not hide it, though they are given what their brushes cover. `coverages`
    [h, w] are the masks of brushes, whatever lies on them.
    """

    weights: np.ndarray
    cell: int
    painted: tuple[bool, ...]
    room: np.ndarray
    coverages: tuple[np.ndarray, ...]
    store: Store = dataclasses.field(default_factory=Store, repr=False, compare=False)
    """Rasterised masks, kept for whoever plans the palette next."""

    @staticmethod
    def of(palette: Palette, how: Drawing = USUAL) -> Shares:
        """The weights that the planner gives to background and brushes, before noise levels quantize them."""
        store = Store()
        made = divide_for_people(palette, FINEST, store)
        room = find_room(palette, made.coverages, made.weights, made.cell, how)
        return Shares(made.weights, made.cell, made.painted, room, made.coverages, store)

    def painted_cells(self, palette: Palette) -> Painted:
        """What the brushes of the palette that these shares are of cover in the planner's cells."""
        return Painted.of(palette, self.coverages, self.cell)

    def part(self, index: int) -> float:
        """The share in [0, 1] of the canvas that a brush gets; index 0 is the background."""
        return float(self.weights[index].mean())

    def visible(self, index: int) -> float:
        """The share in [0, 1] of the canvas on which a brush can be seen, also under things; 0 is the background."""
        return float(self.room[index].mean())

    def is_thin(self, index: int) -> bool:
        """Whether a brush, by its index from 1, has no square of THIN pixels left anywhere inside the canvas."""
        own, side = (self.room[index] > 0.5).astype(np.uint8), -(-THIN // self.cell)
        square = np.ones([min(side, extent) for extent in own.shape], np.uint8)
        return not cv2.erode(own, square, borderType=cv2.BORDER_CONSTANT, borderValue=0).any()

    def is_faint(self, index: int) -> bool:
        """Whether a brush, by its index from 1, is nowhere FAINT pixels wide inside the canvas, in any direction."""
        return self._is_line(self.room[index])

    def is_outweighed(self, index: int) -> bool:
        """Whether a brush, by its index from 1, is that faint only because others have more weight where it is."""
        return self.is_faint(index) and not self._is_line(self.coverages[index - 1])

    def _is_line(self, cover: np.ndarray) -> bool:
        sides = [min(AROUND, extent) for extent in cover.shape]
        covered = cv2.boxFilter(cover, -1, sides[::-1], borderType=cv2.BORDER_CONSTANT)
        return float(covered.max()) * min(sides) * self.cell < SLANTED * FAINT


def describe_cost(ratio: float, than: str = "a plain picture") -> str:
    """How long a job takes, in words that follow "it takes"; `ratio`, at least 0, is its time in units of `than`."""
    number = _round(ratio)
    if number < ALIKE:
        return f"less time than {than}" if number > 0 else "next to no time"
    told = {ALIKE: "as long", 2.0: "twice as long"}.get(number, f"{number:,.12g} times as long")
    return f"about {told} as {than}"


def _round(ratio: float) -> float:
    """A ratio as precise as people want it: to a tenth below 2, to a half below 5, then to two digits."""
    step = 0.1 if ratio < 2 else 0.5 if ratio < 5 else 10.0 ** max(0, math.floor(math.log10(ratio)) - 1)
    return round(round(ratio / step) * step, 1)


def summarise(palette: Palette, how: Drawing = USUAL) -> list[str]:
    """Lines that describe a palette, for a model of the native side that `how` says.

    What cannot be drawn begins with `error:`, likely mistakes with `warning:`, what is done unasked with `note:`.
    """
    shares = Shares.of(palette, how)
    count = len(palette.brushes)
    brushes = f"{count} brush" if count == 1 else f"{count} brushes"
    head = f"{palette.size}, {brushes}, {palette.steps} steps of {palette.sampler}"
    names = ["background", *(name_brush(brush) for brush in palette.brushes)]
    parts = [f"{100 * shares.part(index):6.1f} %  {name}" for index, name in enumerate(names)]
    vain = find_unheard(palette, palette.guidance, palette.background.negative)
    doubts = (
        *find_doubtful(palette, shares),
        *find_bare(palette, shares),
        *find_idle(palette, shares, palette.steps),
        *vain,
    )
    told = [*(f"error: {line}" for line in find_refusals(palette)), *(f"warning: {line}" for line in doubts)]
    added = find_added(palette, palette.background.prompt, [brush.prompt for brush in palette.brushes])
    lost = find_losses(palette, shares.painted_cells(palette), how, Run(palette.steps, palette.guidance))
    told += [f"note: {line}" for line in (*added, *lost)]
    return [f"{head}, guidance {palette.guidance:g}", *parts, *told]


def name_brush(brush: Brush) -> str:
    """A brush's id, followed by its name in brackets if it has another one."""
    return f"{brush.id} ({brush.name})" if brush.name and brush.name != brush.id else brush.id


def find_doubtful(palette: Palette, shares: Shares) -> Iterator[Remark]:
    """Warnings about masks that are hardly meant so: empty, hidden by later brushes, or too thin."""
    for index, brush in enumerate(palette.brushes, start=1):
        where, path = mention(index, brush), f"brushes[{index - 1}].mask"
        if not shares.painted[index - 1]:
            yield Remark(f"{where}: its mask is empty", path)
        elif shares.visible(index) == 0:
            yield Remark(f"{where}: later brushes cover it wholly", path)
        elif palette.overlap.rule == "weighted" and shares.is_outweighed(index):
            share = f"at most {100 * float(shares.weights[index].max()):.0f} %"
            yield Remark(f"{where}: others outweigh it: it has {share} of any place", f"brushes[{index - 1}].weight")
        elif shares.is_faint(index):
            cure = (
                f"make its feather of {brush.feather:g} smaller, or paint it wider"
                if brush.feather
                else "paint it wider"
            )
            left = f"so that a line of its colour is left at most: {cure}"
            yield Remark(f"{where}: too thin to show much: nowhere is it {FAINT} pixels wide, {left}", path)
        elif shares.is_thin(index):
            told = f"too thin for whole things: nowhere does it have {THIN}x{THIN} pixels to itself"
            yield Remark(f"{where}: {told}, so that it shows a colour or a texture", path)


def find_bare(palette: Palette, shares: Shares) -> Iterator[Remark]:
    """A warning where part of the canvas has no brush and the background no prompt; not for jobs with a main prompt."""
    if shares.part(0) > TRACE and not palette.background.prompt and not palette.background.painted:
        told = f"{100 * shares.part(0):.1f} % of the canvas has no brush, and the background has no prompt"
        yield Remark(told, "background.prompt")


def find_idle(palette: Palette, shares: Shares, steps: int, prompt: str = "") -> Iterator[Remark]:
    """Warnings about brushes that never act in so many steps, and about those that stop where nothing takes over.

    `prompt` is the main prompt, which counts where the background has none.
    """
    under = palette.background
    silent = not under.painted and not under.prompt.strip() and not prompt.strip()
    for index, brush in enumerate(palette.brushes, start=1):
        first, last = find_interval(brush, steps)
        if first >= last:
            cut = {"strength": (brush.strength, 1), "start": (brush.start, 0), "stop": (brush.stop, 1)}
            why = {name: f"{name} {value:g}" for name, (value, usual) in cut.items() if value != usual}
            when = f" in {steps} steps" if brush.strength else ""
            path = f"brushes[{index - 1}].{next(iter(why), 'strength')}"
            yield Remark(f"{mention(index, brush)}: never acts{when} ({', '.join(why.values())})", path)
        elif last < steps and silent and shares.part(index) > TRACE:
            ends = f"it stops at {brush.stop:g}, and nothing says what is there afterwards"
            yield Remark(f"{mention(index, brush)}: {ends}: the background has no prompt", f"brushes[{index - 1}].stop")


def find_added(palette: Palette, under: str, said: Sequence[str]) -> Iterator[Remark]:
    """What brushes say that the prompt of the whole picture lacks, where it is the only one, and is added to it.

    `under` is the background's prompt, `said` those of the brushes.
    """
    if palette.attention != BIAS:
        return
    from lib_regiondiff.planning.attention.bias import list_missing  # it needs torch, which takes seconds

    phrases = [text for brush, text in zip(palette.brushes, said, strict=True) if brush.kind not in (THING, SCENE)]
    missing = list_missing(under, phrases)
    if missing:
        yield Remark(f"added to the whole picture's prompt: {', '.join(missing)[:200]}", "background.prompt")


def find_unheard(palette: Palette, guidance: float, negative: str) -> Iterator[Remark]:
    """A warning where negatives do nothing because guidance is 1; `negative` is the background's or the main one."""
    if drop_idle_nag(palette.nag) is not None:
        return
    said = {"background": negative if guidance == 1 else ""}
    for number, brush in enumerate(palette.brushes, start=1):
        scale = guidance if brush.guidance is None else brush.guidance
        said[mention(number, brush)] = (brush.negative or "") if scale == 1 and not AND.search(brush.prompt) else ""
    names = [name for name, text in said.items() if text.strip()]
    if names:
        yield Remark(f"at guidance 1 a negative does nothing: that of {', '.join(names)}", "guidance")


def find_refusals(palette: Palette) -> Iterator[HostError]:
    """The errors for what the command line cannot draw of a palette with any model."""
    return list_refusals(palette, "command", (palette.size, LATENT_CELL))
