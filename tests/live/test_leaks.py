"""Jobs that end badly leave nothing: the next plain job is the same bit for bit."""

from __future__ import annotations

from typing import Any

import pytest

from live.client import Refused, WebUI
from live.colours import columns, needs

pytestmark = pytest.mark.live
OVERFLOW = f"(red:{'9' * 40})"  # its condition is not finite
LONG = 100


@pytest.fixture(params=["Euler a", "DDIM"])
def sampler(request: pytest.FixtureRequest, webui: WebUI) -> str:
    """One of each kind."""
    needs(webui, request.param)
    return request.param


@pytest.fixture
def same_after(webui: WebUI, sampler: str) -> Any:
    """Draws a plain picture before and after a test: the files must be equal."""
    before = webui.draw(sampler_name=sampler).files
    yield
    assert webui.draw(sampler_name=sampler).files == before


@pytest.mark.parametrize(
    ("palette", "said"),
    [
        ("{", "palette"),
        ({"version": 1, "brushes": [{"id": "a", "prompt": "red"}]}, "brushes[0].mask"),
        (columns("red", "blue", attention="bias", bootstrap={"levels": 2}), "bootstrap.levels"),
        ("", "palette"),
    ],
)
@pytest.mark.parametrize("sampler", ["Euler"], indirect=True)
def test_what_is_wrong_with_a_palette_is_told(
    webui: WebUI, sampler: str, same_after: None, palette: object, said: str
) -> None:
    with pytest.raises(Refused) as refused:
        webui.draw(palette, sampler_name=sampler)
    assert refused.value.status == 422
    assert said in str(refused.value.body["detail"])


def test_a_prediction_that_is_not_finite_ends_the_job(webui: WebUI, sampler: str, same_after: None) -> None:
    palette = columns("blue", OVERFLOW)
    palette["brushes"][1]["start"] = 0.5  # in the middle of sampling
    with pytest.raises(Refused) as refused:
        webui.draw(palette, sampler_name=sampler)
    assert refused.value.status == 500
    assert "prediction of c1 at" in str(refused.value.body) and "finite" in str(refused.value.body)


def test_an_interrupt_ends_the_job(webui: WebUI, sampler: str, same_after: None) -> None:
    reached, made = webui.draw_interrupted(columns("red", "blue"), LONG, sampler_name=sampler)
    assert 2 <= reached < LONG // 2
    assert len(made.pictures) == 1


def test_emphasis_in_a_brush_is_told_of_its_own_picture_alone(webui: WebUI) -> None:
    with webui.options(emphasis="No norm"):
        made = webui.draw(columns("(red:1.2)", "blue"), sampler_name="Euler")
        plain = webui.draw(prompt="a prompt that was not drawn before", sampler_name="Euler")
    assert "Emphasis: No norm" in made.infotexts[0]
    assert "Emphasis" not in plain.infotexts[0]
