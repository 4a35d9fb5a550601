"""Mutants: which mistakes `make test-mutants` makes, how they are named, and that its list has no others."""

from __future__ import annotations

import argparse
import ast
import sys
from pathlib import Path

import pytest

from mutants import run, verdicts
from mutants.changes import add_probes, list_mutants, make_mutants
from places import ROOT

LIST = ROOT / "tests" / "mutants" / "equivalent.md"
SOURCE = '''"""A text with 1 and 2."""
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import a.b
Pair = tuple[int, 2]
LIMIT = 2
TABLE = {"f": lambda x: x + 1}

@dataclass(frozen=True)
class Record:
    """Says 3."""
    size: int | None = 0

    def grown(self, by: int | None = None) -> int | None:
        """Says 4."""
        assert self.size > 1, "more than 1"
        if by is None and not self.size:
            raise ValueError(f"less than {LIMIT + 1}")
        for a, b in zip([self.size], [by], strict=True):
            self.note(a, named=b)
            self.size += a
        return max(self.size, 3) if isinstance(by, int | float) else -by
'''
ON_IMPORT = {
    "LIMIT = 2": ["LIMIT = 3"],
    "lambda x: x + 1": ["lambda x: x - 1", "lambda x: x + 0"],
    "size: int | None = 0": ["size: int | None = 1"],
}
GROWN = {
    "if by is None and (not self.size):": [
        "if by is None or not self.size:",
        "if by is not None and (not self.size):",
        "if by is None and self.size:",
    ],
    "self.note(a, named=b)": ["pass", "self.note(a)"],
    "self.size += a": ["self.size -= a", "pass"],
    "return max(self.size, 3) if isinstance(by, int | float) else -by": [
        "return None",
        "return -by if isinstance(by, int | float) else max(self.size, 3)",
        "return min(self.size, 3) if isinstance(by, int | float) else -by",
        "return max(self.size, 4) if isinstance(by, int | float) else -by",
        "return max(self.size, 3) if isinstance(by, int | float) else by",
    ],
}


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "module.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def test_mistakes_are_made_in_what_happens_and_nowhere_else(module: Path) -> None:
    found: dict[tuple[str, str], list[str]] = {}
    for mutant in list_mutants(module, module.parent):
        found.setdefault((mutant.function, mutant.before), []).append(mutant.after)
    wanted = {("", before): after for before, after in ON_IMPORT.items()}
    wanted |= {("Record.grown", before): after for before, after in GROWN.items()}
    assert {key: sorted(after) for key, after in found.items()} == {key: sorted(after) for key, after in wanted.items()}


def test_a_tree_has_one_change_at_a_time_and_none_in_the_end(module: Path) -> None:
    plain = ast.unparse(ast.parse(SOURCE))
    texts = [ast.unparse(tree) for _, tree in make_mutants(module, module.parent)]
    assert len(set(texts)) == len(texts) and plain not in texts
    for text in texts:
        lines = [(a, b) for a, b in zip(plain.split("\n"), text.split("\n"), strict=True) if a != b]
        assert len(lines) == 1


def test_a_mutant_keeps_its_name_where_other_lines_come_and_go(module: Path) -> None:
    before = [mutant.name for mutant in list_mutants(module, module.parent)]
    module.write_text(SOURCE.replace("class Record", "class Other:\n    top = 5\n\nclass Record"), encoding="utf-8")
    assert set(before) < {mutant.name for mutant in list_mutants(module, module.parent)}


def test_equal_lines_of_a_function_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("def f():\n    a = 1\n    a = 1\n    return a\n", encoding="utf-8")
    names = [mutant.name for mutant in list_mutants(path, tmp_path)]
    assert len(set(names)) == 3 and names[1] == names[0] + " (2)"


def test_probes_see_the_statements_that_run(module: Path) -> None:
    seen: set[int] = set()
    space: dict[str, object] = {"__seen__": seen}
    module.write_text(
        "def f(x):\n    if x:\n        return 1\n    else:\n        x = 2\n    return x\n", encoding="utf-8"
    )
    exec(compile(add_probes(module, "__seen__"), "module.py", "exec"), space)
    assert not seen
    assert space["f"](0) == 2 and seen == {2, 5, 6}  # type: ignore[operator]
    assert space["f"](1) == 1 and seen == {2, 3, 5, 6}  # type: ignore[operator]


@pytest.mark.skipif(sys.platform == "win32", reason="its trials are forks")
def test_what_is_listed_as_equivalent_is_a_mutant() -> None:
    from mutants import run

    names = run.read_equivalents(LIST.read_text(encoding="utf-8"))
    files = {name.split()[0] for name in names}
    assert names <= {mutant.name for file in files for mutant in list_mutants(ROOT / file, ROOT)}


def test_a_run_that_was_stopped_leaves_whole_verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "OUT", tmp_path)
    line = '{"mutant": "m", "by": "", "seconds": 1.0, "state": "s"}\n'
    (tmp_path / "verdicts.jsonl").write_text(line + line[:20], encoding="utf-8")
    verdicts.Verdicts()
    assert (tmp_path / "verdicts.jsonl").read_text(encoding="utf-8") == line


@pytest.mark.parametrize(("text", "why"), [("0", "from 1 on, got 0"), ("-1", "got -1"), ("many", "got many")])
def test_counts_of_the_command_line_are_from_one_on(text: str, why: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=why):
        run.read_count(text)
