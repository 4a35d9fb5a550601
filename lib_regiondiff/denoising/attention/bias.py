"""Paint with Words: the scores of a phrase's tokens are raised where its brush is, w = w' f(sigma) stat(QK^T).

Balaji et al. 2022 (eDiff-I), arXiv 2211.01324, section 4.3; here w' has the brush's weight at each cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from lib_regiondiff.denoising.attention.couple import shrink
from lib_regiondiff.document import expressions, palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Bias, Cond, Level
from lib_regiondiff.planning.regions import Formula, Word

STATISTICS: Mapping[str, Callable[[Tensor], Tensor]] = {"max": torch.max, "std": torch.std}
"""What of the scores QK^T of a row, over heads, cells and tokens, the bias is measured in."""


def list_biases(words: Sequence[Word], cond: Cond, image: int, how: palette.Bias, level: Level) -> tuple[Bias, ...]:
    """The biases of a row whose prompt is `cond`, at a level; words that it does not say now have none.

    Raises HostError where the palette's formula has no value at this level.
    """
    sigma = level.beta / max(level.alpha, 1e-3)
    try:
        factor = how.scale * expressions.evaluate(how.noise, sigma)
    except ValueError as error:
        raise HostError("bias.noise", f"a number at sigma {sigma:g}", str(error)) from None
    found = []
    for word in words:
        spans = tuple(cond.spans(word.texts[image]))
        if spans and word.formula is not None:
            found.append(Bias(spans, word.weight, _hold_sigma(word.formula, sigma), how.layers))
        elif spans and factor:
            found.append(Bias(spans, word.weight * factor, how.scores, how.layers))
    return tuple(found)


def choose_acting(rows: Sequence[tuple[Bias, ...]], cells: int) -> list[tuple[Bias, ...]]:
    """Those of the biases of each row that act in a layer of so many cells."""
    return [tuple(each for each in row if each.layers in ("all", _name_layer(each.weight, cells))) for row in rows]


def _name_layer(weight: Tensor, cells: int) -> str:
    """Whether a layer of so many cells is a fine one for weights [h, w], whose sides are halved once at most."""
    height, width = (-(-side // 2) for side in weight.shape)
    return "fine" if cells >= height * width else "coarse"


def make_mask(rows: Sequence[Sequence[Bias]], query: Tensor, key: Tensor) -> Tensor:
    """What is added to scaled scores of queries and keys [B, heads, n, width], float32 [B, 1, cells, tokens].

    `rows` are the biases of each row, at least one each; they are measured in its unscaled scores.
    """
    cells, tokens, width = query.shape[2], key.shape[2], query.shape[3]
    made = torch.zeros(len(rows), 1, cells, tokens, device=query.device)
    for place, biases in enumerate(rows):
        scores = query[place].float() @ key[place].float().transpose(-1, -2)
        for each in biases:
            weight = shrink(each.weight[None], cells)[0][:, None]
            added = each.scores(weight, scores) if callable(each.scores) else weight * STATISTICS[each.scores](scores)
            for span in each.spans:
                made[place, 0, :, span] += added / width**0.5
    return made


def _hold_sigma(formula: Formula, sigma: float) -> Callable[[Tensor, Tensor], Tensor]:
    """A formula at a sigma; HostError where it gives anything but finite numbers [cells, 1], or one."""

    def add(weight: Tensor, scores: Tensor) -> Tensor:
        made = torch.as_tensor(formula(weight, sigma, scores)).to(scores)
        if made.shape not in (weight.shape, ()) or not bool(made.isfinite().all()):
            got = "numbers that are not finite" if made.shape in (weight.shape, ()) else f"a tensor {[*made.shape]}"
            raise HostError("Extras.formula", f"finite numbers {[*weight.shape]}, or one", got)
        return made

    return add
