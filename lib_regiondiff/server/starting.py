"""What a page starts with: who draws, the palette of an empty canvas, presets, examples and styles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lib_regiondiff import __version__, demo
from lib_regiondiff.authoring.presets import copy_preset, list_presets
from lib_regiondiff.document import sampler_names
from lib_regiondiff.document.json_text import MAX_BYTES, loads
from lib_regiondiff.document.palette import MOST_BRUSHES, Palette, dump
from lib_regiondiff.document.values import MAX_SIDE
from lib_regiondiff.hosts.renderer import Renderer
from lib_regiondiff.server.answers import Refused
from lib_regiondiff.server.desk import MOST_COUNT


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
        return {"presets": presets, "examples": [*demo.list_palettes()]}


def load_example(name: str) -> Mapping[str, Any]:
    """The palette of an example; Refused (404) for another name."""
    path = demo.list_palettes().get(name)
    if path is None:
        raise Refused(404, "name", f"expected one of {', '.join(demo.list_palettes())}, got another")
    return loads(path.read_bytes())
