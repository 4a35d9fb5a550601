"""A server of its own: an address that is free, and the router on it until Ctrl-C."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from lib_regiondiff.errors import HostError
from lib_regiondiff.server.desk import Desk

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"
LARGEST_MESSAGE = 2**16
"""Bytes of what a page may send over a socket, where it has nothing to say."""
MOST_CONNECTIONS = 256
ENDING = 3
"""Seconds that open connections get when the server ends."""


def take_port(listen: bool, port: int) -> socket.socket:
    """A socket bound to a port, 0 for any free one, of this machine alone or, with `listen`, of all its addresses.

    HostError where somebody else has it.
    """
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((EVERYWHERE if listen else LOOPBACK, port))
    except OSError as error:
        taken.close()
        known = {errno.EADDRINUSE: "one that another program uses", errno.EACCES: "one that only the system may take"}
        got = known.get(error.errno or 0, error.strerror or str(error))
        cure = "--port with another number, or 0 for any; or end the program that has it"
        raise HostError(f"port {port}", "a free one", got, cure) from None
    return taken


def list_addresses(taken: socket.socket, listen: bool) -> list[str]:
    """The addresses that people open, the one for this machine first."""
    port = taken.getsockname()[1]
    found = [f"http://{LOOPBACK}:{port}/"]
    if listen:
        found += [f"http://{address}:{port}/" for address in _find_own_addresses()]
    return found


def _find_own_addresses() -> list[str]:
    """This machine's addresses for others, as far as it knows them."""
    try:
        named = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    except OSError:
        return []
    return sorted({str(each[4][0]) for each in named if not str(each[4][0]).startswith("127.")})


def run(app: Any, desk: Desk, taken: socket.socket, ready: Callable[[], Any]) -> None:
    """Serve an application on a socket until Ctrl-C; `ready` is called once it answers."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        ws_max_size=LARGEST_MESSAGE,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=ENDING,
    )
    server = uvicorn.Server(config)
    desk.open()
    taken.listen(128)
    ready()
    try:
        server.run(sockets=[taken])
    finally:
        desk.close()
