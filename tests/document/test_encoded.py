"""Encoded images: heads are believed only where Pillow finds the same, and nothing but pixels reaches it."""

from __future__ import annotations

import io
import warnings
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin, features

import hostile_pictures as hostile
from bounded import bounded
from hostile_cases import document
from hostile_pictures import chunk, head, inflating, png
from lib_regiondiff.document import encoded, pictures
from lib_regiondiff.document.encoded import Flaw, open_image, read_orientation, read_size
from lib_regiondiff.document.palette import parse
from lib_regiondiff.errors import PaletteError
from palettes import data_url
from palettes import encoded as written

KINDS = ("PNG", "JPEG") if encoded.find_webp_danger() else ("PNG", "JPEG", "WEBP")
MODES = {"PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"), "JPEG": ("L", "RGB", "CMYK"), "WEBP": ("RGB", "RGBA")}
SIDES = st.integers(1, 300)
EXIF = b"II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"


@given(st.sampled_from(KINDS), SIDES, SIDES, st.booleans(), st.booleans())
def test_a_head_says_what_pillow_finds(kind: str, width: int, height: int, lossless: bool, noted: bool) -> None:
    options = {"lossless": lossless} if kind == "WEBP" else {"progressive": lossless} if kind == "JPEG" else {}
    notes = {"exif": EXIF if kind != "JPEG" else b"Exif\0\0" + EXIF} if noted else {}
    data = written(Image.new("RGB", (width, height), "teal"), kind, **options, **notes)
    assert read_size(data, kind) == read_size(data[:1000], kind) == (width, height)
    image, exif = open_image(data, kind)
    assert image.size == (width, height) and read_orientation(exif) == (6 if noted else 1)


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind in KINDS for mode in MODES[kind]])
def test_the_pixels_are_those_that_pillow_reads_of_the_whole_file(kind: str, mode: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (40, 30, 4), np.uint8)
    image = Image.fromarray(noise).convert("RGB" if mode in ("CMYK", "P") else "L" if mode == "I;16" else mode)
    image = Image.fromarray(noise[..., 0].astype(np.uint16) * 200) if mode == "I;16" else image.convert(mode)
    more = {"transparency": 3} if mode in ("P", "L") and kind == "PNG" else {}
    data = written(image, kind, **more)
    wanted, (found, _) = Image.open(io.BytesIO(data)), open_image(data, kind)
    assert (found.mode, found.info.get("transparency")) == (wanted.mode, wanted.info.get("transparency"))
    assert np.array_equal(np.asarray(found), np.asarray(wanted))


@given(st.integers(0, 9), st.sampled_from([3, 4]), st.integers(0, 3), st.booleans())
def test_the_orientation_is_that_of_pillow(value: int, form: int, others: int, big: bool) -> None:
    order = "big" if big else "little"
    rows = [(0x100 + index, 3, index) for index in range(others)] + [(0x112, form, value), (0x8769, 4, 0)]
    entries = b"".join(
        tag.to_bytes(2, order)
        + kind.to_bytes(2, order)
        + (1).to_bytes(4, order)
        + number.to_bytes(size, order)
        + bytes(4 - size)
        for tag, kind, number in rows
        for size in [2 if kind == 3 else 4]
    )
    start = b"MM\0*\0\0\0\x08" if big else b"II*\0\x08\0\0\0"
    exif = start + len(rows).to_bytes(2, order) + entries + bytes(4)
    loaded = Image.Exif()
    loaded.load(exif)
    wanted = loaded.get(0x0112, 1)
    assert read_orientation(exif) == (wanted if form == 3 and wanted in range(1, 9) else 1)
    assert all(read_orientation(exif[:end]) in range(1, 9) for end in range(len(exif)))


