"""Pictures that editing models see: brushes are encoded with them, and the WebUI's notes stay as they were."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

NOTES = ("ref_latents", "concat_latent", "lq_latent")
"""What Forge Neo notes for the network in its arguments, anew with every positive prompt."""
PICTURES = ("ini_latent", "ref_latents", "ref_images", "start_image", "end_image")
"""Pictures that an engine keeps for its prompts; the first of them is used up by a prompt."""
MISSING = object()


@dataclass(frozen=True)
class KeptValue:
    """A value that was noted under `name` in `owner`; `inside` is a copy of its entries if it is a list."""

    owner: Any
    name: str
    value: Any
    inside: tuple[Any, ...]

    def restore(self) -> None:
        """Put the value, and its entries if it is a list, back where it was noted."""
        if isinstance(self.value, list):
            self.value[:] = self.inside
        setattr(self.owner, self.name, self.value)


def remember_edited(p: Any) -> None:
    """Keep the picture that a job edits in the job, before its main prompt uses it up."""
    p.regiondiff_edited = getattr(p.sd_model, "ini_latent", None) if getattr(p, "init_images", None) else None


@contextlib.contextmanager
def keep_references(arguments: Any, model: Any, edited: Any = None) -> Iterator[None]:
    """For the time of a `with`, encode prompts or pictures by a model; afterwards all notes are as before.

    `arguments` holds what the program tells its networks besides a call, None where it tells nothing; `edited` is the
    picture that prompts are encoded with, if any.
    """
    owners = ((arguments, NOTES), (model, PICTURES))
    notes = [each for owner, names in owners for each in _collect_values(owner, names)]
    if edited is not None and getattr(model, "ini_latent", MISSING) is None:
        model.ini_latent = edited
    try:
        yield
    finally:
        for each in notes:
            each.restore()


def has_references(arguments: Any) -> bool:
    """Whether the network sees pictures besides its own latents: those are of the whole canvas."""
    return bool(getattr(arguments, "ref_latents", None))


def _collect_values(owner: Any, names: tuple[str, ...]) -> Iterator[KeptValue]:
    for name in names:
        value = getattr(owner, name, MISSING)
        if value is not MISSING:
            yield KeptValue(owner, name, value, tuple(value) if isinstance(value, list) else ())
