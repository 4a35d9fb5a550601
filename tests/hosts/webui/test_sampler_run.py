"""A run of a sampler: calls that are too large for memory are cut, the plan waits for the schedule."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from fake_sampler import Job, halves
from fake_webui import WebUI
from lib_regiondiff.errors import HostError
from lib_regiondiff.extension import jobs
from lib_regiondiff.geometry import Box
from lib_regiondiff.host import Level, Row
from lib_regiondiff.hosts.row_budget import BudgetedNetwork
from lib_regiondiff.planning.plan import Plan

BOX = Box(0, 0, 4, 4)


class Narrow:
    """A network with room for so many rows: it answers each row's own number."""

    def __init__(self, room: int) -> None:
        self.room, self.counts = room, list[int]()

    def __call__(self, x: Tensor, rows: Any) -> Tensor:
        """x, unless there are too many."""
        assert len(x) == len(rows)
        self.counts.append(len(rows))
        if len(rows) > self.room:
            raise torch.cuda.OutOfMemoryError("no room")
        return x + torch.tensor([row.image for row in rows])[:, None, None, None]


def rows_of(count: int) -> list[Row]:
    level = Level.exploding(1, 1)
    return [Row(image, image, BOX, BOX, None, level) for image in range(count)]  # type: ignore[arg-type]


@given(count=st.integers(1, 40), room=st.integers(1, 40))
def test_calls_are_halved_until_they_fit_and_answers_stay_in_order(count: int, room: int) -> None:
    network = Narrow(room)
    careful = BudgetedNetwork(network)
    x = torch.randn(count, 1, 4, 4, generator=torch.Generator().manual_seed(count))
    wanted = x + torch.arange(count)[:, None, None, None]
    assert torch.equal(careful(x, rows_of(count)), wanted)
    network.counts.clear()
    assert torch.equal(careful(x, rows_of(count)), wanted)
    assert max(network.counts) <= room, "what was learned is kept"


def test_no_room_for_one_row_says_what_to_do() -> None:
    with pytest.raises(HostError, match=r"GPU memory: .*4x4 cells; .*smaller tiles"):
        BudgetedNetwork(Narrow(0))(torch.zeros(3, 1, 4, 4), rows_of(3))


def test_other_errors_are_not_tried_again() -> None:
    def fail(x: Tensor, rows: Any) -> Tensor:
        calls.append(len(rows))
        raise RuntimeError("shapes")

    calls: list[int] = []
    with pytest.raises(RuntimeError, match="shapes"):
        BudgetedNetwork(fail)(torch.zeros(3, 1, 4, 4), rows_of(3))
    assert calls == [3]


def plan_of(p: Job) -> Plan:
    """The plan that a job was drawn by."""
    found = p.sampler.model_wrap_cfg.forward
    if hasattr(p.sd_model, "forge_objects"):
        modify = p.sd_model.forge_objects.unet.model_options["conditioning_modifiers"][0]
        found = modify.__closure__[0].cell_contents
    plan = found.run.plan
    assert plan is not None
    return plan


@pytest.mark.parametrize("first", [0, 2])
@pytest.mark.parametrize(("sampler", "calls"), [("Euler", 6), ("LCM", 6), ("DDIM", 6)])
def test_the_clock_of_a_plan_has_an_interval_for_each_call(webui: WebUI, sampler: str, calls: int, first: int) -> None:
    p = Job(webui, ["green"], sampler_name=sampler, first=first)
    jobs.begin(p, True, halves("red", "blue"))
    p.setup_conds()
    x = p.noise()
    jobs.sample(p, x, x)
    p.sampler.sample(p, x)
    plan = plan_of(p)
    assert len(plan.clock) == calls - first + 1 == len(webui.model.rows) + 1
    assert list(plan.clock) == sorted(plan.clock, reverse=True) and plan.clock[-1] == 0


@pytest.mark.parametrize("sampler", ["Euler", "LCM", "DDIM"])
def test_a_brush_of_half_the_run_is_drawn_in_half_of_its_calls(webui: WebUI, sampler: str) -> None:
    p = Job(webui, ["green"], sampler_name=sampler)
    palette = halves("red", "blue", left_stop=0.5, right_start=0.5)
    jobs.begin(p, True, palette)
    p.setup_conds()
    x = p.noise()
    jobs.sample(p, x, x)
    p.sampler.sample(p, x)
    colours = [{tuple(mean) for mean in each.means.tolist()} for each in webui.model.asked]
    assert [(2.0, -1.0, 0.5) in each for each in colours] == [True] * 3 + [False] * 3
    assert [(-0.5, 0.0, 2.5) in each for each in colours] == [False] * 3 + [True] * 3
