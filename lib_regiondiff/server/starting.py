"""What a page starts with: who draws, the palette of an empty canvas, presets, examples and styles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

STYLES: Sequence[Mapping[str, str]] = (
    {
        "name": "Photograph",
        "prompt": "{prompt}, photograph, natural light, sharp focus",
        "negative": "drawing, painting",
    },
    {
        "name": "Oil painting",
        "prompt": "oil painting of {prompt}, visible brush strokes, canvas",
        "negative": "photograph",
    },
    {"name": "Watercolour", "prompt": "watercolour of {prompt}, soft washes, paper texture", "negative": "photograph"},
    {
        "name": "Ink drawing",
        "prompt": "ink drawing of {prompt}, clean lines, white paper",
        "negative": "photograph, colour",
    },
    {"name": "Storybook", "prompt": "storybook illustration of {prompt}, warm colours", "negative": "photograph"},
    {
        "name": "Fine quality",
        "prompt": "{prompt}, highly detailed, well composed",
        "negative": "blurry, low quality, text",
    },
)
"""Words around a prompt, which stands where they say {prompt}, and what they add to the negative."""


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
        return {"presets": presets, "examples": [*list_examples()], "styles": [dict(style) for style in STYLES]}

    def make_example(self, name: str) -> dict[str, Any]:
        """The palette of an example, in words that the model knows; Refused (404) for another name."""
        if name not in list_examples():
            raise Refused(404, "name", f"expected one of {', '.join(list_examples())}, got another")
        return make_example(name, self.first, self.renderer.native)
