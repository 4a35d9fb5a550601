"""The development commands' environments: what is installed where, and what happens where something is out of reach."""

from __future__ import annotations

import http.server
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import environments
import pytest
from environments import BUILDS, CPU, CPU_INDEX, CUDA, DEMO, DEV, FLOOR, PROBE, SPINNING, WAITING
from hypothesis import given
from hypothesis import strategies as st

from lib_regiondiff.threads import PASSIVE
from lib_regiondiff.threads import SPINNING as COMMANDS

NAMES = st.sampled_from([*SPINNING, *environments.FOREIGN, *environments.QUIET, "OMP_NUM_THREADS", "PATH"])


@given(st.dictionaries(NAMES, st.text(max_size=3)))
def test_children_get_no_foreign_packages_and_threads_as_the_user_wants_them(given: dict[str, str]) -> None:
    made = environments.make_variables(given)
    assert not set(made) & set(environments.FOREIGN) and environments.QUIET.items() <= made.items()
    own = {name: value for name, value in given.items() if name in SPINNING}
    assert {name: value for name, value in made.items() if name in SPINNING} == (own or WAITING)
    assert made.get("OMP_NUM_THREADS") == given.get("OMP_NUM_THREADS")


def test_the_commands_wait_as_the_program_does() -> None:
    assert (WAITING, SPINNING) == (PASSIVE, COMMANDS)


