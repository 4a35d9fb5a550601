"""Deciding what a brush is: the first level draws it once in a close-up, and guided many steps are looked ahead at.

What an unguided first level shows of a texture may be brighter in its middle, as a figure is. Guided, a texture becomes
one within a tenth of the steps and a figure stands out more, so close-ups that show figures are drawn on by themselves,
with nothing of the canvas around them, before anything is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor

from lib_regiondiff.denoising.evaluation import evaluate, guide
from lib_regiondiff.denoising.rows import Asked, Call, Frame, ask
from lib_regiondiff.denoising.second_pass import list_asked, list_kept_things
from lib_regiondiff.denoising.texture_memory import is_figure
from lib_regiondiff.denoising.thing_memory import Kept, ThingMemory
from lib_regiondiff.host import Denoiser, Level, Row
from lib_regiondiff.planning.auto import FEW
from lib_regiondiff.planning.plan import Plan

Known = list[tuple[Row, Tensor]]
LOOKS = (0.05, 0.1)
"""Shares of many steps after which a close-up that shows a figure is looked at again."""
UNGUIDED = Call(1.0, skip=True)
"""How views are asked for what they show: a figure's own answer tells it better than what is guided."""


def list_looks(steps: int) -> list[int]:
    """The steps, of so many, at which what seems to be a figure is looked at again; none of few ones."""
    return sorted({max(1, round(share * steps)) for share in LOOKS}) if steps > FEW else []


def decide(
    host: Denoiser, frames: Sequence[Frame], x: Tensor, call: Call, levels: Sequence[Level] = ()
) -> tuple[list[Plan], Known]:
    """The plan of each frame once it is decided which brushes are figures, and what was asked for that, with answers.

    The call says whether drawing is guided; `levels` are those of the plans' clock, as the host counts them. Without
    them, unguided, and in few steps the first level alone decides.
    """
    probes = [replace(each, views=list_asked(each)) for each in frames]
    rows, asked = ask(probes, UNGUIDED)
    answers = evaluate(host, x, rows)
    known = list(zip(rows, answers, strict=True))
    shown = [_keep_figures(frame, each, answers) for frame, each in zip(probes, asked, strict=True)]
    shown = _look_ahead(host, shown, (x, call), levels, known)
    plans = []
    for frame, seen in zip(frames, shown, strict=True):
        undecided = frame.plan.undecided
        names = [*list_kept_things(frame), *(view.names[0] for view in seen.views)]
        plans.append(frame.plan if undecided is None else undecided.decide(names))
    return plans, known


def _keep_figures(frame: Frame, asked: Sequence[Asked], answers: Sequence[Tensor]) -> Frame:
    """The frame with those of its views whose answers show figures; a view that was not asked for is left as it is."""
    gone = {one.view.names for one in asked if not is_figure(answers[one.conds[0]])}
    return replace(frame, views=tuple(view for view in frame.views if view.names not in gone))


def _look_ahead(
    host: Denoiser, frames: Sequence[Frame], how: tuple[Tensor, Call], levels: Sequence[Level], known: Known
) -> list[Frame]:
    """The frames without those of their views that show no figure any more when they are drawn on by themselves.

    Views that are not guided stay. What is asked at the frames' own level is added to what is `known`.
    """
    (x, call), looks = how, list_looks(len(levels))
    if not looks:
        return list(frames)
    guided = [_keep_guided(frame, call) for frame in frames]
    seen = guided
    for step in looks:
        rows, asked = ask(seen, call)
        answers = evaluate(host, x, rows, known)
        known += zip(rows, answers, strict=True)
        how_guided = x, call, host.latent.prediction
        seen = [
            _go_on(frame, [(one, guide(one, answers, how_guided)) for one in each], levels[step])
            for frame, each in zip(seen, asked, strict=True)
        ]
    rows, asked = ask(seen, UNGUIDED)
    answers = evaluate(host, x, rows)
    left = [_keep_figures(frame, each, answers) for frame, each in zip(seen, asked, strict=True)]
    return [_drop(*each) for each in zip(frames, guided, left, strict=True)]


def _keep_guided(frame: Frame, call: Call) -> Frame:
    """The frame with those of its views that are guided."""
    return replace(frame, views=tuple(view for view in frame.views if call.choose_unconds(view, frame.image)))


def _drop(frame: Frame, looked: Frame, left: Frame) -> Frame:
    """The frame without those of its views that were looked at and are not left."""
    gone = {view.names for view in looked.views} - {view.names for view in left.views}
    return replace(frame, views=tuple(view for view in frame.views if view.names not in gone))


def _go_on(frame: Frame, drawn: Sequence[tuple[Asked, Tensor]], level: Level) -> Frame:
    """The frame at a level to come, whose close-ups have drawn x0 [C, h, w] and carry their noise on."""
    before = {}
    for asked, x0 in drawn:
        seen, now, zoom = asked.head.zoom, frame.level, asked.view.zoom
        assert seen is not None and zoom is not None, "close-ups alone are asked ahead"
        x = now.beta * seen.noise + (0 if seen.x0 is None else now.alpha * seen.x0)
        noise = (x - now.alpha * x0.float()) / now.beta
        before[asked.view.names, asked.view.box] = Kept(x0.float(), noise, whole=zoom.whole, begun=zoom.begun)
    things = ThingMemory(before=before, carried=1.0)
    return replace(frame, level=level, memory=replace(frame.memory, things=things))
