"""Fixtures that several test files share: the known model in memory, as a folder and as a single file."""

from __future__ import annotations

import hashlib
import os
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("gate", deadline=None, derandomize=True)  # the same examples in every run
settings.register_profile("search", deadline=None, max_examples=1000)  # other examples, and more: `make test-slow`
settings.load_profile("gate")

# Both are read when a library is imported, so they are set before any is: no test may ask the network, and torch's
# threads must not spin while they wait, which on a busy machine costs ten times the work itself.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("REGIONDIFF_CACHE", str(Path(__file__).resolve().parent.parent / ".cache" / "regiondiff"))


@pytest.fixture(scope="session")
def known_pipeline() -> Any:
    """The known model in memory, fp32 on the CPU; tests leave it as it is."""
    pytest.importorskip("diffusers")
    from known_model import build_pipeline

    pipeline = build_pipeline()
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.fixture(scope="session")
def known_folder(known_home: Path) -> Path:
    """The known model as a diffusers folder."""
    from known_model import save_folder

    save_folder(known_home / "diffusers")
    return known_home / "diffusers"


@pytest.fixture(scope="session")
def known_file(known_home: Path) -> Path:
    """The known model as a single file, its yaml beside it."""
    from known_model import save_single_file

    path = known_home / "known.safetensors"
    if not path.exists():
        save_single_file(path)
    return path


@pytest.fixture(scope="session")
def known_home(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the known model's files lie: in pytest's cache, named by the code and the libraries that made them."""
    pytest.importorskip("diffusers")
    if not pytestconfig.pluginmanager.hasplugin("cacheprovider"):
        return tmp_path_factory.mktemp("known")
    root = pytestconfig.cache.mkdir("known_model")  # type: ignore[union-attr]
    sources = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("known_*.py")))
    versions = [version(name) for name in ("torch", "diffusers", "transformers")]
    name = hashlib.sha256(sources + repr(versions).encode()).hexdigest()[:16]
    for old in root.iterdir():
        if old.name != name:
            shutil.rmtree(old, ignore_errors=True)
    (root / name).mkdir(exist_ok=True)
    return root / name
