"""The model that an adapter installs: the views of frames are evaluated in batches, guided and blended into x0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from lib_regiondiff.denoising import bootstrap, guidance
from lib_regiondiff.denoising.blend import blend, fit, lay_over
from lib_regiondiff.denoising.rows import Asked, Call, Frame, ask, batch_rows
from lib_regiondiff.denoising.texture_memory import TextureMemory
from lib_regiondiff.denoising.thing_memory import Canvas
from lib_regiondiff.denoising.things import keep_closeup
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Denoiser, Level, ModelFunction, Row
from lib_regiondiff.planning.plan import Plan
from lib_regiondiff.planning.views import View


@dataclass(frozen=True, eq=False)
class Prediction:
    """Blended x0 [C, h, w] of one picture, guided, and the same of the negatives alone, where all of them were asked.

    `memory` is what the picture's next frame is to see; a prediction of several pictures [B, C, h, w] has none.
    """

    denoised: Tensor
    uncond: Tensor | None
    memory: TextureMemory = field(default_factory=TextureMemory)

    def pair(self, scale: float) -> tuple[Tensor, Tensor]:
        """Positive and negative x0 for a host that guides by its own `scale`, such that the result is `denoised`.

        Guidance is linear and weights sum to 1, so each region keeps the scale it was guided by. Both are `denoised`
        without negatives and at scale 0.
        """
        if self.uncond is None or scale == 0:
            return self.denoised, self.denoised
        return self.uncond + (self.denoised - self.uncond) / scale, self.uncond


class ImageBatch:
    """The images of a plan that a sampler draws together, one line of x each; it holds what their textures drew."""

    def __init__(self, host: Denoiser, plan: Plan) -> None:
        self.host, self.plan = host, plan
        self.memories: dict[int, TextureMemory] = {}

    def predict(self, x: Tensor, level: Level, call: Call) -> Prediction:
        """The prediction for x [B, C, h, w] at a level. Raises HostError as `predict` below does."""
        frames = [Frame.of(self.plan, level, image, self.memories.get(image)) for image in range(len(x))]
        made = predict(self.host, frames, x, call)
        self.memories = {image: each.memory for image, each in enumerate(made)}
        unconds = [each.uncond for each in made if each.uncond is not None]
        complete = len(unconds) == len(made)
        denoised = torch.stack([each.denoised for each in made])
        return Prediction(denoised, torch.stack(unconds) if complete else None)


def region_model(host: Denoiser, plan: Plan) -> ModelFunction:
    """The function model(x [B, C, h, w], level) -> x0 [B, C, h, w] that draws a plan on a host, at the plan's guidance.

    It raises HostError for x of another size than the plan's canvas, and where x or a prediction is not finite.
    """
    images, call = ImageBatch(host, plan), Call(plan.guidance)
    return lambda x, level: images.predict(x, level, call).denoised


def predict(host: Denoiser, frames: Sequence[Frame], x: Tensor, call: Call) -> list[Prediction]:
    """The prediction for each frame, from its line of x [N, C, h, w], which is at its level.

    Frames of several plans need a line each (`Frame.of` takes it). The call's scale is that of all frames, whatever
    the `guidance` of their plans. Each is drawn as it would be alone, up to the rounding of other batch shapes.
    Raises HostError for x of another size than a plan's canvas, for a line or an image that does not exist, and where
    a prediction is not finite: the error names brush and level, or the sampler if x is not.
    """
    _expect_fit(frames, x)
    if not torch.isfinite(x).all():
        noises = ", ".join(dict.fromkeys(f"{frame.level.noise:.3f}" for frame in frames))
        raise HostError(f"x from the sampler at noise {noises}", "finite numbers", "NaN or infinity")
    frames = [_observe(frame, x[frame.line]) for frame in frames]
    seen = _hide_things(frames, x)
    rows, asked = ask(frames, call)
    answers, how = evaluate(host, seen, rows), (seen, call, host.latent.prediction)
    found = []
    for frame, each in zip(frames, asked, strict=True):
        below = _finish(frame, [one for one in each if one.view.zoom is None], answers, how)
        things = [(one, _guide(one, answers, how)) for one in each if one.view.zoom is not None]
        found.append(_lay_things(host, below, things, answers, x[frame.line]) if things else below)
    return found


def _hide_things(frames: Sequence[Frame], x: Tensor) -> Tensor:
    """x [N, C, h, w] as views of the ground see it, which go on below things."""
    if not any(frame.memory.things.before for frame in frames):
        return x
    seen = {frame.line: frame.memory.things.hide(x[frame.line], frame.level) for frame in frames}
    return torch.stack([seen.get(line, each) for line, each in enumerate(x)])


def _observe(frame: Frame, x: Tensor) -> Frame:
    """The frame with what x [C, h, w] tells of the sampler's noise."""
    return replace(frame, memory=frame.memory.observe(x, frame.level))


