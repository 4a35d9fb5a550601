"""A pipeline is changed in place while it draws: threads that share a host draw what each of them draws alone."""

from __future__ import annotations

import copy
import threading
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

pytest.importorskip("diffusers")

from lib_regiondiff.hosts.diffusers import locks
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


def draw(host: DiffusersHost, way: dict[str, Any], **more: Any) -> np.ndarray:
    return np.asarray(render(host, HEAD | way, **more)[0].image)


PLAIN: list[dict[str, Any]] = [
    {"background": {"prompt": "red"}, "sampler": "DPM++ 2M SGM Uniform", "guidance": 4},
    {"background": {"prompt": "blue"}, "sampler": "Euler", "guidance": 8},
    {"background": {"prompt": "blue"}, "sampler": "Euler", "guidance": 1},
]


@pytest.mark.parametrize("inner", [*PLAIN[1:], *WAYS[2:]])
def test_a_picture_that_is_drawn_between_the_steps_of_another_changes_neither(
    known_pipeline: Any, inner: dict[str, Any]
) -> None:
    known_pipeline.set_progress_bar_config(disable=True)
    host = DiffusersHost.of(known_pipeline, "known")
    alone, own = draw(host, PLAIN[0]), draw(host, inner)
    found: list[np.ndarray] = []

    def progress(step: Any) -> None:
        if step.done == 1:
            found.append(draw(host, inner))

    assert np.array_equal(draw(host, PLAIN[0], progress=progress), alone)
    assert len(found) == 1 and np.array_equal(found[0], own)


def test_two_hosts_of_one_pipeline_have_one_lock(known_pipeline: Any) -> None:
    one, two = (DiffusersHost.of(known_pipeline, name) for name in "ab")
    assert one.lock is two.lock
    assert copy.deepcopy(known_pipeline.unet).__dict__[locks.NAME] is not one.lock


def test_another_thread_may_have_the_model_while_a_step_is_told(known_pipeline: Any) -> None:
    """Whoever shows previews asks a thread of its own for them, and waits."""
    known_pipeline.set_progress_bar_config(disable=True)
    host, seen = DiffusersHost.of(known_pipeline, "known"), []

    def progress(step: Any) -> None:
        thread = threading.Thread(target=lambda: seen.append(len(step.previews())), daemon=True)
        thread.start()
        thread.join(timeout=20)

    for way in (PLAIN[1], WAYS[2]):
        draw(host, way, progress=progress)
    assert seen == [1] * 6


def test_a_drawing_that_fails_leaves_the_pipeline_as_it_was(
    known_pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_pipeline.set_progress_bar_config(disable=True)
    host, scheduler = DiffusersHost.of(known_pipeline, "known"), known_pipeline.scheduler
    before = dict(vars(known_pipeline))

    def fail(self: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(DiffusersHost, "bring_denoiser", fail)
        with pytest.raises(MemoryError):
            draw(host, PLAIN[0])
    draw(host, PLAIN[0])
    assert known_pipeline.scheduler is scheduler and dict(vars(known_pipeline)) == before


def test_a_pipeline_in_memory_may_be_changed_between_pictures(known_pipeline: Any) -> None:
    known_pipeline.set_progress_bar_config(disable=True)
    host = DiffusersHost.of(known_pipeline, "known")
    before = draw(host, WAYS[2])
    weights = [each.data for each in known_pipeline.text_encoder.parameters()]
    kept = [each.clone() for each in weights]
    for each in weights:
        each.mul_(1.5)
    after = draw(host, WAYS[2])
    fresh = draw(DiffusersHost.of(known_pipeline, "known"), WAYS[2])
    for each, old in zip(weights, kept, strict=True):
        each.copy_(old)
    assert np.array_equal(after, fresh) and not np.array_equal(after, before)


def test_latents_of_a_picture_belong_to_whoever_asked(known_pipeline: Any) -> None:
    host, picture = DiffusersHost.of(known_pipeline, "known"), Image.new("RGB", (64, 64), "red")
    first = host.encode_image(picture)
    kept = first.clone()
    first.zero_()
    assert torch.equal(host.encode_image(picture), kept) and kept.any()
