"""The pre-flight list: each remark where it is due, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from PIL import Image

from fakes import GaussianHost
from lib_regiondiff.authoring.case import STEPS, make_case
from lib_regiondiff.authoring.cost import LEVEL, make_clock
from lib_regiondiff.authoring.notices import join_names
from lib_regiondiff.authoring.preflight import KINDS, JobContext, Notice, preflight
from lib_regiondiff.authoring.summary import describe_cost
from lib_regiondiff.denoising.rows import Call, Frame, ask
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.geometry import Size
from lib_regiondiff.planning.plan import Job, make_plan
from palettes import data_url, encoded, palettes, picture, sized

LEFT: dict[str, Any] = {"id": "l", "name": "left", "prompt": "1", "mask": {"rectangle": [0, 0, 0.5, 1]}}
RIGHT: dict[str, Any] = {"id": "r", "name": "right", "prompt": "2", "mask": {"rectangle": [0.5, 0, 1, 1]}}
MAIN = JobContext(prompt="a field")


def told(around: JobContext = MAIN, brushes: Sequence[Any] = (LEFT, RIGHT), **more: Any) -> tuple[Notice, ...]:
    """What is said about a palette."""
    return preflight(parse({"version": 1, "brushes": list(brushes)} | more), around)


def texts(kind: str, notices: Sequence[Notice]) -> list[str]:
    """The remarks of a kind."""
    return [notice.text for notice in notices if notice.kind == kind]


def test_two_halves_cost_one_row_more_and_nothing_is_wrong() -> None:
    stuff = [each | {"kind": "stuff"} for each in (LEFT, RIGHT)]
    assert told(brushes=stuff) == (Notice("note", "it takes about 1.5 times as long as a plain picture"),)


def test_what_the_first_step_decides_is_told_with_the_dearer_way() -> None:
    first, second = told()
    assert first.text == "it takes about twice as long as a plain picture"
    scene, end = "a picture of its own, or something that fills the mask?", "The first step decides"
    assert second.text == f"brush 1 (left) and brush 2 (right): {scene} {end}"
    upper = LEFT | {"id": "u", "name": "upper", "mask": {"rectangle": [0.1, 0.1, 0.4, 0.4]}}
    thing = "one thing, or something that fills the mask?"
    assert told(brushes=[upper])[-1].text == f"brush 1 (upper): {thing} {end}"
    (said,) = [each.text for each in told(brushes=[LEFT, RIGHT, upper]) if each.text.endswith(end)]
    assert said == f"brush 1 (left) and brush 2 (right): {scene} brush 3 (upper): {thing} {end}"


@pytest.mark.parametrize(
    ("names", "wanted"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (list("abc"), "a, b and c")]
)
def test_names_are_listed_as_in_a_sentence(names: str, wanted: str) -> None:
    assert join_names([*names]) == wanted


@pytest.mark.parametrize(
    ("background", "prompt", "due"),
    [
        ({"image": data_url(picture().data)}, "", True),
        ({"image": data_url(picture().data)}, "a field", False),
        ({"image": data_url(picture().data), "prompt": "a sea"}, "", False),
        ({"colour": "#123456"}, "", False),
    ],
)
def test_a_picture_that_nothing_describes_is_a_note(background: dict[str, Any], prompt: str, due: bool) -> None:
    notes = texts("note", told(JobContext(prompt=prompt), background=background))
    assert any("shows: the background has no prompt" in note for note in notes) == due


@pytest.mark.parametrize(
    ("brush", "remark"),
    [
        ({"mask": {"rectangle": [0.5, 0.5, 0.5001, 0.5001]}}, "its mask is empty"),
        (
            {"mask": {"rectangle": [0.5, 0, 0.51, 1]}},
            "too thin for whole things: nowhere does it have 24x24 pixels to itself, "
            "so that it shows a colour or a texture",
        ),
        ({"mask": {"rectangle": [0.5, 0.5, 0.58, 0.58]}}, "only 0.64 % of the canvas"),
        ({"prompt": " "}, "its prompt is empty"),
        ({"prompt": "<lora:a:1>"}, "its prompt holds nothing but tags"),
    ],
)
def test_a_brush_that_will_show_little_is_a_warning(brush: dict[str, Any], remark: str) -> None:
    assert texts("warning", told(brushes=[LEFT, RIGHT | brush])) == [f"brush 2 (right): {remark}"]
    assert texts("warning", told()) == []


def test_a_hidden_brush_is_a_warning() -> None:
    over = RIGHT | {"mask": {"rectangle": [0, 0, 1, 1]}}
    assert texts("warning", told(brushes=[LEFT, over])) == ["brush 1 (left): later brushes cover it wholly"]


@pytest.mark.parametrize(("kind", "hides"), [("thing", False), ("auto", False), ("stuff", True)])
def test_a_brush_that_things_cover_is_not_called_small(kind: str, hides: bool) -> None:
    ground = LEFT | {"kind": "stuff", "mask": {"rectangle": [0.2, 0.2, 0.5, 0.6]}}
    over = RIGHT | {"kind": kind, "mask": {"rectangle": [0.2, 0.26, 0.5, 0.6]}}
    size = {"width": 1024, "height": 1024}
    assert any("brush 1 (left)" in each for each in texts("warning", told(brushes=[ground, over], size=size))) is False
    over = over | {"mask": {"rectangle": [0.2, 0.224, 0.5, 0.6]}}
    small = texts("warning", told(brushes=[ground, over], size=size))
    assert any("brush 1 (left): only" in each for each in small) == hides


def test_thinness_is_measured_in_the_picture_not_in_the_palette() -> None:
    thin = LEFT | {"mask": {"rectangle": [0.5, 0, 0.54, 1]}}
    size = {"width": 1024, "height": 1024}
    assert texts("warning", told(brushes=[thin], size=size)) == []
    small = JobContext(prompt="a", size=Size(512, 512))
    assert "too thin" in texts("warning", told(small, [thin], size=size))[0]


def test_what_no_brush_covers_is_told_with_who_paints_it() -> None:
    assert "50.0 % of the canvas has no brush; the main prompt paints it" in texts("note", told(brushes=[LEFT]))
    own = told(brushes=[LEFT], background={"prompt": "fog"})
    assert "50.0 % of the canvas has no brush; the background's prompt paints it" in texts("note", own)
    nobody = texts("warning", told(JobContext(), [LEFT]))
    assert nobody == [
        "50.0 % of the canvas has no brush; nothing says what is there: the background and the main prompt are empty"
    ]


def test_negatives_count_only_where_they_are_asked() -> None:
    around = JobContext("a", "blur", guidance=1)
    brushes = [LEFT | {"negative": "ugly"}, RIGHT | {"negative": "red", "guidance": 5}]
    assert texts("warning", told(around, brushes)) == [
        "at guidance 1 a negative does nothing: that of background, brush 1 (left)"
    ]
    assert texts("warning", told(JobContext("a", "blur", guidance=2), brushes)) == []
    own = LEFT | {"negative": "ugly", "guidance": 1}
    assert texts("warning", told(MAIN, [own, RIGHT])) == [
        "at guidance 1 a negative does nothing: that of brush 1 (left)"
    ]
    joined = own | {"prompt": "1 AND 2"}
    assert texts("warning", told(MAIN, [joined, RIGHT])) == []
    assert texts("warning", told(JobContext("a", guidance=1), [LEFT | {"negative": ""}, RIGHT])) == []


def test_tags_of_a_brush_act_on_the_whole_picture() -> None:
    notes = texts("note", told(brushes=[LEFT | {"prompt": "1 <lora:a:1> <lyco:b>"}, RIGHT]))
    assert "brush 1 (left): <lora:a:1>, <lyco:b> applies to the whole picture, not to this brush alone" in notes


def test_wildcards_without_a_file_are_named() -> None:
    def files(name: str) -> Sequence[str] | None:
        return ["red", "__shade__ blue"] if name == "colour" else None

    around = JobContext(prompt="a", files=files)
    assert texts("warning", told(around, [LEFT | {"prompt": "__colour__"}, RIGHT])) == [
        "no file for the wildcard __shade__: it stays in the prompt as it is"
    ]
    assert texts("warning", told(around)) == []
    assert texts("warning", told(MAIN, [LEFT | {"prompt": "__colour__"}, RIGHT])) == []


def test_wildcards_that_cannot_be_drawn_are_errors_and_nothing_is_counted() -> None:
    around = JobContext(prompt="a", files=lambda name: None, count=len)
    notices = told(around, [LEFT | {"prompt": "{3$$a|b}"}, RIGHT])
    assert [notice.kind for notice in notices] == ["error"]
    assert notices[0].text.startswith("wildcards: expected at least 3 options")


def test_what_this_version_refuses_comes_first_as_errors() -> None:
    notices = told(brushes=[LEFT], nag={}, background={"prompt": "grass"})
    assert [notice.kind for notice in notices] == ["error", "note", "note"]
    assert [error.split(":")[0] for error in texts("error", notices)] == ["nag"]


def test_words_that_the_whole_prompt_lacks_are_named() -> None:
    around = JobContext(prompt="grass and a left thing")
    brushes = [LEFT | {"prompt": "left thing"}, RIGHT | {"prompt": "a boat"}]
    notes = texts("note", told(around, brushes, attention="bias"))
    assert [note for note in notes if "added" in note] == ["added to the whole picture's prompt: a boat"]
    assert not [note for note in texts("note", told(around, brushes)) if "added" in note]


def test_the_longest_prompt_is_named_as_it_is_encoded() -> None:
    around = JobContext(prompt="a very long main prompt", count=lambda text: len(text.split()))
    one = [LEFT | {"mask": {"rectangle": [0, 0, 1, 1]}}]
    assert "one prompt, that of brush 1 (left), has 1 token" in texts("note", told(around, one))
    brushes = [LEFT | {"prompt": "1 2 3 <lora:a:1>"}, RIGHT]
    (note,) = [text for text in texts("note", told(around, brushes)) if "tokens" in text]
    assert note == "2 prompts; the longest, that of brush 1 (left), has 3 tokens"
    (note,) = [text for text in texts("note", told(around, [LEFT])) if "tokens" in text]
    assert note == "2 prompts; the longest, that of the background, has 5 tokens"


def test_painted_masks_that_are_stretched_are_told() -> None:
    painted = LEFT | {"mask": data_url(picture(size=(64, 64)).data)}
    wide = JobContext(prompt="a", size=Size(512, 768))
    assert "the picture is 768x512, the palette 512x512: its painted masks are stretched" in texts(
        "note", told(wide, [painted])
    )
    for around, brush in ((JobContext(prompt="a", size=Size(1024, 1024)), painted), (wide, LEFT)):
        assert not [text for text in texts("note", told(around, [brush])) if "stretched" in text]


def cost(around: JobContext, brushes: Sequence[Any] = (LEFT, RIGHT), **more: Any) -> float:
    """How much work a palette is; the preview says so in words."""
    palette = parse({"version": 1, "brushes": [each | {"kind": "stuff"} for each in brushes]} | more)
    ratio = make_case(palette, around).ratio
    assert Notice("note", f"it takes {describe_cost(ratio)}") in preflight(palette, around)
    return ratio


def test_the_cost_is_that_of_the_rows() -> None:
    assert cost(JobContext(prompt="a", guidance=1)) == 2.0
    assert cost(MAIN, [LEFT | {"prompt": "a field"}, RIGHT | {"prompt": "a field"}]) == 1.0
    assert cost(JobContext(prompt="a AND b")) == 1.0
    wide = JobContext(prompt="a", size=Size(512, 1024))
    assert cost(wide) == 1.0  # each half has a window of its own
    assert cost(JobContext(prompt="a", guidance=1), background={"colour": "#123456"}) == 2.0


def test_the_cost_is_that_of_all_steps() -> None:
    assert cost(JobContext(prompt="a", guidance=1, steps=10), [LEFT | {"start": 0.5}]) == 1.5


def test_a_picture_under_the_brushes_alone_takes_no_time() -> None:
    assert cost(MAIN, [], background={"image": data_url(picture().data)}) == 0.0


@settings(max_examples=30, deadline=None)
@given(palettes())
def test_any_palette_is_looked_at_and_its_rows_are_those_of_a_plan(palette: Palette) -> None:
    around = JobContext(prompt="3", size=Size(192, 256), guidance=3.0, native=64)
    notices = preflight(palette, around)
    assert all(notice.kind in KINDS and notice.text.isprintable() for notice in notices)
    kinds = [KINDS.index(notice.kind) for notice in notices]
    assert kinds == sorted(kinds)
    refused = any(notice.kind == "error" for notice in notices)
    assert refused != any(notice.text.startswith("it takes ") for notice in notices)


def test_rows_are_counted_as_a_host_is_asked() -> None:
    brushes = [LEFT | {"negative": "4"}, RIGHT, RIGHT | {"id": "c", "prompt": "5", "mask": {"ellipse": [0, 0, 1, 1]}}]
    size = {"width": 1024, "height": 1024}
    palette = parse({"version": 1, "brushes": brushes, "size": size, "tiles": {"width": 512}})
    plan = make_plan(palette, Job(Size(1024, 1024), make_clock(STEPS), (0,)), GaussianHost(native=512))
    asked = [row.size.area for views in plan.steps for row in ask([Frame(plan, views, LEVEL)], Call(7.0))[0]]
    assert make_case(palette).ratio == sum(asked) / (STEPS * 2 * 128 * 128) > 1.5


def test_what_auto_chooses_is_told_where_the_steps_are_known() -> None:
    small = LEFT | {"mask": {"rectangle": [0, 0, 0.3, 0.3]}}
    few = JobContext(prompt="a field", guidance=1, steps=5)
    assert "auto chooses bootstrap levels 4, mix 1" in texts("note", told(few, [small]))
    for around in (JobContext(prompt="a field", guidance=1), JobContext(prompt="a field", steps=5)):
        assert not any("auto" in text for text in texts("note", told(around, [small])))


def test_what_webuis_refuse_is_an_error() -> None:
    assert any("nag: expected nothing" in text for text in texts("error", told(nag={})))
    assert texts("error", told(nag={"scale": 1})) == []


def test_over_a_picture_no_first_step_decides() -> None:
    """The plan of the check is that of the job: over a picture brushes are filled, and it begins in the middle."""
    brush = {"id": "a", "prompt": "a house", "mask": {"rectangle": [0.2, 0.2, 0.6, 0.6]}}
    image = data_url(encoded(Image.new("RGB", (8, 8))))
    for strength, decides in ((1.0, True), (0.5, False)):
        palette = sized(
            1024, 1024, brushes=[brush], background={"prompt": "a meadow"}, init={"image": image, "strength": strength}
        )
        assert any("The first step decides" in each.text for each in preflight(palette)) == decides
    assert not any("decides" in each.text for each in preflight(replace(palette, init=None), JobContext(over=True)))
