"""Memory: how many rows a network is given at once, so that it has room for them."""

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
    """What a device says in bytes: what is free, what tensors hold now, the most that they ever held."""

    free: Callable[[], int]
    used: Callable[[], int]
    peak: Callable[[], int]


def memory_of(device: torch.device, count_free: Callable[[torch.device], int] | None = None) -> Memory | None:
    """The memory of a GPU in bytes, what is free by the host's `count_free` or by PyTorch; None on a CPU."""
    if device.type != "cuda":
        return None
    return Memory(
        lambda: int((count_free or count_unreserved)(device)),
        lambda: torch.cuda.memory_allocated(device),
        lambda: torch.cuda.max_memory_allocated(device),
    )


def count_unreserved(device: torch.device) -> int:
    """The bytes of a GPU that nothing holds, those among them that PyTorch keeps for later tensors."""
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + kept


class Careful:
    """Calls a network with no more rows at once than memory allows.

    What a latent cell needs is measured: the most that tensors held during a call less what they hold after it, where
    the call set a new peak (the host's statistics are left alone). Until then calls double, from two rows on; after
    it they take their share of what is free. Whenever memory runs out the number is halved and the rows are tried
    again. `rows` is the user's own limit, in place of measuring; 0 is none.
    """

    def __init__(self, network: Network, memory: Memory | None = None, rows: int = 0) -> None:
        self.network, self.memory, self.rows = network, None if rows else memory, rows
        self.cells = 2**40
        self.trial = FIRST_ROWS
        self.need: float | None = None

    def __call__(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """x0 of rows; HostError if there is no room for a single one, or if the network does not answer each."""
        made: list[Tensor] = []
        start = 0
        while start < len(rows):
            part = slice(start, start + self._most(rows[start].box.size.area))
            answer = self._tried(x[part], rows[part])
            if answer is None:
                torch.cuda.empty_cache()
                continue
            made.append(answer)
            start += len(rows[part])
        return made[0] if len(made) == 1 else torch.cat(made)

    def _most(self, area: int) -> int:
        """The most rows of so many cells, at least one."""
        most = min(self.cells // area, self.rows or self.cells)
        if self.memory is not None:
            room = self.trial if self.need is None else self.memory.free() * SHARE / (self.need * area)
            most = min(most, int(room))
        return max(1, most)

    def _tried(self, x: Tensor, rows: Sequence[Row]) -> Tensor | None:
        """The answer, or nothing if there is no room for so many."""
        area = rows[0].box.size.area
        try:
            answer = self._measured(x, rows, area * len(rows))
        except torch.cuda.OutOfMemoryError as error:
            if len(rows) == 1:
                cure = "give the palette smaller tiles (tiles.width, tiles.height), or make the picture smaller"
                got = f"no room for one of {rows[0].box.size} cells"
                raise HostError("GPU memory", "room for one view", got, cure) from error
            self.cells = len(rows) // 2 * area
            return None
        if len(answer) != len(rows):
            cure = "another extension may have changed it: switch off those that work on the model"
            raise HostError("the network", f"answers to {len(rows)} rows", f"{len(answer)}", cure)
        return answer

    def _measured(self, x: Tensor, rows: Sequence[Row], cells: int) -> Tensor:
        """The answer; what it needed is noted as long as that is not known."""
        if self.memory is None or self.need is not None:
            return self.network(x, rows)
        before = self.memory.peak()
        answer = self.network(x, rows)
        peak = self.memory.peak()
        self.trial = max(self.trial, 2 * len(rows))
        if peak > before:
            self.need = max(1.0, (peak - self.memory.used()) / cells)
        return answer
