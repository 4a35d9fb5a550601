"""How a WebUI finds what to paste into a script's field: by a name, or by a function of a picture's parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Reader = Callable[[Mapping[str, Any]], Any]


class PasteKey(str):
    """The name of a value in infotexts that is also the function which reads it, as the host may want either.

    "Send to img2img" below a gallery looks for names only; the arrow, PNG info and the API call what can be called.
    """

    read: Reader

    def __new__(cls, name: str, read: Reader) -> PasteKey:
        """A key of this name, called with a picture's parameters to `read` the value."""
        made = super().__new__(cls, name)
        made.read = read
        return made

    def __call__(self, parameters: Mapping[str, Any]) -> Any:
        """The field's value, from the parameters of a picture; None leaves the field as it is."""
        return self.read(parameters)
