"""The desk: jobs wait in one queue, and one thread has the model and draws them."""

from __future__ import annotations

import base64
import io
import random
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from lib_regiondiff.document import png
from lib_regiondiff.document.palette import SEED, Palette, dump
from lib_regiondiff.errors import HostError, PaletteError, Problem
from lib_regiondiff.server.answers import Refused, describe_error
from lib_regiondiff.server.jobs import GRACE, Job, State, Stopped
from lib_regiondiff.server.models import Models
from lib_regiondiff.server.pictures import Drawn, Pictures

MOST_WAITING = 16
MOST_COUNT = 16
"""Pictures of one job."""
MOST_KNOWN = 64
"""Jobs that can be asked about; those that ended first go first."""
PREVIEW_SECONDS = 0.25
"""Least time between two previews; and they take no more than a share of the time, PREVIEW_SHARE."""
PREVIEW_SHARE = 0.25
PREVIEW_CELLS = 24
MEMORY = 0.5
"""Weight of the last job in what is known of the model's speed."""


@dataclass(eq=False)
class Desk:
    """Jobs in the order in which they came, drawn by `models` into `pictures`; `grace` is as for jobs."""

    models: Models
    pictures: Pictures = field(default_factory=Pictures)
    grace: float = GRACE
    _jobs: OrderedDict[str, Job] = field(default_factory=OrderedDict, repr=False)
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)
    _closed: bool = False
    _speed: float | None = None
    """Seconds for a unit of a job's work, as the last jobs took them."""
    _previewed: float = 0.0
    _preview_took: float = 0.0

    def open(self) -> threading.Thread:
        """Start the thread that draws; it ends with the process, or after `close`."""
        worker = threading.Thread(target=self._work, name="regiondiff-model", daemon=True)
        worker.start()
        return worker

    def close(self) -> None:
        """Cancel all jobs and end the thread after the step that it is at."""
        with self._changed:
            self._closed = True
            for job in self._jobs.values():
                self._stop(job)
            self._changed.notify_all()

    def submit(self, palette: Palette, seeds: Sequence[int], work: float) -> Job:
        """Put a settled palette into the queue; Refused (503) where too many wait."""
        with self._changed:
            if len(self._waiting()) >= MOST_WAITING:
                raise Refused(503, "queue", f"expected at most {MOST_WAITING} jobs that wait; try again in a while")
            job = Job(palette, tuple(seeds), work)
            self._jobs[job.id] = job
            ended = [each.id for each in self._jobs.values() if not each.is_open]
            for old in ended[: max(0, len(self._jobs) - MOST_KNOWN)]:
                del self._jobs[old]
            self._changed.notify_all()
            return job

    def find(self, name: str) -> Job:
        """The job of a name; Refused (404) where there is none, or not any more."""
        with self._changed:
            if name not in self._jobs:
                raise Refused(404, "job", "expected a job of this server, got one that it does not know (any more)")
            return self._jobs[name]

    def cancel(self, job: Job) -> None:
        """End a job: at once if it waits, else after the step that is being drawn; nothing if it has ended."""
        with self._changed:
            self._stop(job)

    def follow(self, job: Job, listener: Any) -> None:
        """Call `listener` after each change of a job, in any thread, until `leave`."""
        with self._changed:
            job.listeners.append(listener)
            job.alone_since = None

    def leave(self, job: Job, listener: Any) -> None:
        """Call `listener` no more; without any other the job ends soon."""
        with self._changed:
            job.listeners.remove(listener)
            if not job.listeners:
                job.alone_since = time.monotonic()

    def sweep(self) -> None:
        """Cancel the jobs that nobody follows any more."""
        with self._changed:
            for job in self._jobs.values():
                if job.is_open and job.is_abandoned(self.grace):
                    self._stop(job)

    def describe(self, job: Job) -> dict[str, Any]:
        """A job as plain data, without preview and pictures; times are seconds from now."""
        with self._changed:
            said: dict[str, Any] = {"job": job.id, "state": job.state.value, "step": job.step, "steps": job.steps}
            said |= {"position": self._find_position(job), "eta": self._estimate(job), "count": len(job.seeds)}
            return said | ({"error": job.error} if job.error else {})

    def describe_news(self, job: Job, sent: dict[str, Any]) -> dict[str, Any]:
        """Like `describe`, with preview and pictures where they have changed since they were last put into `sent`."""
        with self._changed:
            parts = {"preview": job.preview, "pictures": [each.describe() for each in job.pictures]}
            news = {key: value for key, value in parts.items() if value != sent.get(key, type(value)())}
            sent.update(news)
            return self.describe(job) | news

    def _waiting(self) -> list[Job]:
        return [job for job in self._jobs.values() if job.state is State.QUEUED]

    def _find_position(self, job: Job) -> int:
        """How many jobs are drawn before it; 0 for one that is being drawn or has ended."""
        if job.state is not State.QUEUED:
            return 0
        drawing = any(each.state is State.DRAWING for each in self._jobs.values())
        return self._waiting().index(job) + drawing

    def _estimate(self, job: Job) -> float | None:
        """Seconds until a job is done; None where nothing is known of the model's speed."""
        if not job.is_open:
            return 0.0
        ahead = [each for each in self._jobs.values() if each.state is State.DRAWING and each is not job]
        waiting = self._waiting()
        ahead += waiting[: waiting.index(job)] if job in waiting else []
        left = [self._left(each) for each in (*ahead, job)]
        return None if None in left else round(sum(each for each in left if each is not None), 1)

    def _left(self, job: Job) -> float | None:
        """Seconds that a job alone still takes."""
        if job.step and job.steps:
            return (time.monotonic() - job.began) * (job.steps - job.step) / job.step
        return None if self._speed is None else self._speed * job.work * len(job.seeds)

    def _stop(self, job: Job) -> None:
        if job.state is State.QUEUED:
            self._end(job, State.CANCELLED)
        elif job.state is State.DRAWING:
            job.stopping = True

    def _end(self, job: Job, state: State, error: dict[str, Any] | None = None) -> None:
        job.state, job.error, job.preview = state, error, ""
        self._tell_all()

    def _tell_all(self) -> None:
        """Wake who follows a job: where one stands in the queue changes with others."""
        for job in self._jobs.values():
            job.tell()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not (self._closed or self._waiting()):
                    self._changed.wait()
                if self._closed:
                    return
                job = self._waiting()[0]
                if job.is_abandoned(self.grace):
                    self._stop(job)
                    continue
                job.state, job.began = State.DRAWING, time.monotonic()
                self._tell_all()
            self._finish(job)

    def _finish(self, job: Job) -> None:
        """Draw a job and note how it ended."""
        state, error = State.DONE, None
        try:
            self._draw(job)
        except Stopped:
            state = State.CANCELLED
        except Exception as problem:  # noqa: BLE001 - the thread goes on with the next job
            state, error = State.FAILED, describe_error(problem)
        with self._changed:
            self._end(job, state, error)

    def _draw(self, job: Job) -> None:
        renderer = self.models.find(job.palette)
        assert renderer.watch is not None, "a model of ours"
        began = time.monotonic()
        for seed, made in zip(
            job.seeds, renderer.watch(job.palette, job.seeds, self._make_progress(job), 1), strict=True
        ):
            named = replace(made.palette, model=replace(made.palette.model, name=self.models.name))
            made_with = replace(renderer.made_with, chosen=made.chosen)
            drawn = Drawn(encode_png(made.image, named, made_with), dump(png.drop_folders(named)), seed)
            self.pictures.keep(drawn)
            with self._changed:
                job.pictures.append(drawn)
                job.tell()
        took = (time.monotonic() - began) / (job.work * len(job.seeds))
        self._speed = took if self._speed is None else MEMORY * took + (1 - MEMORY) * self._speed

    def _make_progress(self, job: Job) -> Any:
        def progress(step: Any) -> None:
            self.sweep()
            if job.stopping:
                raise Stopped
            preview = self._make_preview(step)
            with self._changed:
                job.step, job.steps = step.done, step.total
                job.preview = preview or job.preview
                job.tell()

        return progress

    def _make_preview(self, step: Any) -> str:
        """A small picture of a step as a data URL; "" where it is too early for one."""
        begin = time.monotonic()
        if begin - self._previewed < max(PREVIEW_SECONDS, self._preview_took / PREVIEW_SHARE):
            return ""
        try:
            url = encode_preview(step.previews(PREVIEW_CELLS)[0])
        except HostError:
            return ""  # a picture that is not finite yet; the drawing itself says so if it stays so
        self._previewed = time.monotonic()
        self._preview_took = self._previewed - begin
        return url


def encode_png(image: Image.Image, palette: Palette, made_with: png.MadeWith) -> bytes:
    """A picture as the bytes of a PNG that carries its palette."""
    file = io.BytesIO()
    png.write(image, palette, made_with, file)
    return file.getvalue()


def encode_preview(image: Image.Image) -> str:
    """A small picture as a data URL."""
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def choose_seeds(palette: Palette, count: Any) -> list[int]:
    """Consecutive seeds for `count` pictures, from the palette's own on, else from a random one.

    PaletteError for a count that is none, and for seeds beyond the largest.
    """
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_COUNT:
        raise PaletteError([Problem("count", f"a whole number 1…{MOST_COUNT}", str(count)[:80])])
    first = random.SystemRandom().randrange(2**32) if palette.seed is None else palette.seed
    if first + count - 1 > SEED.high:
        raise PaletteError([Problem("seed", f"at most {int(SEED.high) - count + 1} for {count} pictures", str(first))])
    return list(range(first, first + count))
