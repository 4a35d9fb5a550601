"""One caller at a time: a network is changed in place while it is asked, so all hosts that have it share one lock."""

from __future__ import annotations

import threading
from typing import Any

from torch import nn

NAME = "_regiondiff_lock"


class NetworkLock:
    """A lock that the thread which holds it may take again; a copy of its network gets another one."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def acquire(self, blocking: bool = True) -> bool:
        """Take the lock; False where another thread has it and `blocking` is False."""
        return self._lock.acquire(blocking)

    def release(self) -> None:
        """Give it back once for each time that it was taken."""
        self._lock.release()

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *raised: Any) -> None:
        self._lock.release()

    def __deepcopy__(self, memo: Any) -> NetworkLock:
        return NetworkLock()

    def __reduce__(self) -> Any:
        return NetworkLock, ()


def find_lock(network: nn.Module) -> NetworkLock:
    """The lock of a network, the same for whoever asks."""
    found = vars(network).setdefault(NAME, NetworkLock())
    assert isinstance(found, NetworkLock)
    return found
