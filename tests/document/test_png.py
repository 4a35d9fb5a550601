"""The record: what goes into a PNG comes out again, a file is whole or not there, and no folder is given away."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from lib_regiondiff.document import png
from lib_regiondiff.document.palette import Background, Brush, Lora, Model, Palette, parse
from lib_regiondiff.document.png import MadeWith
from lib_regiondiff.document.records import make_record
from lib_regiondiff.errors import HostError
from palettes import data_url, encoded, palettes, picture
from png_files import MADE, chunk, grey, saved, told, with_text

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
ANY_FOLDER = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@ANY_FOLDER
@given(palettes())
def test_what_is_saved_loads_as_the_same(tmp_path: Path, palette: Palette) -> None:
    palette = png.drop_folders(palette)
    assert png.load(saved(tmp_path, palette)) == (png.drop_folders(palette), MADE)


def test_the_picture_is_as_it_was(tmp_path: Path) -> None:
    with Image.open(saved(tmp_path, Palette())) as image:
        assert image.tobytes() == grey().tobytes()


def test_a_palette_of_many_megabytes_survives(tmp_path: Path) -> None:
    dot = encoded(Image.new("L", (1, 1), 255))
    mask = dot[:33] + chunk(b"teSt", bytes(20 * 2**20)) + dot[33:]
    palette = parse({"version": 1, "brushes": [{"id": "a", "mask": data_url(mask)}]})
    assert png.load(saved(tmp_path, palette))[0] == palette


@pytest.mark.parametrize("prompt", ["a tree", "ein Bäumchen", "木\nand 🌳"])
def test_other_programs_see_the_prompt_and_the_settings(tmp_path: Path, prompt: str) -> None:
    brush = Brush(id="a", prompt="a sun", mask=picture())
    model = Model(name="toy", hash="0123456789abcdef")
    background = Background(prompt=prompt, negative="blur")
    palette = Palette(background=background, brushes=(brush,), model=model, seed=3, sampler="A: b, c")
    with Image.open(saved(tmp_path, palette)) as image:
        text = image.info["parameters"]
    assert text == (
        f"{prompt}\na sun\nNegative prompt: blur\n"
        'Steps: 20, Sampler: "A: b, c", CFG scale: 7, Seed: 3, Size: 512x512, Model hash: 0123456789, Model: toy, '
        "Version: regiondiff 0.1.0"
    )


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("owner/model", "owner/model"),
        ("models/a.safetensors", "models/a.safetensors"),
        ("", ""),
        ("/home/ann/models/a.safetensors", "a.safetensors"),
        ("/home/ann/model/", "model"),
        (r"C:\Users\ann\a.safetensors", "a.safetensors"),
        (r"\\server\share\a.safetensors", "a.safetensors"),
        ("~/models/a", "a"),
        ("d/" * 200 + "a", "a"),
        ("half \ud800", "half ?"),
    ],
)
def test_folders_of_a_machine_stay_there(tmp_path: Path, name: str, kept: str) -> None:
    lora = make_record(Lora, {"name": name or "a"})  # what was loaded may have a longer path than a palette takes
    model = make_record(Model, {"name": name, "vae": name, "loras": (lora,)})
    palette, _ = png.load(saved(tmp_path, make_record(Palette, {"model": model})))
    assert (palette.model.name, palette.model.vae) == (kept, kept)
    assert palette.model.loras[0].name == (kept or "a")
    assert b"ann" not in (tmp_path / "a.png").read_bytes()


@dataclass(frozen=True)
class Broken:
    """An image that can't be written to its end."""

    error: BaseException

    def save(self, file: Any, **options: Any) -> None:
        """Write a beginning."""
        file.write(png.SIGNATURE)
        raise self.error


@pytest.mark.parametrize(
    ("error", "told"),
    [(OSError("odd"), "got odd"), (OSError(28, "the disk is full"), "got the disk is full"), (KeyboardInterrupt(), "")],
)
def test_a_broken_write_leaves_all_as_it_was(tmp_path: Path, error: BaseException, told: str) -> None:
    image: Any = Broken(error)
    before = saved(tmp_path, Palette(seed=1)).read_bytes()
    for name in ("a.png", "new.png"):
        with pytest.raises((HostError, KeyboardInterrupt)) as raised:
            png.save(image, Palette(seed=2), MADE, tmp_path / name)
        assert str(raised.value).startswith(f"{tmp_path / name}: " if told else "") and told in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == before


def test_a_file_can_be_replaced_and_names_can_be_anything(tmp_path: Path) -> None:
    path = tmp_path / ("木 ä " + "x" * 60 + ".png")
    for seed in (1, 2):
        png.save(grey(), Palette(seed=seed), MADE, path)
    assert png.load(path)[0].seed == 2
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_no_png_is_told(tmp_path: Path) -> None:
    for content in (b"", b"\x89PNG", b'{"version": 1}', encoded(grey(), "JPEG")):
        (tmp_path / "a.png").write_bytes(content)
        assert told(tmp_path / "a.png") == "a.png: expected a PNG, got a file of another kind"


