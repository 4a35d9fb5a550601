"""The methods that benchmarks/methods.py compares: a name -> what a palette says for it."""

from __future__ import annotations

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

LISTING = "listing"
"""One plain prompt that lists everything, beside them."""

FUNCTIONS: Mapping[str, Settings] = {
    "max, log(1 + sigma)": {"scores": "max", "noise": "log(1 + sigma)"},
    "max, log(1 + sigma), area 1": {"scores": "max", "noise": "log(1 + sigma)", "area": 1},
    "max, log(1 + sigma ** 2)": {"scores": "max", "noise": "log(1 + sigma ** 2)"},
    "max, sigma": {"scores": "max", "noise": "sigma"},
    "std, log(1 + sigma)": {"scores": "std", "noise": "log(1 + sigma)"},
    "std, log(1 + sigma ** 2)": {"scores": "std", "noise": "log(1 + sigma ** 2)"},
}
"""Weight functions of Paint with Words: eDiff-I's, the same with DenseDiffusion's factor of the area, and others."""
SCALES = (0.2, 0.8, 3.2)


def list_functions() -> dict[str, Settings]:
    """Paint with Words by each of its functions, at each scale."""
    return {
        f"{name}, {scale}": {"attention": "bias", "bias": {**function, "scale": scale}}
        for name, function in FUNCTIONS.items()
        for scale in SCALES
    }


def name_function(name: str) -> str:
    """The name of a function without its scale."""
    return name.rsplit(", ", 1)[0]
