"""The model that an adapter installs: views are evaluated in batches, guided and blended into one x0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lib_regiondiff.denoising import bootstrap, guidance
from lib_regiondiff.denoising.attention.nag import Against
from lib_regiondiff.denoising.blend import blend
from lib_regiondiff.denoising.texture_memory import TextureMemory
from lib_regiondiff.document.palette import Nag
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Cond, Host, Level, ModelFunction, Row, is_composed
from lib_regiondiff.planning.plan import Plan
from lib_regiondiff.planning.views import Region, View


@dataclass(frozen=True)
class Prediction:
    """Guided and blended x0 [B, C, h, w], and that of the negatives alone: None unless every view asked for its own."""

    denoised: Tensor
    uncond: Tensor | None

    def pair(self, scale: float) -> tuple[Tensor, Tensor]:
        """Positive and negative x0 for a host that guides by its own `scale`, such that the result is `denoised`.

        Guidance is linear and weights sum to 1, so each region keeps the scale it was guided by. Both are `denoised`
        without negatives and at scale 0.
        """
        if self.uncond is None or scale == 0:
            return self.denoised, self.denoised
        return self.uncond + (self.denoised - self.uncond) / scale, self.uncond


@dataclass(frozen=True)
class Call:
    """How a host calls the model: its guidance scale at the moment, and what it does to the negatives.

    `with_uncond` evaluates negatives at any scale; `skip` leaves them out of this call, whatever the scales; `factor`
    is what the host has multiplied its scale by, and multiplies the brushes' own scales too. `nag` has negatives act
    in the cross-attention of the prompts' rows.
    """

    scale: float
    with_uncond: bool = False
    skip: bool = False
    factor: float = 1.0
    nag: Nag | None = None

    def scale_of(self, region: Region) -> float:
        """The guidance scale of a region: its own times `factor`, or else the call's."""
        return self.scale if region.guidance is None else region.guidance * self.factor

    def unconds_of(self, region: Region) -> tuple[Cond, ...] | None:
        """A region's negatives, one for each image, None if this call needs none; HostError if none were planned."""
        needed = self.with_uncond or self.scale_of(region) != 1 or any(is_composed(parts) for parts in region.conds)
        if self.skip or not needed:
            return None
        if region.unconds is None:
            raise HostError("guidance", "1 as planned, or a job that asks for negatives", f"{self.scale:g}")
        return region.unconds

    def against(self, region: Region, image: int) -> Against | None:
        """What a region's prompt of an image is guided away from in cross-attention; None without `nag`."""
        if self.nag is None:
            return None
        assert region.unconds is not None, "planned"
        return Against(region.unconds[image], self.nag)


@dataclass(frozen=True)
class Asked:
    """Indices of a view's rows among all: for each image those of its prompt's parts, and of its negative, if asked."""

    conds: tuple[tuple[int, ...], ...]
    unconds: tuple[int, ...] | None


def region_model(host: Host, plan: Plan) -> ModelFunction:
    """The function model(x [B, C, h, w], level) -> x0 [B, C, h, w] that draws a plan on a host, at the plan's guidance.

    It raises HostError where x or a prediction is not finite.
    """
    call = Call(plan.guidance, nag=plan.nag)
    memory = TextureMemory(plan)
    return lambda x, level: predict(host, plan, x, level, call, memory).denoised


def predict(
    host: Host, plan: Plan, x: Tensor, level: Level, call: Call, memory: TextureMemory | None = None
) -> Prediction:
    """Evaluate, guide and blend the views of a plan at x [B, C, h, w] and its level.

    `memory` holds what textures drew at earlier levels. Raises HostError where a value is not finite, naming the
    sampler if it is x, else brush and level; and where a negative is needed that was not planned.
    """
    if not torch.isfinite(x).all():
        raise HostError(f"x from the sampler at noise {level.noise:.3f}", "finite numbers", "NaN or infinity")
    memory = memory or TextureMemory(plan)
    views = memory.around(plan.views(level), level.noise)
    rows, asked = ask(views, x.shape[0], level, call)
    answers = evaluate(host, x, rows)
    unconds = [_stack(answers, each.unconds) for each in asked]
    guided = []
    for view, each, uncond in zip(views, asked, unconds, strict=True):
        cond = _compose_parts(view, each, answers, uncond)
        if uncond is not None:
            whole = guidance.cfg(cond, uncond, call.scale_of(view.region))
            at = (level, host.latent.prediction)
            cond = guidance.rescale(whole, cond, _see_all(view, x, level), at, plan.rescale)
        guided.append(cond)
    memory.note(views, guided)
    leak_shares = [bootstrap.leak_share(view, each, plan.sensitivity) for view, each in zip(views, guided, strict=True)]
    denoised = blend(views, guided, x, leak_shares, plan.under)
    if not torch.isfinite(denoised).all():
        raise _make_error(views, guided, level)
    every = [uncond for uncond in unconds if uncond is not None]
    complete = len(every) == len(views)
    return Prediction(denoised, blend(views, every, x, leak_shares, plan.under) if complete else None)


