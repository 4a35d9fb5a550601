"""`regiondiff`, or `python -m lib_regiondiff`: the command line."""

from __future__ import annotations

import os

from lib_regiondiff.stopping import end_at_once
from lib_regiondiff.threads import rest_while_waiting


def main() -> None:
    """Run the command line with this process's arguments; it ends the process with an exit code."""
    end_at_once()
    rest_while_waiting(os.environ)
    from lib_regiondiff.command.cli import main as command

    command(prog_name="regiondiff")


if __name__ == "__main__":
    main()
