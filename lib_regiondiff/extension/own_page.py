"""Functions of the WebUI's page that answer only the page itself: gradio's queue lets any page of the browser ask."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from starlette.requests import HTTPConnection

from lib_regiondiff.server.guard import Need, check_site


def guard(work: Callable[..., Any]) -> Callable[..., Any]:
    """`work` of components' values, which raises Refused where another site asks for it.

    Gradio 3.41 opens its queue's socket to every origin, gradio 4.40 its queue to every port of this machine.
    """

    def answer(request: Any, *values: Any) -> Any:
        if request is not None:  # gradio itself asks for what a page shows first
            check_site(read_headers(request), Need.OURS)
        return work(*values)

    answer.__annotations__ = {"request": importlib.import_module("gradio").Request}  # by which gradio gives it
    return answer


def read_headers(request: Any) -> HTTPConnection:
    """The headers of gradio's request; of one through a socket they are kept as an object's attributes."""
    known = {str(name).lower(): str(value) for name, value in dict(request.headers).items()}
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in known.items()]
    return HTTPConnection({"type": "http", "headers": headers})
