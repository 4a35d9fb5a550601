"""Rows: what the network is asked for the views of frames; what is equal is asked once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from torch import Tensor

from lib_regiondiff.denoising.attention.bias import list_biases
from lib_regiondiff.denoising.attention.couple import couple
from lib_regiondiff.denoising.texture_memory import TextureMemory
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import PLAIN, Attention, Cond, Level, Row, Zoom, is_composed
from lib_regiondiff.planning.plan import Plan, find_step
from lib_regiondiff.planning.regions import Region
from lib_regiondiff.planning.surroundings import Surround
from lib_regiondiff.planning.views import View


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture at one moment: its views at a level, and what they drew before.

    `image` is the picture's number in its plan, whose prompts, seeds and noise it has; `line` that of x; `given` its
    number in what the host hands over for pictures. Frames of several plans and levels may share network calls.
    """

    plan: Plan
    views: tuple[View, ...]
    level: Level
    image: int = 0
    line: int = 0
    given: int = 0
    memory: TextureMemory = field(default_factory=TextureMemory)

    @staticmethod
    def of(
        plan: Plan,
        level: Level,
        image: int = 0,
        memory: TextureMemory | None = None,
        line: int | None = None,
        given: int | None = None,
    ) -> Frame:
        """The frame of an image of a plan; `line` and `given` are its number unless x holds more than that plan."""
        memory = (memory or TextureMemory()).at(level.noise, plan.clock)
        places = (image if line is None else line, image if given is None else given)
        return Frame(plan, plan.views(level), level, image, *places, memory)

    def expect_place(self, lines: int) -> None:
        """HostError where its line is not among the `lines` of x, or its image not among those of its plan."""
        if not 0 <= self.line < lines:
            raise HostError("a frame's line", f"0…{lines - 1}, the lines of x", f"{self.line}")
        images = min((len(region.conds) for view in self.views for region in view.regions), default=self.image + 1)
        if not 0 <= self.image < images:
            raise HostError("a frame's image", f"0…{images - 1}, the images of its plan", f"{self.image}")


@dataclass(frozen=True)
class Call:
    """How a host calls: its guidance scale of the moment, and what it does to the negatives.

    `with_uncond` asks for them at any scale; `skip` leaves them out of this call, whatever the scales; `factor` is
    what the host has multiplied its scale by, and multiplies the brushes' own scales too.
    """

    scale: float
    with_uncond: bool = False
    skip: bool = False
    factor: float = 1.0

    def choose_scale(self, view: View) -> float | Tensor:
        """The scale of a view: its region's own or the call's; a map [h, w] where its regions have several."""
        scales = [self._scale_of(region) for region in view.regions]
        if len(set(scales)) == 1:
            return scales[0]
        assert view.shares is not None, "several regions have shares"
        return (view.shares * view.shares.new_tensor(scales)[:, None, None]).sum(dim=0)

    def _scale_of(self, region: Region) -> float:
        return self.scale if region.guidance is None else region.guidance * self.factor

    def choose_unconds(self, view: View, image: int) -> tuple[Cond, ...]:
        """The negative of each region that a view must be asked with, or none; HostError where none were planned."""
        if self.skip or not any(map(self._needs_uncond, view.regions)):
            return ()
        found = [region.unconds[image] for region in view.regions if region.unconds is not None]
        if len(found) < len(view.regions):
            raise HostError("guidance", "1 as planned, or a job that asks for negatives", f"{self.scale:g}")
        return tuple(found)

    def _needs_uncond(self, region: Region) -> bool:
        return self.with_uncond or self._scale_of(region) != 1 or any(is_composed(parts) for parts in region.conds)


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked for one view of a frame.

    `head` is the row of its first part; `conds` and `uncond` are the indices of the rows of its parts, and of its
    negative if that counts, `ground` that of the row which tells a thing from what is around it.
    """

    frame: Frame
    view: View
    head: Row
    conds: tuple[int, ...]
    uncond: int | None
    ground: int | None = None

    @property
    def surround(self) -> Surround | None:
        """What the view sees where its brush is not."""
        return self.head.surround


def ask(frames: Sequence[Frame], call: Call) -> tuple[list[Row], list[list[Asked]]]:
    """The rows that the views of frames need, and for each frame what is asked for each of its views."""
    rows: list[Row] = []
    known: dict[Hashable, int] = {}

    def index(row: Row) -> int:
        found = known.setdefault(row.identity, len(rows))
        if found == len(rows):
            rows.append(row)
        return found

    def each(frame: Frame, view: View) -> Asked:
        head = _make_head(frame, view)
        conds = tuple(index(replace(head, cond=part.cond)) for part in view.region.conds[frame.image])
        asked = view.zoom.ground if view.zoom else None
        ground = index(replace(head, cond=asked.conds[frame.image][0].cond, attention=PLAIN)) if asked else None
        unconds = call.choose_unconds(view, frame.image)
        if not unconds:
            return Asked(frame, view, head, conds, None, ground)
        attention = couple(unconds, view.shares)
        uncond = replace(head, cond=unconds[0], negative=True, attention=attention)
        return Asked(frame, view, head, conds, index(uncond), ground)

    return rows, [[each(frame, view) for view in frame.views] for frame in frames]


def _make_head(frame: Frame, view: View) -> Row:
    """The row of a view's prompt, by the first of its parts."""
    image, cond = frame.image, view.region.conds[frame.image][0].cond
    zoom = _make_zoom(frame, view)
    place = (frame.line, frame.given, view.seen, view.frame if view.zoom is None else view.seen)
    attention, surround = _choose_attention(frame, view), frame.memory.surround(view, image)
    return Row(*place, cond, frame.level, False, attention, view.adapters, surround, zoom)


