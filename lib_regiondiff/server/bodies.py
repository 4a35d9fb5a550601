"""What a request carries, read within limits of size and time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from lib_regiondiff.document.json_text import MAX_BYTES, loads
from lib_regiondiff.document.rules import Fault
from lib_regiondiff.errors import PaletteError
from lib_regiondiff.server.answers import Refused

MOST = MAX_BYTES + 2**20
"""Bytes of a body: a palette, and what stands around it."""
THROWN = 2**29
"""Bytes that are read and thrown away of a body that is too large: a browser that cannot finish sees no answer."""


async def read_body(request: Request, most: int = MOST, idle: float = 20.0, whole: float = 120.0) -> bytes:
    """The body of a request; Refused for more than `most` bytes, or one that takes too many seconds.

    `idle` is the longest wait for the next part of it, `whole` that for all.
    """
    parts: list[bytes] = []
    held, loop = 0, asyncio.get_running_loop()
    end, stream = loop.time() + whole, request.stream().__aiter__()
    while True:
        try:
            part = await asyncio.wait_for(stream.__anext__(), min(idle, end - loop.time()))
        except StopAsyncIteration:
            break
        except (asyncio.TimeoutError, TimeoutError):
            close = {"connection": "close"}
            raise Refused(408, "body", "expected all of it in time, got a part; send it again", close) from None
        held += len(part)
        if held <= most:
            parts.append(part)
        else:
            parts.clear()
        if held > THROWN:
            break
    if held > most:
        raise Refused(413, "body", f"expected at most {most // 2**20} MB, got more", {"connection": "close"})
    return b"".join(parts)


def read_object(body: bytes, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """The JSON object of a body, which has no other keys than these; PaletteError or Refused for anything else."""
    try:
        data = loads(body, MOST)
    except Fault as fault:
        raise PaletteError(fault.problems) from None
    if not isinstance(data, dict):
        raise Refused(422, "body", "expected a JSON object, got another value")
    strange = sorted(set(data) - set(keys))
    if strange:
        raise Refused(422, "body", f"expected the keys {', '.join(keys)}, got {strange[0][:80]!r}")
    return data
