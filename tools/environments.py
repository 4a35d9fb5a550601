"""The development commands' virtual environments: which there are, and how one gets what its lock file names."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
CPU, CUDA = LOCKS / "torch-cpu.txt", LOCKS / "torch-cuda.txt"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
BUILDS = ("Linux x86_64", "Linux aarch64", "Darwin arm64", "Windows AMD64")
WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}
"""Threads that wait sleep; `lib_regiondiff/threads.py` says more."""
SPINNING = (*WAITING, "GOMP_SPINCOUNT", "KMP_LIBRARY")
NOTHING: Mapping[str, str] = {}
FOREIGN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH")
QUIET = {"PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1", "HF_HUB_OFFLINE": "1", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
PROBE = """
import ssl, sys, urllib.error, urllib.request
try:
    urllib.request.urlopen(urllib.request.Request(sys.argv[1], method="HEAD"), timeout=5)
except urllib.error.HTTPError:
    pass
except urllib.error.URLError as error:
    sys.exit(not isinstance(error.reason, ssl.SSLError))
"""
"""Whether a server answers, be it with a refusal or a certificate that pip may know."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment: its folder, its lock file, and the minor versions of Python 3 that may run it."""

    folder: Path
    lock: Path
    minors: range
    torch: bool = True
    """Whether it has PyTorch."""
    whole: bool = True
    """Whether the project is installed in it, everything is compiled, and torch may be the build for a GPU."""

    @property
    def python(self) -> Path:
        """The path of the environment's interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def stamp(self) -> Path:
        """The path of the file that says what was installed; it is written last."""
        return self.folder / "regiondiff.stamp"


DEV = Environment(ROOT / ".venv", LOCKS / "dev.txt", range(11, 15))
DEMO = Environment(ROOT / ".venv-demo", LOCKS / "demo.txt", range(11, 15), whole=False)
FLOOR = Environment(ROOT / ".venv-floor", LOCKS / "floor.txt", range(10, 12))
LOCKING = Environment(ROOT / ".venv-lock", LOCKS / "lock.txt", range(11, 15), torch=False, whole=False)


def say(text: str) -> None:
    """Print a line at once, before a child process prints its own."""
    print(text, flush=True)


def stop(text: str, code: int = 1) -> NoReturn:
    """End the program with one clear line and an exit code."""
    say(f"\nFAILED: {text}")
    raise SystemExit(code)


def digest(*paths: Path) -> str:
    """A hexadecimal digest of the content of some files and of the path of the repository."""
    return hashlib.sha256(b"".join([str(ROOT).encode(), *(path.read_bytes() for path in paths)])).hexdigest()


def is_current(stamp: Path, value: str) -> bool:
    """Whether a stamp file is there and holds this value."""
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == value


def make_variables(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """A child's environment variables: no foreign packages, UTF-8, no model hub, and waiting threads sleep."""
    kept = {name: value for name, value in environment.items() if name not in FOREIGN}
    asleep = {} if any(name in kept for name in SPINNING) else WAITING
    return {**kept, **asleep, **QUIET}


def run(command: Sequence[str | Path], quiet: bool = False, more: Mapping[str, str] = NOTHING) -> int:
    """Run a program in the repository with `more` variables; its exit code. If `quiet` only failures are printed."""
    words, environment = [str(word) for word in command], {**more, **make_variables()}
    if not quiet:
        return subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode
    pipe, join = subprocess.PIPE, subprocess.STDOUT
    done = subprocess.run(words, cwd=ROOT, env=environment, check=False, stdout=pipe, stderr=join)
    if done.returncode:
        say(done.stdout.decode("utf-8", "replace").rstrip())
    return done.returncode


def run_held(command: Sequence[str | Path], more: Mapping[str, str] = NOTHING) -> tuple[int, str]:
    """Run a program like `run`, and print its lines as they come but the last: its exit code, and that line."""
    words, environment, held = [str(word) for word in command], {**more, **make_variables()}, None
    with subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if held is not None:
                say(held)
            held = line.decode("utf-8", "replace").rstrip("\r\n")
    return process.returncode, held or ""


