"""The model that draws, loaded with the LoRAs and the VAE that a palette names, as far as it may name any."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib_regiondiff.document.changes import Change, override
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.errors import PaletteError, Problem
from lib_regiondiff.hosts.renderer import Renderer

MOST = 2
"""Sets of LoRAs and VAE that stay loaded."""


@dataclass(eq=False)
class Models:
    """Renderers of one model, one for each set of LoRAs and VAE; `load` makes the renderer of a palette.

    Palettes may name the additions in `allowed`, and no other files. `fixed` are changes that the person who started
    the server makes in each palette.
    """

    name: str
    load: Callable[[Palette], Renderer]
    allowed: frozenset[str] = frozenset()
    fixed: Sequence[Change] = ()
    _held: OrderedDict[Any, Renderer] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def settle(self, palette: Palette) -> Palette:
        """The palette as it will be drawn; PaletteError where it names additions that this server does not have."""
        palette = override(palette, self.fixed)
        names = {f"model.loras[{place}].name": lora.name for place, lora in enumerate(palette.model.loras)}
        asked = {**names, "model.vae": palette.model.vae}
        known = ", ".join(sorted(self.allowed)) or "none"
        problems = [
            Problem(path, f"nothing, or one that this server has ({known})", repr(name))
            for path, name in asked.items()
            if name and name not in self.allowed
        ]
        if problems:
            raise PaletteError(problems)
        return palette

    def find(self, palette: Palette) -> Renderer:
        """The renderer for a settled palette, loaded if need be; HostError where that fails."""
        key = _make_key(palette)
        with self._lock:
            if key not in self._held:
                while len(self._held) >= MOST:
                    self._held.popitem(last=False)
                self._held[key] = self.load(palette)
            self._held.move_to_end(key)
            return self._held[key]

    def hold(self, palette: Palette, renderer: Renderer) -> None:
        """Keep a renderer that was loaded for a palette."""
        self._held[_make_key(palette)] = renderer


def _make_key(palette: Palette) -> Any:
    return palette.model.loras, palette.model.vae
