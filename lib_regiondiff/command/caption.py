"""For the command line: a BLIP says what the picture under the brushes shows, where that is asked for."""

from __future__ import annotations

from lib_regiondiff.document.caption import Describe, add_caption, is_wordless
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.renderer import INSTALL, find_missing_packages, quieten

UNSAID = "nothing says what the picture under the brushes shows; --prompt TEXT does, or --caption-model with a BLIP"
NEEDLESS = "no caption: the background has no picture, or a prompt already"


def caption_background(palette: Palette, model: str | None) -> tuple[Palette, list[str]]:
    """The palette with its background's picture described by a BLIP (`model`, folder or hub id), and lines about that.

    Without a model, or where there is nothing to describe, the palette stays as it is. Raises HostError where a
    package that it needs is not installed or the model cannot be loaded.
    """
    wordless = is_wordless(palette.background)
    if not model:
        return palette, [f"note: {UNSAID}"] if wordless else []
    if not wordless:
        return palette, [f"note: {NEEDLESS}"]
    palette = add_caption(palette, _load_captioner(model))
    return palette, [f"caption: {palette.background.prompt}"]


def _load_captioner(model: str) -> Describe:
    """The function that describes pictures with a BLIP; HostError where a package is missing."""
    if find_missing_packages():
        raise HostError("--caption-model", f"the package {find_missing_packages()[0]}", "nothing", INSTALL)
    quieten()
    from lib_regiondiff.hosts.diffusers.captioner import load_captioner

    return load_captioner(model)
