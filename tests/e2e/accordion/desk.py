"""The program behind an accordion without a WebUI: answers lines of JSON on standard input, one line each.

A question is {"number": int, "at": "start" | "ask" | "slow_ask" | "preview", "text": str}; saved palettes lie in the
folder that is the argument. There is an interrogator, which takes three seconds to see a garden in any picture.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace


class Interrogator:
    """The host's, as far as it is asked."""

    blip_model = clip_model = object()
    content_dir = "."

    def interrogate(self, picture: object) -> str:
        """What a picture shows."""
        time.sleep(3)
        return "a garden"


def put(name: str, **values: object) -> None:
    """Have a module of the host."""
    module = ModuleType(name)
    vars(module).update(values)
    sys.modules[name] = module


put("modules")
put("modules.scripts")
put("modules.call_queue", queue_lock=threading.Lock())
state = SimpleNamespace(job="", job_count=0, interrupted=False, skipped=False)
put("modules.shared", opts=SimpleNamespace(localization="None"), state=state, interrogator=Interrogator())

with contextlib.redirect_stdout(sys.stderr):
    from lib_regiondiff.authoring.job_context import JobContext
    from lib_regiondiff.authoring.preview import render_preview
    from lib_regiondiff.extension.desk import Desk
    from lib_regiondiff.extension.routes import describe_start

desk = Desk(Path(sys.argv[1]))
PLACES: dict[str, Callable[[str], str]] = {
    "start": lambda text: json.dumps(describe_start()),
    "ask": desk.answer,
    "slow_ask": desk.answer_slowly,
    "preview": lambda text: render_preview(text, JobContext("sky\nwood")).html,
}
writing = threading.Lock()


def reply(number: int, at: str, text: str) -> None:
    """Answer one question."""
    said = json.dumps({"number": number, "said": PLACES[at](text)})
    with writing:
        print(said, flush=True)


for line in sys.stdin:
    asked = json.loads(line)
    threading.Thread(target=reply, args=(asked["number"], asked["at"], asked["text"])).start()
