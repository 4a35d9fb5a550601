"""Says for each pixel of a toy-world picture which class and colour it sees: a small segmentation network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from lib_regiondiff.demo.world import CLASSES, COLOURS

WEIGHTS = Path(__file__).parent / "weights" / "labeller.safetensors"
WIDTHS = (24, 40, 56, 72, 72)  # at 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture's side
CELL = 32


@dataclass(frozen=True)
class Maps:
    """What each pixel shows: indices uint8 [height, width] into CLASSES and COLOURS of lib_regiondiff.demo.world."""

    classes: NDArray[np.uint8]
    colours: NDArray[np.uint8]


def make_network(classes: int = len(CLASSES)) -> nn.ModuleDict:
    """An untrained labeller: convolutions down to 1/32, up again to 1/2 with shortcuts, and two heads in one.

    `classes` counts the classes of its world; the colours are those of every world.
    """
    down = [_make_block(3 if i == 0 else WIDTHS[i - 1], width, 2) for i, width in enumerate(WIDTHS)]
    deep = [_make_block(WIDTHS[-1], WIDTHS[-1]), _make_block(WIDTHS[-1], WIDTHS[-1])]
    up = [_make_block(WIDTHS[i + 1] + WIDTHS[i], WIDTHS[i]) for i in range(len(WIDTHS) - 1)]
    return nn.ModuleDict(
        {
            "down": nn.ModuleList(down),
            "deep": nn.Sequential(*deep),
            "up": nn.ModuleList(up),
            "head": nn.Conv2d(WIDTHS[0], classes + len(COLOURS), 1),
        }
    )


def _make_block(enter: int, leave: int, stride: int = 1) -> nn.Sequential:
    kernel = nn.Conv2d(enter, leave, 3, stride, 1, bias=False)
    return nn.Sequential(kernel, nn.BatchNorm2d(leave), nn.ReLU())


def logits(network: nn.ModuleDict, x: Tensor) -> tuple[Tensor, Tensor]:
    """Scores of classes [n, classes, h/2, w/2] and of colours [n, colours, h/2, w/2] for pictures [n, 3, h, w].

    Pictures are in [-1, 1], h and w multiples of 32.
    """
    levels = list(_descend(network["down"].children(), x))
    y = network["deep"](levels[-1])
    for block, beside in zip(reversed(list(network["up"].children())), reversed(levels[:-1]), strict=True):
        y = block(torch.cat([F.interpolate(y, scale_factor=2), beside], dim=1))
    both = network["head"](y)
    return both[:, : -len(COLOURS)], both[:, -len(COLOURS) :]


def predict_maps(network: nn.ModuleDict, x: Tensor) -> tuple[Tensor, Tensor]:
    """The likeliest class and colour of each pixel, uint8 [n, h, w] each, of pictures [n, 3, h, w] in [-1, 1].

    h and w are multiples of 32.
    """
    big = (F.interpolate(part, scale_factor=2, mode="bilinear") for part in logits(network, x))
    classes, colours = (part.argmax(1).byte() for part in big)
    return classes, colours


def _descend(blocks: Iterable[nn.Module], x: Tensor) -> Iterable[Tensor]:
    for block in blocks:
        x = block(x)
        yield x


def load(path: Path = WEIGHTS) -> nn.ModuleDict:
    """The trained labeller from a safetensors file, ready to evaluate."""
    from safetensors.torch import load_file

    state = {name: value.float() for name, value in load_file(path).items()}
    network = make_network(len(state["head.bias"]) - len(COLOURS))
    network.load_state_dict(state, strict=False)
    return network.eval().requires_grad_(False)


def label(image: Image.Image, network: nn.ModuleDict | None = None) -> Maps:
    """The classes and colours in a picture of any size; the trained network is loaded if none is given."""
    network = load() if network is None else network
    x = torch.from_numpy(np.asarray(image.convert("RGB"), np.float32)).permute(2, 0, 1)[None] / 127.5 - 1
    height, width = x.shape[2:]
    padded = F.pad(x, (0, -width % CELL, 0, -height % CELL), mode="replicate")
    with torch.no_grad():
        classes, colours = (part[0, :height, :width].numpy() for part in predict_maps(network, padded))
    return Maps(classes, colours)
