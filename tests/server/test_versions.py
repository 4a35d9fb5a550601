"""The server with the Starlette of each WebUI, old and new: gradio 3.41 brings 0.27, its fastapi allows 0.26."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from places import ROOT

VERSIONS = ("0.26.1", "0.27.0", "0.50.0", "1.0.1")
HERE = "tests/server"
ALIKE = ("test_versions.py", "test_packaging.py", "test_serve.py")
"""What does not depend on Starlette, and this test itself."""


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_a_starlette_of_this_version(version: str, tmp_path: Path) -> None:
    fetch = ["-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path), f"starlette=={version}"]
    if subprocess.run([sys.executable, *fetch], capture_output=True, check=False).returncode:
        pytest.skip(f"pip cannot fetch starlette {version} here")
    left_out = [f"--ignore={HERE}/{name}" for name in ALIKE]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", HERE, *left_out],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
