"""A small network in the form in which Forge and Forge Neo have Flux, with blocks of both kinds."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

HIDDEN, HEADS, WIDTH = 16, 2, 8
Attend = Callable[[Tensor, Tensor, Tensor], Tensor]


def attend_plainly(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention [B, tokens, channels] of what is [B, heads, tokens, width]."""
    probabilities = (query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5).softmax(dim=-1)
    return (probabilities @ value).transpose(1, 2).flatten(2)


class Modulation(nn.Module):
    """Shift, scale and gate, once or twice: one after another as Forge has them, or as Neo's `records`."""

    def __init__(self, times: int, records: bool) -> None:
        super().__init__()
        self.times, self.records, self.lin = times, records, nn.Linear(HIDDEN, 3 * times * HIDDEN)

    def forward(self, vec: Tensor) -> Any:
        """Of a vector [B, channels]."""
        made = self.lin(vec)[:, None].chunk(3 * self.times, dim=-1)
        if not self.records:
            return made
        threes = zip(*(made[number::3] for number in range(3)), strict=True)
        found = [SimpleNamespace(shift=shift, scale=scale, gate=gate) for shift, scale, gate in threes]
        return (*found, None)[:2]


class Norm(nn.Module):
    """What makes queries and keys as long as one another."""

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Both, divided by their length."""
        return 2 * nn.functional.normalize(query, dim=-1), 2 * nn.functional.normalize(key, dim=-1)


class Attention(nn.Module):
    """The layers around one side's attention."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.proj, self.norm = nn.Linear(HIDDEN, 3 * HIDDEN), nn.Linear(HIDDEN, HIDDEN), Norm()

    def project(self, features: Tensor) -> list[Tensor]:
        """Queries, keys, values [B, heads, tokens, width]."""
        return split(self.qkv(features), self.norm)


def split(made: Tensor, norm: Norm) -> list[Tensor]:
    """Queries, keys, values of all three side by side."""
    batch, tokens, _ = made.shape
    query, key, value = made.view(batch, tokens, 3, HEADS, WIDTH).permute(2, 0, 3, 1, 4)
    return [*norm(query, key, value), value]


def read(made: Any) -> list[tuple[Tensor, Tensor, Tensor]]:
    """What a modulation says, in threes."""
    if isinstance(made[0], Tensor):
        return [tuple(made[start : start + 3]) for start in range(0, len(made), 3)]
    return [(each.shift, each.scale, each.gate) for each in made if each is not None]


class DoubleBlock(nn.Module):
    """Prompt and picture apart, with layers of their own."""

    img_mod: Any
    img_norm1: Any
    img_attn: Any
    img_norm2: Any
    img_mlp: Any
    txt_mod: Any
    txt_norm1: Any
    txt_attn: Any
    txt_norm2: Any
    txt_mlp: Any

    def __init__(self, network: Any, records: bool) -> None:
        super().__init__()
        self.num_heads, self.hidden_size, self.whole = HEADS, HIDDEN, (network,)
        for side in ("img", "txt"):
            setattr(self, f"{side}_mod", Modulation(2, records))
            setattr(self, f"{side}_attn", Attention())
            for number in (1, 2):
                setattr(self, f"{side}_norm{number}", nn.LayerNorm(HIDDEN, elementwise_affine=False))
            setattr(self, f"{side}_mlp", nn.Sequential(nn.Linear(HIDDEN, 20), nn.GELU(), nn.Linear(20, HIDDEN)))

    def forward(self, img: Tensor, txt: Tensor, vec: Tensor, pe: Tensor, attn_mask: Any = None, **told: Any) -> Any:
        """Features of both."""
        mods = [read(side(vec)) for side in (self.txt_mod, self.img_mod)]
        normed = [self.txt_norm1(txt), self.img_norm1(img)]
        parts = [
            attn.project(each * (1 + mod[0][1]) + mod[0][0])
            for attn, each, mod in zip((self.txt_attn, self.img_attn), normed, mods, strict=True)
        ]
        query, key, value = (torch.cat(each, dim=2) for each in zip(*parts, strict=True))
        seen = self.whole[0].see(query, key, value, pe)
        txt = txt + mods[0][0][2] * self.txt_attn.proj(seen[:, : txt.shape[1]])
        img = img + mods[1][0][2] * self.img_attn.proj(seen[:, txt.shape[1] :])
        txt = txt + mods[0][1][2] * self.txt_mlp(self.txt_norm2(txt) * (1 + mods[0][1][1]) + mods[0][1][0])
        return img + mods[1][1][2] * self.img_mlp(self.img_norm2(img) * (1 + mods[1][1][1]) + mods[1][1][0]), txt