def can_run(command: Sequence[str | Path], seconds: float | None = None) -> bool:
    """Whether a program can be run and succeeds, within so many seconds; its output is thrown away."""
    words = [str(word) for word in command]
    try:
        return subprocess.run(words, capture_output=True, check=False, timeout=seconds).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def find_interpreter(minors: range) -> list[str]:
    """The command of a Python of these minor versions: the running one, else one by name; SystemExit without any."""
    if sys.version_info[0] == 3 and sys.version_info[1] in minors:
        return [sys.executable]
    for minor in minors:
        for command in ([f"python3.{minor}"], ["py", f"-3.{minor}"]):
            if shutil.which(command[0]) and can_run([*command, "-c", "pass"]):
                return command
    stop(f"this needs Python 3.{minors[0]} to 3.{minors[-1]}; the one that runs is {sys.version.split()[0]}")


def expect_builds(system: str, machine: str) -> None:
    """SystemExit with one line where PyTorch has no build; the last one for Macs with Intel's processor was 2.2."""
    if f"{system} {machine}" not in BUILDS:
        named = ", ".join(BUILDS).replace("Darwin", "macOS")
        stop(f"PyTorch is built for {named}; this Python is one for {system.replace('Darwin', 'macOS')} {machine}")


def has_nvidia() -> bool:
    """Whether this machine has an NVIDIA GPU and its driver."""
    return any(Path("/proc/driver/nvidia/gpus").glob("*")) or can_run(["nvidia-smi", "-L"], 10)


def create(target: Environment) -> None:
    """Make an empty virtual environment, unless there is a working one; SystemExit where Python cannot."""
    if target.python.is_file() and can_run([target.python, "-m", "pip", "--version"]):
        return
    say(f"Making {target.folder.name}")
    if run([*find_interpreter(target.minors), "-m", "venv", "--clear", target.folder]):
        stop("`python -m venv` did not work (Debian and Ubuntu have it in the package python3-venv)")


def make_pip_command(target: Environment) -> list[str | Path]:
    """An environment's `pip install`: only files with known hashes, and nothing that the lock does not name."""
    command: list[str | Path] = [target.python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes"]
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    return [*command, *quiet, *([] if target.whole else ["--no-compile"])]


def install_torch(target: Environment) -> None:
    """Install PyTorch: the CPU's build unless there is an NVIDIA GPU; PyPI has that for macOS and Windows only.

    The environment variable REGIONDIFF_TORCH, `cpu` or `cuda`, decides instead. SystemExit where pip fails.
    """
    wanted = os.environ.get("REGIONDIFF_TORCH", "")
    if platform.system() != "Linux":
        source, index = CPU, False
    elif wanted == "cuda" or (target.whole and wanted != "cpu" and has_nvidia()):
        source, index = CUDA, False
    else:
        source, index = CPU, can_run([sys.executable, "-c", PROBE, f"{CPU_INDEX}/torch/"], 15)
    say("Installing PyTorch with CUDA (about 3 GB)" if source == CUDA else "Installing PyTorch (about 200 MB)")
    if not run([*make_pip_command(target), *(["--extra-index-url", CPU_INDEX] if index else []), "-r", source]):
        return
    if source == CUDA or wanted == "cpu" or platform.system() != "Linux":
        stop(f"pip could not install {source.name}")
    say(f"No CPU build of PyTorch from {CPU_INDEX}: taking PyPI's, which brings CUDA (about 3 GB)")
    if run([*make_pip_command(target), "-r", CUDA]):
        stop(f"pip could not install {CUDA.name}")


def install(target: Environment) -> None:
    """Install what the lock file names, then the project itself as links to this folder; SystemExit where pip fails."""
    target.stamp.unlink(missing_ok=True)
    if target.torch:
        install_torch(target)
    say(f"Installing {target.lock.name} into {target.folder.name}")
    if run([*make_pip_command(target), "-r", target.lock]):
        stop(f"pip could not install {target.lock.name}")
    itself = [target.python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", ROOT]
    if target.whole and run(itself):
        stop("pip could not install the project itself")


def compute_stamp(target: Environment) -> str:
    """The stamp of an environment that has all it needs."""
    torch = [CPU, CUDA] if target.torch else []
    return digest(*torch, target.lock, *([ROOT / "pyproject.toml"] if target.whole else []))


def is_ready(target: Environment) -> bool:
    """Whether an environment has all it needs."""
    return target.python.is_file() and is_current(target.stamp, compute_stamp(target))


def prepare(target: Environment) -> Path:
    """The interpreter of an environment, which is made or brought up to date first unless its stamp fits."""
    if not is_ready(target):
        if target.torch:
            expect_builds(platform.system(), platform.machine())
        create(target)
        install(target)
        target.stamp.write_text(compute_stamp(target), encoding="utf-8")
    return target.python
