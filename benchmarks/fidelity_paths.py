"""Lets the fidelity benchmark import the toy world from tools/demo_model: importing this module is all it takes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

sys.path.append(str(ROOT / "tools" / "demo_model"))
os.environ.setdefault("HF_HUB_OFFLINE", "1")
