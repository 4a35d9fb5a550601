"""The model that an adapter installs: the views of frames are evaluated in batches, guided and blended into x0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from lib_regiondiff.denoising import bootstrap
from lib_regiondiff.denoising.blend import blend
from lib_regiondiff.denoising.deciding import decide
from lib_regiondiff.denoising.evaluation import evaluate, guide
from lib_regiondiff.denoising.prediction import Prediction, make_error
from lib_regiondiff.denoising.rows import Asked, Call, Frame, ask
from lib_regiondiff.denoising.texture_memory import TextureMemory
from lib_regiondiff.denoising.things import CloseupLayer, is_above
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Denoiser, Level, ModelFunction, Row
from lib_regiondiff.planning.plan import Plan


class ImageBatch:
    """The images of a plan that a sampler draws together, one line of x each.

    It holds what their textures and things drew, what the first level has decided for each, and the x0 [B, C, h, w]
    that was `denoised` last. `memories` may hold what a pass before has left (second_pass.py). `levels` are those of
    the plan's clock without the final 0, as the host counts them; without them the first level alone decides.
    """

    def __init__(
        self,
        host: Denoiser,
        plan: Plan,
        memories: Mapping[int, TextureMemory] | None = None,
        levels: Sequence[Level] = (),
    ) -> None:
        self.host, self.plan, self.levels = host, plan, tuple(levels)
        self.memories = dict(memories or {})
        self.plans: dict[int, Plan] = {}
        self.denoised: Tensor | None = None

    def follow(self, before: ImageBatch) -> ImageBatch:
        """These images once they hold what other images of the palette drew and decided, such as another network's."""
        self.memories = dict(before.memories)
        for image, known in before.plans.items():
            kinds, undecided = known.chosen.get("kinds", {}), self.plan.undecided
            figures = [] if undecided is None else [name for name in undecided.names if name in kinds]
            self.plans[image] = self.plan if undecided is None else undecided.decide(figures)
        return self

    def plan_of(self, image: int) -> Plan:
        """The plan by which an image is drawn, once the first level has decided what it is to decide."""
        return self.plans.get(image, self.plan)

    def predict(self, x: Tensor, level: Level, call: Call) -> Prediction:
        """The prediction for x [B, C, h, w] at a level. Raises HostError as `predict` below does."""
        waiting = [image for image in range(len(x)) if image not in self.plans]
        undecided = [Frame.of(self.plan, level, image, self.memories.get(image)) for image in waiting]
        _expect_fit(undecided, x)
        plans, known = decide(self.host, undecided, x, call, self.levels) if undecided else ([], [])
        self.plans.update((frame.image, plan) for frame, plan in zip(undecided, plans, strict=True))
        frames = [Frame.of(self.plans[image], level, image, self.memories.get(image)) for image in range(len(x))]
        made = predict(self.host, frames, x, call, known)
        self.memories = {image: each.memory for image, each in enumerate(made)}
        unconds = [each.uncond for each in made if each.uncond is not None]
        complete = len(unconds) == len(made)
        denoised = self.denoised = torch.stack([each.denoised for each in made])
        return Prediction(denoised, torch.stack(unconds) if complete else None)

    def settle(self, x: Tensor) -> Tensor:
        """The latents [B, C, h, w] that the sampler ended with, without what things would leave in its last noise."""
        known = self.memories
        return torch.stack([known[n].things.settle(each) if n in known else each for n, each in enumerate(x)])

    def draw(self, x: Tensor, level: Level) -> Tensor:
        """x0 [B, C, h, w] for x at a level, at the plan's guidance. Raises HostError as `predict` does."""
        return self.predict(x, level, Call(self.plan.guidance)).denoised


def region_model(host: Denoiser, plan: Plan, levels: Sequence[Level] = ()) -> ModelFunction:
    """The function model(x [B, C, h, w], level) -> x0 [B, C, h, w] that draws a plan on a host, at the plan's guidance.

    `levels` are those of the plan's clock without the final 0; without them the first level alone decides what brushes
    are. It raises HostError for x of another size than the plan's canvas, and where x or a prediction is not finite.
    """
    return ImageBatch(host, plan, levels=levels).draw


