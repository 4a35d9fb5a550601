"""Refusals: what a palette can say and somebody cannot do, found before anything is drawn; there is no other list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from lib_regiondiff.document import sampler_names
from lib_regiondiff.document.palette import Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.auto import drop_idle_nag

Canvas = tuple[Size, int]
"""Size in pixels, and pixels along a side of a latent cell."""
Refusal = Callable[[Palette, Canvas | None], Iterator[HostError]]
"""Yields what cannot be honoured of one feature of a palette; on a canvas, if it is known."""


def _attention(palette: Palette, canvas: Canvas | None) -> Iterator[HostError]:
    """No model has an attention method yet."""
    del canvas
    if palette.attention != "none":
        yield HostError("attention", "none", repr(palette.attention), "this version cannot do it yet; leave it out")


def _wrap(palette: Palette, canvas: Canvas | None) -> Iterator[HostError]:
    """The left and right border cannot continue each other inside a latent cell."""
    if canvas is not None and palette.wraps and canvas[0].width % canvas[1]:
        yield HostError("size.width", f"a multiple of {canvas[1]}, because of tiles.wrap", f"{canvas[0].width}")


def _init(palette: Palette, canvas: Canvas | None) -> Iterator[HostError]:
    """A WebUI starts from its own picture."""
    del canvas
    if palette.init is not None:
        yield HostError("init", "nothing", "a picture", "leave it out and load the picture in img2img or inpaint")


def _nag(palette: Palette, canvas: Canvas | None) -> Iterator[HostError]:
    """Normalized attention guidance changes only diffusers' cross-attention."""
    del canvas
    nag = drop_idle_nag(palette.nag)
    if nag is not None:
        cure = "only `regiondiff render` has it; here raise the CFG scale above 1"
        yield HostError("nag", "nothing", f"scale {nag.scale:g}", cure)


def _sampler(palette: Palette, canvas: Canvas | None) -> Iterator[HostError]:
    """A WebUI has its own samplers; others have those that diffusers offers."""
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


def list_refusals(palette: Palette, by: str = "library", canvas: Canvas | None = None) -> Iterator[HostError]:
    """Everything that cannot be honoured of a palette drawn by the `library`, a `webui` or the `command`.

    What depends on a size is only found with a `canvas`.
    """
    return (error for refusal in REFUSALS[by] for error in refusal(palette, canvas))


def refuse(palette: Palette, by: str = "library", canvas: Canvas | None = None) -> None:
    """Raise the first HostError that `refusals` finds, if there is any."""
    for error in list_refusals(palette, by, canvas):
        raise error
