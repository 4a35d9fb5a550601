"""What was made before and may be asked for again, kept within so many bytes by whoever draws or shows a document."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

import numpy as np

MOST = 256 * 2**20
"""Bytes that a request or a session keeps."""
ENTRY = 2**10
"""Bytes that an entry counts beside what it holds: small ones must not add up either."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Values by keys, `measure` says of how many bytes, keys not counted; what was not asked for longest goes first.

    Threads may share it: two that ask at once may both make the same value, the first one stays.
    """

    def __init__(self, measure: Callable[[Value], int], most: int = MOST) -> None:
        self.most, self.held = most, 0
        self._measure = measure
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Key]:
        return iter(list(self._values))

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value of a key; it is made where it is not kept. One that is larger than all is never kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        made = make()
        with self._lock:
            return self._keep(key, made)

    def clear(self) -> None:
        """Keep nothing of what was made so far."""
        with self._lock:
            self._values.clear()
            self.held = 0

    def _keep(self, key: Key, made: Value) -> Value:
        if key in self._values:
            return self._values[key]
        size = self._count(key, made)
        if size > self.most:
            return made
        self._values[key] = made
        self.held += size
        while self.held > self.most:
            self.held -= self._count(*self._values.popitem(last=False))
        return made

    def _count(self, key: Key, value: Value) -> int:
        parts = key if isinstance(key, tuple) else (key,)
        return self._measure(value) + sum(sys.getsizeof(part) for part in parts if isinstance(part, str)) + ENTRY


class Store:
    """Arrays by digests of what they were made of.

    It belongs to one request, one session or one run, and goes with it.
    """

    def __init__(self, most: int = MOST) -> None:
        self.recent: Recent[Hashable, np.ndarray] = Recent(lambda array: array.nbytes, most)

    def get(self, key: Hashable, make: Callable[[], np.ndarray]) -> np.ndarray:
        """The array of a key, read-only, made by `make` where none is held; one larger than the store is never held."""
        return self.recent.get(key, lambda: _lock(make()))


def _lock(made: np.ndarray) -> np.ndarray:
    """A view that nobody writes to; its owner may, we do not."""
    view = made.view()
    view.setflags(write=False)
    return view
