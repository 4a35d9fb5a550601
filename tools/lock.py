"""Lock files: requirements/*.in -> *.txt, where every package that is installed has its version and its hashes."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

from environments import CPU, CPU_INDEX, CUDA, LOCKS, say, stop

OLDEST = {"demo": "3.11", "dev": "3.11", "floor": "3.10", "lock": "3.11", "fuzz": "3.11"}
"""The oldest Python that each lock file is for, by the file's name."""
PYPI = "https://pypi.org/simple"
GPU = re.compile(r"torch|triton|(nvidia|cuda)-[a-z0-9-]+")
"""What a lock file leaves out: torch, which comes in two builds, and what only one of them needs."""
LINK = re.compile(r'href="[^"#]*/([^"#/]+\.whl)#sha256=([0-9a-f]{64})"')
WHEEL = re.compile(
    r"torch-(?P<version>[^-]+)-cp(?P<python>31[0-4])-cp(?P=python)-(?P<system>linux|manylinux|macosx|win)\S+"
)
MACHINE = re.compile(r"_(x86_64|aarch64|amd64)\.whl|macosx_\w+_arm64\.whl")
ROW = re.compile(r"^# ([0-9a-f]{64})  (\S+)$", re.MULTILINE)
Wheels = Mapping[str, str]
"""The sha256 of wheels, by their file names."""


def main(arguments: list[str]) -> None:
    """Write all lock files; versions that still fit stay, unless the arguments hold `--upgrade`."""
    for name, oldest in OLDEST.items():
        say(f"Locking {name}.txt")
        found = split_blocks(compile_lock(name, oldest, arguments))
        rest = [block for package, block in found if not GPU.fullmatch(package)]
        (LOCKS / f"{name}.txt").write_text("".join([make_head(name), *rest]), encoding="utf-8")
        if name == "demo":
            write_torch([block for package, block in found if GPU.fullmatch(package)])


def compile_lock(name: str, oldest: str, arguments: list[str]) -> str:
    """uv's lock of an .in file, for all systems and every Python from `oldest` on; SystemExit where it fails."""
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", str(LOCKS / f"{name}.in"), "--universal"]
    command += [
        "--python-version",
        oldest,
        "--only-binary",
        ":all:",
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
    ]
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "before.txt"  # uv keeps its versions
        known = [path.read_text(encoding="utf-8") for path in (LOCKS / f"{name}.txt", CUDA) if path.exists()]
        before.write_text("".join(known), encoding="utf-8")
        command += ["--quiet", "--default-index", PYPI, "--output-file", str(before), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            stop(f"uv could not lock {name}.in:\n{done.stderr}")
        return before.read_text(encoding="utf-8")


def split_blocks(text: str) -> list[tuple[str, str]]:
    """The name and the lines, comments left out, of each package in the text of a lock file."""
    plain = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    found = re.findall(r"^([a-z0-9-]+)(==.*\n(?:[ ].*\n)*)", plain, re.MULTILINE)
    return [(name, name + rest) for name, rest in found]


def make_head(name: str) -> str:
    """The first lines of a lock file, with a digest of the .in file of this name that it was made from."""
    made = "# Made by `python tools/dev.py lock`; not to be edited."
    return f"{made}\n# sha256 of {name}.in: {digest_source(LOCKS / f'{name}.in')}\n"


def digest_source(source: Path) -> str:
    """A hexadecimal digest of an .in file and of those that it includes."""
    text = source.read_text(encoding="utf-8")
    included = [digest_source(source.parent / name) for name in re.findall(r"^-r (\S+)$", text, re.MULTILINE)]
    return hashlib.sha256("\n".join([text, *included]).encode()).hexdigest()


def write_torch(gpu: list[str]) -> None:
    """Write the lock files of torch's two builds; `gpu` has the lines of torch, as PyPI has it, and of what CUDA needs.

    SystemExit where no hash of a CPU build is known.
    """
    CUDA.write_text("".join([make_head("demo"), *gpu]), encoding="utf-8")
    version = re.findall(r"^torch==([\w.]+)$", (LOCKS / "demo.in").read_text(encoding="utf-8"), re.MULTILINE)[0]
    here = choose_wheels(fetch_wheels(f"{PYPI}/torch/"), version, ("macosx", "win"))
    try:
        linux = choose_wheels(fetch_wheels(f"{CPU_INDEX}/torch/"), f"{version}+cpu", ("linux", "manylinux"))
    except OSError as error:
        say(f"{CPU_INDEX} does not answer ({error}): its hashes stay as they are")
        linux = choose_wheels(
            read_rows(CPU.read_text(encoding="utf-8")) if CPU.exists() else {}, f"{version}+cpu", ("manylinux",)
        )
    if not linux or not here:
        stop(f"no hashes for a CPU build of torch {version}: run this where {CPU_INDEX} can be reached")
    CPU.write_text(format_cpu_lock(version, linux, here), encoding="utf-8")


def format_cpu_lock(version: str, linux: Wheels, others: Wheels) -> str:
    """The text of the lock file of torch's CPU build, with a table that says which hash belongs to which wheel."""
    table = [f"# {digest}  {name}\n" for name, digest in {**linux, **others}.items()]
    entries = [
        f"torch=={version}{local} ; sys_platform {sign} 'linux'"
        + "".join(f" \\\n    --hash=sha256:{x}" for x in hashes)
        for local, sign, hashes in (("+cpu", "==", sorted(linux.values())), ("", "!=", sorted(others.values())))
    ]
    return make_head("demo") + "".join(table) + "\n".join(entries) + "\n"


def choose_wheels(wheels: Wheels, version: str, systems: tuple[str, ...]) -> Wheels:
    """The wheels of one version for these systems, on the usual processors and the supported Pythons."""
    found = {name: WHEEL.fullmatch(name) for name in sorted(wheels) if MACHINE.search(name)}
    fits = {name: match for name, match in found.items() if match and match["version"] == version}
    return {name: wheels[name] for name, match in fits.items() if match["system"] in systems}


def fetch_wheels(address: str) -> Wheels:
    """The wheels on one page of a package index; OSError without an answer, SystemExit for an error that it answers."""
    try:
        with urllib.request.urlopen(address, timeout=30) as page:
            return read_links(page.read().decode("utf-8"))
    except urllib.error.HTTPError as error:
        stop(f"{address}: {error}")


def read_links(page: str) -> Wheels:
    """The wheels that a page of a package index links to, where each link ends with its hash."""
    return {unquote(name): digest for name, digest in LINK.findall(page)}


def read_rows(text: str) -> Wheels:
    """The wheels in the table of a lock file's text."""
    return {name: digest for digest, name in ROW.findall(text)}


if __name__ == "__main__":
    main(sys.argv[1:])
