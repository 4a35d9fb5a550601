"""The command `sheet`: fetches Fluent Emoji with npm and makes the second world's sheet of things of it."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import numpy as np
from emoji_sprites import CODES, COLUMNS, SHEET, SIDE
from numpy.typing import NDArray
from PIL import Image
from worlds import World

PACKAGE = "@lobehub/fluent-emoji-3d@1.1.0"
EDGE = 2  # empty pixels around each thing


def main(world: World) -> None:
    """Fetch the package into the cache, once, and make the sheet of it."""
    folder = world.folder.parent / "fluent-emoji"
    if not list(folder.glob("*.tgz")):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", PACKAGE], cwd=folder, check=True)
    SHEET.parent.mkdir(exist_ok=True)
    sprites = [read_sprite(image) for image in read_package(next(folder.glob("*.tgz")))]
    Image.fromarray(join_sprites(sprites), "LA").save(SHEET, optimize=True)


def read_package(path: Path) -> list[Image.Image]:
    """The pictures of CODES in the package."""
    with tarfile.open(path) as package:
        files = [package.extractfile(f"package/assets/{code}.webp") for code in CODES]
        return [Image.open(file).convert("RGBA") for file in files if file]


def read_sprite(picture: Image.Image) -> NDArray[np.uint8]:
    """Brightness and alpha of a picture in RGBA, uint8 [SIDE, SIDE, 2]: what is opaque fills the square.

    Brightness is stretched to the whole range; about half of the opaque pixels lie on either side of its middle.
    """
    cut = picture.crop(Image.fromarray(np.asarray(picture)[..., 3] > 8).getbbox())
    width, height = (round(side * (SIDE - 2 * EDGE) / max(cut.size)) for side in cut.size)
    square = Image.new("RGBA", (SIDE, SIDE))
    square.paste(cut.resize((width, height), Image.Resampling.LANCZOS), ((SIDE - width) // 2, (SIDE - height) // 2))
    light, alpha = (np.asarray(square.convert("LA"))[..., part] for part in (0, 1))
    low, middle, high = np.percentile(light[alpha > 200], (1, 50, 99)) / 255
    spread = max(high - low, 0.2)
    share = np.clip((light / 255 - low) / spread, 0.01, 1)
    power = np.log(0.5) / np.log(np.clip((middle - low) / spread, 0.25, 0.75))
    return np.stack([(share**power * 255).round().astype(np.uint8), alpha], axis=2)


def join_sprites(sprites: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Sprites row by row on one sheet, uint8 [h, w, 2]."""
    rows = [np.concatenate(sprites[i : i + COLUMNS], axis=1) for i in range(0, len(sprites), COLUMNS)]
    return np.concatenate(rows, axis=0)
