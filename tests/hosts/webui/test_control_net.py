"""ControlNet on both kinds of WebUI: its hints are of the whole canvas, so things, scenes and strokes are filled."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from fake_forge import Control, with_unet
from fake_sampler import SIDE, Job, drawn
from fake_webui import Checkpoint, WebUI
from lib_regiondiff.extension.drawn import AUTO_KEY
from lib_regiondiff.hosts.webui import a1111
from lib_regiondiff.hosts.webui.program.whole_views import CONTROLLED

BOXES = {"thing": [0.05, 0.05, 0.4, 0.4], "scene": [0.5, 0.5, 1.0, 1.0], "auto": [0.55, 0.1, 0.9, 0.35]}
LINE = {"id": "line", "prompt": "grey", "kind": "stuff", "mask": {"rectangle": [0.1, 0.7, 0.45, 0.72]}}


def make(*kinds: str) -> dict[str, Any]:
    """A palette of a line, and of brushes that are to be of these kinds."""
    colours = ("red", "blue", "green")
    brushes = [
        {"id": name, "prompt": colour, "kind": kind, "mask": {"rectangle": box}}
        for (name, box), colour, kind in zip(BOXES.items(), colours, kinds, strict=True)
    ]
    return {"version": 1, "background": {"prompt": "blue red"}, "brushes": [*brushes, LINE]}


def control(webui: WebUI) -> None:
    """Have the coming jobs controlled, as the program or its extension does that."""
    hint = 0.1 * torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    if hasattr(webui.model, "forge_objects"):
        webui.model.forge_objects_original.unet.controlnet_linked_list = Control(hint)
        return
    vars(webui.model.model.diffusion_model)["_original_forward"] = None
    plain = webui.model.x0

    def x0(x: Tensor, scaling: Any, number: float, text: Tensor, **beside: Any) -> Tensor:
        marked = bool(text[0, 0].abs().eq(a1111.MARK).all())
        given = text[:, 1:] if marked else text
        return plain(x, scaling, number, given, hint=hint.expand(len(x), -1, -1, -1), **beside)

    webui.model.x0 = x0


def draw(webui: WebUI, palette: Any, sampler: str) -> tuple[Job, Tensor]:
    webui.model.asked.clear()
    p = Job(webui, ["green"], sampler_name=sampler)
    return p, drawn(p, palette)


def told(p: Job) -> list[str]:
    """The brushes of which it is told under the pictures that they are filled because of ControlNet."""
    end = f": only filled, with no object drawn by itself, because {CONTROLLED}"
    return [line.removesuffix(end) for line in p.comments if line.endswith(end)]


@pytest.mark.parametrize("sampler", ["Euler", "LCM"])
def test_every_view_is_the_whole_canvas_and_every_brush_is_filled(webui: WebUI, sampler: str) -> None:
    model = Checkpoint(native=64)
    webui.load(with_unet(model) if hasattr(webui.model, "forge_objects") else model)
    p, free = draw(webui, make("thing", "scene", "auto"), sampler)
    assert told(p) == []
    assert any(each.x.shape[-2:] != (SIDE, SIDE) for each in model.asked), "close-ups"
    control(webui)
    p, said = draw(webui, make("thing", "scene", "auto"), sampler)
    assert {tuple(each.x.shape[-2:]) for each in model.asked} == {(SIDE, SIDE)}
    plan = vars(p)["regiondiff_images"][1].plan_of(0)
    assert plan.brush_kinds == ("stuff",) * 4 and plan.undecided is None
    assert not any(view.zoom for views in plan.steps for view in views), "no stroke is drawn apart either"
    assert not any(kind in p.extra_generation_params.get(AUTO_KEY, "") for kind in BOXES)
    assert told(p) == ["3 brushes"], "once"
    p, filled = draw(webui, make("stuff", "stuff", "stuff"), sampler)
    assert told(p) == []
    assert told(draw(webui, make("stuff", "scene", "auto"), sampler)[0]) == ["brush 2 and brush 3"]
    assert torch.equal(said, filled) and not torch.allclose(said, free, atol=0.1)