def test_a_png_of_another_program_is_told(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("parameters", "regiondiff")
    info.add_text("regiondiff", "{}")
    grey().save(tmp_path / "a.png", pnginfo=info)
    assert "made by another program, or the data was stripped" in told(tmp_path / "a.png")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"{}", b"7", b"\xff", b"[" * 100000, b'"palette"', b"null"])
def test_a_damaged_record_is_told(tmp_path: Path, text: bytes) -> None:
    assert told(with_text(tmp_path, text)) == f"b.png: expected {png.OURS}, got a damaged one"


def test_a_png_that_was_cut_is_told_wherever_it_was_cut(tmp_path: Path) -> None:
    whole = saved(tmp_path, Palette()).read_bytes()
    end = whole.index(b"IDAT") - 4
    for length in range(len(png.SIGNATURE), end, 7):
        (tmp_path / "a.png").write_bytes(whole[:length])
        assert told(tmp_path / "a.png").endswith("a damaged one")


def test_any_changed_byte_of_the_record_is_seen(tmp_path: Path) -> None:
    whole = saved(tmp_path, Palette()).read_bytes()
    start, end = whole.index(png.MARK) + len(png.MARK), whole.index(b"IDAT") - 4
    for place in range(start, end):
        changed = bytearray(whole)
        changed[place] ^= 1
        (tmp_path / "a.png").write_bytes(changed)
        assert told(tmp_path / "a.png").endswith("a damaged one")


def test_a_record_that_another_program_compressed_is_read(tmp_path: Path) -> None:
    text = json.dumps({"palette": {"version": 1, "seed": 5}}).encode()
    assert png.load(with_text(tmp_path, zlib.compress(text), 1))[0].seed == 5
    assert told(with_text(tmp_path, b"no zlib", 1)).endswith("a damaged one")


def test_a_record_of_a_bad_palette_tells_its_problems(tmp_path: Path) -> None:
    assert told(with_text(tmp_path, b'{"palette": {"version": 1, "steps": 0}}')).startswith("steps: expected")
    file = b'{"palette": {"version": 1, "background": {"image": {"file": "a.png"}}}}'
    assert "background.image.file" in told(with_text(tmp_path, file))


STRANGE = [None, [], {}, {"versions": 3, "device": 4, "other": 1}, {"versions": {"torch": []}}]
STRANGE += [{"chosen": {"blend": value}} for value in ("auto", "collage", ["average"], 1)]
STRANGE += [{"chosen": value} for value in (7, {"x": {}}, {"tiles": 3, "bootstrap": {"levels": "2", "mix": True}})]


@pytest.mark.parametrize("made", STRANGE)
def test_strange_facts_about_the_making_are_left_out(tmp_path: Path, made: Any) -> None:
    text = json.dumps({"palette": {"version": 1}, "made_with": made}).encode()
    assert png.load(with_text(tmp_path, text))[1] == MadeWith("", "", {})


@pytest.mark.parametrize("word", ["average", "mixture", None])
def test_the_method_that_was_chosen_is_read_again(tmp_path: Path, word: str | None) -> None:
    text = json.dumps({"palette": {"version": 1}, "made_with": {"chosen": {"blend": word}}}).encode()
    assert png.load(with_text(tmp_path, text))[1] == MadeWith("", "", {}, chosen={"blend": word})


@given(WORDS)
def test_facts_about_the_making_cannot_steer_a_terminal(word: str) -> None:
    made = png._read_made_with({"device": f"\x1b[2J{word}", "versions": {"torch": word}})
    assert made.device.isprintable()
    assert made.versions.get("torch", "").isprintable()


def test_differences_are_told_in_a_line_each() -> None:
    now = MadeWith("cpu", "float16", {"regiondiff": "0.1.0", "torch": "2.13.0", "numpy": "2.0"})
    assert png.list_differences(MADE, MADE) == []
    assert png.list_differences(MADE, now) == [
        "device cuda then, cpu now",
        "device name NVIDIA H200 then, unknown now",
        "torch 2.12.0 then, 2.13.0 now",
        "numpy unknown then, 2.0 now",
    ]


@settings(max_examples=25, deadline=None)
@given(palettes(), WORDS)
def test_what_is_shown_is_the_palette(palette: Palette, word: str) -> None:
    palette = parse({"version": 1, "background": {"prompt": f"\x9b2J\u202e{word}"}}) if len(word) > 9 else palette
    assert parse(json.loads(png.format_document(palette, MADE, full=True))["palette"]) == palette


def test_pictures_are_shown_in_short(tmp_path: Path) -> None:
    url = data_url(encoded(Image.effect_noise((64, 64), 50)))
    palette = parse({"version": 1, "brushes": [{"id": "a", "mask": url}]})
    assert url not in png.format_document(palette, None)
    assert f"({len(url)} characters)" in png.format_document(palette, None)
    assert url in png.format_document(palette, None, full=True)


def test_versions_name_what_is_installed() -> None:
    assert png.list_versions()["regiondiff"]
    assert png.list_versions()["torch"]
    assert set(png.list_versions()) <= {"regiondiff", *png.PACKAGES}
