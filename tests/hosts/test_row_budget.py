"""How many rows a network is given: measured on a device that isn't there, whose tensors need what a test says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Box, Size
from lib_regiondiff.host import Level, Row
from lib_regiondiff.hosts.row_budget import FIRST_ROWS, SHARE, BudgetedNetwork, Memory, find_memory

AREA = 6


def rows(count: int, width: int = 3) -> list[Row]:
    box = Box.whole(Size(2, width))
    cond: Any = object()
    return [Row(index, index, box, box, cond, Level.exploding(1, 1)) for index in range(count)]


class Device:
    """A GPU of so many bytes beside the weights, and a network on it that needs so many for each cell of a call."""

    def __init__(self, total: int, each: int, weights: int = 1000, peak: int = 0) -> None:
        self.total, self.each, self.weights, self.most = total, each, weights, max(peak, weights)
        self.calls: list[int] = []

    @property
    def memory(self) -> Memory:
        """What it says of itself."""
        return Memory(lambda: self.total, lambda: self.weights, lambda: self.most)

    def network(self, x: Tensor, rows: Sequence[Row]) -> Tensor:
        """Each row's double, if there is room."""
        self.calls.append(len(rows))
        needed = sum(row.box.size.area for row in rows) * self.each
        if needed > self.total:
            raise torch.cuda.OutOfMemoryError
        self.most = max(self.most, self.weights + needed)
        return 2 * x


def run(device: Device, counts: Sequence[int], rows_set: int = 0) -> BudgetedNetwork:
    """Calls of so many rows each, whose answers are right."""
    careful = BudgetedNetwork(device.network, device.memory, rows_set)
    for count in counts:
        x = torch.randn(count, 4, 2, 3)
        assert torch.equal(careful(x, rows(count)), 2 * x)
    return careful


def test_the_first_call_is_small_and_measures_what_the_rest_may_take() -> None:
    device = Device(total=10 * AREA * 7, each=7)
    run(device, [20])
    assert device.calls == [FIRST_ROWS, 8, 8, 2], "eight tenths of the room for ten rows"


def test_a_call_that_sets_no_peak_measures_nothing_and_the_next_is_twice_as_large() -> None:
    """Something before has held more: so much is known to fit."""
    device = Device(total=1000 * AREA, each=1, peak=1000 + 6 * AREA)
    careful = run(device, [30])
    assert device.calls == [2, 4, 8, 16] and careful.need == 1


@given(st.integers(1, 30), st.integers(1, 60), st.integers(0, 50), st.lists(st.integers(1, 40), min_size=1, max_size=4))
def test_rows_never_exceed_the_room_once_it_is_measured(room: int, each: int, peak: int, counts: list[int]) -> None:
    device = Device(room * AREA * each, each, peak=1000 + peak * AREA * each)
    careful = run(device, counts)
    if careful.need is not None:
        assert careful.need == each
        before = len(device.calls)
        x = torch.randn(40, 4, 2, 3)
        assert torch.equal(careful(x, rows(40)), 2 * x)
        assert max(device.calls[before:]) <= max(1, room * SHARE)


def test_larger_views_get_fewer_rows() -> None:
    device = Device(total=10 * AREA * 7, each=7)
    careful = run(device, [20])
    device.calls.clear()
    assert len(careful(torch.randn(5, 4, 2, 12), rows(5, width=12))) == 5
    assert device.calls == [2, 2, 1]


@pytest.mark.parametrize(("limit", "calls"), [(3, [3, 3, 1]), (64, [7])])
def test_the_user_s_number_takes_the_place_of_measuring(limit: int, calls: list[int]) -> None:
    device = Device(total=10**6, each=1)
    assert run(device, [7], limit).need is None
    assert device.calls == calls


def test_the_user_s_number_is_halved_too_where_it_is_too_much() -> None:
    device = Device(total=3 * AREA, each=1)
    run(device, [9, 9], 8)
    assert device.calls == [8, 4, 2, 2, 2, 2, 1, 2, 2, 2, 2, 1]


def test_a_cpu_is_not_limited() -> None:
    assert find_memory(torch.device("cpu")) is None
    device = Device(total=10**9, each=1)
    BudgetedNetwork(device.network)(torch.randn(50, 4, 2, 3), rows(50))
    assert device.calls == [50]


@pytest.mark.parametrize("answered", [0, 1, 3])
def test_a_network_that_does_not_answer_each_row_is_told(answered: int) -> None:
    with pytest.raises(HostError, match=f"2 rows, got {answered}"):
        BudgetedNetwork(lambda x, rows: x.new_zeros(answered, 4, 2, 3))(torch.zeros(2, 4, 2, 3), rows(2))
