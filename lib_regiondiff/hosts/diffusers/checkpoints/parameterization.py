"""What a checkpoint's network predicts, noise or velocity, and its noise schedule, as the file or the network tells."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call

NOISE, VELOCITY = "epsilon", "v_prediction"
WORDS = {"epsilon": NOISE, "eps": NOISE, "v": VELOCITY, "v_prediction": VELOCITY}
DESCRIPTION = re.compile(r"unet_config|network_config")
VELOCITY_IN_YAML = re.compile(r"""parameterization["']?\s*:\s*["']?v\b|denoiser_scaling\.VScaling\b""")
SIDE, TOKENS, LAST = 16, 77, 999


def read_prediction(names: Mapping[str, Any], notes: Mapping[str, str], path: Path) -> str | None:
    """What a file says that its network predicts, by a weight `v_pred`, a yaml beside it or its notes; None if nothing.

    `names` are those of its weights. The answer is NOISE or VELOCITY.
    """
    if "v_pred" in names:
        return VELOCITY
    beside = path.with_suffix(".yaml")
    text = beside.read_text(encoding="utf-8", errors="replace") if beside.is_file() else ""
    if DESCRIPTION.search(text):
        return VELOCITY if VELOCITY_IN_YAML.search(text) else NOISE
    return WORDS.get(notes.get("modelspec.prediction_type", "").lower())


def read_schedule(names: Mapping[str, Any]) -> dict[str, Any]:
    """How a file's noise schedule differs from its kind's: a weight `ztsnr` says that it ends without signal."""
    return {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"} if "ztsnr" in names else {}


def probe_prediction(unet: Any, asked: bool) -> str:
    """What a UNet predicts whose file does not say it: NOISE, unless it is `asked` and answers as for VELOCITY.

    Its answer to pure noise at the last level is this noise again, or hardly any of it. Raises ValueError where the
    answer is not finite.
    """
    kept = _measure_kept(unet) if asked else 1.0
    if not math.isfinite(kept):
        raise ValueError("the UNet answers with NaN or infinity")
    return NOISE if kept > 0.5 else VELOCITY


@torch.no_grad()
def _measure_kept(unet: Any) -> float:
    """The share of the input that a UNet's answer at the last level holds: about 1 for noise, 0 for velocity.

    Asked in bfloat16, which every CPU takes and which costs half the memory.
    """
    weights = {name: value.detach().to(torch.bfloat16) for name, value in unet.named_parameters()}
    x = torch.randn(1, unet.config.in_channels, SIDE, SIDE, generator=torch.Generator().manual_seed(0)).bfloat16()
    nothing = torch.zeros(1, TOKENS, unet.config.cross_attention_dim, dtype=torch.bfloat16)
    answer: Tensor = functional_call(unet, weights, (x, LAST, nothing), {"return_dict": False})[0].float()
    return float((answer * x.float()).sum() / x.float().square().sum())
