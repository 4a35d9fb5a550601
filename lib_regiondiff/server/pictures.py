"""Pictures that were drawn: a bounded number in memory, each by a name that nobody guesses."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

MOST = 64
MOST_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Drawn:
    """A picture as a PNG with its palette, the palette's plain data, and the picture's seed."""

    png: bytes = field(repr=False)
    palette: dict[str, Any] = field(repr=False)
    seed: int
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def describe(self) -> dict[str, Any]:
        """The picture as plain data: its address below the page's, seed and palette."""
        return {"id": self.id, "url": f"api/pictures/{self.id}.png", "seed": self.seed, "palette": self.palette}


class Pictures:
    """The last pictures, within a number and within bytes; the newest one always stays."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes, self._held = most, most_bytes, 0
        self._kept: OrderedDict[str, Drawn] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, drawn: Drawn) -> None:
        """Keep a picture; the oldest go where there are too many."""
        with self._lock:
            self._kept[drawn.id] = drawn
            self._held += len(drawn.png)
            while len(self._kept) > 1 and (len(self._kept) > self._most or self._held > self._most_bytes):
                self._held -= len(self._kept.popitem(last=False)[1].png)

    def find(self, name: str) -> Drawn | None:
        """The picture of a name; None where there is none, or not any more."""
        with self._lock:
            return self._kept.get(name)
