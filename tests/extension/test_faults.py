"""Whatever goes wrong at whatever line of ours: a job ends with a shown error, or gives the whole right picture."""

from __future__ import annotations

import base64
import io
import random
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from fake_faults import ROOT, Line, Spot, executed, struck
from fake_program import Answer, Program, running
from fake_sampler import halves
from lib_regiondiff.errors import HostError
from lib_regiondiff.extension import jobs
from lib_regiondiff.hosts.webui.program.settings import INFOTEXT

HOSTS = ("a1111", "forge", "neo")
COUNT = 10_000
PICTURE = Image.linear_gradient("L").resize((64, 64)).convert("RGB")
MASK = Image.new("L", (64, 64))
MASK.paste(255, (0, 0, 48, 32))
ERRORS: Sequence[Callable[[], Exception]] = (
    lambda: RuntimeError("a fault"),
    lambda: MemoryError(),
    lambda: AttributeError("'NoneType' object has no attribute 'shape'"),
    lambda: RecursionError("maximum recursion depth exceeded"),
    lambda: OSError(28, "No space left on device"),
    lambda: KeyError("gone"),
    lambda: ValueError("a fault"),
    lambda: HostError("here", "one thing", "another"),
)


CACHES = [
    member.cache_clear
    for name, module in list(sys.modules.items())
    if name.startswith("lib_regiondiff")
    for member in vars(module).values()
    if hasattr(member, "cache_clear")
]


def url(picture: Image.Image) -> str:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


@dataclass(frozen=True)
class Scenario:
    """A request, and what the program is set to."""

    prompt: str = "green"
    palette: Any = field(default_factory=lambda: halves("red", "blue"))
    options: dict[str, Any] = field(default_factory=dict)
    job: dict[str, Any] = field(default_factory=dict)


SCENARIOS = {
    "txt2img": Scenario(),
    "hires": Scenario(job={"enable_hr": True}),
    "upscale": Scenario(job={"enable_hr": True, "firstpass_image": torch.zeros(1, 3, 8, 8)}),
    "img2img": Scenario(job={"init_images": [PICTURE], "n_iter": 2}),
    "inpaint": Scenario(job={"init_images": [PICTURE], "inpainting": MASK, "inpaint_full_res": True}),
    "typed": Scenario("red BREAK blue", {"typed": {}}, job={"styles": ["green"]}),
    "wildcards": Scenario("grey", halves("__tint__", "{red|blue}"), job={"batch_size": 2}),
    "networks": Scenario("green", halves("red <lora:a:1>", "blue <lora:b:0.5>"), job={"n_iter": 2}),
    "ground": Scenario("", halves("red", "blue", left_feather=4, background={"image": url(PICTURE)}, right_stop=0.5)),
    "noise": Scenario(palette=halves("red", "blue", left_seed=77, tiles={"width": 64, "height": 64, "overlap": 8})),
    "beside": Scenario(options={INFOTEXT.key: "in a file beside the picture"}, job={"batch_size": 2}),
}


def given(program: Program, name: str, on: bool = True) -> Callable[[], Answer]:
    """A scenario's job, made anew at each call."""
    scenario = SCENARIOS[name]

    def job() -> Answer:
        for clear in CACHES:  # so that each run comes to the same lines
            clear()
        return program.answer(program.job(scenario.prompt, on, scenario.palette, **scenario.job))

    options = vars(program.webui.shared.opts)
    for key in {key for each in SCENARIOS.values() for key in each.options}:
        options.pop(key, None)
    options.update(scenario.options)
    return job


@pytest.fixture(scope="module", params=HOSTS)
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "wildcards").mkdir()
    (folder / "wildcards" / "tint.txt").write_text("red\nblue\ngreen\n")
    with running(request.param, folder) as made:
        yield made


@pytest.mark.parametrize("name", SCENARIOS)
def test_without_a_fault_a_job_gives_the_same_each_time_and_nothing_is_reported(program: Program, name: str) -> None:
    job, plain = given(program, name), given(program, name, on=False)()
    program.runner.reported.clear()
    made, again = job(), job()
    assert made == again and made.status == plain.status == 200 and made.error == "" and not program.runner.reported
    assert all(a != b for a, b in zip(made.pictures, plain.pictures, strict=True)), "regions are seen"
    assert all(jobs.KEY in text for text in made.infotexts) and not any(jobs.KEY in text for text in plain.infotexts)
    assert len(made.saved) == len(plain.saved) + ("beside" in name)


def lines(job: Callable[[], Answer]) -> Counter[Line]:
    """The lines that each run of a job comes to, and how often; the first run comes to others as well."""
    job()
    return executed(job)[1]


def silent(program: Program, name: str, spots: Sequence[tuple[Spot, Exception]]) -> tuple[int, list[str]]:
    """How many faults were met, and those after which a job gave something that isn't right without a word."""
    job, met, wrong = given(program, name), 0, []
    right = job()
    for spot, error in spots:
        made, came = struck(job, spot, error)
        met += came
        if made != right and (made.status == 200 or not made.error.strip()):
            wrong.append(f"{program.kind}, {name}, {type(error).__name__} at {spot.place}")
    return met, wrong


def is_turn(kind: str, line: Line) -> bool:
    """Whether a line is this program's: those of its own module, and a sixth of all others."""
    place = Path(line[0].file)
    turn = zlib.crc32(f"{place.relative_to(ROOT)}:{line[1]}".encode()) % (2 * len(HOSTS))
    return place.name == f"{kind}.py" or turn == HOSTS.index(kind)


def test_a_line_is_met_again_after_its_code_object_was_replaced() -> None:
    """As what counts coverage does while a suite runs."""
    there: dict[str, Any] = {}
    exec(compile("def job():\n    return 1\n", str(ROOT / "lib_regiondiff" / "any.py"), "exec"), there)
    job = there["job"]
    made, seen = executed(job)
    job.__code__ = job.__code__.replace(co_consts=(*job.__code__.co_consts, "another"))
    assert made == 1 and executed(job)[1] == seen and len(seen) == 1
    with pytest.raises(KeyError):
        struck(job, Spot(*next(iter(seen)), 1), KeyError("a fault"))


def test_a_fault_at_any_line_ends_the_job_or_changes_nothing(program: Program) -> None:
    """Every second line that any scenario comes to, once, in the scenario that comes to it first.

    One of the programs has its turn at a line that all of them come to; a slow test takes any line on each.
    """
    known: set[Line] = set()
    met = 0
    for name in SCENARIOS:
        seen = lines(given(program, name))
        spots = [Spot(*line, 1) for line in seen if line not in known and is_turn(program.kind, line)]
        known |= set(seen)
        count, wrong = silent(program, name, [(spot, ERRORS[0]()) for spot in spots])
        assert not wrong, f"{len(wrong)} of {len(spots)}:\n" + "\n".join(wrong)
        assert count == len(spots)
        met += count
    assert met > 200


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", SCENARIOS)
def test_ten_thousand_faults_of_many_kinds(program: Program, name: str) -> None:
    """Any line at any of its turns, by any error; the share of one scenario on one host."""
    seen = lines(given(program, name))
    share = -(-COUNT // (len(SCENARIOS) * len(HOSTS)))
    chance = random.Random(f"{program.kind} {name}")
    chosen = chance.choices(list(seen), k=share)
    spots = [(Spot(*line, chance.randint(1, seen[line])), chance.choice(ERRORS)()) for line in chosen]
    met, wrong = silent(program, name, spots)
    assert not wrong, f"{len(wrong)} of {met}:\n" + "\n".join(wrong)
    assert met == share
