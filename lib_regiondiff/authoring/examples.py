"""Examples: whole palettes of one click, in words that the model knows: those of the toy world, or of the real one."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from lib_regiondiff import demo
from lib_regiondiff.document.palette import Palette, dump
from lib_regiondiff.document.rules import show
from lib_regiondiff.errors import PaletteError, Problem
from lib_regiondiff.geometry import Size

TOY_SIDE = 2 * demo.NATIVE
Words = tuple[str, str]
"""A prompt for any model, and one for the demo model."""


@dataclass(frozen=True)
class Example:
    """A layout: `aspect` is width by height; `ground` the background's prompt; `brushes` have a name, words, a mask."""

    aspect: float
    ground: Words
    brushes: tuple[tuple[str, Words, Mapping[str, Any]], ...]
    photo: bool = False
    """Whether there is a picture under the brushes."""


def _rectangle(*box: float) -> Mapping[str, Any]:
    return {"mask": {"rectangle": list(box)}, "feather": 8}


def _ellipse(*box: float) -> Mapping[str, Any]:
    return {"mask": {"ellipse": list(box)}, "feather": 8}


GRID = tuple(
    (name, words, _rectangle(column / 2, row / 2, (column + 1) / 2, (row + 1) / 2))
    for name, words, column, row in (
        ("top left", ("an orchard in spring, blossoms", "a red house on grass"), 0, 0),
        ("top right", ("an orchard in summer, green leaves", "a yellow sun on the sky"), 1, 0),
        ("bottom left", ("an orchard in autumn, red leaves", "an orange boat on the sea"), 0, 1),
        ("bottom right", ("an orchard in winter, snow", "a green tree on snow"), 1, 1),
    )
)
EXAMPLES: Mapping[str, Example] = {
    "Two people": Example(
        1.5,
        ("a park in autumn, soft light, wooden bench", "grass"),
        (
            ("left", ("an old man with a grey beard and a blue coat", "a blue house on grass"),
             _rectangle(0.06, 0.14, 0.46, 0.95)),
            ("right", ("a young woman with red hair and a yellow dress", "a red tree on grass"),
             _rectangle(0.54, 0.14, 0.94, 0.95)),
        ),
    ),
    "Landscape": Example(
        1.5,
        ("a wide sky at sunset, thin clouds", "the sky"),
        (
            ("mountains", ("snowy mountains, far away", "snow"),
             {"mask": {"polygon": [[0, 0.6], [0.2, 0.3], [0.4, 0.5], [0.65, 0.22], [1, 0.6]]}, "feather": 4}),
            ("meadow", ("a meadow full of flowers", "grass"), _rectangle(0, 0.58, 1, 1)),
            ("lake", ("a calm lake, reflections", "the sea"), _ellipse(0.3, 0.66, 0.8, 0.88)),
            ("house", ("a small red wooden house", "a red house on grass"), _rectangle(0.06, 0.42, 0.3, 0.8)),
        ),
    ),
    "Paint over a photo": Example(
        1.5,
        ("the sea at sunset, calm water", "the sea"),
        (("boat", ("a boat with white sails", "an orange boat on the sea"), _rectangle(0.28, 0.4, 0.62, 0.86)),),
        photo=True,
    ),
    "Panorama": Example(
        4.0,
        ("a mountain valley in the morning, mist, wide view", "the sky"),
        (
            ("river", ("a winding river", "grass"), _rectangle(0, 0.66, 1, 1)),
            ("village", ("a village with a church tower", "a red house on grass"), _rectangle(0.1, 0.3, 0.24, 0.78)),
            ("castle", ("a castle on a rock", "a purple tree on grass"), _rectangle(0.62, 0.26, 0.76, 0.8)),
        ),
    ),
    "Grid": Example(1.0, ("", ""), GRID),
}  # fmt: skip


def list_examples() -> tuple[str, ...]:
    """The names of all examples, in the order of the menu."""
    return tuple(EXAMPLES)


def make_example(name: str, first: Palette, native: int) -> dict[str, Any]:
    """An example as plain data, for a model of a `native` side in pixels and with the settings of the palette `first`.

    PaletteError for an unknown name.
    """
    if name not in EXAMPLES:
        raise PaletteError([Problem("name", f"one of {', '.join(EXAMPLES)}", show(name))])
    example, is_toy = EXAMPLES[name], first.model.name == demo.NAME
    height = TOY_SIDE if is_toy else native
    size = Size(height, round(example.aspect * height / 64) * 64)

    def say(words: Words) -> str:
        return words[is_toy]

    background = {"prompt": say(example.ground)} | ({"image": draw_sunset(size)} if example.photo else {})
    return {
        **dump(first),
        "size": {"width": size.width, "height": size.height},
        "background": {key: value for key, value in background.items() if value},
        "brushes": [_make_brush(number, brush, say) for number, brush in enumerate(example.brushes, start=1)],
    }


def _make_brush(
    number: int, brush: tuple[str, Words, Mapping[str, Any]], say: Callable[[Words], str]
) -> dict[str, Any]:
    name, words, mask = brush
    return {"id": f"b{number}", "name": name, "prompt": say(words), **mask}


def draw_sunset(size: Size) -> str:
    """A plain picture of the sea under an evening sky as a data URL, so that an example has something to paint over."""
    down, across = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32)
    down, across = down / size.height, across / size.width
    sky = np.stack([110 + 200 * down, 120 + 90 * down, 190 - 60 * down], axis=-1)
    waves = 10 * np.sin(down * down * 420 + 3 * np.sin(across * 23))
    sea = np.stack([40 + waves + 60 * (1 - down), 80 + waves + 60 * (1 - down), 120 + waves], axis=-1)
    sun = np.hypot((across - 0.75) * size.width / size.height, down - 0.4) < 0.09
    pixels = np.where((down > 0.5)[..., None], sea, np.where(sun[..., None], (255, 225, 150), sky))
    file = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
