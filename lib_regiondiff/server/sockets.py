"""The socket of a job: its state at once, then what changes, until it has ended; whoever reconnects gets all anew."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from lib_regiondiff.server.desk import Desk
from lib_regiondiff.server.guard import SUBPROTOCOL
from lib_regiondiff.server.jobs import Job

BEAT = 2.0
"""Seconds after which the state is sent again, so that a page can tell a server that is gone from one that is busy."""
PATIENCE = 10.0
"""Seconds that a page may take to receive a message."""


async def follow(socket: WebSocket, desk: Desk, job: Job, beat: float = BEAT) -> None:
    """Send a job's states until it has ended or the page is gone; a slow page gets fewer of them, never a backlog."""
    offered = socket.headers.get("sec-websocket-protocol", "")
    await socket.accept(SUBPROTOCOL if SUBPROTOCOL in [each.strip() for each in offered.split(",")] else None)
    loop, changed = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # the server has ended meanwhile
            loop.call_soon_threadsafe(changed.set)

    desk.follow(job, wake)
    gone = asyncio.ensure_future(_wait_until_gone(socket))
    try:
        await _send_states(socket, desk, job, changed, gone, beat)
    except (WebSocketDisconnect, RuntimeError, OSError, asyncio.TimeoutError, TimeoutError):
        pass  # a page that is gone, however it went
    finally:
        gone.cancel()
        desk.leave(job, wake)
        desk.sweep()


async def _send_states(
    socket: WebSocket, desk: Desk, job: Job, changed: asyncio.Event, gone: asyncio.Future[None], beat: float
) -> None:
    sent: dict[str, Any] = {}
    while not gone.done():
        changed.clear()
        open_before = job.is_open
        said = desk.describe_news(job, sent)
        await asyncio.wait_for(socket.send_json(said), PATIENCE)
        if not open_before:
            await socket.close()
            return
        waiting = asyncio.ensure_future(changed.wait())
        await asyncio.wait({waiting, gone}, timeout=beat, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        desk.sweep()


async def _wait_until_gone(socket: WebSocket) -> None:
    """Return when the page has closed the socket; what it says is not listened to."""
    with contextlib.suppress(RuntimeError):
        while socket.client_state is not WebSocketState.DISCONNECTED:
            await socket.receive()
