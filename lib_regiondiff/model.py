"""The model that an adapter installs: views are evaluated in batches, guided and blended into one x0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lib_regiondiff import guidance
from lib_regiondiff.blend import blend
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Cond, Host, Level, Model, Row
from lib_regiondiff.plan import Plan
from lib_regiondiff.views import View


@dataclass(frozen=True)
class Asked:
    """Rows for one view: the index of the row of each image with the prompt, and with the negative if it counts."""

    conds: tuple[int, ...]
    unconds: tuple[int, ...] | None


@dataclass(frozen=True)
class _Seen:
    """What a view saw: x [B, C, h, w] of its box, the level, and the share of rescaling."""

    x: Tensor
    level: Level
    rescale: float


def region_model(host: Host, plan: Plan) -> Model:
    """model(x [B, C, h, w], level) -> x0 [B, C, h, w] of a plan on a host.

    Raises HostError where a prediction is not finite: it names brush and level.
    """

    def model(x: Tensor, level: Level) -> Tensor:
        views = plan.views(level)
        rows, asked = ask(views, x.shape[0], level)
        answers = evaluate(host, x, rows)
        guided = [
            _guided(view, each, answers, _Seen(view.box.crop(x), level, plan.rescale))
            for view, each in zip(views, asked, strict=True)
        ]
        denoised = blend(views, guided, x)
        if not torch.isfinite(denoised).all():
            raise _not_finite(views, guided, level)
        return denoised

    return model


def ask(views: Sequence[View], images: int, level: Level) -> tuple[list[Row], list[Asked]]:
    """The rows that all views need at a level; equal rows, such as a shared negative, are asked once."""
    rows: list[Row] = []
    known: dict[tuple[object, ...], int] = {}

    def index(row: Row) -> int:
        key = (row.image, row.box, row.frame, id(row.cond), row.attention)
        if key not in known:
            known[key] = len(rows)
            rows.append(row)
        return known[key]

    def each(view: View, conds: Sequence[Cond]) -> tuple[int, ...]:
        return tuple(index(Row(i, view.box, view.frame, conds[i], level)) for i in range(images))

    asked = []
    for view in views:
        unconds = view.region.unconds
        asked.append(Asked(each(view, view.region.conds), each(view, unconds) if unconds else None))
    return rows, asked


def evaluate(host: Host, x: Tensor, rows: Sequence[Row]) -> list[Tensor]:
    """The prediction [C, h, w] of each row; rows of equal shape and group share network calls."""
    answers: dict[int, Tensor] = {}
    for batch in batches(rows, host.latent.cells_per_call):
        crops = torch.stack([rows[index].box.crop(x[rows[index].image]) for index in batch])
        answers.update(zip(batch, host.denoise(crops, [rows[index] for index in batch]), strict=True))
    return [answers[index] for index in range(len(rows))]


def batches(rows: Sequence[Row], cells_per_call: int) -> Iterator[list[int]]:
    """Indices of rows that go to the network together: equal sizes, equal groups, at most so many cells a call."""
    alike: dict[object, list[int]] = {}
    for index, row in enumerate(rows):
        alike.setdefault((row.box.size, row.cond.group), []).append(index)
    for indices in alike.values():
        count = max(1, cells_per_call // rows[indices[0]].box.size.area)
        for start in range(0, len(indices), count):
            yield indices[start : start + count]


def _guided(view: View, asked: Asked, answers: Sequence[Tensor], seen: _Seen) -> Tensor:
    cond = torch.stack([answers[index] for index in asked.conds])
    if asked.unconds is None:
        return cond
    uncond = torch.stack([answers[index] for index in asked.unconds])
    guided = guidance.cfg(cond, uncond, view.region.guidance)
    return guidance.rescale(guided, cond, seen.x, seen.level, seen.rescale)


def _not_finite(views: Sequence[View], guided: Sequence[Tensor], level: Level) -> HostError:
    bad = [view for view, each in zip(views, guided, strict=True) if not torch.isfinite(each).all()]
    names = ", ".join(name for view in bad for name in view.region.names) or "the blend"
    where = f"prediction of {names} at noise {level.noise:.3f}"
    return HostError(where, "finite numbers", "NaN or infinity", "use a wider dtype (float32 or bfloat16)")
