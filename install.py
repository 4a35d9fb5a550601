"""Run by the WebUI in a process of its own before it starts: installs nothing, only says what is missing."""

from __future__ import annotations

from importlib.util import find_spec

NEEDED = ("torch", "numpy", "PIL", "cv2")


def missing_packages() -> list[str]:
    """The needed packages that cannot be found; they are not imported, which keeps the start fast."""
    return [name for name in NEEDED if find_spec(name) is None]


def main() -> None:
    """Print one line if the WebUI's environment lacks something, else nothing."""
    missing = missing_packages()
    if missing:
        names = ", ".join(missing)
        print(f"Region Diffusion: {names} missing in the WebUI's Python; repair the WebUI's own installation")


if __name__ == "__main__":
    main()
