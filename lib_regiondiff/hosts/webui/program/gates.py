"""Gates: calls that the program itself makes in a job; each ends it unless our hook before has done its work.

A WebUI swallows what a script raises and goes on to the plain picture. So each hook is distrusted until it has come to
its end: the program's own next call raises what went wrong, and that the API and the page show.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from lib_regiondiff.errors import HostError
from lib_regiondiff.hosts.webui.modules import module
from lib_regiondiff.hosts.webui.program.error_display import make_refusal

HOLDER = "regiondiff_gates"
TITLE = "Region Diffusion"
Work = TypeVar("Work", bound=Callable[..., Any])
NextCall = Callable[[], Any]


class Gates:
    """What our hooks in one run through a job have done so far, for the gates to ask.

    `done` are the names of the hooks that came to their ends, `error` is what went wrong in one, `raised` whether a
    gate has raised it.
    """

    def __init__(self, p: Any) -> None:
        self.p, self.live = p, True
        self.error: Exception | None = None
        self.done: set[str] = set()
        self.raised = self.predicted = False
        self.completed = True
        self.finished: int | None = None
        self.owed = 0
        """Saved pictures whose palette is not beside them yet."""

    def install(self) -> None:
        """Put a gate before each of the program's own calls in PASSES that has none."""
        for name in PASSES:
            if callable(getattr(self.p, name, None)) and not isinstance(vars(self.p).get(name), Gate):
                setattr(self.p, name, Gate(self, name, getattr(self.p, name)))

    def remove(self, *names: str) -> None:
        """Take away the gates of these calls; one that somebody has wrapped since stays, as the wrapper calls it."""
        for name in names:
            if isinstance(vars(self.p).get(name), Gate):
                delattr(self.p, name)

    def fail(self, error: Exception) -> None:
        """Have every gate raise this error from now on, as a RequestError; the first error stays."""
        self.error = self.error or make_refusal(error)

    def end_if_failed(self) -> None:
        """Raise what went wrong in a hook, as a RequestError, if anything did."""
        if self.error is not None:
            self.raised = True
            raise self.error

    def expect(self, happened: bool, where: str, expected: str, got: str, cure: str) -> None:
        """Raise what went wrong in a hook, or a RequestError with these words where this has not `happened`."""
        self.end_if_failed()
        if not happened:
            self.fail(HostError(f"{TITLE}, {where}", expected, got, cure))
            self.end_if_failed()

    def expect_hook(self, name: str) -> None:
        """Raise RequestError unless the hook of this name has come to its end."""
        self.expect(name in self.done, name, "to be called and to end well", "neither", "see the WebUI's console")

    def expect_prediction(self) -> None:
        """Raise RequestError unless the sampler ran to its end with our prediction, or somebody has interrupted it."""
        state = module("shared").state
        if not (state.interrupted or state.skipped):
            cure = "more steps, or switch scripts off that sample by themselves"
            self.expect(self.predicted, "the sampler", "to ask for the regions", "a picture without them", cure)
            cure = "see the WebUI's console; with a polyexponential schedule take a smaller rho"
            self.expect(self.completed, "the sampler", "all its steps", "RecursionError in one of them", cure)

    def expect_finished(self) -> None:
        """Raise RequestError unless the hook has finished the picture of the batch that the program is at."""
        done = self.finished == getattr(self.p, "batch_index", self.finished)
        self.expect(done, "postprocess_image", "to be called and to end well", "neither", "see the WebUI's console")


class Gate:
    """Stands in for a method of a job: checks before it or after it, and passes on everything once the job is over."""

    def __init__(self, gates: Gates, name: str, real: Callable[..., Any]) -> None:
        self.gates, self.name, self.real = gates, name, real

    def __call__(self, *given: Any, **named: Any) -> Any:
        """What the method returns; RequestError where the job must end."""
        call = functools.partial(self.real, *given, **named)
        return PASSES[self.name](self.gates, call) if self.gates.live else call()


class Launch:
    """Stands in for a sampler's `launch_sampling`, notes whether the run came to its end, and settles its latents."""

    def __init__(self, gates: Gates, real: Callable[..., Any], settle: Callable[[Any], Any]) -> None:
        self.gates, self.real, self.settle = gates, real, settle
        self.made: Any = self
        """What the run returned; until then this object, which no program could return in its place."""

    def __call__(self, steps: int, run: NextCall) -> Any:
        """The run's latents, or the last ones where it broke off, which sets `gates.completed` to False."""
        latents = self.real(steps, functools.partial(self._run, run))
        self.gates.completed = latents is self.made
        return latents

    def _run(self, run: NextCall) -> Any:
        self.made = self.settle(run())
        return self.made


