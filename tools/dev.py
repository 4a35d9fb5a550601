"""Development commands: `python tools/dev.py COMMAND` makes the environment, then runs the thing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = ("rows.py", "evaluations.py", "overhead.py")
RUBBISH = (".cache", ".hypothesis", "build", "dist", "out")
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@dataclass(frozen=True)
class Environment:
    """A virtual environment: its folder, the pins that fill it, the versions 3.x that can run them."""

    folder: Path
    pins: Path
    minors: range

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def stamp(self) -> Path:
        """The file that says what was installed; it is written last."""
        return self.folder / "regiondiff.stamp"


DEV = Environment(ROOT / ".venv", ROOT / "requirements-dev.txt", range(11, 16))
FLOOR = Environment(ROOT / ".venv-floor", ROOT / "requirements-floor.txt", range(10, 12))


def say(text: str) -> None:
    """Print one line now, before a child process prints its own."""
    print(text, flush=True)


def stop(text: str, code: int = 1) -> NoReturn:
    """End with one clear line."""
    say(f"\nFAILED: {text}")
    raise SystemExit(code)


def digest(*paths: Path) -> str:
    """One number for the content of some files and for the place where the repository lies."""
    return hashlib.sha256(b"".join([str(ROOT).encode(), *(path.read_bytes() for path in paths)])).hexdigest()


def is_current(stamp: Path, value: str) -> bool:
    """Whether a stamp file holds this value."""
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == value


def variables() -> dict[str, str]:
    """A child's variables: no foreign packages, UTF-8 everywhere, nothing asked of a model hub."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    return {**kept, "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1", "HF_HUB_OFFLINE": "1"}


def run(command: Sequence[str | Path], quiet: bool = False) -> int:
    """Run a program in the repository; a quiet one is heard only when it fails."""
    words = [str(word) for word in command]
    if not quiet:
        return subprocess.run(words, cwd=ROOT, env=variables(), check=False).returncode
    pipe, join = subprocess.PIPE, subprocess.STDOUT
    done = subprocess.run(words, cwd=ROOT, env=variables(), check=False, stdout=pipe, stderr=join)
    if done.returncode:
        say(done.stdout.decode("utf-8", "replace").rstrip())
    return done.returncode


def answers(command: Sequence[str | Path]) -> bool:
    """Whether a program runs and succeeds; what it prints is thrown away."""
    return subprocess.run([str(word) for word in command], capture_output=True, check=False).returncode == 0


def interpreter(minors: range) -> list[str]:
    """The command of a Python that fits: the running one, else one that is found by its name."""
    if sys.version_info[0] == 3 and sys.version_info[1] in minors:
        return [sys.executable]
    for minor in minors:
        for command in ([f"python3.{minor}"], ["py", f"-3.{minor}"]):
            if shutil.which(command[0]) and answers([*command, "-c", "pass"]):
                return command
    stop(f"this needs Python 3.{minors[0]} to 3.{minors[-1]}; the one that runs is {sys.version.split()[0]}")


def create(target: Environment) -> None:
    """Make an empty virtual environment unless a whole one is there."""
    if target.python.is_file() and answers([target.python, "-m", "pip", "--version"]):
        return
    say(f"Making {target.folder.name}")
    if run([*interpreter(target.minors), "-m", "venv", "--clear", target.folder]):
        stop("`python -m venv` did not work (Debian and Ubuntu have it in the package python3-venv)")


