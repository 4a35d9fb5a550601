"""Paint with Words' plans: one sentence for the whole picture, and which of its words are raised where."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fakes import GaussianHost, clock_of
from lib_regiondiff.denoising.rows import Call, Frame, ask
from lib_regiondiff.errors import HostError, PaletteError
from lib_regiondiff.host import PLAIN, Row
from lib_regiondiff.planning.attention.bias import holds, make_sentence
from lib_regiondiff.planning.brush_texts import BrushText
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from plan_cases import LEVELS, brush, palette, plan

LEFT, RIGHT = {"rectangle": [0, 0, 0.5, 1]}, {"rectangle": [0.5, 0, 1, 1]}


def biased(brushes: Any, **more: Any) -> Plan:
    head = {"attention": "bias", "bias": {"noise": "1", "scale": 2}, "background": {"prompt": "0 5 boat"}}
    return plan(palette(brushes=brushes, **head | more))


def rows_at(made: Plan, step: int = 0) -> list[Row]:
    return ask([Frame.of(made, LEVELS[step])], Call(7))[0]


@pytest.mark.parametrize(
    ("sentence", "phrase", "is_there"),
    [
        ("a cat on a mat", "cat", True),
        ("a Cat  on a mat", "cat on", True),
        ("a hot dog", "ot dog", False),
        ("cats", "cat", False),
        ("a cat", "", False),
        ("a lake (red moon:1.2)", "red moon", True),
        ("a cat", " ", False),
        ("a cat on a mat", "on, a", False),
        ("1+1", "1+1", True),
    ],
)
def test_words_stand_in_a_sentence_as_words(sentence: str, phrase: str, is_there: bool) -> None:
    assert holds(sentence, phrase) == is_there


@pytest.mark.parametrize(
    ("texts", "more", "wanted"),
    [
        (["a lake", "a boat", "a boat", "lake"], {}, "a lake, a boat"),
        (["", "a boat,", "the red moon", "moon"], {}, "a boat, the red moon"),
        (["a lake,", "a boat"], {"prefix": "art of ", "suffix": ", sharp"}, "art of a lake, a boat, sharp"),
        (["a lake", "a boat"], {"suffix": ", on {background}"}, "a lake, a boat"),
        (["", ""], {}, ""),
    ],
)
def test_the_sentence_has_the_words_of_all_brushes_once(texts: list[str], more: Any, wanted: str) -> None:
    assert make_sentence(palette(**more), texts) == wanted


def test_one_row_says_all_and_raises_each_brush_s_words_where_it_is() -> None:
    made = biased([brush("a", LEFT, "boat"), brush("b", RIGHT, "7 moon", weight=0.5, prompt_strength=0.5)])
    positive, negative = rows_at(made)
    assert negative.attention is PLAIN and not positive.attention.contexts
    assert getattr(positive.cond, "said", ()) == ("0", "5", "boat", "7", "moon")
    boat, moon = positive.attention.biases
    assert boat.spans == (slice(2, 3),) and moon.spans == (slice(3, 5),)
    assert boat.weight[:, :8].unique().tolist() == [2.0] and boat.weight[:, 8:].unique().tolist() == [0.0]
    assert moon.weight[:, 8:].unique().tolist() == [0.5] and made.single is None and not made.plain


def test_the_sentence_is_no_longer_than_a_prompt_may_be() -> None:
    texts = ["a lake", *(f"{'a ' * 4000}{number}" for number in range(64))]
    with pytest.raises(PaletteError, match="brushes: expected prompts of at most 20000 letters together") as caught:
        biased([brush(f"b{number}", LEFT, text) for number, text in enumerate(texts[1:])])
    assert caught.value.problems[0].path == "brushes"
    assert make_sentence(palette(), ["", *["a " * 9999] * 64]) == ("a " * 9999).strip()


@pytest.mark.parametrize("more", [{"bias": {"scale": 0}}, {"brushes": []}])
def test_nothing_to_raise_is_the_host_s_own_picture(more: Any) -> None:
    document = {"brushes": [brush("a", LEFT, "0 5 boat")], "attention": "bias", "background": {"prompt": "0 5 boat"}}
    made = plan(palette(**document | more))
    assert made.plain and all(row.attention is PLAIN for row in rows_at(made))


@pytest.mark.parametrize("formula", [None, lambda w, sigma, scores: w * sigma])
def test_at_scale_zero_the_picture_is_the_host_s_own_of_the_whole_prompt(formula: Any) -> None:
    head = {"attention": "bias", "bias": {"scale": 0}, "background": {"prompt": "0 5"}}
    document = palette(brushes=[brush("a", LEFT, "boat")], **head)
    made = make_plan(document, Job(document.size, clock_of(LEVELS), (1,), formula=formula), GaussianHost())
    (row,) = {id(each.cond): each for each in rows_at(made) if not each.negative}.values()
    assert made.plain and row.attention is PLAIN and row.cond.says("boat")


def test_a_brush_that_is_everywhere_is_raised_everywhere() -> None:
    made = biased([brush("a", {"rectangle": [0, 0, 1, 1]}, "boat")])
    (bias,) = rows_at(made)[0].attention.biases
    assert bias.weight.unique().tolist() == [2.0]


def test_scale_zero_keeps_the_prompts_of_brushes_out_of_the_picture() -> None:
    """Off is off: what remains is the sentence of nobody, a picture by the background's prompt and regions' own."""
    made = plan(palette(brushes=[brush("a", LEFT, "9")], attention="bias", bias={"scale": 0}))
    assert all(not row.attention.biases for row in rows_at(made))


def test_levels_and_intervals() -> None:
    made = biased(
        [brush("a", LEFT, "boat"), brush("b", RIGHT, "moon", start=0.5)],
        bias={"noise": "sigma", "scale": 1, "start": 0.2, "stop": 0.8},
    )
    counts = [len(rows_at(made, step)[0].attention.biases) for step in range(len(LEVELS) - 1)]
    assert counts[0] == 0 and counts[-1] == 0 and counts[2] == 1 and counts[6] == 2
    weights = [float(rows_at(made, step)[0].attention.biases[0].weight.max()) for step in (2, 6)]
    assert weights == pytest.approx([LEVELS[step].beta for step in (2, 6)], rel=1e-5)


def test_each_picture_of_a_batch_has_its_own_words() -> None:
    document = palette(brushes=[brush("a", LEFT, "boat")], attention="bias", background={"prompt": "0"})
    texts = ({}, {"a": BrushText("moon", "")})
    made = make_plan(document, Job(document.size, clock_of(LEVELS), (1, 2), texts), GaussianHost())
    rows, _ = ask([Frame.of(made, LEVELS[0], image) for image in (0, 1)], Call(1))
    assert [getattr(row.cond, "said", ()) for row in rows] == [("0", "boat"), ("0", "moon")]
    assert all(row.attention.biases[0].spans == (slice(1, 2),) for row in rows)


def test_guidance_and_negatives_of_brushes_stay_their_own() -> None:
    made = biased([brush("a", LEFT, "boat", guidance=3), brush("b", RIGHT, "moon", negative="4 fog")])
    positive, negative = rows_at(made)
    assert not positive.attention.contexts and len(negative.attention.contexts) == 1
    (view,) = made.views(LEVELS[0])
    scale = Call(7).choose_scale(view)
    assert isinstance(scale, torch.Tensor) and scale[0, 0] == 3 and scale[0, -1] == 7


def test_things_keep_prompts_of_their_own() -> None:
    spot = {"rectangle": [0.4, 0.4, 0.6, 0.6]}
    host = GaussianHost(native=128)
    document = palette(256, 256, brushes=[brush("a", LEFT, "boat"), brush("t", spot, "7", kind="thing")],
                       attention="bias", background={"prompt": "0"})  # fmt: skip
    views = plan(document, host).views(LEVELS[0])
    said = {view.names: getattr(view.region.conds[0][0].cond, "said", ()) for view in views}
    assert said[("t",)] == ("7",) and ("0", "boat") in said.values()


@pytest.mark.parametrize(("said", "where"), [("1 AND 2", r"brushes\[1\].prompt"), ("2", "background.prompt")])
def test_joined_prompts_are_refused_where_they_are(said: str, where: str) -> None:
    ground = {"prompt": "1 AND 2" if said == "2" else "1"}
    with pytest.raises(HostError, match=f"^{where}: expected no AND, because of attention 'bias', got '1 AND 2'; join"):
        biased([brush("a", LEFT, "boat"), brush("b", RIGHT, said)], background=ground)


def test_a_brush_s_own_guidance_acts_where_the_others_have_none() -> None:
    plain, guided = (
        biased([brush("a", LEFT, "boat"), brush("b", RIGHT, "moon") | own], guidance=1) for own in ({}, {"guidance": 5})
    )
    frames = [Frame.of(each, LEVELS[0]) for each in (plain, guided)]
    assert [len(ask([frame], Call(1))[0]) for frame in frames] == [1, 2]


class Deaf(GaussianHost):
    """A host that takes words to pieces."""

    def encode(self, prompt: Any) -> Any:
        made = super().encode(prompt)
        return tuple(type(part)(type(part.cond)(0.0, 77, ("0",)), part.weight) for part in made)  # type: ignore[call-arg]


def test_words_that_are_not_encoded_as_they_are_written_are_refused() -> None:
    document = palette(brushes=[brush("a", LEFT, "boat")], attention="bias")
    with pytest.raises(HostError, match=r"^attention: expected words that stand in the whole prompt, got 'boat'; "):
        plan(document, Deaf())


def test_by_area_small_brushes_are_raised_more() -> None:
    spot = brush("b", {"rectangle": [0.5, 0, 1, 0.5]}, "moon")
    made = biased([brush("a", LEFT, "boat"), spot], bias={"noise": "1", "scale": 2, "area": 1})
    boat, moon = rows_at(made)[0].attention.biases
    assert float(boat.weight.max()) == pytest.approx(2 * (1 - 1 / 2)) and float(moon.weight.max()) == pytest.approx(1.5)


@given(st.integers(1, 16), st.integers(1, 31), st.sampled_from([0, 0.25, 1]), st.booleans())
def test_each_word_is_raised_by_the_paper_s_factor_of_its_share_of_the_canvas(
    high: int, wide: int, area: float, tiled: bool
) -> None:
    """DenseDiffusion, arXiv 2308.12964: 1 - S, where S is the share of the whole canvas, also in tiles."""
    document = palette(
        width=256,
        brushes=[brush("a", {"rectangle": [0, 0, wide / 32, high / 16]}, "boat", weight=3)],
        attention="bias",
        bias={"noise": "1", "scale": 2, "area": area},
        tiles={"width": 64, "height": 64, "overlap": 16} if tiled else None,
    )
    covered = torch.zeros(16, 32)
    covered[:high, :wide] = 1
    wanted = 2 * 3 * (1 - area * (high * wide) / (16 * 32)) * covered
    raised = [row for row in rows_at(plan(document)) if row.attention.biases]
    assert len(raised) > (1 if tiled and high * wide > 64 else 0) or area == 1
    for row in raised:
        (bias,) = row.attention.biases
        assert torch.allclose(bias.weight, row.box.crop(wanted), atol=1e-6)


def test_layers_and_a_formula_of_one_s_own_reach_the_rows() -> None:
    document = palette(brushes=[brush("a", LEFT, "boat")], attention="bias", bias={"layers": "coarse"})
    job = Job(document.size, clock_of(LEVELS), (1,), formula=lambda w, sigma, scores: w * sigma)
    made = make_plan(document, job, GaussianHost())
    (bias,) = rows_at(made)[0].attention.biases
    assert bias.layers == "coarse" and callable(bias.scores)
    assert bias.scores(torch.ones(3, 1), torch.ones(1, 3, 9)).tolist() == [[pytest.approx(LEVELS[0].beta)]] * 3