def _see_all(view: View, x: Tensor, level: Level) -> Tensor:
    """What a view sees of all images of x, stacked [B, C, h, w]."""
    looks = (bootstrap.see(view.box.padded(each), view.surround, i, level) for i, each in enumerate(x))
    return torch.stack(list(looks))


def ask(views: Sequence[View], images: int, level: Level, call: Call) -> tuple[list[Row], list[Asked]]:
    """The network rows that all views need at a level, and each view's places among them; equal rows are listed once.

    Raises HostError where a region needs a negative that was not planned.
    """
    rows: list[Row] = []
    known: dict[tuple[object, ...], int] = {}

    def index(image: int, view: View, cond: Cond, negative: bool) -> int:
        against = None if negative else call.against(view.region, image)
        key = (image, view.box, view.frame, id(cond), id(view.surround), id(against.cond) if against else None)
        if key not in known:
            known[key] = len(rows)
            rows.append(Row(image, view.box, view.frame, cond, level, negative, against, view.surround))
        return known[key]

    def each(view: View) -> Asked:
        parts = [[index(i, view, part.cond, False) for part in view.region.conds[i]] for i in range(images)]
        unconds = call.unconds_of(view.region)
        negatives = tuple(index(i, view, unconds[i], True) for i in range(images)) if unconds else None
        return Asked(tuple(map(tuple, parts)), negatives)

    return rows, [each(view) for view in views]


def evaluate(host: Host, x: Tensor, rows: Sequence[Row]) -> list[Tensor]:
    """The x0 [C, h, w] of each row, in the rows' order; rows of equal shape and group share network calls."""
    answers: dict[int, Tensor] = {}
    for batch in batch_rows(rows, host.latent.cells_per_call):
        crops = torch.stack([bootstrap.see_row(rows[index], x) for index in batch])
        answers.update(zip(batch, host.denoise(crops, [rows[index] for index in batch]), strict=True))
    return [answers[index] for index in range(len(rows))]


def batch_rows(rows: Sequence[Row], cells_per_call: int) -> Iterator[list[int]]:
    """Indices of the rows of each network call: equal in size and group, at most `cells_per_call` cells, or one row."""
    alike: dict[object, list[int]] = {}
    for index, row in enumerate(rows):
        beside = row.attention.group if row.attention is not None else None
        alike.setdefault((row.box.size, row.cond.group, beside), []).append(index)
    for indices in alike.values():
        count = max(1, cells_per_call // rows[indices[0]].box.size.area)
        for start in range(0, len(indices), count):
            yield indices[start : start + count]


def _stack(answers: Sequence[Tensor], indices: Sequence[int] | None) -> Tensor | None:
    return None if indices is None else torch.stack([answers[index] for index in indices])


def _compose_parts(view: View, asked: Asked, answers: Sequence[Tensor], uncond: Tensor | None) -> Tensor:
    """The prediction with the prompt [B, C, h, w]: that of its only part, or of all parts around the negative."""
    images = []
    for image, indices in enumerate(asked.conds):
        weights = [part.weight for part in view.region.conds[image]]
        base = None if uncond is None else uncond[image]
        images.append(guidance.compose([answers[index] for index in indices], weights, base))
    return torch.stack(images)


def _make_error(views: Sequence[View], guided: Sequence[Tensor], level: Level) -> HostError:
    bad = [view for view, each in zip(views, guided, strict=True) if not torch.isfinite(each).all()]
    names = ", ".join(name for view in bad for name in view.region.names) or "the blend"
    where = f"prediction of {names} at noise {level.noise:.3f}"
    return HostError(where, "finite numbers", "NaN or infinity", "try a wider dtype (float32 or bfloat16)")
