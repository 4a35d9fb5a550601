"""docs/methods.md says what goes with which method: each cell is drawn, or refused before the network is asked."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch

from fakes import GaussianHost, clock_of
from lib_regiondiff.denoising.model import region_model
from lib_regiondiff.errors import HostError
from lib_regiondiff.planning.plan import Job, make_plan
from places import ROOT
from plan_cases import LEVELS, brush, palette

LEFT, RIGHT = {"rectangle": [0, 0, 0.5, 1]}, {"rectangle": [0.4, 0, 0.9, 1]}
METHODS: dict[str, dict[str, Any]] = {
    "average": {"blend": "average"},
    "mixture": {"blend": "mixture"},
    "couple": {"attention": "couple"},
    "bias": {"attention": "bias"},
}
GRID = {"width": 128, "height": 128, "overlap": 32}
FEATURES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "things": ({}, {"kind": "thing"}),
    "scenes": ({}, {"kind": "scene"}),
    "tiles": ({"tiles": GRID}, {}),
    "borders that continue each other": ({"tiles": {**GRID, "wrap": True}}, {}),
    "bootstrap: auto": ({"bootstrap": {"levels": "auto"}}, {}),
    "bootstrap: a number of levels": ({"bootstrap": {"levels": 2}}, {}),
    "guidance of a brush": ({}, {"guidance": 3}),
    "negatives of a brush": ({}, {"negative": "4"}),
    "NAG": ({"nag": {"scale": 3}}, {}),
    "prompts joined by AND": ({}, {"prompt": "2 AND 3:0.5"}),
    "feathers": ({}, {"feather": 12}),
    "weighted overlap": ({"overlap": {"rule": "weighted"}}, {"weight": 2}),
    "quantization": ({"quantization": "discrete"}, {"feather": 12}),
    "start and stop": ({}, {"start": 0.3, "stop": 0.7}),
    "prompt strength": ({}, {"prompt_strength": 0.5}),
    "seed of a brush": ({}, {"seed": 8}),
    "a picture under the brushes": ({"background": {"prompt": "0", "colour": "#808080"}}, {}),
    "a share of the background": ({"background": {"prompt": "0", "share": 0.2}}, {}),
}


def rows() -> tuple[list[str], dict[str, list[str]]]:
    """The table of the page: its methods, and for each feature the cells."""
    page = (ROOT / "docs" / "methods.md").read_text("utf-8")
    found = re.search(r"<!-- combinations -->\n(.*?)<!-- end -->", page, re.DOTALL)
    assert found
    head, _, *lines = ([cell.strip() for cell in line.split("|")[1:-1]] for line in found[1].splitlines())
    return head[1:], {name: cells for name, *cells in lines}


def test_the_page_has_each_method_and_each_feature() -> None:
    head, cells = rows()
    assert head == list(METHODS) and list(cells) == list(FEATURES)
    assert {cell for row in cells.values() for cell in row} == {"yes", "refused"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("feature", FEATURES)
def test_each_cell_is_drawn_or_refused(feature: str, method: str) -> None:
    head, cells = rows()
    whole, own = FEATURES[feature]
    brushes = [brush("a", LEFT, "1"), brush("b", RIGHT, "2") | own]
    document = palette(256, 256, **{"brushes": brushes, **METHODS[method], **whole})
    host = GaussianHost(native=128)

    def draw() -> torch.Tensor:
        plan = make_plan(document, Job(document.size, clock_of(LEVELS), (1,)), host)
        x = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(2)).double()
        return torch.stack([region_model(host, plan)(x * level.beta, level) for level in LEVELS[:-1:4]])

    if cells[feature][head.index(method)] == "yes":
        assert bool(torch.isfinite(draw()).all())
        records = [row.attention for call in host.calls for row in call]
        assert method != "couple" or any(each.contexts for each in records)
        assert method != "bias" or any(each.biases for each in records)
    else:
        with pytest.raises(HostError, match="because of attention"):
            draw()
        assert not host.calls
