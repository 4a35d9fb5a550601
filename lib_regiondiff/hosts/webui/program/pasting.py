"""How a WebUI finds a script's field for what it pastes: by a name, or by a function of a picture's parameters."""

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
        """A key of a name, with its reader."""
        made = super().__new__(cls, name)
        made.read = read
        return made

    def __call__(self, parameters: Mapping[str, Any]) -> Any:
        """The value for the field out of a picture's parameters; None leaves the field as it is."""
        return self.read(parameters)
