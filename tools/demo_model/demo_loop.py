"""The loop of every training stage: batches in, checkpoints and sample sheets out; stops and goes on anywhere."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm


@dataclass(frozen=True)
class Stage:
    """What a training stage is made of; `loss(step)` draws its own batch from the step's number."""

    name: str
    folder: Path  # where checkpoints and sheets lie
    networks: Mapping[str, nn.Module]
    loss: Callable[[int], Tensor]
    sheet: Callable[[Mapping[str, nn.Module]], np.ndarray]
    rate: float
    averaging: float = 0.0  # decay of the weights' moving average; 0 for none
    decay: float = 0.3  # share of the steps, at the end, over which the rate falls to zero
    every: int = 200  # steps between two checkpoints
    warm_up: int = 50  # steps over which the rate rises


@dataclass
class Run:
    """A stage in training: its optimizer, averaged weights, and the number of the next step."""

    stage: Stage
    optimizer: torch.optim.Optimizer
    averages: dict[str, dict[str, Tensor]]
    step: int = 0

    @staticmethod
    def of(stage: Stage) -> Run:
        """A new run of a stage, or the one that its last checkpoint holds."""
        for net in stage.networks.values():
            net.to(choose_device())
        weights = [p for net in stage.networks.values() for p in net.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in weights if p.ndim > 1], "weight_decay": 0.01},
            {"params": [p for p in weights if p.ndim <= 1], "weight_decay": 0.0},
        ]
        run = Run(stage, torch.optim.AdamW(groups, lr=stage.rate, betas=(0.9, 0.99), foreach=True), {})
        place = find_checkpoint(stage.folder, stage.name)
        if place.exists():
            run.resume(torch.load(place, map_location="cpu", weights_only=True))
        elif stage.averaging:
            run.averages = {name: _copy(net) for name, net in stage.networks.items()}
        return run

    def resume(self, saved: dict[str, Any]) -> None:
        """Go on from what a checkpoint has saved."""
        for name, net in self.stage.networks.items():
            net.load_state_dict(saved["networks"][name])
        if "optimizer" in saved:
            self.optimizer.load_state_dict(saved["optimizer"])
        self.averages = {name: _moved(average) for name, average in saved["averages"].items()}
        self.step = saved["step"]

    def save(self) -> None:
        """Write a checkpoint, whole or not at all, and a sample sheet."""
        path = find_checkpoint(self.stage.folder, self.stage.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        networks = {name: net.state_dict() for name, net in self.stage.networks.items()}
        saved = {
            "networks": networks,
            "averages": self.averages,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }
        torch.save(saved, path.with_suffix(".unfinished"))
        path.with_suffix(".unfinished").replace(path)
        with self.averaged(), torch.no_grad():
            picture = self.stage.sheet(self.stage.networks)
        Image.fromarray(picture).save(path.with_suffix(".png"))

    def averaged(self) -> Averaged:
        """A context in which the stage's networks have their averaged weights."""
        return Averaged(self)

    def advance(self, steps: int) -> float:
        """Take one step of the optimizer, of `steps` in all, and return the loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.stage.rate * rate_at(self.step, steps, self.stage)
        rank, workers = find_place()
        loss = self.stage.loss(self.step * workers + rank)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if workers > 1:
            _share([p for net in self.stage.networks.values() for p in net.parameters() if p.grad is not None], workers)
        for net in self.stage.networks.values():
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        for name, average in self.averages.items():
            _average(average, self.stage.networks[name], min(self.stage.averaging, (self.step + 1) / (self.step + 10)))
        return float(loss.detach())


@dataclass
class Averaged:
    """A context that swaps a run's averaged weights in, and the trained ones back."""

    run: Run

    def __enter__(self) -> None:
        self.trained = {name: _copy(self.run.stage.networks[name]) for name in self.run.averages}
        for name, average in self.run.averages.items():
            self.run.stage.networks[name].load_state_dict(average)

    def __exit__(self, *error: object) -> None:
        for name, weights in self.trained.items():
            self.run.stage.networks[name].load_state_dict(weights)


def train(stage: Stage, steps: int) -> None:
    """Train a stage up to `steps` in all, going on from its checkpoint if there is one."""
    run = Run.of(stage)
    smooth, first = None, find_place()[0] == 0
    with tqdm(total=steps, initial=run.step, desc=stage.name, mininterval=10, disable=not first) as bar:
        while run.step < steps:
            loss = run.advance(steps)
            if not math.isfinite(loss):
                raise FloatingPointError(
                    f"{stage.name}: the loss of step {run.step} is {loss}; the last checkpoint stays"
                )
            smooth = loss if smooth is None else 0.98 * smooth + 0.02 * loss
            bar.set_postfix(loss=f"{smooth:.4f}", refresh=False)
            bar.update()
            if first and (run.step % stage.every == 0 or run.step == steps):
                run.save()
                tqdm.write(f"{time.strftime('%H:%M:%S')} {stage.name} {run.step} loss {smooth:.4f}")


def find_place() -> tuple[int, int]:
    """This process's number among the workers, and how many there are."""
    together = torch.distributed.is_initialized()
    return (torch.distributed.get_rank(), torch.distributed.get_world_size()) if together else (0, 1)


def _share(weights: list[nn.Parameter], workers: int) -> None:
    """Replace each worker's gradients by their mean."""
    flat = torch.cat([p.grad.reshape(-1) for p in weights if p.grad is not None]) / workers
    torch.distributed.all_reduce(flat)
    parts = flat.split([p.numel() for p in weights])
    for p, part in zip(weights, parts, strict=True):
        p.grad = part.view_as(p)


def rate_at(step: int, steps: int, stage: Stage) -> float:
    """The share of the learning rate at a step of `steps`: warm-up, constant, linear fall."""
    return max(0.01, min(1.0, (step + 1) / stage.warm_up, (steps - step) / max(1.0, stage.decay * steps)))


def load_trained(place: Path, network: str, net: nn.Module) -> Any:
    """The network `net` with the best weights of a stage's checkpoint: the averaged ones if there are any."""
    saved = torch.load(place, map_location="cpu", weights_only=True)
    net.load_state_dict((saved["averages"] or saved["networks"])[network])
    return net.eval().requires_grad_(False)


def is_shipped(place: Path) -> bool:
    """Whether a checkpoint was made of the files that ship, and so holds nothing that they lack."""
    return place.exists() and bool(torch.load(place, map_location="cpu", weights_only=True).get("shipped"))


def find_checkpoint(folder: Path, name: str) -> Path:
    """The path of a stage's checkpoint."""
    return folder / f"{name}.pt"


def choose_device() -> torch.device:
    """The device on which networks are trained: CUDA if there is one. All random numbers are the CPU's."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def make_generator(seed: int, step: int) -> torch.Generator:
    """A random generator that depends on seed and step alone, so that going on equals never having stopped."""
    return torch.Generator().manual_seed(seed * 1_000_003 + step)


def mix_precision() -> Any:
    """A context of mixed precision where it pays: on a CPU without units for bfloat16 it takes twelve times as long."""
    return torch.autocast(choose_device().type, dtype=torch.bfloat16, enabled=choose_device().type != "cpu")


def to_tensor(pictures: np.ndarray) -> Tensor:
    """Pictures uint8 [n, h, w, 3] as float [n, 3, h, w] in [-1, 1]."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


def to_pictures(x: Tensor) -> np.ndarray:
    """Float [n, 3, h, w] in [-1, 1] as pictures uint8 [n, h, w, 3]."""
    return ((x.float().clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()


def make_sheet(pictures: np.ndarray, columns: int) -> np.ndarray:
    """Pictures [n, h, w, 3] as one, row by row, with so many columns."""
    rows = [pictures[i : i + columns] for i in range(0, len(pictures) // columns * columns, columns)]
    return np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0)


def _moved(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.to(choose_device()) for name, value in state.items()}


def _copy(net: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in net.state_dict().items()}


@torch.no_grad()
def _average(average: dict[str, Tensor], net: nn.Module, decay: float) -> None:
    values = net.state_dict()
    floats = [name for name, value in average.items() if value.is_floating_point()]
    torch._foreach_lerp_([average[name] for name in floats], [values[name] for name in floats], 1 - decay)


def split_batches(count: int, size: int) -> Iterator[range]:
    """Ranges of at most `size` numbers that together cover 0 up to `count`."""
    return (range(start, min(start + size, count)) for start in range(0, count, size))
