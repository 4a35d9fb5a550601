"""What a page starts with: who draws, the palette of an empty canvas, presets, examples and styles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lib_regiondiff import __version__
from lib_regiondiff.authoring.examples import list_examples, make_example
from lib_regiondiff.authoring.presets import copy_preset, list_presets
from lib_regiondiff.document import sampler_names
from lib_regiondiff.document.json_text import MAX_BYTES
from lib_regiondiff.document.palette import MOST_BRUSHES, Palette, dump
from lib_regiondiff.document.values import MAX_SIDE
from lib_regiondiff.hosts.renderer import Renderer
from lib_regiondiff.server.answers import Refused
from lib_regiondiff.server.desk import MOST_COUNT

STYLES: Sequence[tuple[str, str, str]] = (
    ("Photograph", "photograph, natural light, fine detail", "drawing, blurry"),
    ("Portrait lens", "shallow depth of field, soft window light", "harsh shadows"),
    ("Oil painting", "oil painting, visible brush strokes, rich colours", "photograph"),
    ("Watercolour", "watercolour, paper grain, soft washes", "photograph, hard outlines"),
    ("Ink drawing", "ink drawing, clean lines, white paper", "colour, photograph"),
    ("Anime", "anime style, crisp outlines, even colours", "photograph"),
    ("Pixel art", "pixel art, limited colours, sharp edges", "blurry, photograph"),
    ("Sharp and detailed", "sharp focus, highly detailed", "blurry, low quality, jpeg artefacts"),
)
"""Names of styles, the words that they add after every prompt, and those for the negative."""


@dataclass(frozen=True)
class Start:
    """Who draws, by `name` and `renderer`, and the palette `first` that an empty page begins with."""

    name: str
    renderer: Renderer
    first: Palette = field(default_factory=Palette)

    def describe(self) -> dict[str, Any]:
        """What a page needs to know of this server."""
        first, made = self.first, self.renderer.made_with
        return {
            "version": __version__,
            "model": self.name,
            "native": self.renderer.native,
            "device": made.device_name or made.device,
            "dtype": made.dtype,
            "samplers": [name for name in sampler_names.NAMES if not sampler_names.find_missing(name)],
            "defaults": {
                "width": first.size.width,
                "height": first.size.height,
                "steps": first.steps,
                "guidance": first.guidance,
                "sampler": first.sampler,
                "palette": dump(first),
            },
            "limits": {"bytes": MAX_BYTES, "side": MAX_SIDE, "brushes": MOST_BRUSHES, "count": MOST_COUNT},
        }

    def list_presets(self) -> dict[str, Any]:
        """Layouts to start from, and the names of the examples."""
        presets = [{"name": name, "palette": copy_preset(name)} for name in list_presets()]
        styles = [dict(zip(("name", "words", "negative"), style, strict=True)) for style in STYLES]
        return {"presets": presets, "examples": [*list_examples()], "styles": styles}

    def make_example(self, name: str) -> dict[str, Any]:
        """The palette of an example, in words that the model knows; Refused (404) for another name."""
        if name not in list_examples():
            raise Refused(404, "name", f"expected one of {', '.join(list_examples())}, got another")
        return make_example(name, self.first, self.renderer.native)
