"""Region Diffusion: say what goes where in a picture. The host-independent library."""

from pathlib import Path

from lib_regiondiff.fingerprints import fingerprint

__version__ = "0.1.0"
LOADED = fingerprint(Path(__file__).parent)
"""The fingerprint of the source when it was imported: what a program that runs on keeps in memory."""
