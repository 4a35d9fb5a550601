"""The exact denoiser of a finite set of pictures: x and its noise level -> the mean of what may be below the noise.

For pictures x_i that are all as likely, Bayes' rule says what any network is trained towards: x0(x) is the sum of
softmax_i(-|x - alpha x_i|^2 / (2 beta^2)) x_i. `ExactDenoiser` stands in a pipeline where its UNet was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from lib_regiondiff.errors import HostError

MakeSet = Callable[[int, int], Tensor]
"""Height and width in cells -> the pictures of a prompt, clean latents [K, C, h, w]."""


def denoise(x: Tensor, alpha: float, beta: float, pictures: Tensor) -> Tensor:
    """The mean x0 [C, h, w] of pictures [K, C, h, w], given one of them in x [C, h, w] = alpha x0 + beta noise."""
    every = pictures.flatten(1)
    distances = (x.flatten() - alpha * every).square().sum(dim=1)
    shares = torch.softmax(-distances / (2 * beta**2), dim=0)
    return (shares @ every).to(x.dtype).reshape(x.shape)


class ExactDenoiser(nn.Module):
    """Predicts noise as a UNet of Stable Diffusion does, by the exact denoiser of each prompt's set of pictures.

    `kept` [T] is the share alpha^2 of the picture in x at each timestep, `native` the side in cells of the pictures.
    `prompts` are the known ones: the text's embedding [1, tokens, channels] and the set that it names.
    """

    def __init__(self, kept: Tensor, native: int, channels: int) -> None:
        super().__init__()
        self.kept = kept
        self.config: Mapping[str, Any] = {"sample_size": native, "in_channels": channels}
        self.prompts: Mapping[str, tuple[Tensor, MakeSet]] = {}
        self.dtype, self.device = torch.float32, torch.device("cpu")

    def forward(self, x: Tensor, t: Tensor, encoder_hidden_states: Tensor) -> SimpleNamespace:
        """`sample`: the noise [N, C, h, w] in x [N, C, h, w] at timesteps t [N], for prompts [N, tokens, channels]."""
        rows = zip(x, t.tolist(), encoder_hidden_states, strict=True)
        return SimpleNamespace(sample=torch.stack([self.predict(*row) for row in rows]))

    def predict(self, x: Tensor, t: float, embedding: Tensor) -> Tensor:
        """The noise [C, h, w] in x at a timestep; HostError for a prompt or a timestep that is not known."""
        if t not in range(len(self.kept)):
            raise HostError("timestep", f"a whole number below {len(self.kept)}", f"{t}")
        kept = float(self.kept[int(t)])
        alpha, beta = kept**0.5, (1 - kept) ** 0.5
        return (x - alpha * denoise(x, alpha, beta, self.find(embedding)(*x.shape[-2:]))) / beta

    def find(self, embedding: Tensor) -> MakeSet:
        """The set of the prompt with an embedding [tokens, channels]; HostError unless exactly one prompt has it."""
        found = [name for name, (known, _) in self.prompts.items() if torch.equal(known[0], embedding)]
        if len(found) != 1:
            raise HostError("prompt", f"one of {list(self.prompts)}", f"{found or 'none of them'}")
        return self.prompts[found[0]][1]
