"""Development commands: `python tools/dev.py COMMAND` makes the environment, then runs the thing."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from environments import (
    DEMO,
    DEV,
    FLOOR,
    LOCKING,
    LOCKS,
    NOTHING,
    ROOT,
    Environment,
    can_run,
    digest,
    is_current,
    is_ready,
    make_pip_command,
    prepare,
    run,
    run_held,
    say,
    stop,
)

BENCHMARKS = ("rows.py", "evaluations.py", "attention.py", "overhead.py")
RUBBISH = (".cache", ".wheels", ".hypothesis", "build", "dist", "out")
COVERAGE = ROOT / "out" / "coverage.json"
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def list_python_checks(python: Path) -> Iterator[tuple[str, list[str | Path]]]:
    """Title and command of each check of the Python code that is no test."""
    yield "ruff check", [python, "-m", "ruff", "check", "."]
    yield "ruff format --check", [python, "-m", "ruff", "format", "--check", "."]
    yield "pyright", [python, "-m", "pyright"]
    yield "lint-imports", [python, "-c", LINT_IMPORTS]


def find_program(name: str) -> str:
    """The full path of a program (npm is a .cmd file on Windows); SystemExit with one line where it is missing."""
    found = shutil.which(name)
    if found is None:
        stop(f"the JavaScript checks need {name} (Node 20 or newer)")
    return found


def list_javascript_checks() -> Iterator[tuple[str, list[str | Path]]]:
    """Title and command of each check of the JavaScript that exists: the package's `lint` script, node's tests."""
    manifest = ROOT / "package.json"
    scripts = json.loads(manifest.read_text(encoding="utf-8")).get("scripts", {}) if manifest.is_file() else {}
    if "lint" in scripts:
        yield from list_installs()
        yield "npm run lint", [find_program("npm"), "run", "lint"]
    tests = sorted((ROOT / "tests" / "js").rglob("*.test.mjs"))
    if tests:
        yield "node --test", [find_program("node"), "--test", *(path.relative_to(ROOT) for path in tests)]


def list_installs() -> Iterator[tuple[str, list[str | Path]]]:
    """Title and command of what installs the locked npm packages, where they are not there as they are locked."""
    lock, stamp = ROOT / "package-lock.json", ROOT / "node_modules" / "regiondiff.stamp"
    if lock.is_file() and not is_current(stamp, digest(lock)):
        yield "npm ci", [find_program("npm"), "ci", "--no-audit", "--no-fund"]
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(digest(lock), encoding="utf-8")


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def list_browser_checks() -> Iterator[tuple[str, list[str | Path]]]:
    """Title and command of the tests in a browser, of the surface and of the page; a line that says so without one.

    The page draws with the demo model in this environment; `npm run test:page` runs its tests alone.
    """
    tests = sorted((ROOT / "tests" / "e2e").glob("*/*.test.mjs"))
    if not any(map(shutil.which, (os.environ.get("REGIONDIFF_BROWSER") or BROWSERS[0], *BROWSERS))):
        say("NO BROWSER: the tests of the page are left out; install chromium to run them")
    elif tests:
        names = [path.relative_to(ROOT) for path in tests]
        yield "browser tests", [find_program("node"), "--test", "--test-concurrency=1", *names]


def check(checks: Iterator[tuple[str, list[str | Path]]]) -> None:
    """Run checks in order; SystemExit with the exit code of the first that fails."""
    for title, command in checks:
        say(title)
        code = run(command, quiet=True)
        if code:
            stop(title, code)


MOST_WORKERS = 4
"""Most processes of a test run; each of them needs about a gigabyte."""
MOST_THREADS = 4
"""Most threads of the demo, whose network is small: further ones cost more than they bring."""


def count_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_pytest(
    target: Environment, arguments: Sequence[str], more: Mapping[str, str] = NOTHING, counted: bool = False
) -> int:
    """Run pytest in an environment and return its exit code; finding no test is a failure (5).

    The lines that run are `counted` where that can be done at no cost; their share comes before the closing line, which
    stays the last.
    """
    python = prepare(target)
    if not counted or not can_run([python, "-c", "import slipcover"]):
        return run([python, "-m", "pytest", *arguments], more=more)
    COVERAGE.parent.mkdir(exist_ok=True)
    COVERAGE.unlink(missing_ok=True)
    counting = ["-m", "slipcover", "--source", "lib_regiondiff", "--json", "--out", COVERAGE]
    early = "ignore:Module already imported so cannot be rewritten"  # slipcover, which is a plugin of pytest, too
    code, closing = run_held([python, *counting, "-m", "pytest", "-W", early, *arguments], more)
    if COVERAGE.exists():
        say(describe_coverage(json.loads(COVERAGE.read_text(encoding="utf-8"))))
    say(closing)
    return code


def describe_coverage(found: Any) -> str:
    """The share of the library's lines that ran, and the files where most of them did not."""
    files = sorted((each["summary"]["missing_lines"], name) for name, each in found["files"].items())
    worst = ", ".join(f"{Path(name).relative_to('lib_regiondiff').as_posix()} {count}" for count, name in files[:-6:-1])
    return f"coverage {found['summary']['percent_covered']:.1f} %; lines that did not run: {worst} ({COVERAGE})"


