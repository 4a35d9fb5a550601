"""Krita, Debian's own: it moves and renames one layer of an OpenRaster file, and only that brush has changed."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

HERE = Path(__file__).parent
NEEDED = ("node", "kritarunner")


def run_document(what: str, file: Path) -> Any:
    """`write` our document to a file, or `read` one; returns what it says."""
    command = ["node", str(HERE / "document.mjs"), what, str(file)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def edit_in_krita(source: Path, target: Path, home: Path) -> None:
    """Run edit_in_krita.py in a Krita that has a home of its own, and no screen."""
    home.mkdir(mode=0o700)
    own = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home), "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(HERE)}
    command = ["kritarunner", "-s", "edit_in_krita", "-f", "edit", str(source), str(target)]
    done = subprocess.run(command, env={**os.environ, **own}, capture_output=True, text=True, timeout=400, check=False)
    assert target.exists(), f"Krita saved nothing (it needs python3-pyqt5 to run scripts):\n{done.stdout}{done.stderr}"


def open_mask(mask: dict[str, str], width: int, height: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A mask's coverage [height, width]."""
    return np.frombuffer(base64.b64decode(mask["pixels"]), np.uint8).reshape(height, width)


@pytest.mark.slow
@pytest.mark.skipif(
    any(shutil.which(name) is None for name in NEEDED),
    reason="needs node and Krita: apt-get install --no-install-recommends krita python3-pyqt5",
)
def test_a_layer_that_krita_moved_and_renamed_changes_its_brush_alone(tmp_path: Path) -> None:
    source, target = tmp_path / "ours.ora", tmp_path / "krita.ora"
    before = run_document("write", source)
    assert run_document("read", source) == before
    edit_in_krita(source, target, tmp_path / "home")
    after = run_document("read", target)

    size = before["palette"]["size"]
    old, new = (open_mask(each["masks"].pop(0), **size) for each in (before, after))
    moved = np.zeros_like(old)
    moved[:-5, 7:] = old[5:, :-7]
    assert old.any() and np.array_equal(new, moved)
    assert before["palette"]["brushes"][0]["name"] == "house"
    before["palette"]["brushes"][0]["name"] = "cottage"
    assert after == before
