"""The methods that benchmarks/methods.py compares: a name -> what a palette says for it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

Settings = Mapping[str, Any]

METHODS: Mapping[str, Settings] = {
    "MultiDiffusion": {},
    "Mixture of Diffusers": {"blend": "mixture"},
    "Attention Couple": {"attention": "couple"},
    "Paint with Words": {"attention": "bias"},
}
"""What `benchmarks/methods.py` compares, as docs/methods.md names it."""

SCORES, NOISE, SCALES = ("max", "std"), ("log(1 + sigma)", "log(1 + sigma ** 2)", "sigma", "1"), (0.2, 0.4, 0.8, 1.6)


def list_functions() -> dict[str, Settings]:
    """Paint with Words by each statistic of the scores, each function of the noise, and each scale."""
    return {
        f"{scores}, {noise}, {scale}": {
            "attention": "bias",
            "bias": {"scores": scores, "noise": noise, "scale": scale},
        }
        for scores, noise, scale in itertools.product(SCORES, NOISE, SCALES)
    }