def test(arguments: Sequence[str]) -> int:
    """Every check, then the tests; more arguments go to pytest."""
    check(list_python_checks(prepare(DEV)))
    check(list_javascript_checks())
    check(list_browser_checks())
    workers = min(count_cores(), MOST_WORKERS)
    side_by_side = ("-n", str(workers), "--dist", "loadfile")
    threads = {"OMP_NUM_THREADS": str(max(1, count_cores() // workers))}
    return run_pytest(DEV, [*side_by_side, *arguments], threads, counted=True)


def test_floor(arguments: Sequence[str]) -> int:
    """The tests that need no diffusers, with the oldest supported packages."""
    return run_pytest(FLOOR, ["-m", "not slow and not live and not diffusers", *arguments])


def test_slow(arguments: Sequence[str]) -> int:
    """All tests but those that need a running WebUI, with other and more examples of each property."""
    return run_pytest(DEV, ["-m", "not live", "--hypothesis-profile=search", *arguments])


def test_live(arguments: Sequence[str]) -> int:
    """The tests that need a running WebUI, the surface in a browser too if DEMO names its demo model."""
    url, model = os.environ.get("URL"), os.environ.get("DEMO")
    if not url:
        stop("no WebUI: make test-live URL=http://127.0.0.1:7860 MODEL=known.safetensors DEMO=toyworld.safetensors")
    code = run_pytest(DEV, ["-m", "live", *arguments])
    if code or arguments:
        return code
    if not model:
        say("NOT TESTED in the WebUI's page: DEMO=toyworld.safetensors names the demo model that is there")
        return code
    check(list_installs())
    say("the surface and the tab in the WebUI's page")
    known = {"REGIONDIFF_WEBUI": url, "REGIONDIFF_WEBUI_MODEL": Path(model).stem}
    known["REGIONDIFF_PYTHON"] = str(prepare(DEV))
    tests = [path.relative_to(ROOT) for path in sorted((ROOT / "tests" / "e2e" / "webui").glob("*.test.mjs"))]
    return run([find_program("node"), "--test", "--test-concurrency=1", *tests], more=known)


def test_mutants(arguments: Sequence[str]) -> int:
    """Change the core in 400 small ways and ask its tests whether they notice; Linux or a Mac. `--seed`, `--count`."""
    return run([prepare(DEV), ROOT / "tests" / "mutants" / "run.py", *arguments])


def demo(arguments: Sequence[str]) -> int:
    """A first picture from a palette, with the small model inside; more arguments go to `render`."""
    python = prepare(DEV if is_ready(DEV) else DEMO)
    palette = ROOT / "lib_regiondiff" / "demo" / "palettes" / "land.json"
    picture = ROOT / "out" / "demo.png"
    picture.parent.mkdir(exist_ok=True)
    say(f"Drawing {palette.relative_to(ROOT)}")
    command = [python, "-m", "lib_regiondiff", "render", palette, "-o", picture]
    if run([*command, "--force", *arguments], more={"OMP_NUM_THREADS": str(min(count_cores(), MOST_THREADS))}):
        stop("the demo palette could not be rendered")
    brushes = picture.with_name("demo-palette.png")
    if run([python, "-m", "lib_regiondiff", "overlay", picture, "-o", brushes, "--force"], quiet=True):
        stop("the palette could not be drawn")
    say(f"The picture: {picture}")
    say(f"Its palette: {brushes}")
    return 0


def serve(arguments: Sequence[str]) -> int:
    """The page to paint on, with the small model inside; more arguments go to `regiondiff serve`."""
    python = prepare(DEV if is_ready(DEV) else DEMO)
    command = [python, "-m", "lib_regiondiff", "serve", "--open-browser", *arguments]
    return run(command, more={"OMP_NUM_THREADS": str(min(count_cores(), MOST_THREADS))})


def fuzz(arguments: Sequence[str]) -> int:
    """Ten minutes of strange inputs for every parser; finds go to tests/corpus. `--minutes N`, names of parsers."""
    python = prepare(DEV)
    has_wheel = f"{platform.system()} {platform.machine()}" == "Linux x86_64"
    if has_wheel and not can_run([python, "-c", "import atheris"]):
        run([*make_pip_command(DEV), "-r", LOCKS / "fuzz.txt"], quiet=True)  # without it hypothesis looks alone
    return run([python, ROOT / "tests" / "fuzz" / "run.py", *arguments], more={"OMP_NUM_THREADS": "1"})


def bench(arguments: Sequence[str]) -> int:
    """The benchmarks that need no trained model; each prints one JSON line per measurement."""
    python = prepare(DEV)
    return max(run([python, ROOT / "benchmarks" / name, *arguments]) for name in BENCHMARKS)


def bench_gpu(arguments: Sequence[str]) -> int:
    """Figures of a CUDA device; `--dry-run` small on the CPU, `--wheels` what a bare machine needs (docs/gpu.md)."""
    collecting = list(arguments[:1]) == ["--wheels"]
    name, words = ("gpu_wheels.py", arguments[1:]) if collecting else ("gpu.py", arguments)
    return run([prepare(DEV), ROOT / "benchmarks" / name, *words])


def lock(arguments: Sequence[str]) -> int:
    """Write the lock files in requirements/ anew; `--upgrade` takes newer versions of what no *.in file pins."""
    if run([prepare(LOCKING), ROOT / "tools" / "lock.py", *arguments]):
        stop("the lock files could not be written")
    return run([prepare(DEV), ROOT / "tools" / "bill.py"])


def setup(arguments: Sequence[str]) -> int:
    """Only make the environment."""
    say(f"Ready: {prepare(DEV)}")
    return 0


def clean(arguments: Sequence[str]) -> int:
    """Delete what the other commands made, the environments excepted."""
    kept = {*(each.folder.name for each in (DEV, DEMO, FLOOR, LOCKING)), ".git", "node_modules"}
    for entry in ROOT.iterdir():
        if entry.name in RUBBISH or entry.name.endswith(("_cache", ".egg-info")):
            shutil.rmtree(entry)
        elif entry.is_dir() and entry.name not in kept:
            for folder in list(entry.rglob("__pycache__")):
                shutil.rmtree(folder, ignore_errors=True)
    return 0


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "demo": demo,
    "serve": serve,
    "test": test,
    "test-floor": test_floor,
    "test-slow": test_slow,
    "test-live": test_live,
    "test-mutants": test_mutants,
    "fuzz": fuzz,
    "bench": bench,
    "bench-gpu": bench_gpu,
    "lock": lock,
    "setup": setup,
    "clean": clean,
}


def describe_usage() -> str:
    """The text that lists all commands."""
    lines = [f"  {name:<12} {command.__doc__}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: python tools/dev.py COMMAND [ARGUMENTS]", *lines])


def main(arguments: Sequence[str]) -> int:
    """Run the command named first with the other arguments; the exit code, 2 for no command or an unknown one."""
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    if not arguments or arguments[0] not in COMMANDS:
        say(describe_usage())
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