def predict(
    host: Denoiser, frames: Sequence[Frame], x: Tensor, call: Call, known: Sequence[tuple[Row, Tensor]] = ()
) -> list[Prediction]:
    """The prediction for each frame, from its line of x [N, C, h, w], which is at its level.

    A plan that is undecided is drawn without figures; `decide` gives the plans that were decided, and what the network
    has answered for that, which is `known`.

    Frames of several plans need a line each (`Frame.of` takes it). The call's scale is that of all frames, whatever
    the `guidance` of their plans. Each is drawn as it would be alone, up to the rounding of other batch shapes.
    Raises HostError for x of another size than a plan's canvas, for a line or an image that does not exist, and where
    a prediction is not finite: the error names brush and level, or the sampler if x is not.
    """
    _expect_fit(frames, x)
    frames = [_observe(frame, x[frame.line]) for frame in frames]
    seen = _hide_things(frames, x)
    rows, asked = ask(frames, call)
    answers, how = evaluate(host, seen, rows, known), (seen, call, host.latent.prediction)
    found = []
    for frame, each in zip(frames, asked, strict=True):
        closeups = CloseupLayer(host, frame, answers)
        below = _finish(frame, [one for one in each if not is_above(one.view)], closeups, how)
        things = [(one, guide(one, answers, how)) for one in each if is_above(one.view)]
        above = closeups.lay_things(below, things)
        found.append(closeups.note(above, below, x[frame.line]))
    return found


def _hide_things(frames: Sequence[Frame], x: Tensor) -> Tensor:
    """x [N, C, h, w] as views of the ground see it, which go on below things."""
    if all(frame.memory.things.canvas_before is None for frame in frames):
        return x
    seen = {frame.line: frame.memory.things.hide(x[frame.line], frame.level) for frame in frames}
    return torch.stack([seen.get(line, each) for line, each in enumerate(x)])


def _observe(frame: Frame, x: Tensor) -> Frame:
    """The frame with what x [C, h, w] tells of the sampler's noise."""
    return replace(frame, memory=frame.memory.observe(x, frame.level))


def _expect_fit(frames: Sequence[Frame], x: Tensor) -> None:
    """HostError unless x [N, C, h, w] is finite, has each frame's canvas and line, and each plan its frame's image."""
    for frame in frames:
        height, width = frame.plan.size.height, frame.plan.size.width
        if x.ndim != 4 or tuple(x.shape[2:]) != (height, width):
            raise HostError("x", f"[N, C, {height}, {width}]", f"{list(x.shape)}")
        frame.expect_place(len(x))
    if not torch.isfinite(x).all():
        noises = ", ".join(dict.fromkeys(f"{frame.level.noise:.3f}" for frame in frames))
        raise HostError(f"x from the sampler at noise {noises}", "finite numbers", "NaN or infinity")


def _finish(frame: Frame, asked: Sequence[Asked], closeups: CloseupLayer, how: tuple[Tensor, Call, str]) -> Prediction:
    """Guide, blend and note what the network answered for the views of a frame that lie side by side."""
    x, plan, views, answers = how[0][frame.line], frame.plan, [each.view for each in asked], closeups.answers
    guided = [guide(each, answers, how) for each in asked]
    shares = [bootstrap.leak_share(each.surround, x0, plan.sensitivity) for each, x0 in zip(asked, guided, strict=True)]
    fitted = [closeups.fit(each.view, x0) for each, x0 in zip(asked, guided, strict=True)]
    denoised = blend(views, fitted, x, shares, plan.under)
    if not torch.isfinite(denoised).all():
        raise make_error(frame.level, views, guided)
    closeups.keep_scenes(asked, guided, denoised)
    unconds = [answers[each.uncond] for each in asked if each.uncond is not None]
    uncond = blend(views, unconds, x, shares, plan.under) if len(unconds) == len(asked) else None
    return Prediction(denoised, uncond, frame.memory.note(views, guided))