class SingleBlock(nn.Module):
    """Prompt and picture together."""

    def __init__(self, network: Any, records: bool) -> None:
        super().__init__()
        self.num_heads, self.hidden_size, self.whole = HEADS, HIDDEN, (network,)
        self.modulation, self.norm, self.mlp_act = Modulation(1, records), Norm(), nn.GELU()
        self.pre_norm = nn.LayerNorm(HIDDEN, elementwise_affine=False)
        self.linear1, self.linear2 = nn.Linear(HIDDEN, 3 * HIDDEN + 20), nn.Linear(HIDDEN + 20, HIDDEN)

    def forward(self, x: Tensor, vec: Tensor, pe: Tensor, attn_mask: Any = None, **told: Any) -> Tensor:
        """Features of both."""
        ((shift, scale, gate),) = read(self.modulation(vec))
        made = self.linear1(self.pre_norm(x) * (1 + scale) + shift)
        seen = self.whole[0].see(*split(made[..., : 3 * HIDDEN], self.norm), pe)
        return x + gate * self.linear2(torch.cat([seen, self.mlp_act(made[..., 3 * HIDDEN :])], dim=-1))


class FakeFlux(nn.Module):
    """The network: so many blocks of both kinds, random weights; `extra` tokens come behind those of the picture."""

    def __init__(self, double: int = 1, single: int = 1, records: bool = False, extra: int = 0) -> None:
        super().__init__()
        self.attend: Attend = attend_plainly
        self.extra, self.records = extra, records
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(4)
            self.img_in, self.txt_in, self.out = nn.Linear(12, HIDDEN), nn.Linear(3, HIDDEN), nn.Linear(HIDDEN, 12)
            self.double_blocks = nn.ModuleList(DoubleBlock(self, records) for _ in range(double))
            self.single_blocks = nn.ModuleList(SingleBlock(self, records) for _ in range(single))
        self.eval().requires_grad_(False)

    def see(self, query: Tensor, key: Tensor, value: Tensor, pe: Tensor) -> Tensor:
        """Attention of tokens at their places."""
        return self.attend(self.turn(query, pe), self.turn(key, pe), value)

    @staticmethod
    def turn(values: Tensor, pe: Tensor) -> Tensor:
        """Features turned by the matrices of their places."""
        return torch.einsum("bntij,bhntj->bhnti", pe[:, 0], values.unflatten(-1, (-1, 2))).flatten(3)

    def forward(self, x: Tensor, text: Tensor) -> Tensor:
        """The mean of the data in each cell [N, 3, h, w]."""
        height, width = (side // 2 for side in x.shape[-2:])
        patches = x.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)
        img, txt = self.img_in(patches), self.txt_in(text)
        img = torch.cat([img, img[:, : self.extra]], dim=1)
        vec, pe = torch.ones(len(x), HIDDEN), self.place(len(x), txt.shape[1], img.shape[1], width)
        told = {"attn_mask": None, "transformer_options": {}} if self.records else {}
        for block in self.double_blocks:
            img, txt = block(img=img, txt=txt, vec=vec, pe=pe, **told)
        both = torch.cat([txt, img], dim=1)
        for block in self.single_blocks:
            both = block(both, vec=vec, pe=pe, **told)
        made = self.out(both[:, txt.shape[1] :][:, : height * width])
        cells = made.unflatten(1, (height, width)).unflatten(3, (3, 2, 2)).permute(0, 3, 1, 4, 2, 5)
        return cells.flatten(4).flatten(2, 3)

    def place(self, batch: int, text: int, picture: int, width: int) -> Tensor:
        """Matrices [B, 1, tokens, pairs, 2, 2] that turn each token by its place; prompts have none."""
        places = torch.arange(picture)
        angles = torch.stack([places // width, places % width, places // width * 0.3, places % width * 0.3], dim=-1)
        angles = torch.cat([torch.zeros(text, 4), angles.float()])
        turned = torch.stack([angles.cos(), -angles.sin(), angles.sin(), angles.cos()], dim=-1)
        return turned.unflatten(-1, (2, 2)).expand(batch, 1, -1, -1, -1, -1)
