"""A pipeline is changed in place while it draws: threads that share a host draw what each of them draws alone."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

pytest.importorskip("diffusers")

from lib_regiondiff.hosts.diffusers.host import DiffusersHost
from lib_regiondiff.hosts.diffusers.render import render

LEFT, RIGHT = {"rectangle": [0, 0, 0.5, 1]}, {"rectangle": [0.5, 0, 1, 1]}
HEAD: dict[str, Any] = {"version": 1, "size": {"width": 64, "height": 64}, "steps": 3, "seed": 5}
WAYS: list[dict[str, Any]] = [
    {"background": {"prompt": "red"}, "sampler": "DDIM"},  # the pipeline's own loop, with a scheduler of ours
    {"background": {"prompt": "blue"}, "sampler": "Euler"},
    {"brushes": [{"id": "a", "prompt": "red", "mask": LEFT, "negative": "blue"}], "nag": {"scale": 4}, "guidance": 1},
    {"brushes": [{"id": "a", "prompt": "blue", "mask": RIGHT}], "background": {"colour": "#336699"}},
]


def test_threads_that_share_a_host_draw_what_they_draw_alone(known_pipeline: Any) -> None:
    """Among them are processors in the UNet, schedulers in the pipeline and pictures through the VAE."""
    known_pipeline.set_progress_bar_config(disable=True)
    host = DiffusersHost.of(known_pipeline, "known")
    alone = [np.asarray(render(host, HEAD | way)[0].image) for way in WAYS]
    made: dict[tuple[int, int], np.ndarray] = {}
    start = threading.Barrier(len(WAYS))

    def work(number: int) -> None:
        start.wait()
        for turn in range(2):
            made[number, turn] = np.asarray(render(host, HEAD | WAYS[number])[0].image)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(WAYS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 2 * len(WAYS)
    for (number, _), image in made.items():
        assert np.array_equal(image, alone[number]), WAYS[number]


def test_each_act_on_the_pipeline_holds_the_lock(known_pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else comes in while a network of the pipeline is at work."""
    host = DiffusersHost.of(known_pipeline, "known")
    free: list[str] = []

    def come_in(name: str) -> None:
        if host.lock.acquire(blocking=False):
            host.lock.release()
            free.append(name)

    def watch(name: str) -> None:
        part = getattr(host.pipe, name)
        forward = part.decode if name == "vae" else part.forward

        def watching(*given: Any, **named: Any) -> Any:
            other = threading.Thread(target=come_in, args=(name,))
            other.start()
            other.join()
            return forward(*given, **named)

        monkeypatch.setattr(part, "decode" if name == "vae" else "forward", watching)

    for name in ("unet", "vae", "text_encoder"):
        watch(name)
    for way in WAYS:
        render(host, HEAD | way)
    assert not free
