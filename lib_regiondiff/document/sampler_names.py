"""Names of samplers as WebUIs have them: those with which the command line and the library draw through diffusers."""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Mapping, Sequence

from lib_regiondiff.errors import HostError

EVERY = ("Karras", "Exponential", "SGM Uniform")
BASES: Mapping[str, Sequence[str]] = {
    "Euler": EVERY,
    "Euler a": ("SGM Uniform",),
    "LMS": EVERY,
    "Heun": EVERY,
    "DPM2": EVERY,
    "DPM2 a": EVERY,
    "DPM++ 2S": ("Karras", "Exponential"),
    "DPM++ 2M": EVERY,
    "DPM++ 2M SDE": EVERY,
    "DPM++ SDE": EVERY,
    "DEIS": EVERY,
    "UniPC": EVERY,
    "DDIM": ("SGM Uniform",),
    "DDPM": ("SGM Uniform",),
    "PLMS": (),
    "LCM": (),
    "TCD": (),
}
"""Each sampler, and the schedules of levels that it offers besides its own; longer names end in them."""
NAMES: Mapping[str, tuple[str, str]] = {
    name: (base, spacing)
    for base, spacings in BASES.items()
    for name, spacing in [(base, ""), *((f"{base} {each}", each) for each in spacings)]
}
"""Each full name -> the sampler and the schedule that it is made of ("" for its own)."""
NEEDS: Mapping[str, str] = {"LMS": "scipy", "DPM++ SDE": "torchsde"}
"""Sampler -> the package that it needs besides."""


def find(name: str) -> str:
    """The name of a sampler in its own spelling, from one in any capitals.

    Raises HostError for an unknown name, with the nearest one, and for one whose package is missing.
    """
    known = {each.lower(): each for each in NAMES}
    if name.lower() not in known:
        near = difflib.get_close_matches(name.lower()[:64], known, 1)
        cure = f"did you mean '{known[near[0]]}'?" if near else "`regiondiff info` lists their schedules too"
        raise HostError("sampler", "one of " + ", ".join(BASES), repr(name), cure)
    found = known[name.lower()]
    lacks = find_missing(found)
    if lacks:
        raise HostError(f"sampler {found}", f"the package {lacks}", "none", f"pip install {lacks}")
    return found


def find_missing(name: str) -> str:
    """The missing package that a sampler needs, by the sampler's full name; "" where none is missing."""
    package = NEEDS.get(NAMES[name][0], "")
    return package if package and importlib.util.find_spec(package) is None else ""
