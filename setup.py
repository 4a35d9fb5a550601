"""Puts the page's modules, which lie beside the library in a clone, into the library's built package."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


class Build(build_py):
    """Builds the library, and puts javascript/ where its server looks for it."""

    def run(self) -> None:
        """Copy the library's files, then the page's; an editable install reads both where they are."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "lib_regiondiff" / "server" / "javascript"
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(ROOT / "javascript", target)


setup(cmdclass={"build_py": Build})
