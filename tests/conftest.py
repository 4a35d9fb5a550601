"""Fixtures that several test files share: WebUIs, and the known model in memory, as a folder and as a single file."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

# No limit of time: how long a test takes is the machine's matter, too.
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("gate", **PATIENT, derandomize=True)  # the same examples in every run
settings.register_profile("search", **PATIENT, max_examples=1000)  # other examples, and more: `make test-slow`
FIRST = {"phases": (Phase.explicit, Phase.generate), "report_multiple_bugs": False}  # no search for the smallest one
settings.register_profile("mutants", **PATIENT, **FIRST, derandomize=True)  # `make test-mutants`
settings.load_profile("gate")

# Both are read when a library is imported, so they are set before any is: no test may ask the network, and torch's
# threads must not spin while they wait, which on a busy machine costs ten times the work itself.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("REGIONDIFF_CACHE", str(Path(__file__).resolve().parent.parent / ".cache" / "regiondiff"))


CPU = "CPU seconds"
STARTED = pytest.StashKey[float]()
LONG = 60
"""CPU seconds of one thread from which on a test is to be marked as slow."""


def spent() -> float:
    """CPU seconds of this process and of the programs that it has started."""
    return sum(os.times()[:4])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Begin to count what a test takes, with the fixtures that are made for it."""
    item.stash[STARTED] = spent()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Say in a test's last report what it took."""
    report: Any = yield
    if report.when == "teardown":
        report.user_properties.append((CPU, spent() - item.stash[STARTED]))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what all tests took, and which of them ought to be marked as slow."""
    reports = [each for kind in terminalreporter.stats.values() for each in kind]
    taken = {
        each.nodeid: dict(each.user_properties)[CPU] for each in reports if getattr(each, "when", "") == "teardown"
    }
    terminalreporter.write_line(
        f"{CPU}: {sum(taken.values()):.1f}, the longest test {max(taken.values(), default=0):.1f}"
    )
    for name in sorted(taken):
        if taken[name] > LONG:
            terminalreporter.write_line(f"takes {taken[name]:.0f} {CPU}, more than {LONG}: {name}")


@pytest.fixture(params=["a1111", "forge"])
def webui(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The parts of a WebUI that we touch, each test with AUTOMATIC1111's and with Forge's."""
    import fake_a1111
    import fake_forge

    return {"a1111": fake_a1111, "forge": fake_forge}[request.param].install(monkeypatch, tmp_path)


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
    sources = b"".join(path.read_bytes() for path in sorted((Path(__file__).parent / "support").glob("known_*.py")))
    versions = [version(name) for name in ("torch", "diffusers", "transformers")]
    name = hashlib.sha256(sources + repr(versions).encode()).hexdigest()[:16]
    for old in root.iterdir():
        if old.name != name:
            shutil.rmtree(old, ignore_errors=True)
    (root / name).mkdir(exist_ok=True)
    return root / name