class Corrections:
    """Stands in for a job's colour corrections, which the program counts right after the last hook of each picture."""

    def __init__(self, gates: Gates, real: Any) -> None:
        self.gates, self.real = gates, real

    def __len__(self) -> int:
        if self.gates.live:
            self.gates.expect_finished()
        return len(self.real or ())

    def __getitem__(self, index: int) -> Any:
        return self.real[index]


def _init(gates: Gates, call: NextCall) -> Any:
    gates.expect_hook("process")
    return call()


def _setup_conds(gates: Gates, call: NextCall) -> Any:
    gates.end_if_failed()
    return call()


def _sample(gates: Gates, call: NextCall) -> Any:
    gates.expect_hook("before_process_batch")
    gates.predicted, gates.finished = False, None
    made = call()
    gates.expect_prediction()
    gates.done.discard("before_process_batch")
    gates.remove("setup_conds", "sample", "sample_hr_pass")  # a copy of the job is another one; a batch has new gates
    if not isinstance(gates.p.color_corrections, Corrections):
        gates.p.color_corrections = Corrections(gates, gates.p.color_corrections)
    return made


def _sample_again(gates: Gates, call: NextCall) -> Any:
    if getattr(gates.p, "firstpass_image", None) is None:
        gates.expect_prediction()
    gates.predicted = False
    made = call()
    gates.expect_prediction()
    return made


def _close(gates: Gates, call: NextCall) -> Any:
    release(gates.p)
    call()
    if not gates.raised:
        cure = "save the palette from the page, or the picture again"
        gates.expect(gates.owed == 0, "on_image_saved", "a file with the palette beside each picture", "none", cure)


PASSES: Mapping[str, Callable[[Gates, NextCall], Any]] = {
    "init": _init,
    "setup_conds": _setup_conds,
    "sample": _sample,
    "sample_hr_pass": _sample_again,
    "close": _close,
}
"""What happens at the gate of each of the program's calls: a check, before or after the call."""


def find_gates(p: Any) -> Gates | None:
    """The gates of this very job while it lasts; None for a job without any, and for a copy of a job with gates."""
    found = getattr(p, HOLDER, None)
    return found if found is not None and found.p is p and found.live else None


def watch(p: Any, settle: Callable[[Any], Any]) -> None:
    """Have the latents of p's coming run settled, and note whether it breaks off: after a RecursionError the program
    goes on with a half-drawn picture."""
    gates, real = find_gates(p), p.sampler.launch_sampling
    if gates is not None:
        gates.completed = False
        p.sampler.launch_sampling = Launch(gates, real.real if isinstance(real, Launch) else real, settle)


def arm(p: Any) -> Gates:
    """Put new gates into a job that begins, in place of those that it may still have."""
    release(p)
    gates = Gates(p)
    gates.install()
    setattr(p, HOLDER, gates)
    return gates


def release(p: Any) -> None:
    """Take the gates out of a job, or of a copy of one; those that somebody else has wrapped let everything through."""
    gates = getattr(p, HOLDER, None)
    if gates is None:
        return
    for name in PASSES:
        if isinstance(vars(p).get(name), Gate):
            delattr(p, name)
    if isinstance(getattr(p, "color_corrections", None), Corrections):
        p.color_corrections = p.color_corrections.real
    gates.live = gates.live and gates.p is not p
    setattr(p, HOLDER, None)


def is_on(enabled: Any) -> bool:
    """Whether a switch is on: a bool, or what an API request gave, where "true", "1" and "on" count."""
    return enabled.strip().lower() in ("true", "1", "on") if isinstance(enabled, str) else bool(enabled)


def hook(name: str) -> Callable[[Work], Work]:
    """A decorator for hooks `work(p, ...)`: unless one comes to its end, the program's own next call ends the job.

    It distrusts the hook before it runs, so that no line of it can fail unnoticed. What it raises is kept for the
    gates.
    """

    def wrap(work: Work) -> Work:
        @functools.wraps(work)
        def guarded(p: Any, *given: Any, **named: Any) -> None:
            gates = find_gates(p)
            if gates is None:
                work(p, *given, **named)  # off, so that there is nothing to lose
                return
            try:
                gates.done.discard(name)
                gates.install()
                work(p, *given, **named)
                gates.done.add(name)
            except Exception as error:  # noqa: BLE001 - whatever it is, the program would swallow it
                gates.fail(error)

        return guarded  # type: ignore[return-value]

    return wrap
