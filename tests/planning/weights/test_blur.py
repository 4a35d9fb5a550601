"""Blur: a Gaussian cut at three deviations, borders repeated or joined, whatever its deviation costs."""

from __future__ import annotations

import math
from statistics import NormalDist

import cv2
import numpy as np
import pytest

from blur_definition import definition
from lib_regiondiff.planning.weights.blur import EXACT, blur


def pictures(height: int, width: int) -> dict[str, np.ndarray]:
    """Weights that a blur has trouble with."""
    draw = np.random.default_rng(3)
    disc = np.zeros((height, width), np.float32)
    cv2.circle(disc, (width // 3, height // 2), height // 4, 1.0, -1)
    noise = (draw.random((height, width)) < 0.5).astype(np.float32)
    blocks = cv2.resize((draw.random((7, 9)) < 0.5).astype(np.float32), (width, height), interpolation=0)
    border = np.zeros((height, width), np.float32)
    border[:, :5] = 1
    return {"disc": disc, "noise": noise, "blocks": blocks, "border": border}


@pytest.mark.parametrize("ring", [False, True])
@pytest.mark.parametrize("deviation", [0.4, 3, EXACT, 9, 13, 40, 300])
@pytest.mark.parametrize("name", ["disc", "noise", "blocks", "border"])
def test_a_blur_is_its_definition(name: str, deviation: float, ring: bool) -> None:
    weight = pictures(96, 141)[name]
    most = 1e-5 if deviation <= EXACT else 0.01
    assert np.abs(blur(weight, deviation, ring) - definition(weight, deviation, ring)).max() < most


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (64, 8), (333, 64)])
@pytest.mark.parametrize("deviation", [20.0, 1024.0, 262144.0])
def test_what_is_all_one_stays_so_and_shares_stay_shares(size: tuple[int, int], deviation: float) -> None:
    weight = np.random.default_rng(1).random(size).astype(np.float32)
    for ring in (False, True):
        assert np.allclose(blur(np.ones(size, np.float32), deviation, ring), 1, atol=1e-5)
        soft, other = blur(weight, deviation, ring), blur(1 - weight, deviation, ring)
        assert soft.shape == size and soft.min() >= 0 and np.allclose(soft + other, 1, atol=1e-5)


def test_nothing_is_seen_from_beyond_three_deviations() -> None:
    weight = np.zeros((1, 400), np.float32)
    weight[:, 200:] = 1
    for deviation in (4.0, 12.0, 30.0):
        soft, far = blur(weight, deviation)[0], math.ceil(3 * deviation + deviation / 4)
        assert soft[: 200 - far].max() == 0 and soft[200 + far :].min() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("deviation", [5.0, 20.0, 60.0])
def test_an_edge_is_the_normal_distribution(deviation: float) -> None:
    edge = np.zeros((1, 600), np.float32)
    edge[:, 300:] = 1
    for offset in (0, 10, 25):
        wanted = NormalDist(0, deviation).cdf(offset + 0.5)
        assert blur(edge, deviation)[0, 300 + offset] == pytest.approx(wanted, abs=0.005)


def test_a_long_deviation_costs_no_more_than_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Taps times cells, whatever a document asks for."""
    seen = []
    plain = cv2.GaussianBlur

    def counted(weight: np.ndarray, taps: tuple[int, int], *given: float, **named: float) -> np.ndarray:
        seen.append(weight.size * sum(taps))
        return plain(weight, taps, *given, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(cv2, "GaussianBlur", counted)
    weight = np.zeros((512, 700), np.float32)
    for deviation in (10.0, 40.0, 128.0, 1024.0, 32768.0):
        for ring in (False, True):
            blur(weight, deviation, ring)
    assert max(seen) < weight.size * 2 * (6 * EXACT + 1)