def _make_zoom(frame: Frame, view: View) -> Zoom | None:
    """What a view sees that is drawn beside the canvas."""
    if view.zoom is None:
        return None
    step = find_step(frame.plan.clock, frame.level.noise)
    return frame.memory.things.see(view, view.zoom.draw_noise(frame.image, step))


def _choose_attention(frame: Frame, view: View) -> Attention:
    """What acts in the cross-attention of a view's prompt."""
    made, how = _couple_regions(frame, view), frame.plan.bias
    if not view.words or how is None:
        return made
    cond = view.region.conds[frame.image][0].cond
    biases = list_biases(view.words, cond, frame.image, how, frame.level)
    return replace(made, biases=biases) if biases else made


def _couple_regions(frame: Frame, view: View) -> Attention:
    """How the regions of a view share its row."""
    conds = tuple(region.conds[frame.image][0].cond for region in view.regions)
    if frame.plan.nag is None:
        return couple(conds, view.shares)
    negatives = tuple(region.unconds[frame.image] for region in view.regions if region.unconds is not None)
    assert len(negatives) == len(conds), "planned"
    return couple(conds, view.shares, negatives, frame.plan.nag)


def recall_answer(row: Row, known: Sequence[tuple[Row, Tensor]]) -> Tensor | None:
    """The answer [C, h, w] to a row under a zoom that was asked before, if it is `known`."""
    return next((answer for asked, answer in known if _is_same(asked, row)), None)


def _is_same(asked: Row, row: Row) -> bool:
    """Whether two rows that have drawn nothing yet ask the same, though the zooms are other objects."""
    a, b = asked.zoom, row.zoom
    if a is None or b is None or a.x0 is not None or b.x0 is not None:
        return False
    same = replace(asked, zoom=b).identity == row.identity
    return same and a.size == b.size and bool((a.noise == b.noise).all())


def batch_rows(rows: Sequence[Row], cells_per_call: int) -> Iterator[list[int]]:
    """Indices of rows that go to the network together: equal sizes, equal groups, at most so many cells a call."""
    alike: dict[Hashable, list[int]] = {}
    for index, row in enumerate(rows):
        alike.setdefault((row.size, row.cond.group, row.attention.group), []).append(index)
    for indices in alike.values():
        count = max(1, cells_per_call // rows[indices[0]].size.area)
        for start in range(0, len(indices), count):
            yield indices[start : start + count]