def install(target: Environment) -> None:
    """Install the pinned packages, then the project itself as links to this folder."""
    target.stamp.unlink(missing_ok=True)
    say(f"Installing {target.pins.name} into {target.folder.name}")
    pip = [target.python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    if not sys.stdout.isatty():
        pip.append("--quiet")
    if run([*pip, "-r", target.pins]):
        stop(f"pip could not install {target.pins.name}")
    if run([*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT]):
        stop("pip could not install the project itself")


def prepare(target: Environment) -> Path:
    """The interpreter of an environment that has what it needs; nothing is done when the stamp fits."""
    wanted = digest(ROOT / "pyproject.toml", target.pins)
    if not (target.python.is_file() and is_current(target.stamp, wanted)):
        create(target)
        install(target)
        target.stamp.write_text(wanted, encoding="utf-8")
    return target.python


def python_checks(python: Path) -> Iterator[tuple[str, list[str | Path]]]:
    """Title and command of every check of the Python code that is no test."""
    yield "ruff check", [python, "-m", "ruff", "check", "."]
    yield "ruff format --check", [python, "-m", "ruff", "format", "--check", "."]
    yield "pyright", [python, "-m", "pyright"]
    yield "lint-imports", [python, "-c", LINT_IMPORTS]


def program(name: str) -> str:
    """The full path of a program (npm is a .cmd file on Windows); ends with one line where it is missing."""
    found = shutil.which(name)
    if found is None:
        stop(f"the JavaScript checks need {name} (Node 20 or newer)")
    return found


def javascript_checks() -> Iterator[tuple[str, list[str | Path]]]:
    """The package's own `lint` script where there is one, and node's tests where there are some."""
    manifest, lock = ROOT / "package.json", ROOT / "package-lock.json"
    scripts = json.loads(manifest.read_text(encoding="utf-8")).get("scripts", {}) if manifest.is_file() else {}
    if "lint" in scripts:
        stamp = ROOT / "node_modules" / "regiondiff.stamp"
        if lock.is_file() and not is_current(stamp, digest(lock)):
            yield "npm ci", [program("npm"), "ci", "--no-audit", "--no-fund"]
            stamp.parent.mkdir(exist_ok=True)
            stamp.write_text(digest(lock), encoding="utf-8")
        yield "npm run lint", [program("npm"), "run", "lint"]
    tests = sorted((ROOT / "tests" / "js").rglob("*.test.mjs"))
    if tests:
        yield "node --test", [program("node"), "--test", *(path.relative_to(ROOT) for path in tests)]


def check(checks: Iterator[tuple[str, list[str | Path]]]) -> None:
    """Run checks one after another; the first that fails ends everything."""
    for title, command in checks:
        say(title)
        code = run(command, quiet=True)
        if code:
            stop(title, code)


SIDE_BY_SIDE = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")


def pytest(target: Environment, arguments: Sequence[str]) -> int:
    """Run pytest; its closing line is the last that is printed. Having found no test is a failure (5)."""
    return run([prepare(target), "-m", "pytest", *arguments])


def test(arguments: Sequence[str]) -> int:
    """Every check, then the tests; more arguments go to pytest."""
    check(python_checks(prepare(DEV)))
    check(javascript_checks())
    return pytest(DEV, [*SIDE_BY_SIDE, *arguments])


def test_floor(arguments: Sequence[str]) -> int:
    """The tests that need no diffusers, with the oldest supported packages."""
    return pytest(FLOOR, ["-m", "not slow and not live and not diffusers", *arguments])


def test_slow(arguments: Sequence[str]) -> int:
    """All tests but those that need a running WebUI, with other and more examples of each property."""
    return pytest(DEV, ["-m", "not live", "--hypothesis-profile=search", *arguments])


def test_live(arguments: Sequence[str]) -> int:
    """The tests that need a running WebUI."""
    return pytest(DEV, ["-m", "live", *arguments])


def demo(arguments: Sequence[str]) -> int:
    """A first picture from a palette, with the small model inside; more arguments go to `render`."""
    python = prepare(DEV)
    palette = ROOT / "lib_regiondiff" / "demo" / "palettes" / "land.json"
    picture = ROOT / "out" / "demo.png"
    picture.parent.mkdir(exist_ok=True)
    command = [python, "-m", "lib_regiondiff", "render", palette, "-o", picture]
    if run([*command, "--force", *arguments]):
        stop("the demo palette could not be rendered")
    brushes = picture.with_name("demo-palette.png")
    if run([python, "-m", "lib_regiondiff", "overlay", picture, "-o", brushes, "--force"], quiet=True):
        stop("the palette could not be drawn")
    say(f"The picture: {picture}")
    say(f"Its palette: {brushes}")
    return 0


def bench(arguments: Sequence[str]) -> int:
    """The benchmarks that need no trained model; each prints one JSON line per measurement."""
    python = prepare(DEV)
    return max(run([python, ROOT / "benchmarks" / name, *arguments]) for name in BENCHMARKS)


def setup(arguments: Sequence[str]) -> int:
    """Only make the environment."""
    say(f"Ready: {prepare(DEV)}")
    return 0


def clean(arguments: Sequence[str]) -> int:
    """Delete what the other commands made, the environments excepted."""
    kept = {DEV.folder.name, FLOOR.folder.name, ".git", "node_modules"}
    for entry in ROOT.iterdir():
        if entry.name in RUBBISH or entry.name.endswith(("_cache", ".egg-info")):
            shutil.rmtree(entry)
        elif entry.is_dir() and entry.name not in kept:
            for folder in list(entry.rglob("__pycache__")):
                shutil.rmtree(folder, ignore_errors=True)
    return 0


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "demo": demo,
    "test": test,
    "test-floor": test_floor,
    "test-slow": test_slow,
    "test-live": test_live,
    "bench": bench,
    "setup": setup,
    "clean": clean,
}


def usage() -> str:
    """What can be asked for."""
    lines = [f"  {name:<11} {command.__doc__}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: python tools/dev.py COMMAND [ARGUMENTS]", *lines])


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit code is the answer."""
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    if not arguments or arguments[0] not in COMMANDS:
        say(usage())
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
