"""The model: guidance of the moment, pairs for hosts that guide themselves, prompts joined by AND, errors that name."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from fakes import GaussianHost, clock_of, exploding, schedule
from lib_regiondiff.denoising.blend import blend
from lib_regiondiff.denoising.model import ImageBatch, region_model
from lib_regiondiff.denoising.rows import Call
from lib_regiondiff.document.palette import Palette, parse
from lib_regiondiff.errors import HostError
from lib_regiondiff.host import Prompt
from lib_regiondiff.planning import noise
from lib_regiondiff.planning.brush_texts import BrushText
from lib_regiondiff.planning.plan import Job, Plan, make_plan
from palettes import sized

LEVELS = tuple(exploding(sigma) for sigma in schedule(6))
LEFT, RIGHT = {"rectangle": [0, 0, 0.5, 1]}, {"rectangle": [0.5, 0, 1, 1]}
X = torch.randn(1, 3, 16, 16, generator=noise.make_generator(1), dtype=torch.float64) * 5


def palette(*prompts: str, **more: Any) -> Palette:
    """Two halves, or one."""
    brushes = [
        {"id": words, "kind": "stuff", "prompt": words, "mask": mask}
        for words, mask in zip(prompts, (LEFT, RIGHT), strict=False)
    ]
    return sized(128, 128, **{"guidance": 7, "background": {"prompt": "0"}, "brushes": brushes} | more)


def plan(document: Palette, host: GaussianHost, **more: Any) -> Plan:
    return make_plan(document, Job(document.size, clock_of(LEVELS), (1,), **more), host)


def rows_of(host: GaussianHost, document: Palette, call: Call) -> int:
    made = plan(document, host)
    host.calls.clear()
    ImageBatch(host, made).predict(X, LEVELS[1], call)
    return sum(len(rows) for rows in host.calls)


def test_the_scale_is_the_callers_at_each_call() -> None:
    host = GaussianHost(native=128)
    for scale in (1.0, 2.5, 7.0):
        other = palette("2", "-1", guidance=scale)
        wanted = region_model(host, plan(other, host))(X, LEVELS[1])
        got = ImageBatch(host, plan(palette("2", "-1"), host)).predict(X, LEVELS[1], Call(scale)).denoised
        assert torch.allclose(got, wanted, atol=1e-6)


def test_no_negative_is_asked_where_the_scale_of_the_moment_is_one() -> None:
    host, document = GaussianHost(native=128), palette("2", "-1", background={"prompt": "0", "negative": "0.5"})
    assert [rows_of(host, document, Call(scale)) for scale in (7, 1)] == [3, 2]
    assert rows_of(host, document, Call(1, with_uncond=True)) == 3


def test_a_pair_guided_by_the_host_gives_each_region_its_own_scale() -> None:
    host = GaussianHost(native=128)
    data = [{"id": "a", "prompt": "2", "mask": LEFT, "guidance": 3}, {"id": "b", "prompt": "-1", "mask": RIGHT}]
    document = parse({"version": 1, "size": {"width": 128, "height": 128}, "guidance": 5, "brushes": data})
    prediction = ImageBatch(host, plan(document, host)).predict(X, LEVELS[2], Call(5, with_uncond=True))
    cond, uncond = prediction.pair(5)
    assert torch.allclose(uncond + 5 * (cond - uncond), prediction.denoised, atol=1e-5)
    own = ImageBatch(host, plan(document, host)).predict(X, LEVELS[2], Call(3)).denoised
    assert torch.allclose(prediction.denoised[..., :8], own[..., :8], atol=1e-6)
    assert prediction.pair(0) == (prediction.denoised, prediction.denoised)


def test_a_factor_on_the_hosts_scale_holds_for_a_brushs_own_too() -> None:
    host, half = GaussianHost(native=128), {"id": "a", "prompt": "2", "mask": LEFT}
    other = {"id": "b", "prompt": "-1", "mask": RIGHT}
    size = {"width": 128, "height": 128}
    own = parse({"version": 1, "size": size, "guidance": 5, "brushes": [half | {"guidance": 5}, other]})
    same = parse({"version": 1, "size": size, "guidance": 5, "brushes": [half, other]})
    call = Call(5 / 12.5, with_uncond=True, factor=1 / 12.5)
    one, two = (ImageBatch(host, plan(each, host)).predict(X, LEVELS[1], call).denoised for each in (own, same))
    assert torch.allclose(one, two, atol=1e-6)


def test_a_skipped_call_asks_no_negative_at_all() -> None:
    data = [
        {"id": "a", "prompt": "2 AND -3:0.5", "mask": LEFT},
        {"id": "b", "prompt": "1", "mask": RIGHT, "guidance": 4},
    ]
    document = parse({"version": 1, "size": {"width": 128, "height": 128}, "guidance": 7, "brushes": data})
    host = GaussianHost(native=128)
    skipped = ImageBatch(host, plan(document, host)).predict(X, LEVELS[2], Call(7, skip=True)).denoised
    assert not any(row.negative for rows in host.calls for row in rows)
    wanted = (
        ImageBatch(host, plan(palette("-0.5", "1"), host)).predict(X, LEVELS[2], Call(1)).denoised
    )  # 2 + 0.5 * (-3 - 2)
    assert torch.allclose(skipped, wanted, atol=1e-5)


def test_negatives_of_a_plan_for_guidance_one() -> None:
    host, document = GaussianHost(native=128), palette("2", guidance=1)
    with pytest.raises(HostError, match=r"guidance: expected 1 as planned, or a job that asks for negatives, got 0.08"):
        ImageBatch(host, plan(document, host)).predict(X, LEVELS[0], Call(0.08, with_uncond=True))
    assert (
        ImageBatch(host, plan(document, host, negatives=True))
        .predict(X, LEVELS[0], Call(0.08, with_uncond=True))
        .uncond
        is not None
    )


def test_a_sampler_that_hands_over_nan_is_told_so() -> None:
    host = GaussianHost()
    with pytest.raises(HostError, match=r"x from the sampler at noise 0\.9\d+: expected finite numbers"):
        ImageBatch(host, plan(palette("2"), host)).predict(X / 0 - X / 0, LEVELS[0], Call(1, with_uncond=True))


def test_a_brush_keeps_its_guidance_where_the_host_has_none() -> None:
    data = [{"id": "a", "prompt": "2", "kind": "stuff", "mask": LEFT, "guidance": 3, "negative": "1"}]
    document = parse({"version": 1, "size": {"width": 128, "height": 128}, "guidance": 1, "brushes": data})
    host = GaussianHost(native=128)
    prediction = ImageBatch(host, plan(document, host)).predict(X, LEVELS[0], Call(1))
    wanted = ImageBatch(host, plan(palette("4"), host)).predict(X, LEVELS[0], Call(1)).denoised  # 1 + 3 * (2 - 1)
    assert prediction.uncond is None and torch.allclose(prediction.denoised[..., :8], wanted[..., :8], atol=1e-5)


@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_prompts_joined_by_and_are_composed_around_the_negative(scale: float) -> None:
    """On Gaussian data of one deviation the composition is Gaussian again, with a mean that is the same composition."""
    host = GaussianHost(native=128)
    joined = palette("2 AND -3:0.5", background={"prompt": "0", "negative": "1"}, guidance=scale)
    mean = 1 + scale * ((2 - 1) + 0.5 * (-3 - 1))
    simple = palette(str(mean), guidance=1)
    one, two = (region_model(host, plan(each, host))(X, LEVELS[2]) for each in (joined, simple))
    assert torch.allclose(one[..., :8], two[..., :8], atol=1e-5)


@pytest.mark.parametrize("levels", [0, 3])
def test_brushes_of_one_prompt_are_answered_as_if_they_had_said_it_in_other_words(levels: int) -> None:
    """They share a box and a condition, and still each of them sees the noise that is around it alone."""

    class Neighbourly(GaussianHost):
        def denoise(self, x: torch.Tensor, rows: Any) -> torch.Tensor:
            return super().denoise(x, rows) + x.mean(dim=(1, 2, 3), keepdim=True)

    def made(one: str, two: str) -> tuple[torch.Tensor, int]:
        mask, host = {"rectangle": [0, 0, 0.5, 0.5]}, Neighbourly(native=128)
        brushes = [
            {"id": "a", "prompt": one, "guidance": 3, "mask": mask},
            {"id": "b", "prompt": two, "guidance": 5, "mask": mask},
        ]
        more = {"overlap": {"cover_alpha": 0.5}, "bootstrap": {"levels": levels, "mix": 1, "leak_sensitivity": 0}}
        document = palette(brushes=brushes, tiles=None, **more)
        return region_model(host, plan(document, host))(X, LEVELS[0]), sum(map(len, host.calls))

    (shared, few), (apart, many) = made("2", "2"), made("2", "2.0")
    assert torch.equal(shared, apart)
    assert few == many - (0 if levels else 1), "where nothing is around them, they are asked once"


def test_one_image_whose_prompts_are_joined_by_and_is_enough_to_ask_for_negatives() -> None:
    """At guidance 1 a plan has negatives for those alone that are composed around them."""
    host, full = GaussianHost(native=128), {"id": "a", "prompt": "2", "mask": {"rectangle": [0, 0, 1, 1]}}
    document = palette(brushes=[full], guidance=1, background={"prompt": "0", "negative": "1"})
    spoken = [{"a": BrushText(words, "1")} for words in ("2", "2 AND -3:0.5")]
    made = make_plan(document, Job(document.size, clock_of(LEVELS), (1, 2), tuple(spoken)), host)
    both = region_model(host, made)(X.expand(2, -1, -1, -1), LEVELS[2])
    wanted = 1 + (2 - 1) + 0.5 * (-3 - 1)  # around the negative
    documents = [palette(brushes=[full | {"prompt": words}], guidance=1) for words in ("2", str(wanted))]
    alone = [region_model(host, plan(each, host))(X, LEVELS[2]) for each in documents]
    assert torch.allclose(both, torch.cat(alone), atol=1e-6)


def test_a_blend_of_one_number_is_that_number_in_the_type_of_x() -> None:
    views = plan(palette("2", "-1", tiles={"width": 64, "height": 64, "overlap": 16}), GaussianHost()).views(LEVELS[1])
    predictions = [torch.full((3, view.box.size.height, view.box.size.width), 0.3) for view in views]
    for kind in (torch.float16, torch.float64):
        made = blend(views, predictions, X[0].to(kind))
        assert len(views) > 4 and made.dtype == kind and torch.allclose(made.float(), torch.tensor(0.3), atol=1e-3)


def test_rows_say_which_are_negative() -> None:
    host, document = GaussianHost(native=128), palette("2", "-1", background={"prompt": "0", "negative": "0.5"})
    ImageBatch(host, plan(document, host)).predict(X, LEVELS[0], Call(7))
    means = {(row.cond.mean, row.negative) for rows in host.calls for row in rows}  # type: ignore[attr-defined]
    assert means == {(2.0, False), (-1.0, False), (0.5, True)}


def test_only_a_picture_of_the_background_alone_is_plain() -> None:
    host, whole = GaussianHost(), {"rectangle": [0, 0, 1, 1]}
    full = {"id": "a", "mask": whole}
    assert plan(palette(), host).plain
    assert plan(palette(brushes=[full | {"prompt": "0"}]), host).plain
    for changed in ({"prompt": "2"}, {"prompt": "2", "id": "background"}, {"prompt": "0", "guidance": 3}):
        made = plan(palette(brushes=[full | changed]), host)
        assert made.single is not None and not made.plain
    assert not plan(palette(rescale=0.5), host).plain and not plan(palette("2"), host).plain


def test_frames_of_other_sizes_are_encoded_for_their_size() -> None:
    sizes: list[tuple[int, int]] = []

    class Sized(GaussianHost):
        def encode(self, prompt: Prompt) -> Any:
            sizes.append((prompt.size.width, prompt.size.height))
            return super().encode(prompt)

    speck = {"id": "a", "prompt": "2", "mask": {"rectangle": [0, 0, 0.1, 0.1]}}
    plan(palette(brushes=[speck], guidance=1), Sized())
    assert sizes == [(128, 128), (64, 64)]


def test_not_finite_names_brush_and_level_also_for_pairs() -> None:
    host = GaussianHost()
    with pytest.raises(HostError, match=r"prediction of nan at noise 0\.\d+: expected finite numbers.*float32"):
        ImageBatch(host, plan(palette("2", "nan"), host)).predict(X, LEVELS[0], Call(7, with_uncond=True))
