"""A BLIP over transformers: it sees what it was taught on, says what it was taught, and tells what is wrong with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip("diffusers")

import transformers
from safetensors.torch import load_file, save_file

from cli_stub import run
from lib_regiondiff.document import png
from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.diffusers import captioner
from palettes import data_url, encoded
from tiny_blip import END, MEAN, PAD, START, TAUGHT, WORDS, pixels, write

Blip = tuple[Path, Any]


@pytest.fixture(scope="module")
def blip(tmp_path_factory: pytest.TempPathFactory) -> Blip:
    """Its folder, and the model itself."""
    folder = tmp_path_factory.mktemp("blip")
    return folder, write(folder)


def by_hand(model: Any, image: Image.Image) -> str:
    """What the model says, one likeliest token after the other, from the network's plain answers."""
    tokens = [START]
    while tokens[-1] != END:
        with torch.no_grad():
            answer = model(pixel_values=pixels(image), input_ids=torch.tensor([tokens])).logits
        tokens.append(int(answer[0, -1].argmax()))
        assert len(tokens) < 20
    return " ".join(WORDS[token] for token in tokens[1:-1]).replace(" ##", "")


@pytest.mark.parametrize("colour", TAUGHT)
@pytest.mark.parametrize("size", [(40, 30), (7, 90)])
def test_it_says_what_it_was_taught(blip: Blip, colour: tuple[int, int, int], size: tuple[int, int]) -> None:
    folder, model = blip
    image = Image.new("RGB", size, colour)
    assert captioner.load_captioner(str(folder))(image) == by_hand(model, image) == TAUGHT[colour]


def test_pictures_are_prepared_as_the_folder_says(blip: Blip, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[torch.Tensor] = []

    def generate(self: Any, pixel_values: torch.Tensor, **more: Any) -> torch.Tensor:
        given.append(pixel_values)
        return torch.tensor([[START, WORDS.index("red"), END, PAD]])

    monkeypatch.setattr(transformers.BlipForConditionalGeneration, "generate", generate)
    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (50, 70, 3), np.uint8))
    assert captioner.load_captioner(str(blip[0]))(image) == "red"
    assert torch.allclose(given[0], pixels(image), atol=1e-5) and given[0].shape == (1, len(MEAN), 32, 32)


def without_a_weight(folder: Path) -> None:
    place = folder / "model.safetensors"
    weights = load_file(place)
    del weights["vision_model.embeddings.patch_embedding.weight"]
    save_file(weights, place, {"format": "pt"})


def of_another_kind(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "clip"}), encoding="utf-8")


def cut_short(folder: Path) -> None:
    place = folder / "model.safetensors"
    place.write_bytes(place.read_bytes()[:-100])


def without_tokenizer(folder: Path) -> None:
    for name in ("vocab.txt", "tokenizer_config.json"):
        (folder / name).unlink()


def without_preparation(folder: Path) -> None:
    (folder / "preprocessor_config.json").unlink()


def of_another_size(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["vision_config"]["hidden_size"] = 48
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


DAMAGES: dict[Callable[[Path], None], str] = {
    without_a_weight: "1 weights missing, such as vision_model",
    of_another_kind: "a model of the kind clip",
    cut_short: "none that can be read",
    without_tokenizer: "a tokenizer without ",
    without_preparation: "none that can be read",
    of_another_size: "none that can be read",
    empty: "a model of the kind None",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_wrong_with_a_folder_is_one_error(blip: Blip, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    folder = Path(shutil.copytree(blip[0], tmp_path / "blip"))
    damage(folder)
    with pytest.raises(HostError) as caught:
        captioner.load_captioner(str(folder))
    assert str(caught.value).startswith(f"{folder}: expected a BLIP for captions, as transformers has it, got ")
    assert DAMAGES[damage] in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("place", ["nowhere", "./a/b/c", "nobody/has-this-blip"])
def test_a_place_where_nothing_is_is_told(place: str) -> None:
    with pytest.raises(HostError, match=r"expected a BLIP for captions.*; such as Salesforce/blip"):
        captioner.load_captioner(place)


def test_the_command_writes_the_caption_into_the_picture(blip: Blip, known_folder: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "palette.json", tmp_path / "out.png"
    colour = (220, 30, 20)
    background = {"image": data_url(encoded(Image.new("RGB", (9, 9), colour)))}
    size = {"width": 64, "height": 64}
    source.write_text(json.dumps({"version": 1, "size": size, "steps": 1, "background": background}), encoding="utf-8")
    words = ("render", source, "-o", out, "--model", known_folder, "--device", "cpu", "--force")
    assert run(*words, "--caption-model", blip[0]).stderr == f"caption: {TAUGHT[colour]}\n"
    assert png.load(out)[0].background.prompt == TAUGHT[colour]
    out.unlink()
    failed = run(*words, "--caption-model", tmp_path / "none", code=1)
    assert failed.stderr.count("\n") == 1 and "expected a BLIP" in failed.stderr and not out.exists()
