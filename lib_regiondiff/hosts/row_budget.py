"""GPU memory: how many rows a network is given in one call, so that they fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Row

Network = Callable[[Tensor, Sequence[Row]], Tensor]
FIRST_ROWS = 2  # what a WebUI asks for itself
SHARE = 0.8  # of free memory: what is free lies in pieces, and others need some


@dataclass(frozen=True)
class Memory:
    """Three readings of a device's memory, in bytes.

    `free` is what can be had, `used` what tensors hold now, `peak` the most that they have ever held.
    """

    free: Callable[[], int]
    used: Callable[[], int]
    peak: Callable[[], int]


def find_memory(device: torch.device, count_free: Callable[[torch.device], int] | None = None) -> Memory | None:
    """Readings of a GPU's memory; None for a device that is not CUDA.

    `count_free` is the host's own count of free bytes on a device; without it PyTorch's is taken.
    """
    if device.type != "cuda":
        return None
    return Memory(
        lambda: int((count_free or count_unreserved)(device)),
        lambda: torch.cuda.memory_allocated(device),
        lambda: torch.cuda.max_memory_allocated(device),
    )


def count_unreserved(device: torch.device) -> int:
    """The bytes of a CUDA device that no tensor holds: free memory, and what PyTorch has reserved and not used."""
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + kept


class BudgetedNetwork:
    """Calls a network with no more rows at once than memory allows.

    The need of a latent cell is measured: the most that tensors held during a call less what they hold after it, in a
    call that set a new peak (the host's statistics are not reset). Until one has, calls double, from two rows on;
    afterwards they take SHARE of what is free. Whenever memory runs out, the number is halved and the rows are tried
    again. `rows`, if not 0, is the user's own limit and replaces measuring.
    """

    def __init__(self, network: Network, memory: Memory | None = None, rows: int = 0) -> None:
        self.network, self.memory, self.rows = network, None if rows else memory, rows
        self.cells = 2**40
        self.trial = FIRST_ROWS
        self.need: float | None = None

    def __call__(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """x0 [N, C, h, w] from x [N, C, h, w], one row each, in as many network calls as memory requires.

        Raises HostError where a single row does not fit, or where the network's answer has another number of rows.
        """
        made: list[Tensor] = []
        start = 0
        while start < len(rows):
            part = slice(start, start + self._count_most_rows(rows[start].size.area))
            answer = self._try_rows(x[part], rows[part])
            if answer is None:
                torch.cuda.empty_cache()
                continue
            made.append(answer)
            start += len(rows[part])
        return made[0] if len(made) == 1 else torch.cat(made)

    def _count_most_rows(self, area: int) -> int:
        """The most rows of `area` latent cells that one call may hold, at least one."""
        most = min(self.cells // area, self.rows or self.cells)
        if self.memory is not None:
            room = self.trial if self.need is None else self.memory.free() * SHARE / (self.need * area)
            most = min(most, int(room))
        return max(1, most)

    def _try_rows(self, x: Tensor, rows: Sequence[Row]) -> Tensor | None:
        """The network's answer, or None where so many rows do not fit; HostError where one row does not."""
        area = rows[0].size.area
        try:
            answer = self._ask_network(x, rows, area * len(rows))
        except torch.cuda.OutOfMemoryError as error:
            if len(rows) == 1:
                cure = "give the palette smaller tiles (tiles.width, tiles.height), or make the picture smaller"
                got = f"no room for one of {rows[0].size} cells"
                raise HostError("GPU memory", "room for one view", got, cure) from error
            self.cells = len(rows) // 2 * area
            return None
        if len(answer) != len(rows):
            cure = "another extension may have changed it: switch off those that work on the model"
            raise HostError("the network", f"answers to {len(rows)} rows", f"{len(answer)}", cure)
        return answer

    def _ask_network(self, x: Tensor, rows: Sequence[Row], cells: int) -> Tensor:
        """The network's answer; the bytes it took for each cell are noted, unless they are known already."""
        if self.memory is None or self.need is not None:
            return self.network(x, rows)
        before = self.memory.peak()
        answer = self.network(x, rows)
        peak = self.memory.peak()
        self.trial = max(self.trial, 2 * len(rows))
        if peak > before:
            self.need = max(1.0, (peak - self.memory.used()) / cells)
        return answer
