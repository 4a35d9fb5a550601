"""What the format can say and this version cannot do: refused before anything is drawn."""

from __future__ import annotations

from lib_regiondiff.document.palette import Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.geometry import Size


def refuse(palette: Palette) -> None:
    """HostError for what no model can be asked yet."""
    if palette.attention != "none":
        raise HostError("attention", "none", repr(palette.attention), "this version cannot do it yet; leave it out")


def refuse_cut(palette: Palette, size: Size, cell: int) -> None:
    """HostError for borders that continue each other inside of a latent cell of so many pixels."""
    if palette.wraps and size.width % cell:
        raise HostError("size.width", f"a multiple of {cell}, because of tiles.wrap", f"{size.width}")
