"""Stores: kept within their bytes, owned by who asks, and gone with it."""

from __future__ import annotations

import ast
import gc
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import lib_regiondiff
from fakes import GaussianHost
from lib_regiondiff.authoring import preview
from lib_regiondiff.denoising.pixels.composite import restore_uncovered
from lib_regiondiff.document import encoded as reading
from lib_regiondiff.document.palette import parse
from lib_regiondiff.document.pictures import Picture, Shape
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.plan import Job, make_plan
from lib_regiondiff.planning.weights import masks
from lib_regiondiff.store import ENTRY, Recent, Store
from palettes import data_url, encoded

SMALL_RESULTS = {"document.rules.list_rules", "hosts.diffusers.checkpoints.tokenizer.read_merges"}
"""Functions of few and small arguments whose results the whole process may keep."""


def painted(level: int = 255) -> str:
    return data_url(encoded(Image.new("L", (64, 64), level)))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3000)), max_size=60), st.integers(0, 12000))
def test_a_store_holds_no_more_than_it_may_and_gives_what_was_made(asked: list[tuple[int, int]], most: int) -> None:
    store = Store(most)
    for key, size in asked:
        found = store.get((key, size), lambda key=key, size=size: np.full(size, key, np.uint8))
        assert found.shape == (size,) and (found == key).all() and not found.flags.writeable
        assert 0 <= store.recent.held <= most


def test_what_was_not_asked_for_longest_goes_first_and_nothing_is_made_twice_while_it_is_kept() -> None:
    store, made = Store(2 * (100 + ENTRY)), []

    def ask(key: int) -> None:
        def make() -> np.ndarray:
            made.append(key)
            return np.zeros(100, np.uint8)

        store.get(key, make)

    for key in (1, 2, 1, 3, 1, 2):
        ask(key)
    assert made == [1, 2, 3, 2]


def test_threads_share_a_store() -> None:
    store = Store(50 * (8 + ENTRY))

    def work() -> None:
        for key in range(400):
            assert store.get(key % 70, lambda key=key: np.array([key % 70]))[0] == key % 70

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.recent.held <= store.recent.most


def test_digests_tell_masks_apart_and_equal_ones_not() -> None:
    one, two = Picture.of(b"a"), Picture.of(b"b")
    box, disc = Shape("rectangle", (0.0, 0.0, 1.0, 1.0)), Shape("ellipse", (0.0, 0.0, 1.0, 1.0))
    assert len({one.digest, two.digest, box.digest, disc.digest, Shape("ellipse", (0.0, 0.0, 1.0, 0.5)).digest}) == 5
    assert Picture.of(b"a").digest == one.digest and Shape("ellipse", (0.0, 0.0, 1.0, 1.0)).digest == disc.digest


def test_masks_are_decoded_once_in_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    store, decoded, opened = Store(), [], reading.open_image
    monkeypatch.setattr(reading, "open_image", lambda *given: decoded.append(given) or opened(*given))
    mask = parse({"version": 1, "brushes": [{"id": "a", "mask": painted()}]}).brushes[0].mask
    for size in (Size(64, 64), Size(128, 64)) * 2:
        masks.measure_cells(mask, size, 8, store)
        masks.rasterise(mask, size, store)
    assert len(decoded) == 1


def use_document() -> weakref.ref[Picture]:
    """Plan, draw and show a document, and forget it: a reference to its mask."""
    brushes = [{"id": "a", "prompt": "1", "mask": painted(), "seed": 3, "feather": 4}]
    palette = parse({"version": 1, "background": {"colour": "#102030"}, "brushes": brushes, "guidance": 1})
    mask, size = palette.brushes[0].mask, palette.size
    assert isinstance(mask, Picture)
    make_plan(palette, Job(size, (0.9, 0.5, 0.0), (1,)), GaussianHost())
    noise.apply(noise.draw_unit([noise.make_generator(1)], (3, 64, 64)), palette, size, 8)
    restore_uncovered(Image.new("RGB", (size.width, size.height)), palette)
    assert "<svg" in preview.render_html({"version": 1, "brushes": brushes})
    return weakref.ref(mask)


def test_a_document_is_gone_with_its_request() -> None:
    """No cache of the process keeps its pictures."""
    gone = use_document()
    gc.collect()
    assert gone() is None


def test_no_function_of_a_module_keeps_what_it_made() -> None:
    root = Path(lib_regiondiff.__file__).parent
    kept = set()
    for path in root.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [ast.unparse(each) for each in getattr(node, "decorator_list", ())]
            if isinstance(node, ast.FunctionDef) and any("cache" in name for name in names):
                kept.add(".".join((*path.relative_to(root).with_suffix("").parts, node.name)))
    assert kept <= SMALL_RESULTS


def test_long_keys_count_too() -> None:
    recent: Recent[tuple[str, int], int] = Recent(lambda value: 0, 100 * ENTRY)
    for number in range(50):
        recent.get(("\u2003" * 20_000, number), lambda: 1)
    assert len(recent) == 2 and recent.held <= recent.most
    recent.clear()
    assert not len(recent) and recent.held == 0
