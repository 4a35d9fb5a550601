"""What a request gets back: JSON, bytes, or one error in the form that all routes share."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from lib_regiondiff.authoring.notices import write_problem
from lib_regiondiff.errors import HostError, PaletteError, RegionDiffError

PRIVATE: Mapping[str, str] = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}
"""Headers of answers that are for one page alone."""
MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


class Refused(Exception):  # noqa: N818 - an answer, like starlette's own HTTPException
    """A request that is refused, with a status of HTTP, the place of the fault, a sentence, and further headers."""

    def __init__(self, status: int, path: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.path, self.message, self.headers = status, path, message, dict(headers or {})


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Plain data as JSON, which no cache keeps."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(body.encode("utf-8", "replace"), status, {**PRIVATE, **(headers or {})}, "application/json")


def answer_error(error: Exception) -> Response:
    """The answer to a request that failed."""
    if isinstance(error, Refused):
        return answer({"error": {"path": error.path, "message": error.message}}, error.status, error.headers)
    problems = [write_problem(each) for each in error.problems] if isinstance(error, PaletteError) else []
    more = {"problems": problems} if problems else {}
    return answer({"error": describe_error(error), **more}, 422 if isinstance(error, RegionDiffError) else 500)


def describe_error(error: Exception) -> dict[str, Any]:
    """An exception as `path` and `message`, of a PaletteError its first problem; a surprise is logged if asked for."""
    if isinstance(error, PaletteError):
        return dict(write_problem(error.problems[0]))
    if isinstance(error, HostError):
        return {"path": error.where, "message": str(error).removeprefix(f"{error.where}: ")}
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(part in text for part in MEMORY)):
        return {
            "path": "memory",
            "message": "expected enough for this picture, got too little; make the picture smaller",
        }
    if isinstance(error, OSError) and error.strerror:
        return {"path": str(error.filename or "server"), "message": error.strerror}
    if os.environ.get("REGIONDIFF_DEBUG"):
        sys.stderr.write("".join(traceback.format_exception(error)))
    said = f"unexpected: {type(error).__name__}: {text} (please report; REGIONDIFF_DEBUG=1 logs the traceback)"
    return {"path": "server", "message": said}
