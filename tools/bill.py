"""The bill of materials, docs/bill.cdx.json (CycloneDX): what the set-up installs, and what of others ships with us."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from environments import CUDA, LOCKS, ROOT
from lock import split_blocks

BILL = ROOT / "docs" / "bill.cdx.json"
CLIP = {
    "type": "data",
    "name": "openai/CLIP: merges of the tokenizer",
    "bom-ref": "clip-merges",
    "copyright": "Copyright (c) 2021 OpenAI",
    "licenses": [{"license": {"id": "MIT"}}],
    "purl": "pkg:github/openai/CLIP",
    "scope": "required",
}
"""lib_regiondiff/hosts/diffusers/checkpoints/sd15/merges.txt.gz; its licence lies beside it."""


def main() -> None:
    """Write the bill; licences are those of the packages installed here, others are kept from the bill before."""
    before = json.loads(BILL.read_text(encoding="utf-8")) if BILL.exists() else {"components": []}
    told = {each["name"]: each["licenses"] for each in before["components"] if "licenses" in each}
    BILL.write_text(json.dumps(make_bill(told | find_licences()), indent=2) + "\n", encoding="utf-8")


def make_bill(told: Mapping[str, list[Any]]) -> dict[str, Any]:
    """The bill of materials as plain data; `told` has the known licences by package name."""
    drawing = read_pins(LOCKS / "demo.txt") | {pin for pin in read_pins(CUDA) if pin[0] == "torch"}
    every = drawing.union(
        read_pins(CUDA), *(read_pins(LOCKS / f"{name}.txt") for name in ("dev", "floor", "lock", "fuzz"))
    )
    parts = [
        make_component(name, version, (name, version) in drawing, told.get(name)) for name, version in sorted(every)
    ]
    itself = {"type": "application", "name": "regiondiff", "licenses": [{"license": {"id": "MIT"}}]}
    start = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"component": itself}}
    return {**start, "components": [CLIP, *parts]}


def make_component(name: str, version: str, needed: bool, licence: list[Any] | None) -> dict[str, Any]:
    """The entry of a package of PyPI: required if it is `needed` to draw, optional if it is a tool or for a GPU."""
    purl = f"pkg:pypi/{name}@{version}"
    known = {"licenses": licence} if licence else {}
    where = {"type": "library", "name": name, "version": version, "bom-ref": purl, "purl": purl}
    return {**where, "scope": "required" if needed else "optional", **known}


def read_pins(lock: Path) -> set[tuple[str, str]]:
    """Name and version of each package in a lock file."""
    found = split_blocks(lock.read_text(encoding="utf-8"))
    return {(name, re.split(r"[ ;\\]", block.split("==")[1])[0]) for name, block in found}


def find_licences() -> dict[str, list[Any]]:
    """The licences of the packages in this environment, by package name, in the packages' own words."""
    found = {}
    for each in metadata.distributions():
        name = re.sub(r"[-_.]+", "-", each.metadata["Name"]).lower()
        if licence := read_licence(each.metadata):
            found[name] = licence
    return found


def read_licence(told: Any) -> list[Any]:
    """The SPDX expression in a package's metadata, else its classifier or its own words, at most one line."""
    if expression := told.get("License-Expression"):
        return [{"expression": expression}]
    classifiers = [line.split(" :: ")[-1] for line in told.get_all("Classifier", []) if line.startswith("License ::")]
    words = [line for line in [told.get("License") or ""] if line and "\n" not in line and len(line) < 80]
    return [{"license": {"name": name}} for name in classifiers[-1:] or words]


if __name__ == "__main__":
    main()
