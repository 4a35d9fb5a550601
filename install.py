"""Run by the WebUI in a process of its own before it starts: installs nothing, says what is missing or in the way."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

NEEDED = ("torch", "numpy", "PIL", "cv2")
LIBRARY = "lib_regiondiff"
ROOT = Path(__file__).resolve().parent


def missing_packages() -> list[str]:
    """The needed packages that cannot be found; they are not imported, which keeps the start fast."""
    return [name for name in NEEDED if find_spec(name) is None]


def other_libraries(root: Path, entries: Sequence[str]) -> list[Path]:
    """Packages of our library's name beside our own: on Python's path, and in the folders of other extensions.

    While the WebUI loads a script, the script's extension comes first on the path; but a package that another extension
    has imported before is in memory, and stays.
    """
    found = [PathFinder.find_spec(LIBRARY, [entry]) for entry in entries]
    places = [Path(spec.origin) for spec in found if spec and spec.origin]
    places += root.parent.glob(f"*/{LIBRARY}/__init__.py")
    return sorted({place.resolve().parent for place in places} - {root / LIBRARY})


def main() -> None:
    """Print one line if the WebUI's environment lacks something, one if another library is in the way, else nothing."""
    missing = missing_packages()
    if missing:
        names = ", ".join(missing)
        print(f"Region Diffusion: {names} missing in the WebUI's Python; repair the WebUI's own installation")
    others = other_libraries(ROOT, sys.path[1:])
    if others:
        places = ", ".join(map(str, others))
        print(f"Region Diffusion: {places} may be loaded in place of {ROOT / LIBRARY}; remove one of them")


if __name__ == "__main__":
    main()
