"""The map in CONTRIBUTING.md: each room of the library with its duty, as its door says it, and no other."""

from __future__ import annotations

import ast
import re

from places import ROOT

LIBRARY = ROOT / "lib_regiondiff"
ROW = re.compile(r"^\| `([a-z/_]+)` \| (.+) \|$", re.M)


def doors() -> dict[str, str]:
    """The first line of each package's docstring."""
    found = {}
    for path in LIBRARY.rglob("__init__.py"):
        if path.parent != LIBRARY:
            text = ast.get_docstring(ast.parse(path.read_bytes())) or ""
            found[path.parent.relative_to(LIBRARY).as_posix()] = text.split("\n")[0]
    return found


def test_the_map_shows_every_room_with_its_duty() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    part = page[page.index("## The map") : page.index("## House style")]
    assert dict(ROW.findall(part)) == doors()


def test_the_map_names_what_lies_beside_the_rooms() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    part = page[page.index("## The map") : page.index("## House style")]
    own = {path.name for path in LIBRARY.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert own <= set(re.findall(r"`([a-z_]+\.py)`", part))


def test_rooms_are_in_the_order_in_which_they_import() -> None:
    """The contract of the import linter has them the other way round."""
    page, contract = ((ROOT / name).read_text("utf-8") for name in ("CONTRIBUTING.md", "pyproject.toml"))
    rooms = [name for name, _ in ROW.findall(page) if "/" not in name and (LIBRARY / name).is_dir()]
    layers = re.findall(r"\((\w+)\)", contract[contract.index("layers = [") : contract.index("exhaustive = true")])
    lower = [each for each in reversed(layers) if each in rooms]
    order = [each for each in rooms if each not in ("demo", "extension", "command")]
    assert order == [each for each in lower if each in order]
