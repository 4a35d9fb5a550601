"""Wheels that a bare machine lacks: `python benchmarks/gpu_wheels.py [FOLDER]` collects them where there is a network.

The machine needs Python 3.12 with torch, transformers 5, safetensors, numpy, Pillow, OpenCV, click and tqdm; what those
bring along, such as huggingface_hub, regex and filelock, is there too. diffusers and the rest of what it asks for are
carried, in the versions of the project's lock file. What the machine has itself comes first.
"""

from __future__ import annotations

import atexit
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "demo.txt"
FOLDER = ROOT / ".wheels"
NAMES = ("diffusers", "importlib_metadata", "zipp", "requests", "certifi", "charset-normalizer", "idna", "urllib3")
MOST_BYTES = 64 * 2**20
PIP = ("-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes")
PURE = ("--only-binary", ":all:", "--python-version", "3.12", "--implementation", "py", "--abi", "none")


def locked(text: str, names: tuple[str, ...] = NAMES) -> str:
    """The entries of a lock file that have these names, each with its hashes; SystemExit for one that is not there."""
    known = {plain(entry[1]): entry[0] for entry in re.finditer(r"^(\S+?)==(?:.*\\\n)*.*$", text, re.MULTILINE)}
    missing = [name for name in names if plain(name) not in known]
    if missing:
        raise SystemExit(f"{LOCK.name}: expected {', '.join(missing)}, got no such entry")
    return "\n".join(known[plain(name)] for name in names) + "\n"


def plain(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def collect(folder: Path = FOLDER) -> list[Path]:
    """Download the wheels into a folder; SystemExit where pip fails or where they are too many bytes to carry."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.whl"):
        old.unlink()
    with tempfile.TemporaryDirectory() as place:
        wanted = Path(place) / "wheels.txt"
        wanted.write_text(locked(LOCK.read_text(encoding="utf-8")), encoding="utf-8")
        command = [sys.executable, *PIP, *PURE, "--platform", "any", "-d", str(folder), "-r", str(wanted)]
        if subprocess.run(command, check=False).returncode:
            raise SystemExit("the wheels could not be downloaded")
    wheels = sorted(folder.glob("*.whl"))
    size = sum(path.stat().st_size for path in wheels)
    if len(wheels) != len(NAMES) or size > MOST_BYTES:
        raise SystemExit(f"{folder}: expected {len(NAMES)} wheels of 64 MiB at most, got {len(wheels)} of {size} bytes")
    return wheels


def offer(folder: Path = FOLDER) -> None:
    """Let imports find what lies in a folder's wheels, after what is installed; nothing where diffusers is there."""
    if importlib.util.find_spec("diffusers") is not None:
        return
    wheels = sorted(folder.glob("*.whl"))
    if not wheels:
        raise SystemExit(f"bench-gpu: expected diffusers, or its wheel in {folder}; got none: see docs/gpu.md")
    site = tempfile.mkdtemp(prefix="regiondiff-wheels-")
    atexit.register(shutil.rmtree, site, ignore_errors=True)
    for path in wheels:
        with zipfile.ZipFile(path) as wheel:
            wheel.extractall(site)
    sys.path.append(site)


if __name__ == "__main__":
    for each in collect(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER):
        print(each)
