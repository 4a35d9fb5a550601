"""The store: arrays that were made from masks and may be needed again, bounded in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

import numpy as np

MOST = 256 * 2**20
"""Bytes that a store holds at most by default."""
ENTRY = 2**10
"""Bytes that an entry counts beside its array, so that many small ones are bounded too."""


class Store:
    """A cache of arrays by digests of what they were made from; beyond `most` bytes those unused for longest go first.

    It belongs to one request, one session or one run, and goes with it. Threads may share it: two that ask at once may
    both make the same array.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most, self.held = most, 0
        self._arrays: OrderedDict[Hashable, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The array of a key, read-only, made by `make` where none is held; one larger than the store is never held."""
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
                return self._arrays[key]
        made = make().view()  # its owner may write to it, we do not
        made.setflags(write=False)
        with self._lock:
            self._keep(key, made)
        return made

    def _keep(self, key: Hashable, made: np.ndarray) -> None:
        if key in self._arrays or made.nbytes + ENTRY > self.most:
            return
        self._arrays[key] = made
        self.held += made.nbytes + ENTRY
        while self.held > self.most:
            self.held -= self._arrays.popitem(last=False)[1].nbytes + ENTRY
