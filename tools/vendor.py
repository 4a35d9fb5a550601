"""Takes bought JavaScript from npm into javascript/regiondiff/vendor/, with licences, versions and hashes.

`python tools/vendor.py` needs npm; tests compare the files with the hashes in vendor.json, without a network.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "javascript" / "regiondiff" / "vendor"
RECORD = FOLDER / "vendor.json"


@dataclass(frozen=True)
class Package:
    """A package of npm, the one module of it that is used, and the name that it has here."""

    name: str
    version: str
    licence: str
    module: str
    file: str


PACKAGES = (
    Package("idb-keyval", "6.3.0", "Apache-2.0", "dist/index.js", "idb-keyval.mjs"),
    Package("fflate", "0.8.3", "MIT", "esm/browser.js", "fflate.mjs"),
)


def fetch(package: Package) -> tuple[bytes, bytes]:
    """The module and the licence of a package, as npm has them."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("vendor.py needs npm (Node 20 or newer)")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", f"{package.name}@{package.version}", "--silent", "--pack-destination", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        packed = next(Path(folder).glob("*.tgz")).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        names = archive.getnames()
        licence = next(name for name in names if name.upper().startswith("PACKAGE/LICEN"))
        return tuple(archive.extractfile(name).read() for name in (f"package/{package.module}", licence))  # type: ignore[return-value, union-attr]


def write(package: Package) -> dict[str, str]:
    """Write a package's module and licence; what is recorded of it."""
    module, licence = fetch(package)
    whose = f"{package.name} {package.version}, {package.licence}: see {package.name}.LICENSE.txt"
    head = f"// @ts-nocheck {whose}. By tools/vendor.py; only this line is new.\n"
    (FOLDER / package.file).write_bytes(head.encode() + module)
    (FOLDER / f"{package.name}.LICENSE.txt").write_bytes(licence)
    return {**asdict(package), "sha256": hashlib.sha256(head.encode() + module).hexdigest()}


def main() -> int:
    """Write all packages and their record."""
    FOLDER.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps([write(each) for each in PACKAGES], indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
