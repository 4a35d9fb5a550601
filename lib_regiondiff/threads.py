"""How the CPU's threads wait between two pieces of work; OpenMP reads it once, when torch is imported."""

from __future__ import annotations

from collections.abc import MutableMapping

PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}
"""Sleep rather than spin: GNU's OpenMP reads the first, LLVM's and Intel's both."""
SPINNING = (*PASSIVE, "GOMP_SPINCOUNT", "KMP_LIBRARY")
"""All that a user may have set about it."""


def rest_while_waiting(environment: MutableMapping[str, str]) -> None:
    """Let waiting threads sleep, unless the user has said how they wait; changes `environment` in place.

    For programs of our own, before they import torch.
    """
    if not any(name in environment for name in SPINNING):
        environment.update(PASSIVE)
