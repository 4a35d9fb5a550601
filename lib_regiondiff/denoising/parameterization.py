"""What networks predict: x0 out of it and back, for x = alpha * x0 + beta * n; v never goes through the noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

Scale = Any
"""A float, or a tensor that broadcasts to x."""


@dataclass(frozen=True)
class Parameterization:
    """A kind of network output: `to_denoised(made, x, alpha, beta)` -> x0, and `from_denoised(x0, ...)` is its inverse.

    All tensors have the shape of x, where x = alpha * x0 + beta * n.
    """

    to_denoised: Callable[[Tensor, Tensor, Scale, Scale], Tensor]
    from_denoised: Callable[[Tensor, Tensor, Scale, Scale], Tensor]


def _squared(alpha: Scale, beta: Scale) -> Scale:
    return alpha**2 + beta**2


PARAMETERIZATIONS: Mapping[str, Parameterization] = {
    "epsilon": Parameterization(
        lambda made, x, alpha, beta: (x - beta * made) / alpha,
        lambda x0, x, alpha, beta: (x - alpha * x0) / beta,
    ),
    # v = alpha * n - beta * x0 where alpha² + beta² = 1 (Salimans and Ho 2022); alpha may be 0
    "v_prediction": Parameterization(
        lambda made, x, alpha, beta: alpha * x / _squared(alpha, beta) - beta * made / _squared(alpha, beta) ** 0.5,
        lambda x0, x, alpha, beta: (
            alpha * x / (beta * _squared(alpha, beta) ** 0.5) - _squared(alpha, beta) ** 0.5 / beta * x0
        ),
    ),
    "sample": Parameterization(lambda made, x, alpha, beta: made, lambda x0, x, alpha, beta: x0),
    # n - x0 where alpha + beta = 1 (Lipman et al. 2023); alpha may be 0
    "flow": Parameterization(
        lambda made, x, alpha, beta: (x - beta * made) / (alpha + beta),
        lambda x0, x, alpha, beta: (x - (alpha + beta) * x0) / beta,
    ),
}
