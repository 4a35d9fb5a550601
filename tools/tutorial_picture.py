"""Makes the picture of docs/first-palette.md with the demo model: what the page's palette draws, brush by brush."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "first-palette.md"
PICTURE = ROOT / "docs" / "pictures" / "first-palette.png"
BLOCK = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)
GAP = 8
MOST_BYTES = 140_000


def read_palettes(page: str) -> Iterator[dict[str, Any]]:
    """The page's palette at each step: that of its first block, then with the brushes of each further block added."""
    first, *more = (match[1] for match in BLOCK.finditer(page))
    palette = json.loads(first)
    yield palette
    for block in more:
        palette = {**palette, "brushes": palette["brushes"] + json.loads(f"[{block}]")}
        yield palette


def main() -> None:
    """Draw the palette of each step of the page, and save the pictures side by side."""
    with tempfile.TemporaryDirectory() as folder:
        steps = enumerate(read_palettes(PAGE.read_text(encoding="utf-8")))
        pictures = [draw(palette, Path(folder) / f"{number}.json") for number, palette in steps]
    PICTURE.write_bytes(shrink(join(pictures)))
    print(PICTURE)


def draw(palette: dict[str, Any], path: Path) -> Image.Image:
    """The RGB picture that the command draws of a palette, whose document is written to `path`."""
    path.write_text(json.dumps(palette), encoding="utf-8")
    picture = path.with_suffix(".png")
    words = ["render", path, "-o", picture, "--device", "cpu"]
    subprocess.run([sys.executable, "-m", "lib_regiondiff", *map(str, words)], cwd=ROOT, check=True)
    with Image.open(picture) as image:
        return image.convert("RGB")


def join(pictures: list[Image.Image]) -> Image.Image:
    """Pictures of one size in a row, with white gaps between them."""
    width, height = pictures[0].size
    row = Image.new("RGB", (len(pictures) * (width + GAP) - GAP, height), "white")
    for place, picture in enumerate(pictures):
        row.paste(picture, (place * (width + GAP), 0))
    return row


def shrink(picture: Image.Image) -> bytes:
    """The largest PNG of a picture that takes at most MOST_BYTES, scaled down as needed; SystemExit where none does."""
    for percent in range(100, 30, -5):
        size = (picture.width * percent // 100, picture.height * percent // 100)
        file = io.BytesIO()
        picture.resize(size, Image.Resampling.LANCZOS).save(file, "PNG", optimize=True)
        if file.tell() <= MOST_BYTES:
            return file.getvalue()
    raise SystemExit(f"the picture takes more than {MOST_BYTES} bytes")


if __name__ == "__main__":
    main()
