"""What the training of the demo model rests on: its own attention, and additions cut down to a size."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

pytest.importorskip("diffusers")

from demo_export import renew
from demo_rank import shorten
from demo_speed import Attention
from safetensors import safe_open
from safetensors.torch import load_file

import elsewhere


def noise(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("strength", [1.0, 1e3])
def test_attention_is_torchs_own_however_large_the_scores(strength: float) -> None:
    q, k, v = (noise(2, 3, 7, 4, seed=i) for i in range(3))
    ours, torchs = ([x.clone().requires_grad_(True) for x in (strength * q, strength * k, v)] for _ in range(2))
    made: Any = Attention.apply(*ours)
    wanted = torch.nn.functional.scaled_dot_product_attention(torchs[0], torchs[1], torchs[2])
    torch.testing.assert_close(made, wanted)
    for out in (made, wanted):
        (out**2).sum().backward()
    for a, b in zip(ours, torchs, strict=True):
        torch.testing.assert_close(a.grad, b.grad)


@pytest.mark.parametrize("mixed", [False, True])
def test_attention_goes_back_in_the_type_that_a_gpu_s_mixed_precision_gives_it(mixed: bool) -> None:
    """Autocast there widens sums, and products of two types are an error. The tensors are fake: no card is needed."""
    kept = SimpleNamespace()
    kept.save_for_backward = lambda *tensors: setattr(kept, "saved_tensors", tensors)
    with FakeTensorMode(), torch.no_grad():
        projection = torch.empty(8, 8, device="cuda")
        torch.set_autocast_dtype("cuda", torch.bfloat16)
        torch.set_autocast_enabled("cuda", mixed)
        try:
            q, k, v = (torch.nn.functional.linear(torch.empty(2, 3, 7, 8, device="cuda"), projection) for _ in range(3))
            out = Attention.forward(kept, q, k, v)
        finally:
            torch.set_autocast_enabled("cuda", False)
        assert {each.dtype for each in Attention.backward(kept, torch.empty_like(out))} == {q.dtype}
        assert q.dtype == (torch.bfloat16 if mixed else torch.float32)


def product(halves: tuple[Tensor, Tensor]) -> Tensor:
    return halves[0].double().flatten(1) @ halves[1].double().flatten(1)


@pytest.mark.parametrize("budget", [0, 100, 300, 600, 10**6])
def test_additions_keep_their_strongest_parts(budget: int) -> None:
    given = {
        "linear": (noise(20, 6), noise(6, 30, seed=2)),
        "convolution": (noise(12, 6, 1, 1, seed=3), noise(6, 5, 3, 3, seed=4)),
        "weak": (noise(20, 6, seed=5) * 1e-9, noise(6, 30, seed=6)),
    }
    made = shorten(given, budget)
    assert sum(up.numel() + down.numel() for up, down in made.values()) <= budget
    assert "weak" not in made or budget == 10**6
    for name, halves in made.items():
        rank = halves[1].shape[0]
        assert halves[0].shape[1:] == (rank, *given[name][0].shape[2:])
        assert halves[1].shape[1:] == given[name][1].shape[1:]
        whole = product(given[name])
        lost = torch.linalg.svdvals(whole)[rank:6]  # the least that any approximation of this rank can lose
        error = torch.linalg.norm(whole - product(halves))
        torch.testing.assert_close(
            error, torch.linalg.norm(lost), rtol=1e-4, atol=1e-6 * float(torch.linalg.norm(whole))
        )
    if budget == 10**6:
        assert {name: halves[1].shape[0] for name, halves in made.items()} == dict.fromkeys(given, 6)


def test_a_file_that_holds_the_same_is_left_as_it_is(tmp_path: Path) -> None:
    path, state = tmp_path / "a.safetensors", {name: noise(2, 3, seed=i).half() for i, name in enumerate("abc")}
    renew(path, state, {"one": "1", "two": "2"})
    kept = path.stat()
    renew(path, dict(reversed(state.items())), {"two": "2", "one": "1"})
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (kept.st_ino, kept.st_mtime_ns)
    others = [
        ({**state, "a": state["a"] + 1}, {"one": "1", "two": "2"}),
        ({**state, "a": state["a"].float()}, {"one": "1", "two": "2"}),
        ({"a": state["a"]}, {"one": "1", "two": "2"}),
        (state, {"one": "1"}),
    ]
    for other, metadata in others:
        renew(path, other, metadata)
        read = load_file(path)
        assert set(read) == set(other) and all(torch.equal(read[name], other[name]) for name in other)
        with safe_open(path, "pt") as file:
            assert file.metadata() == metadata


def test_another_device_computes_the_same_and_never_mixes() -> None:
    x, y = noise(3, 4), noise(4, seed=2)
    with elsewhere.Elsewhere():
        there = x.to(elsewhere.DEVICE)
        there.mul_(2)
        assert there.device.type == "meta" and torch.equal((there @ y.to(elsewhere.DEVICE)).cpu(), 2 * x @ y)
        assert torch.equal(there[torch.tensor([2, 0])].cpu(), 2 * x[[2, 0]])
        for mix in (lambda: there + y, lambda: there @ y, lambda: torch.cat([there, x])):
            with pytest.raises(RuntimeError, match="tensors of two devices"):
                mix()