@given(st.binary(max_size=80))
def test_any_exif_has_an_orientation(data: bytes) -> None:
    for start in (b"", b"II*\0", b"MM\0*", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        assert read_orientation(start + data) in range(1, 9)


def spoilt(data: bytes, changes: list[tuple[int, int]]) -> bytes:
    """Bytes of which some are others; in a PNG the checksums are true again."""
    changed = bytearray(data)
    for place, value in changes:
        changed[place % len(data)] = value
    if data[1:4] != b"PNG":
        return bytes(changed)
    place, fresh = 8, bytes(changed[:8])
    while place + 12 <= len(changed):
        end = place + 12 + int.from_bytes(changed[place : place + 4], "big")
        if end > len(changed):
            break
        fresh += changed[place : end - 4] + zlib.crc32(changed[place + 4 : end - 4]).to_bytes(4, "big")
        place = end
    return fresh + bytes(changed[place:])


@given(st.sampled_from(KINDS), st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), max_size=8))
def test_damage_is_told_and_nothing_is_warned_of(kind: str, changes: list[tuple[int, int]]) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("a", "b" * 50, zip=True)
    more = {"pnginfo": text} if kind == "PNG" else {"exif": b"Exif\0\0" + EXIF}
    data = spoilt(written(Image.effect_noise((9, 7), 50), kind, **more), changes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flaw = flaw_of(data, kind)
    assert len(flaw) < 200


def flaw_of(data: bytes, kind: str) -> str:
    """What is wrong with bytes, or nothing where they are read."""
    try:
        image, _ = open_image(data, kind)
    except Flaw as flaw:
        return str(flaw) or pytest.fail("no words")
    assert image.size == read_size(data, kind)
    return ""


def animation_without_frames() -> bytes:
    """Of which Pillow warns."""
    return png(chunk(b"acTL", bytes(8)))


def odd_exif() -> bytes:
    """A JPEG of whose EXIF Pillow warns."""
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\3" + b"\x01\x12\0\3\0\0\xff\xff" * 3
    return written(Image.new("L", (4, 4)), "JPEG", exif=exif)


def read_whole(data: bytes) -> None:
    """Have Pillow read all of a file."""
    image = Image.open(io.BytesIO(data))
    image.load()
    image.getexif()


FILTERS = ("catch_warnings", "simplefilter", "filterwarnings", "resetwarnings")


@pytest.mark.parametrize(
    ("make", "media", "told"),
    [
        (animation_without_frames, "image/png", "Invalid APNG"),
        (odd_exif, "image/jpeg", "(?i)corrupt|tag data|truncated"),
    ],
)
def test_no_filter_of_warnings_is_touched(
    make: Callable[[], bytes], media: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They belong to the whole process, and other threads have their own way with them."""
    data = make()
    with pytest.warns(UserWarning, match=told):
        read_whole(data)
    for name in FILTERS:
        monkeypatch.setattr(warnings, name, lambda *given, **named: pytest.fail("touched"))
    pictures.check_picture(pictures.Picture.of(data, media), "image")
    pictures.decode(pictures.Picture.of(data, media))


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_nothing_is_inflated_but_pixels(kind: bytes) -> None:
    data = png(inflating(kind))
    with bounded(1.0, 30):
        open_image(data, "PNG")


@pytest.mark.parametrize("kind", KINDS)
def test_the_pixels_of_all_pictures_are_counted_whatever_their_format(kind: str) -> None:
    side = 5000
    if kind == "WEBP":  # its library takes long over such a picture, and its head is all that is read here
        wide = (side - 1 | side - 1 << 14).to_bytes(4, "little")
        data = hostile.spoilt(written(Image.new("L", (1, 1)), kind, lossless=True), 21, wide)
    else:
        notes = {"exif": b"Exif\0\0" + bytes(60_000)} if kind == "JPEG" else {}
        data = written(Image.new("L", (side, side)), kind, **notes)
    image = data_url(data, f"image/{kind.lower()}")
    mask = {"mask": data_url(png(first=head(side, side, depth=1), pixels=bytes(side * (side // 8 + 1)))), "seed": 1}
    noise = [mask] * (pictures.MAX_PIXELS_OF_ALL // side**2)
    assert pictures.count_claimed(image) == side**2
    with bounded(2.0, 200), pytest.raises(PaletteError, match=r"expected smaller pictures \(268435456 pixels in all\)"):
        parse(document(background={"image": image}, noise=noise))


def test_a_picture_is_as_large_as_its_budget_says() -> None:
    """Two heads, or one that is not the first chunk, once made Pillow decode what nobody had counted."""
    for data in (png(head(5000, 5000)), late_head()):
        assert pictures.count_claimed(data_url(data)) <= 1
        with pytest.raises(Flaw, match="not exactly one head"):
            open_image(data, "PNG")


def late_head() -> bytes:
    """A PNG whose first chunk is small and looks like a head to who only counts bytes."""
    return png()[:8] + chunk(b"teSt", bytes(7) + b"\1" + bytes(3) + b"\1") + png(first=head(5000, 5000))[8:]


VERSIONS = {"1.3.0": False, "": False, "1.3.2": True, "1.10.0": True, "2": True}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_webp_is_read_by_a_library_that_is_safe(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    is_safe = VERSIONS[version]
    data = written(Image.new("L", (4, 4)), "WEBP")
    monkeypatch.setattr(features, "version", lambda name: version or None)
    monkeypatch.setattr(encoded.Image, "open", Image.open if is_safe else lambda *given, **named: pytest.fail("opened"))
    if is_safe:
        assert open_image(data, "WEBP")[0].size == (4, 4)
        return
    with pytest.raises(PaletteError) as caught:
        parse(document(background={"image": data_url(data, "image/webp")}))
    known = f"libwebp {version}" if version else "a libwebp of unknown age"
    assert str(caught.value) == (
        f"background.image: expected a whole still WEBP image, got a WebP, which {known} can't read safely "
        "(CVE-2023-4863); use PNG or JPEG, or update Pillow"
    )


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32))
def test_what_is_written_in_little_time_is_read_as_it_was(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).choice(np.array([0, 7, 255], np.uint8), (height, width))
    image, _ = open_image(encoded.write_png(pixels), "PNG")
    assert image.mode == "L" and np.array_equal(np.asarray(image), pixels)


def test_sixteen_bits_are_rounded_to_eight() -> None:
    values = np.arange(2**16, dtype=np.uint16).reshape(256, 256)
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    found = pictures.read_coverage(pictures.Picture.of(file.getvalue()))
    assert np.array_equal(found, np.rint(values / 257))
