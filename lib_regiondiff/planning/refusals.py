"""Refusals: what a palette can say and somebody cannot do, found before anything is drawn; there is no other list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lib_regiondiff.document import sampler_names
from lib_regiondiff.document.palette import BIAS, COUPLE, Palette
from lib_regiondiff.document.values import AUTO
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.auto import drop_idle_nag

Canvas = tuple[Size, int]
"""A size in pixels, and the pixels at a side of a latent cell."""


METHODS: Mapping[str, str] = {
    "nag": "negatives act in the cross-attention of the prompts' rows",
    COUPLE: "one row shows several regions, each by its own prompt",
    BIAS: "tokens of a phrase are attended to more where its brush is",
}
"""What a host's network may be able to do beside plain rows."""


@dataclass(frozen=True)
class Drawer:
    """Who draws: its name in REFUSALS, what its network can do (keys of METHODS), the canvas if that is known."""

    by: str
    methods: frozenset[str]
    canvas: Canvas | None = None


Refusal = Callable[[Palette, Drawer], Iterator[HostError]]
"""What is wrong with one feature of a palette for who draws it."""


def _methods(palette: Palette, drawer: Drawer) -> Iterator[HostError]:
    """A host that names what nobody knows, such as a method with a typing error."""
    del palette
    unknown = sorted(drawer.methods - METHODS.keys())
    if unknown:
        yield HostError("the host's methods", f"keys of METHODS ({', '.join(METHODS)})", str(unknown)[1:-1])


def _attention(palette: Palette, drawer: Drawer) -> Iterator[HostError]:
    """A method that the network cannot be asked for."""
    if palette.attention not in ("none", *drawer.methods):
        yield HostError("attention", "none", repr(palette.attention), ATTENTION_CURES[drawer.by])


def _bootstrap(palette: Palette, drawer: Drawer) -> Iterator[HostError]:
    """First levels that keep brushes apart, where brushes share every look of the network."""
    del drawer
    levels, own = palette.bootstrap.levels, palette.attention
    if own != "none" and levels not in (AUTO, 0):
        cure = "its brushes are drawn together from the first level on"
        yield HostError("bootstrap.levels", f"0 or auto, because of attention {own!r}", f"{levels}", cure)


def _wrap(palette: Palette, drawer: Drawer) -> Iterator[HostError]:
    """The left and right border cannot continue each other inside a latent cell."""
    canvas = drawer.canvas
    if canvas is not None and palette.wraps and canvas[0].width % canvas[1]:
        yield HostError("size.width", f"a multiple of {canvas[1]}, because of tiles.wrap", f"{canvas[0].width}")


def _init(palette: Palette, drawer: Drawer) -> Iterator[HostError]:
    """A WebUI starts from its own picture."""
    del drawer
    if palette.init is not None:
        yield HostError("init", "nothing", "a picture", "leave it out and load the picture in img2img or inpaint")


def _nag(palette: Palette, drawer: Drawer) -> Iterator[HostError]:
    """Negatives in a cross-attention that is not changed here."""
    nag = drop_idle_nag(palette.nag)
    if nag is not None and "nag" not in drawer.methods:
        yield HostError("nag", "nothing", f"scale {nag.scale:g}", NAG_CURES[drawer.by])


def _sampler(palette: Palette, drawer: Drawer) -> Iterator[HostError]:
    """A WebUI has its own samplers; others have those that diffusers offers."""
    del drawer
    try:
        sampler_names.find(palette.sampler)
    except HostError as error:
        yield error


ATTENTION_CURES: Mapping[str, str] = {
    "library": "this host's network cannot; leave it out",
    "webui": "only some kinds of networks have it (docs/methods.md); leave it out",
    "command": "only some kinds of networks have it (docs/methods.md); leave it out",
}
NAG_CURES: Mapping[str, str] = {
    "library": "this host's network cannot; leave it out, or raise the guidance",
    "webui": "only `regiondiff render` has it; here raise the CFG scale above 1",
    "command": "only UNets of Stable Diffusion's kind have it; leave it out, or raise the guidance",
}
REFUSALS: Mapping[str, Sequence[Refusal]] = {
    "library": (_methods, _attention, _bootstrap, _wrap, _nag),
    "webui": (_methods, _attention, _bootstrap, _wrap, _init, _nag),
    "command": (_methods, _attention, _bootstrap, _wrap, _sampler, _nag),
}
"""Who draws -> what may be refused there."""
ABILITIES: Mapping[str, frozenset[str]] = {
    "library": frozenset(METHODS),
    "webui": frozenset({COUPLE, BIAS}),
    "command": frozenset(METHODS),
}
"""Who draws -> the most that a network can do there, as long as no model is at hand."""


def list_refusals(
    palette: Palette, by: str = "library", canvas: Canvas | None = None, methods: frozenset[str] | None = None
) -> Iterator[HostError]:
    """What cannot be honoured of a palette that is drawn by the `library`, a `webui` or the `command`.

    What depends on a size is only known with a `canvas`; `methods` are those of the model that draws, if it is at hand.
    """
    drawer = Drawer(by, ABILITIES[by] if methods is None else methods, canvas)
    return (error for refusal in REFUSALS[by] for error in refusal(palette, drawer))


def refuse(
    palette: Palette, by: str = "library", canvas: Canvas | None = None, methods: frozenset[str] | None = None
) -> None:
    """Raise the first HostError that `refusals` finds, if there is any."""
    for error in list_refusals(palette, by, canvas, methods):
        raise error
