"""Memory: a network that has no room for so many rows is asked for fewer, and told so once there is none for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Level, Row
from lib_regiondiff.hosts.row_budget import BudgetedNetwork


def rows(count: int) -> list[Row]:
    box = Box.whole(Size(2, 3))
    cond: Any = object()
    return [Row(index, index, box, box, cond, Level.exploding(1, 1)) for index in range(count)]


class Small:
    """A network with room for a few rows that answers each with its double."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.asked: list[int] = []

    def __call__(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        assert len(x) == len(rows)
        self.asked.append(len(rows))
        if len(rows) > self.room:
            raise torch.cuda.OutOfMemoryError
        return 2 * x


@pytest.mark.parametrize("room", [1, 2, 3, 7, 20])
def test_rows_are_asked_for_in_the_number_that_fits(room: int) -> None:
    network, x = Small(room), torch.randn(11, 4, 2, 3)
    careful = BudgetedNetwork(network)
    assert torch.equal(careful(x, rows(11)), 2 * x)
    tried = len(network.asked)
    assert torch.equal(careful(x, rows(11)), 2 * x)
    assert max(network.asked[tried:]) <= room, "what did not fit is not tried again"


def test_no_room_for_one_is_one_clear_error() -> None:
    with pytest.raises(HostError, match=r"GPU memory.*3x2 cells; give the palette smaller tiles"):
        BudgetedNetwork(Small(0))(torch.randn(3, 4, 2, 3), rows(3))
