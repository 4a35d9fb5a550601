"""Cross-attention of a WebUI's UNet by what rows ask of it: its layers are called once for each region of a call.

Each layer's own forward is called, so that whatever attention the user has chosen stays in force, and what else acts
there; only rows whose words are raised are asked by an attention of ours. A layer's forward is replaced on the object
alone, and for the time of one network call.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from lib_regiondiff.denoising.attention.bias import choose_acting
from lib_regiondiff.denoising.attention.couple import Mixture, shrink
from lib_regiondiff.document.palette import BIAS, COUPLE
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Bias, Row
from lib_regiondiff.hosts.webui.conditioning import read_text
from lib_regiondiff.hosts.webui.raised_attention import Habits, attend, has_parts
from lib_regiondiff.hosts.webui.wording import find_reader

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
    layers = find_layers(engine)
    raises = all(map(has_parts, layers)) and find_reader(engine) is not None
    return frozenset({COUPLE, BIAS} if raises else {COUPLE}) if layers else frozenset()


@dataclass(frozen=True)
class Acting:
    """What acts in the layers of one call: the regions that its rows show, and what is raised in each row's own prompt.

    `habits` are those of the program's attention, `note` is told of each call of a layer.
    """

    mixture: Mixture | None
    biases: Sequence[tuple[Bias, ...]]
    habits: Habits
    note: Callable[[], None]
    known: dict[tuple[int, int], Tensor] = field(default_factory=dict)
    """Weights of this call, by whose they are and the cells of a layer; all its layers share them."""

    def shrink(self, weight: Tensor, made: Tensor) -> Tensor:
        """Weights [n, h, w] for a layer whose output is this, [n, cells, 1]."""
        key = id(weight), made.shape[1]
        if key not in self.known:
            self.known[key] = shrink(weight.to(made.device), made.shape[1])[..., None]
        return self.known[key]


@dataclass(frozen=True, eq=False)
class ActingForward:
    """Stands for the `forward` of a layer during a call whose rows show several regions, or raise words."""

    layer: Any
    forward: Callable[..., Tensor]
    acting: Acting

    def __call__(self, x: Tensor, context: Tensor | None = None, *more: Any, **named: Any) -> Tensor:
        """The layer's output [B, cells, channels] for x and the prompts [B, tokens, channels] of its rows' own."""
        self.acting.note()
        count = len(self.acting.biases)
        if context is None or len(x) != count:
            got = "no prompt" if context is None else f"{len(x)}"
            cure = "something splits the network's calls; switch it off, or set attention to none"
            raise HostError("attention", f"a call of {count} rows with prompts", got, cure)
        made, mixture = self._attend_own(x, context, *more, **named), self.acting.mixture
        if mixture is None:
            return made
        found = made.float() * self.acting.shrink(mixture.own, made)
        for each in mixture.beside:
            rows = torch.tensor(each.rows, device=x.device)
            text = read_text(each.cond).to(context).expand(len(rows), -1, -1)
            told = {name: text if name == "value" and value is not None else value for name, value in named.items()}
            seen = self.forward(x[rows], text, *more, **told)
            found.index_add_(0, rows, seen.float() * self.acting.shrink(each.weight, made))
        return found.to(made.dtype)

    def _attend_own(self, x: Tensor, context: Tensor, *more: Any, **named: Any) -> Tensor:
        """What the layer makes of each row's own prompt, some words of which are raised in some rows."""
        biases = choose_acting(self.acting.biases, x.shape[1])
        raised, plain = ([n for n, each in enumerate(biases) if bool(each) == found] for found in (True, False))
        if not raised:
            return self.forward(x, context, *more, **named)
        value = named.get("value")
        texts = context[raised], None if value is None else value[raised]
        own = attend(self.layer, x[raised], texts, [biases[n] for n in raised], self.acting.habits)
        if not plain:
            return own
        told = {**named, "value": value[plain]} if value is not None else named
        made = own.new_empty(len(x), *own.shape[1:])
        made[raised], made[plain] = own, self.forward(x[plain], context[plain], *more, **told)
        return made


@contextlib.contextmanager
def act_in_cross_attention(
    engine: Any, rows: Sequence[Row], heard: set[int], habits: Habits, replaced: Any = None
) -> Iterator[None]:
    """For the time of a `with`, have a checkpoint's cross-attention do what the records of a call's rows say.

    Nothing is changed where they say nothing. `replaced` are the layers that somebody else answers for; HostError where
    there are any, since they would not hear of regions. `heard` are the checkpoints whose layers this run has called,
    by their ids; HostError where none of one was yet, as later calls may be answered from a cache. `habits` are those
    of the program's own attention.
    """
    mixture, biases = Mixture.of([row.attention for row in rows]), [row.attention.biases for row in rows]
    if mixture is None and not any(biases):
        yield
        return
    layers = find_layers(engine)
    own = [vars(layer).get("forward") for layer in layers]
    _expect_free(replaced or (any(biases) and _list_held(layers)))
    called = set[int]()
    acting = Acting(mixture, biases, habits, lambda: called.add(id(engine)))
    try:
        for layer in layers:
            layer.forward = ActingForward(layer, layer.forward, acting)
        yield
        heard |= called
        if id(engine) not in heard:
            cure = "switch off what draws in its place, such as TensorRT, or set attention to none"
            raise HostError("attention", "the checkpoint's own cross-attention to be called", "no call of it", cure)
    finally:
        for layer, forward in zip(layers, own, strict=True):
            if forward is None:
                vars(layer).pop("forward", None)
            else:
                layer.forward = forward


def _list_held(layers: Sequence[Any]) -> list[Any]:
    """The layers whose forward somebody has replaced on the object; what was put back as it was is nobody's."""
    held = ((layer, vars(layer).get("forward")) for layer in layers)
    return [layer for layer, own in held if own and getattr(own, "__func__", None) is not type(layer).forward]


def _expect_free(replaced: Any) -> None:
    """HostError where somebody else answers for layers, and would not hear of what acts there, or not be heard."""
    if replaced:
        cure = "switch off what replaces it, such as an IP-Adapter, or set attention to none"
        raise HostError("attention", "cross-attention that nothing else replaces", f"{len(replaced)} layers", cure)
