"""Makes README's first picture with the demo model: the palette's brushes beside what is drawn from it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
PALETTE = ROOT / "lib_regiondiff" / "demo" / "palettes" / "land.json"
PICTURE = ROOT / "docs" / "pictures" / "land.png"
GAP = 8


def main() -> None:
    """Draw the demo palette, show its brushes beside the picture, and save both as README's picture."""
    with tempfile.TemporaryDirectory() as folder:
        drawn, brushes = Path(folder) / "drawn.png", Path(folder) / "brushes.png"
        run_regiondiff("render", PALETTE, "--device", "cpu", "-o", drawn)
        run_regiondiff("overlay", PALETTE, "-o", brushes)
        join(Image.open(brushes).convert("RGB"), Image.open(drawn).convert("RGB")).save(PICTURE, optimize=True)
    print(PICTURE)


def run_regiondiff(*words: str | Path) -> None:
    """Run the command `regiondiff` with these words; CalledProcessError where it fails."""
    subprocess.run([sys.executable, "-m", "lib_regiondiff", *map(str, words)], cwd=ROOT, check=True)


def join(left: Image.Image, right: Image.Image) -> Image.Image:
    """Two pictures of one height side by side, with a white gap between them."""
    both = Image.new("RGB", (left.width + GAP + right.width, left.height), "white")
    both.paste(left, (0, 0))
    both.paste(right, (left.width + GAP, 0))
    return both


if __name__ == "__main__":
    main()
