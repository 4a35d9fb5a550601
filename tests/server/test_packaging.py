"""What `pip install` gives has the page in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lib_regiondiff.server.modules import Modules, find_folder
from places import ROOT

BUILD = """
import sys
from setuptools import build_meta
print(build_meta.build_wheel(sys.argv[1]))
"""
FETCH = """
import sys
sys.path[:0] = sys.argv[1:2]
from lib_regiondiff.server.modules import Modules, find_folder
folder = find_folder()
assert str(folder).startswith(sys.argv[1]), folder
print("\\n".join(Modules(folder).list_files()))
"""


def test_a_clone_has_its_page_beside_the_library() -> None:
    assert find_folder() == ROOT / "javascript"


def test_the_wheel_carries_the_pages_files(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    source = tmp_path / "source"
    source.mkdir()
    for name in ("lib_regiondiff", "javascript"):
        left_out = shutil.ignore_patterns("__pycache__", "*.safetensors", "*.gz")
        shutil.copytree(ROOT / name, source / name, ignore=left_out)
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BUILD, str(tmp_path)],
        cwd=source, capture_output=True, text=True, check=False,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    wheel = tmp_path / done.stdout.splitlines()[-1]
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    found = subprocess.run(
        [sys.executable, "-c", FETCH, str(tmp_path / "installed")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == [*Modules(ROOT / "javascript").list_files()]