@pytest.mark.parametrize("command", ["demo", "test"])
def test_a_child_keeps_the_users_number_of_threads(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    shows = "import os, sys; sys.exit(os.environ['OMP_NUM_THREADS'] != '3')"
    assert environments.run([sys.executable, "-c", shows], more={"OMP_NUM_THREADS": "1"}) == 0


@pytest.mark.parametrize("place", BUILDS)
def test_machines_that_pytorch_is_built_for_are_taken(place: str) -> None:
    environments.expect_builds(*place.split())


@pytest.mark.parametrize(("system", "machine"), [("Darwin", "x86_64"), ("Windows", "ARM64"), ("Linux", "riscv64")])
def test_others_are_told_in_one_line(system: str, machine: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        environments.expect_builds(system, machine)
    told = capsys.readouterr().out.strip()
    assert told.count("\n") == 0 and machine in told and "macOS arm64" in told


def test_pythons_without_a_build_of_torch_are_no_candidates(capsys: pytest.CaptureFixture[str]) -> None:
    assert [list(each.minors) for each in (DEV, DEMO, FLOOR)] == [[11, 12, 13, 14], [11, 12, 13, 14], [10, 11]]
    with pytest.raises(SystemExit):
        environments.find_interpreter(range(97, 99))
    assert "Python 3.97 to 3.98" in capsys.readouterr().out


class Machine:
    """A machine of which a test says what it has; it writes down what pip is asked for."""

    def __init__(self, patch: pytest.MonkeyPatch, system: str = "Linux", failing: Sequence[Path] = ()) -> None:
        self.asked: list[list[str]] = []
        self.failing, self.index, self.card = failing, True, False
        patch.setattr("platform.system", lambda: system)
        patch.setattr(environments, "has_nvidia", lambda: self.card)
        patch.setattr(environments, "can_run", lambda command, seconds=None: self.index)
        patch.setattr(environments, "run", self.run)
        patch.delenv("REGIONDIFF_TORCH", raising=False)

    def run(self, command: Sequence[str | Path], quiet: bool = False) -> int:
        """What pip would say."""
        self.asked.append([str(word) for word in command])
        return int(command[-1] in self.failing)

    @property
    def sources(self) -> list[str]:
        """The files that pip was asked to install."""
        return [words[-1] for words in self.asked]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_without_a_gpu_torch_comes_from_pytorchs_own_index(machine: Machine) -> None:
    environments.install_torch(DEV)
    assert machine.sources == [str(CPU)] and machine.asked[0][-4:-2] == ["--extra-index-url", CPU_INDEX]


def test_an_index_that_does_not_answer_is_left_out(machine: Machine) -> None:
    machine.index = False
    environments.install_torch(DEV)
    assert machine.sources == [str(CPU)] and CPU_INDEX not in machine.asked[0]


def test_where_there_is_no_cpu_build_pypis_is_taken_and_said(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.failing = [CPU]
    environments.install_torch(DEMO)
    assert machine.sources == [str(CPU), str(CUDA)] and CPU_INDEX not in machine.asked[1]
    assert "No CPU build of PyTorch" in capsys.readouterr().out


@pytest.mark.parametrize("failing", [[CPU, CUDA], [CUDA, CPU]])
def test_nothing_to_be_had_ends_with_a_line(machine: Machine, failing: list[Path]) -> None:
    machine.failing = failing
    with pytest.raises(SystemExit):
        environments.install_torch(DEV)


def test_an_nvidia_gpu_gets_cuda_for_work_and_none_for_the_demo(machine: Machine) -> None:
    machine.card = True
    environments.install_torch(DEV)
    environments.install_torch(DEMO)
    assert machine.sources == [str(CUDA), str(CPU)] and CPU_INDEX not in machine.asked[0]


@pytest.mark.parametrize("system", ["Darwin", "Windows"])
def test_elsewhere_pypi_has_the_builds(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    machine = Machine(monkeypatch, system)
    machine.card = True
    environments.install_torch(DEV)
    assert machine.sources == [str(CPU)] and CPU_INDEX not in machine.asked[0]
    machine.failing = [CPU]
    with pytest.raises(SystemExit):
        environments.install_torch(DEV)
    assert machine.sources == [str(CPU)] * 2


@pytest.mark.parametrize(("wanted", "expected"), [("cpu", [CPU]), ("cuda", [CUDA])])
@pytest.mark.parametrize("card", [False, True])
def test_the_user_may_say_which(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, wanted: str, expected: list[Path], card: bool
) -> None:
    machine.card = card
    monkeypatch.setenv("REGIONDIFF_TORCH", wanted)
    environments.install_torch(DEV)
    machine.failing = expected
    with pytest.raises(SystemExit):
        environments.install_torch(DEV)
    assert machine.sources == [str(path) for path in expected * 2]


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server that answers every question with 404."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}/"
        made.shutdown()


def reached(address: str) -> bool:
    return environments.can_run([sys.executable, "-c", PROBE, address], 60)


def test_a_server_that_refuses_has_answered(server: str) -> None:
    assert reached(server)


def test_a_server_that_is_silent_or_not_there_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert not reached(address)
    assert not reached(address)
    assert not reached("https://nowhere.invalid/")


def test_a_program_that_hangs_or_is_not_there_does_not_answer() -> None:
    assert not environments.can_run([sys.executable, "-c", "import time; time.sleep(100)"], 0.5)
    assert not environments.can_run(["regiondiff-no-such-program"])


def wheel(folder: Path, value: int) -> Path:
    """A package that consists of one line."""
    path = folder / "tiny-1.0-py3-none-any.whl"
    parts = {
        "tiny.py": f"VALUE = {value}\n",
        "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\nRequires-Dist: not-locked\n",
        "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "tiny-1.0.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(zipfile.ZipInfo(name), content)
    return path


def test_a_package_that_is_not_what_was_locked_is_refused(tmp_path: Path) -> None:
    """What pip is asked with refuses other bytes of the same name and version, and looks for no dependencies."""
    from hashlib import sha256

    locked = tmp_path / "lock.txt"
    locked.write_text(f"tiny==1.0 --hash=sha256:{sha256(wheel(tmp_path, 1).read_bytes()).hexdigest()}\n")
    here = replace(DEMO, folder=Path(sys.prefix))
    offline = ["--no-index", "--find-links", tmp_path, "--target", tmp_path / "site", "-r", locked]

    def pip() -> subprocess.CompletedProcess[str]:
        words = [str(word) for word in [*environments.make_pip_command(here), *offline]]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    wheel(tmp_path, 2)
    refused = pip()
    assert refused.returncode and "DO NOT MATCH THE HASHES" in refused.stderr and not (tmp_path / "site").exists()
    wheel(tmp_path, 1)
    assert pip().returncode == 0 and (tmp_path / "site" / "tiny.py").read_text() == "VALUE = 1\n"
