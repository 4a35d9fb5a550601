"""Evaluation: the network answers the rows that views need, and the answers for a view become its guided x0."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lib_regiondiff.denoising import bootstrap, guidance
from lib_regiondiff.denoising.rows import Asked, Call, batch_rows, recall_answer
from lib_regiondiff.host import Denoiser, Row


def evaluate(host: Denoiser, x: Tensor, rows: Sequence[Row], known: Sequence[tuple[Row, Tensor]] = ()) -> list[Tensor]:
    """The prediction [C, h, w] of each row; rows of equal size and group share network calls.

    Those whose answer is `known` are not asked again.
    """
    answers = {index: found for index, row in enumerate(rows) if (found := recall_answer(row, known)) is not None}
    left = [index for index in range(len(rows)) if index not in answers]
    for batch in batch_rows([rows[index] for index in left], host.latent.cells_per_call):
        batch = [left[place] for place in batch]
        crops = torch.stack([bootstrap.see_row(rows[index], x) for index in batch])
        answers.update(zip(batch, host.denoise(crops, [rows[index] for index in batch]), strict=True))
    return [answers[index] for index in range(len(rows))]


def guide(asked: Asked, answers: Sequence[Tensor], how: tuple[Tensor, Call, str]) -> Tensor:
    """x0 [C, h, w] of a view: its prompt's parts composed, guided around the negative, rescaled.

    `how` is x, the call, and what the network predicts.
    """
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
