"""A second device on a machine that has none: its tensors hold the CPU's numbers, but never mix with the CPU's own.

It goes by the name of `meta`, the one device besides the CPU that every build of torch knows. As on a CUDA device,
single numbers and the indices of a selection may stay on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

DEVICE = torch.device("meta")
aten = torch.ops.aten
CROSSING = {aten._to_copy.default, aten.copy_.default, aten._local_scalar_dense.default}
SELECTING = {aten.index.Tensor, aten.index_put.default, aten.index_put_.default, aten._index_put_impl_.default}


class There(Tensor):
    """A tensor on that device; `here` is what it holds."""

    here: Tensor

    @staticmethod
    def __new__(cls, here: Tensor) -> There:
        kind: Any = Tensor._make_wrapper_subclass  # pyright: ignore[reportAttributeAccessIssue]
        made: There = kind(cls, here.size(), here.stride(), here.storage_offset(), dtype=here.dtype, device=DEVICE)
        made.here = here
        return made

    def __repr__(self, **_: Any) -> str:
        return f"There({self.here!r})"

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return run(func, args, kwargs or {})


class Elsewhere(TorchDispatchMode):
    """While it is on, what is made on that device or brought there is a tensor of it."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return run(func, args, kwargs or {})


def run(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Compute an operation with the numbers of all tensors, and put its result where it belongs."""
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
    inside = [each for each in tensors if isinstance(each, There)]
    if any(each.is_meta for each in tensors if not isinstance(each, There)):
        raise RuntimeError(f"{func}: a tensor was made there without passing here; make it on the CPU, then move it")
    device = kwargs.get("device")
    there = bool(inside) if device is None else torch.device(device).type == DEVICE.type
    if inside and func not in CROSSING:
        strangers = [each for each in (args[:1] if func in SELECTING else tensors) if is_stranger(each)]
        if strangers:
            raise RuntimeError(f"{func}: tensors of two devices, one of shape {tuple(strangers[0].shape)} on the CPU")
    if there and device is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    known = {id(each.here if isinstance(each, There) else each): each for each in tensors}
    plain_args, plain_kwargs = tree_map(lambda x: x.here if isinstance(x, There) else x, (tuple(args), kwargs))
    made = func(*plain_args, **plain_kwargs)
    return tree_map(placed(known), made) if there else made


def is_stranger(x: Any) -> bool:
    """Whether something is a tensor on the CPU that is more than one number."""
    return isinstance(x, Tensor) and not isinstance(x, There) and x.ndim > 0


def placed(known: dict[int, Tensor]) -> Callable[[Any], Any]:
    """Puts results on the device; what was changed in place is the tensor that it was."""
    return lambda x: known.get(id(x), There(x)) if isinstance(x, Tensor) else x
