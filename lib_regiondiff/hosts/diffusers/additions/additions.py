"""What is added to a model after loading: files by path or name, their fingerprint, the order of adding them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib_regiondiff.document.palette import Lora, Palette
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers.additions import lora, vaes
from lib_regiondiff.hosts.diffusers.additions.lora import LoraFile
from lib_regiondiff.hosts.diffusers.checkpoints.loader import compute_fingerprint
from lib_regiondiff.hosts.diffusers.files import weights
from lib_regiondiff.hosts.diffusers.placement import MemoryLimits
from lib_regiondiff.hosts.diffusers.text.encoding import NO_WORDS
from lib_regiondiff.hosts.diffusers.text.textual_inversion import Book
from lib_regiondiff.planning.brush_texts import prepare_texts
from lib_regiondiff.planning.regions import Formula

LORAS, VAES = "REGIONDIFF_LORAS", "REGIONDIFF_VAES"
ROOMY = MemoryLimits()
PathOrText = str | os.PathLike[str]


@dataclass(frozen=True, init=False)
class Extras:
    """What is added to a model, and the user's limits on memory.

    `loras` are merged in their order; `book` has textual inversions; `vae` is the file or folder of another VAE, and
    `vae_name` what palettes call it; `room` has the limits; `formula` says how words are raised, in place of a
    palette's `bias`. Raises HostError for a single LoRA in place of several.
    """

    loras: tuple[LoraFile, ...]
    book: Book
    vae: Path | None
    vae_name: str
    room: MemoryLimits
    formula: Formula | None

    def __init__(
        self,
        loras: Iterable[LoraFile | PathOrText] = (),
        book: Book = NO_WORDS,
        vae: PathOrText | None = None,
        vae_name: str = "",
        room: MemoryLimits = ROOMY,
        formula: Formula | None = None,
    ) -> None:
        if isinstance(loras, str | os.PathLike | LoraFile):
            raise HostError("Extras.loras", "several LoRAs, such as (path,)", repr(loras))
        files = tuple(each if isinstance(each, LoraFile) else LoraFile(each) for each in loras)
        place = None if vae is None else Path(vae).expanduser()
        own = {"loras": files, "book": book, "vae": place, "vae_name": vae_name or (place.stem if place else "")}
        for key, value in {**own, "room": room, "formula": formula}.items():
            object.__setattr__(self, key, value)

    @property
    def recorded(self) -> tuple[Lora, ...]:
        """The LoRAs as a palette records them: by name and weight."""
        return tuple(Lora(name=file.name or file.path.stem, weight=file.weight) for file in self.loras)


NOTHING = Extras()


def add(pipe: Any, extras: Extras) -> None:
    """Merge LoRAs into a loaded pipeline and exchange its VAE; HostError names one that is damaged or does not fit."""
    for file in extras.loras:
        lora.merge(pipe, file)
    if extras.vae:
        vaes.exchange(pipe, extras.vae)


def combine_fingerprints(model: str, extras: Extras) -> str:
    """The model's own fingerprint, followed by `+` and one of the added files, if there are any."""
    files = [*(file.path for file in extras.loras), *(path for _, path in sorted(extras.book.files.items()))]
    files += [extras.vae] if extras.vae else []
    if not files:
        return model
    return f"{model}+{hashlib.sha256(''.join(map(compute_fingerprint, files)).encode()).hexdigest()[:10]}"


def find_extras(palette: Palette, model: str, known: Mapping[str, Path], embeddings: str = "") -> Extras:
    """The files that a palette's model names, and those of `embeddings`, a folder, whose words its prompts use.

    `known` maps names to files, ahead of the search of `find`; `model` is the path of the model. Raises HostError for a
    file or folder that does not exist or is ambiguous.
    """
    made = palette.model
    places = {each.name: known.get(each.name) or find_file("LoRA", each.name, LORAS, model) for each in made.loras}
    loras = tuple(LoraFile(places[each.name], each.weight, each.name) for each in made.loras)
    book = Book.of(Path(embeddings).expanduser()).only(_collect_prompts(palette)) if embeddings else NO_WORDS
    vae = (known.get(made.vae) or find_file("VAE", made.vae, VAES, model)) if made.vae else None
    return Extras(loras, book, vae, made.vae)


def _collect_prompts(palette: Palette) -> list[str]:
    """All prompts and negatives that are encoded for a palette."""
    texts = [text for (text,) in prepare_texts(palette, [{}]).values()]
    return [*(text.prompt for text in texts), *(text.negative for text in texts)]


def find_file(kind: str, name: str, variable: str, model: str) -> Path:
    """Find a LoRA or VAE (`kind`) by its path, or by its name in the folder that an environment variable gives.

    A name, with or without its ending, is searched for in that folder and below it, then beside the model. Raises
    HostError where nothing has that name, or several files in one place have it.
    """
    path, folder, beside = Path(name).expanduser(), os.environ.get(variable), Path(model).expanduser()
    if path.is_file() or (kind == "VAE" and path.is_dir()):
        return path
    places = [Path(folder).expanduser().rglob("*")] if folder else []
    places += [(beside if beside.is_dir() else beside.parent).glob("*")] if beside.exists() else []
    for files in places:
        found = sorted(each for each in files if each.suffix in weights.ENDINGS and name in (each.stem, each.name))
        if len(found) > 1:
            raise HostError(name, f"one {kind} of this name", f"{found[0]} and {found[1]}", "give a path")
        if found:
            return found[0]
    cure = f"set {variable} to their folder, or give a path"
    raise HostError(name, f"a {kind}'s file or name", "nothing there", cure)
