"""What regions cost on a running WebUI: `python benchmarks/webui.py URL [--pid PID] [--peer NAME=JOB.json ...]`.

Jobs alternate in one run: a plain one, a plain one with as many network rows as regions take (`AND`), two half-canvas
regions, and whatever the files ask of other extensions (keys of a txt2img request). Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Job = Mapping[str, Any]
HALVES = [
    {"id": "left", "prompt": "red", "mask": {"rectangle": [0, 0, 0.5, 1]}},
    {"id": "right", "prompt": "blue", "mask": {"rectangle": [0.5, 0, 1, 1]}},
]
JOBS: Mapping[str, Job] = {
    "plain": {"prompt": "red"},  # two rows a step
    "rows": {"prompt": "red AND blue"},  # three rows a step, no regions
    "regions": {
        "prompt": "red",
        "alwayson_scripts": {"Region Diffusion": {"args": [True, {"version": 1, "brushes": HALVES}]}},
    },
}


def read_wall() -> float:
    """Seconds on the clock."""
    return time.perf_counter()


def make_cpu_clock(pid: int) -> Callable[[], float]:
    """A clock of the CPU seconds that a process on this machine (Linux) has used, whatever else runs."""

    def seconds() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    return seconds


def draw(url: str, job: Job) -> None:
    """Send a txt2img request and wait for its answer; HTTPError where it fails."""
    data = json.dumps(job).encode()
    request = urllib.request.Request(f"{url}/sdapi/v1/txt2img", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=3600) as answer:
        json.load(answer)


def measure(jobs: Mapping[Any, Job], rounds: int, ask: Callable[[Job], None], clock: Callable[[], float]) -> Any:
    """The seconds of each job in each round, all jobs once a round, after one round that does not count."""
    taken: dict[Any, list[float]] = {name: [] for name in jobs}
    for number in range(rounds + 1):
        for name, job in jobs.items():
            start = clock()
            ask(job)
            if number:
                taken[name].append(clock() - start)
    return taken


def summarise(taken: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Median seconds, and the medians over rounds of each job's ratio to the plain one and to the bare rows."""

    def ratio(name: str, to: str) -> float:
        pairs = zip(taken[name], taken[to], strict=True)
        return round(statistics.median(a / b for a, b in pairs), 3)

    return {
        "seconds": {name: round(statistics.median(each), 2) for name, each in taken.items()},
        "to_plain": {name: ratio(name, "plain") for name in taken},
        "to_rows": {name: ratio(name, "rows") for name in taken},
    }


def read_peer(text: str) -> tuple[str, Job]:
    """The name and the request's keys of NAME=FILE."""
    name, _, file = text.partition("=")
    return name, json.loads(Path(file).read_text(encoding="utf-8"))


def main() -> None:
    """Measure the WebUI that the command line names, and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sampler", default="Euler")
    parser.add_argument("--pid", type=int, help="measure the CPU seconds of this process instead of time")
    parser.add_argument("--peer", type=read_peer, action="append", default=[])
    args = parser.parse_args()
    same = {"width": args.side, "height": args.side, "steps": args.steps, "sampler_name": args.sampler}
    same |= {"scheduler": "Automatic", "cfg_scale": 5, "seed": 7, "save_images": False}
    jobs = {name: {**same, **job} for name, job in [*JOBS.items(), *args.peer]}
    clock = read_wall if args.pid is None else make_cpu_clock(args.pid)
    taken = measure(jobs, args.rounds, lambda job: draw(args.url.rstrip("/"), job), clock)
    head = {"benchmark": "webui", "side": args.side, "steps": args.steps, "rounds": args.rounds}
    print(json.dumps({**head, "clock": "wall" if args.pid is None else "cpu", **summarise(taken)}))


if __name__ == "__main__":
    main()
