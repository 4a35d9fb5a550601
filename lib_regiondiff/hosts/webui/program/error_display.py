"""How a WebUI shows an error: in one line, with a status, and without a traceback where the program would print one."""

from __future__ import annotations

import sys

from lib_regiondiff.errors import PaletteError, RegionDiffError

USERS_FAULT, OUR_FAULT = 422, 500


class RequestError(RegionDiffError):
    """The error that ended a job, in the form that the hosts' API handlers turn into an answer.

    `status_code` is 422 for what the request can mend and 500 for all else; `detail` lists all that is wrong, one text
    each; `text` is that in one.
    """

    def __init__(self, error: Exception) -> None:
        problems = error.problems if isinstance(error, PaletteError) else ()
        text = (
            str(error) if isinstance(error, RegionDiffError) else f"Region Diffusion: {type(error).__name__}: {error}"
        )
        self.status_code = USERS_FAULT if isinstance(error, RegionDiffError) else OUR_FAULT
        self.detail = [str(problem) for problem in problems] or [text]
        self.headers = None
        self.text = text
        Exception.__init__(self, text)
        self.__cause__ = error

    def __str__(self) -> str:
        return self.text


def make_refusal(error: Exception) -> RequestError:
    """Turn an error into the RequestError to raise out of a job; a web server answers it without a traceback."""
    if isinstance(error, RequestError):
        return error
    server = getattr(sys.modules.get("fastapi.exceptions"), "HTTPException", None)
    kind = RequestError if server is None else type("RequestError", (RequestError, server), {})
    return kind(error)