def _expect_fit(frames: Sequence[Frame], x: Tensor) -> None:
    """HostError unless x [N, C, h, w] has each frame's canvas and line, and each plan its frame's image."""
    for frame in frames:
        height, width = frame.plan.size.height, frame.plan.size.width
        if x.ndim != 4 or tuple(x.shape[2:]) != (height, width):
            raise HostError("x", f"[N, C, {height}, {width}]", f"{list(x.shape)}")
        frame.expect_place(len(x))


def _finish(
    frame: Frame, asked: Sequence[Asked], answers: Sequence[Tensor], how: tuple[Tensor, Call, str]
) -> Prediction:
    """Guide, blend and note what the network answered for the views of a frame that lie side by side."""
    x, plan, views = how[0][frame.line], frame.plan, [each.view for each in asked]
    guided = [_guide(each, answers, how) for each in asked]
    shares = [bootstrap.leak_share(each.surround, x0, plan.sensitivity) for each, x0 in zip(asked, guided, strict=True)]
    denoised = blend(views, guided, x, shares, plan.under)
    if not torch.isfinite(denoised).all():
        raise _make_error(frame.level, views, guided)
    unconds = [answers[each.uncond] for each in asked if each.uncond is not None]
    uncond = blend(views, unconds, x, shares, plan.under) if len(unconds) == len(asked) else None
    return Prediction(denoised, uncond, frame.memory.note(views, guided))


def _lay_things(
    host: Denoiser, below: Prediction, things: Sequence[tuple[Asked, Tensor]], answers: Sequence[Tensor], x: Tensor
) -> Prediction:
    """The prediction with things above it: what was asked for each, and its guided x0, from the lowest up."""
    canvas, uncond, kept, frame = below.denoised.float(), below.uncond, {}, things[0][0].frame
    for asked, drawn in things:
        view = asked.view
        if not torch.isfinite(drawn).all():
            raise _make_error(frame.level, [view], [drawn])
        found = kept[view.names, view.box] = keep_closeup(asked, drawn, answers, canvas)
        matte = found.measure_matte()
        canvas = lay_over(canvas, view, _fit_closeup(host, view, drawn), matte)
        if uncond is not None and asked.uncond is not None:
            uncond = lay_over(uncond, view, fit(answers[asked.uncond], view.box.size), matte)
    noise = (x.float() - frame.level.alpha * canvas) / frame.level.beta
    return Prediction(
        canvas.to(x.dtype), uncond, below.memory.note_things(Canvas(canvas, below.denoised.float(), noise), kept)
    )


def _fit_closeup(host: Denoiser, view: View, drawn: Tensor) -> Tensor:
    """x0 [C, h, w] of a close-up in the size of its box: where it is final and shrinks, sharp, by way of pixels.

    An enlarged one would be a picture of any size to the VAE; what people see of it is pasted as pixels anyway.
    """
    sharp = view.zoom is not None and view.zoom.last and view.box.size.area <= view.size.area
    return host.resize(drawn, view.box.size) if sharp else fit(drawn, view.box.size)


def _guide(asked: Asked, answers: Sequence[Tensor], how: tuple[Tensor, Call, str]) -> Tensor:
    """x0 [C, h, w] of a view: its prompt's parts composed, guided around the negative, rescaled."""
    x, call, kind = how
    view, frame = asked.view, asked.frame
    weights = [part.weight for part in view.region.conds[frame.image]]
    uncond = None if asked.uncond is None else answers[asked.uncond]
    cond = guidance.compose([answers[index] for index in asked.conds], weights, uncond)
    if uncond is None:
        return cond
    whole = guidance.cfg(cond, uncond, call.choose_scale(view))
    if frame.plan.rescale == 0:
        return whole
    seen = bootstrap.see_row(asked.head, x)
    return guidance.rescale(whole, cond, seen, (frame.level, kind), frame.plan.rescale)


def evaluate(host: Denoiser, x: Tensor, rows: Sequence[Row]) -> list[Tensor]:
    """The prediction [C, h, w] of each row; rows of equal size and group share network calls."""
    answers: dict[int, Tensor] = {}
    for batch in batch_rows(rows, host.latent.cells_per_call):
        crops = torch.stack([bootstrap.see_row(rows[index], x) for index in batch])
        answers.update(zip(batch, host.denoise(crops, [rows[index] for index in batch]), strict=True))
    return [answers[index] for index in range(len(rows))]


def _make_error(level: Level, views: Sequence[View], guided: Sequence[Tensor]) -> HostError:
    bad = [view for view, each in zip(views, guided, strict=True) if not torch.isfinite(each).all()]
    names = ", ".join(name for view in bad for name in view.names) or "the blend"
    where = f"prediction of {names} at noise {level.noise:.3f}"
    return HostError(where, "finite numbers", "NaN or infinity", "try a wider dtype (float32 or bfloat16)")
