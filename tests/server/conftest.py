"""Tests of the server are left out where the extra `serve` is not installed."""

from __future__ import annotations

import importlib.util

NEEDED = ("starlette", "uvicorn", "websockets")
collect_ignore_glob = ["test_*.py"] if any(importlib.util.find_spec(name) is None for name in NEEDED) else []
