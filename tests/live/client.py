"""A running WebUI over HTTP, and nothing else of it: jobs in, pictures out (`make test-live URL=... MODEL=...`)."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

TITLE = "Region Diffusion"
WIDTH, HEIGHT = 128, 64  # multiples of 64, which is what Forge Neo rounds to
BASE: Mapping[str, Any] = {
    "prompt": "green",
    "negative_prompt": "",
    "width": WIDTH,
    "height": HEIGHT,
    "steps": 4,
    "cfg_scale": 5,
    "seed": 7,
    "scheduler": "Automatic",
    "save_images": False,
    "styles": [],  # Forge's API fails at an infotext without
    "hr_additional_modules": ["Use same choices"],  # and at hires fix without
}


class Refused(Exception):  # noqa: N818 - an answer, not a fault of ours
    """An answer of the WebUI that is no picture."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status, self.body = status, body
        super().__init__(f"{status}: {body}")


@dataclass(frozen=True)
class Answer:
    """Pictures uint8 [h, w, 3], their infotexts, and the PNG or other files as they came."""

    pictures: tuple[np.ndarray, ...]
    infotexts: tuple[str, ...]
    files: tuple[str, ...]

    @property
    def data(self) -> tuple[bytes, ...]:
        """The files' bytes."""
        return tuple(base64.b64decode(each.partition(",")[2] or each) for each in self.files)


@dataclass(frozen=True)
class WebUI:
    """A WebUI at a URL."""

    url: str

    def ask(self, path: str, data: Mapping[str, Any] | None = None) -> Any:
        """GET, or POST where there is data; Refused for other answers than 200."""
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=600) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(error.code, json.load(error)) from error

    def draw(self, palette: Any = None, path: str = "/sdapi/v1/txt2img", **changes: Any) -> Answer:
        """A job; with a palette Region Diffusion is on."""
        job = {**BASE, **changes}
        if palette is not None:
            job["alwayson_scripts"] = {TITLE: {"args": [True, palette]}, **job.get("alwayson_scripts", {})}
        made = self.ask(path, job)
        files = tuple(made["images"])
        return Answer(tuple(map(pixels, files)), tuple(json.loads(made["info"])["infotexts"]), files)

    def draw_interrupted(self, palette: Any, steps: int, **changes: Any) -> tuple[int, Answer]:
        """A job that is interrupted once it is under way: the step that it had reached, and its answer."""
        with ThreadPoolExecutor(1) as pool:
            job = pool.submit(self.draw, palette, steps=steps, **changes)
            state = {"sampling_step": 0, "sampling_steps": 0}
            while not job.done() and not (state["sampling_steps"] == steps and state["sampling_step"] >= 2):
                time.sleep(0.1)
                state = self.ask("/sdapi/v1/progress?skip_current_image=true")["state"]
            self.ask("/sdapi/v1/interrupt", {})
            return int(state["sampling_step"]), job.result(timeout=300)

    @contextlib.contextmanager
    def options(self, **changes: Any) -> Iterator[None]:
        """Other options for a while; those of before come back."""
        known = self.ask("/sdapi/v1/options")
        self.ask("/sdapi/v1/options", changes)
        try:
            yield
        finally:
            self.ask("/sdapi/v1/options", {name: known[name] for name in changes})

    def samplers(self) -> Sequence[str]:
        """The names of its samplers."""
        return [each["name"] for each in self.ask("/sdapi/v1/samplers")]


def pixels(data: str) -> np.ndarray:
    """The picture of a base64 text."""
    with Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2] or data))) as image:
        return np.asarray(image.convert("RGB"))


def png(picture: np.ndarray) -> str:
    """A picture as base64 text."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()
