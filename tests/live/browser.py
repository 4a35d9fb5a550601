"""The page of a running WebUI in a browser: steps of a person, in the words of `browser.mjs`, and what they read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).with_name("browser.mjs")
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 1200
Step = tuple[Any, ...]


@dataclass(frozen=True)
class Browser:
    """A browser that opens a page anew for each list of steps."""

    url: str
    playwright: str
    chromium: str

    def do(self, *steps: Step) -> list[Any]:
        """What the steps read, once the page is there; a failed step is told with its arguments."""
        first: Sequence[Step] = [("wait", "#txt2img_prompt textarea"), ("wait", "#img2img_prompt textarea")]
        job = {"playwright": self.playwright, "chromium": self.chromium, "url": self.url, "steps": [*first, *steps]}
        job["picture"] = os.environ.get("SCREENSHOT", "")
        done = subprocess.run(["node", SCRIPT], input=json.dumps(job), capture_output=True, text=True, timeout=SECONDS)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def find(url: str) -> Browser:
    """The browser, where this machine has Node, chromium and PLAYWRIGHT, the folder of `playwright-core`."""
    playwright = os.environ.get("PLAYWRIGHT", "")
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if not (Path(playwright) / "index.mjs").is_file() or playwright == "":
        pytest.skip("no playwright-core: PLAYWRIGHT=its folder in node_modules")
    if chromium is None or shutil.which("node") is None:
        pytest.skip("no chromium or no Node on this machine")
    return Browser(url, playwright, chromium)
