"""Ctrl-C at any time is one line and 130: also amid the imports of the first seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli_stub import LAND, ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")

PROGRAM = """
import os, signal, sys
left = int(sys.argv.pop(1))
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs have it off
from lib_regiondiff.__main__ import main
def hook(event, args):
    global left
    left -= event == "import"
    if event == "import" and left == 0:
        os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(hook)
main()
"""


def interrupted(at: int, *words: str | Path) -> tuple[int, str]:
    """The exit code and stderr of a command that gets Ctrl-C when it imports its n-th module."""
    command = [sys.executable, "-c", PROGRAM, str(at), *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("at", [1, 2, 5, 12, 30, 90, 200])
def test_while_the_command_itself_is_imported(at: int) -> None:
    assert interrupted(at, "info", LAND) == (130, "stopped\n")


@pytest.mark.slow
@pytest.mark.parametrize("at", [400, 600, 900])
def test_while_torch_is_imported(at: int) -> None:
    assert interrupted(at, "check", LAND) == (130, "stopped\n")


@pytest.mark.slow
@pytest.mark.diffusers
@pytest.mark.parametrize("at", [500, 1000, 2000, 3000])
def test_while_diffusers_is_imported(at: int, tmp_path: Path) -> None:
    code, told = interrupted(at, "render", LAND, "-o", tmp_path / "out.png", "--device", "cpu", "--steps", "1")
    assert (code, told) == (130, "loading demo ...\nstopped\n")


def test_a_command_that_ignores_ctrl_c_goes_on() -> None:
    """As a shell's background job does."""
    program = PROGRAM.replace("signal.default_int_handler", "signal.SIG_IGN")
    command = [sys.executable, "-c", program, "30", "info", str(LAND)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_process_of_others_keeps_its_handler() -> None:
    from lib_regiondiff import stopping

    before = signal.getsignal(signal.SIGINT)
    with stopping.allow_cleanup():
        assert signal.getsignal(signal.SIGINT) is before
    assert signal.getsignal(signal.SIGINT) is before
