"""Threads that wait sleep in our own programs; a host's threads are left to the host."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib_regiondiff.threads import PASSIVE, SPINNING, rest_while_waiting
from places import ROOT

OTHERS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "PATH")
TELLS = """
import json, os, sys
class Door:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            print(json.dumps({name: os.environ.get(name) for name in %r}))
            sys.stdout.flush()
            os._exit(0)
sys.meta_path.insert(0, Door())
sys.argv = ["regiondiff", *%r]
%s
"""
ENTRY = re.findall(
    r'^regiondiff = "([\w.]+):(\w+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE
)
WAYS = {
    "python -m lib_regiondiff": "__import__('runpy').run_module('lib_regiondiff', run_name='__main__')",
    "regiondiff": "from {} import {} as main; main()".format(*ENTRY[0]),
}


def seen_by_torch(environment: dict[str, str], way: str = "regiondiff") -> dict[str, str | None]:
    """What the command's process has set when torch is about to be imported."""
    plain = {name: value for name, value in os.environ.items() if name not in SPINNING}
    program = TELLS % (SPINNING, ["info"], WAYS[way])
    variables = {**plain, "PYTHONPATH": str(ROOT), **environment}
    told = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=True)
    return json.loads(told.stdout.splitlines()[-1])


@pytest.mark.parametrize("way", WAYS)
def test_torch_comes_when_the_commands_threads_are_to_sleep(way: str) -> None:
    assert seen_by_torch({}, way) == dict.fromkeys(SPINNING) | PASSIVE


@pytest.mark.parametrize("name", SPINNING)
def test_the_command_leaves_what_the_user_has_set(name: str) -> None:
    assert seen_by_torch({name: "7"}) == dict.fromkeys(SPINNING) | {name: "7"}


@given(st.dictionaries(st.sampled_from([*SPINNING, *OTHERS]), st.text(max_size=3)))
def test_nothing_is_overridden_and_nothing_else_is_set(environment: dict[str, str]) -> None:
    after = dict(environment)
    rest_while_waiting(after)
    assert environment.items() <= after.items()
    assert set(after) - set(environment) == (set() if set(environment) & set(SPINNING) else set(PASSIVE))


def test_the_library_sets_nothing_where_a_host_imports_it() -> None:
    program = """
import importlib, os, sys
from pathlib import Path
import lib_regiondiff
[root] = map(Path, lib_regiondiff.__path__)
for path in root.rglob("*.py"):
    parts = path.relative_to(root.parent).with_suffix("").parts
    if parts[1] not in ("extension", "hosts"):  # these need a host
        importlib.import_module(".".join(parts).removesuffix(".__init__"))
assert {"torch", "lib_regiondiff.command.cli", "lib_regiondiff.__main__"} <= set(sys.modules)
print(sorted(name for name in os.environ if name.startswith(("OMP_", "KMP_", "GOMP_", "MKL_"))))
"""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "KMP_", "GOMP_", "MKL_"))}
    variables = kept | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
