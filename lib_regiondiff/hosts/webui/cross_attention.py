"""Cross-attention of a WebUI's UNet by what rows ask of it: its layers are called once for each region of a call.

Each layer's own forward is called, so that whatever attention the user has chosen stays in force, and what else acts
there. A layer's forward is replaced on the object alone, and for the time of one network call.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from lib_regiondiff.denoising.attention.couple import Mixture, shrink
from lib_regiondiff.document.palette import COUPLE
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Row
from lib_regiondiff.hosts.webui.conditioning import read_text

CROSS = "attn2"  # the name of cross-attention in UNets


def find_layers(engine: Any) -> list[Any]:
    """The cross-attentions of a loaded checkpoint's UNet; none in networks of other kinds."""
    objects = getattr(engine, "forge_objects", None)
    holder = engine if objects is None else objects.unet
    network = getattr(getattr(holder, "model", None), "diffusion_model", None)
    named = network.named_modules() if isinstance(network, nn.Module) else ()
    return [module for name, module in named if name.rpartition(".")[2] == CROSS]


def find_methods(engine: Any) -> frozenset[str]:
    """What a loaded checkpoint's network can be asked beside plain rows."""
    return frozenset({COUPLE} if find_layers(engine) else ())


@dataclass(frozen=True, eq=False)
class CoupledForward:
    """Stands for the `forward` of a layer during a call whose rows show several regions."""

    forward: Callable[..., Tensor]
    mixture: Mixture
    known: dict[tuple[int, int], Tensor] = field(default_factory=dict)
    """Weights of this call, by whose they are and the cells of a layer; all its layers share them."""

    def __call__(self, x: Tensor, context: Tensor | None = None, *more: Any, **named: Any) -> Tensor:
        """The layer's output [B, cells, channels] for x and the prompts [B, tokens, channels] of its rows' own."""
        if context is None or len(x) != len(self.mixture.own):
            got = "no prompt" if context is None else f"{len(x)}"
            cure = "something splits the network's calls; switch it off, or set attention to none"
            raise HostError("attention", f"a call of {len(self.mixture.own)} rows with prompts", got, cure)
        made = self.forward(x, context, *more, **named)
        found = made.float() * self._shrink(self.mixture.own, made)
        for each in self.mixture.beside:
            rows = torch.tensor(each.rows, device=x.device)
            text = read_text(each.cond).to(context).expand(len(rows), -1, -1)
            told = {name: text if name == "value" and value is not None else value for name, value in named.items()}
            seen = self.forward(x[rows], text, *more, **told)
            found.index_add_(0, rows, seen.float() * self._shrink(each.weight, made))
        return found.to(made.dtype)

    def _shrink(self, weight: Tensor, made: Tensor) -> Tensor:
        """Weights [n, h, w] for a layer whose output is this, [n, cells, 1]."""
        key = id(weight), made.shape[1]
        if key not in self.known:
            self.known[key] = shrink(weight.to(made.device), made.shape[1])[..., None]
        return self.known[key]


@contextlib.contextmanager
def act_in_cross_attention(engine: Any, rows: Sequence[Row], heard: set[int], replaced: Any = None) -> Iterator[None]:
    """For the time of a `with`, have a checkpoint's cross-attention do what the records of a call's rows say.

    Nothing is changed where they say nothing. `replaced` are the layers that somebody else answers for; HostError where
    there are any, since they would not hear of regions. `heard` are the checkpoints whose layers this run has called,
    by their ids; HostError where none of one was yet, as later calls may be answered from a cache.
    """
    mixture = Mixture.of([row.attention for row in rows])
    if mixture is None:
        yield
        return
    if replaced:
        cure = "switch off what replaces it, such as an IP-Adapter, or set attention to none"
        raise HostError("attention", "cross-attention that nothing else replaces", f"{len(replaced)} layers", cure)
    layers, known = find_layers(engine), dict[tuple[int, int], Tensor]()
    own = [vars(layer).get("forward") for layer in layers]
    try:
        for layer in layers:
            layer.forward = CoupledForward(layer.forward, mixture, known)
        yield
        heard.update({id(engine)} if known else ())
        if id(engine) not in heard:
            cure = "switch off what draws in its place, such as TensorRT, or set attention to none"
            raise HostError("attention", "the checkpoint's own cross-attention to be called", "no call of it", cure)
    finally:
        for layer, forward in zip(layers, own, strict=True):
            if forward is None:
                vars(layer).pop("forward", None)
            else:
                layer.forward = forward
