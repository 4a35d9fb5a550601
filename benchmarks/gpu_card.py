"""Where a GPU run happens: a CUDA device whose memory can be capped or filled, or a CPU that pretends to be one."""

from __future__ import annotations

import gc
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

GIB = 2**30
PIECE = 2**21
"""The bytes whose multiples PyTorch asks a card for."""
PRETENDED_BYTES = 20 * 2**20
"""What a latent cell of a network call needs on the pretended card."""


class Cuda:
    """The current CUDA device. Peaks and refusals are counted from `begin` on; `calls` has the rows of each call."""

    dry_run = False
    dtype = torch.float16

    def __init__(self) -> None:
        self.device = torch.device("cuda", torch.cuda.current_device())
        self.name = torch.cuda.get_device_name(self.device)
        self.calls: list[int] = []
        self.ballast = torch.empty(0)
        self.refused_before = 0

    def settle(self) -> None:
        """Wait until the device has done everything."""
        torch.cuda.synchronize(self.device)

    def begin(self) -> None:
        """Count from here."""
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(self.device)
        self.calls, self.refused_before = [], self._refusals()

    def _refusals(self) -> int:
        return int(torch.cuda.memory_stats(self.device).get("num_ooms", 0))

    @property
    def refused(self) -> int:
        """How often there was no memory."""
        return self._refusals() - self.refused_before

    @property
    def peak(self) -> int:
        """The most bytes that PyTorch held, the ballast left out."""
        return torch.cuda.max_memory_reserved(self.device) - self.ballast.nbytes

    @property
    def held(self) -> int:
        """The bytes that tensors hold now, the ballast left out."""
        return torch.cuda.memory_allocated(self.device) - self.ballast.nbytes

    @contextmanager
    def capped(self, room: int) -> Iterator[None]:
        """While it lasts PyTorch gives no more than so many bytes; the driver still says that all are free."""
        whole = torch.cuda.get_device_properties(self.device).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, room / whole), self.device)
        try:
            yield
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0, self.device)

    @contextmanager
    def filled(self, room: int) -> Iterator[None]:
        """While it lasts so many bytes are what the card has: a plain tensor holds the rest, so free memory is true."""
        left = room - torch.cuda.memory_reserved(self.device)
        free = torch.cuda.mem_get_info(self.device)[0]
        whole = max(0, -(-(free - left) // PIECE) * PIECE)
        self.ballast = torch.empty(whole, dtype=torch.uint8, device=self.device)
        try:
            yield
        finally:
            self.ballast = torch.empty(0)
            torch.cuda.empty_cache()

    def admit(self, rows: int, cells: int) -> None:
        """Note a network call."""
        self.calls.append(rows)


class Pretended:
    """A CPU with a card's memory: a call needs bytes by its cells, and is refused where they are too many."""

    dry_run = True
    dtype = torch.float32
    device = torch.device("cpu")
    held = 0

    def __init__(self) -> None:
        self.name = f"dry run on {platform.machine()}"
        self.room = 2**60
        self.calls: list[int] = []
        self.peak = self.refused = 0

    def settle(self) -> None:
        """Nothing to wait for."""

    def begin(self) -> None:
        """Count from here."""
        self.calls, self.peak, self.refused = [], 0, 0

    @contextmanager
    def capped(self, room: int) -> Iterator[None]:
        """While it lasts there are no more than so many bytes."""
        self.room = room
        try:
            yield
        finally:
            self.room = 2**60

    filled = capped

    def admit(self, rows: int, cells: int) -> None:
        """Note a network call; OutOfMemoryError where it needs more than there is."""
        needed = rows * cells * PRETENDED_BYTES
        if needed > self.room:
            self.refused += 1
            raise torch.cuda.OutOfMemoryError("pretended")
        self.calls.append(rows)
        self.peak = max(self.peak, needed)


Card = Cuda | Pretended


def card_of(dry_run: bool) -> Card:
    """The card, or what stands for one; SystemExit where there is none."""
    if dry_run:
        return Pretended()
    if not torch.cuda.is_available():
        text = "bench-gpu: expected a CUDA device, got none; --dry-run runs everything small on the CPU"
        raise SystemExit(text)
    return Cuda()


@contextmanager
def admitted(card: Card, network: Any) -> Iterator[None]:
    """While it lasts a card hears of each call of a network."""

    def hear(module: Any, given: tuple[Any, ...]) -> None:
        rows, _, h, w = given[0].shape
        card.admit(rows, h * w)

    handle = network.register_forward_pre_hook(hear)
    try:
        yield
    finally:
        handle.remove()
