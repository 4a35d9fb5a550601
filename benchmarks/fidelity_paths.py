"""Lets the fidelity benchmark import the toy world from tools/; importing this module is all that it takes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

sys.path.append(str(ROOT / "tools"))
os.environ.setdefault("HF_HUB_OFFLINE", "1")
