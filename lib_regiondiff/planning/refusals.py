"""Refusals: what a palette can say and somebody cannot do, found before anything is drawn; the only list of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from lib_regiondiff.document import sampler_names
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.auto import effective_nag

Canvas = tuple[Size, int]
"""A size in pixels, and the pixels at a side of a latent cell."""
Refusal = Callable[[Palette, Canvas | None], Iterator[HostError]]
"""What is wrong with one feature of a palette, on a canvas if that is known."""


def _attention(palette: Palette, canvas: Canvas | None) -> Iterator[HostError]:
    """No model can be asked for it yet."""
    del canvas
    if palette.attention != "none":
        yield HostError("attention", "none", repr(palette.attention), "this version cannot do it yet; leave it out")


def _wrap(palette: Palette, canvas: Canvas | None) -> Iterator[HostError]:
    """Borders cannot continue each other inside of a latent cell."""
    if canvas is not None and palette.wraps and canvas[0].width % canvas[1]:
        yield HostError("size.width", f"a multiple of {canvas[1]}, because of tiles.wrap", f"{canvas[0].width}")


def _init(palette: Palette, canvas: Canvas | None) -> Iterator[HostError]:
    """A WebUI has its own."""
    del canvas
    if palette.init is not None:
        yield HostError("init", "nothing", "a picture", "leave it out and load the picture in img2img or inpaint")


def _nag(palette: Palette, canvas: Canvas | None) -> Iterator[HostError]:
    """Only diffusers' cross-attention is changed."""
    del canvas
    nag = effective_nag(palette.nag)
    if nag is not None:
        cure = "only `regiondiff render` has it; here raise the CFG scale above 1"
        yield HostError("nag", "nothing", f"scale {nag.scale:g}", cure)


def _sampler(palette: Palette, canvas: Canvas | None) -> Iterator[HostError]:
    """A WebUI has its own; others have those that diffusers can be had to draw with."""
    del canvas
    try:
        sampler_names.find(palette.sampler)
    except HostError as error:
        yield error


REFUSALS: Mapping[str, Sequence[Refusal]] = {
    "library": (_attention, _wrap),
    "webui": (_attention, _wrap, _init, _nag),
    "command": (_attention, _wrap, _sampler),
}
"""Who draws -> what is refused there."""


def refusals(palette: Palette, by: str = "library", canvas: Canvas | None = None) -> Iterator[HostError]:
    """What cannot be honoured of a palette that is drawn by the `library`, a `webui` or the `command`.

    What depends on a size is only known with a `canvas`.
    """
    return (error for refusal in REFUSALS[by] for error in refusal(palette, canvas))


def refuse(palette: Palette, by: str = "library", canvas: Canvas | None = None) -> None:
    """Raise the first of `refusals`, if there is any."""
    for error in refusals(palette, by, canvas):
        raise error
