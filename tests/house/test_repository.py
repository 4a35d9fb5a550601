"""The repository as a whole: texts, versions, links and commands agree with one another."""

from __future__ import annotations

import json
import os
import re
import runpy
from pathlib import Path

import pytest

import lib_regiondiff
from places import ROOT

MADE = {"node_modules", "out", "build", "dist", "__pycache__"}
TEXT = {
    ".py",
    ".md",
    ".mjs",
    ".js",
    ".json",
    ".css",
    ".html",
    ".toml",
    ".txt",
    ".cff",
    ".yml",
    ".yaml",
    ".svg",
}
TEXT_NAMES = {"LICENSE", "Makefile", "run", ".gitignore", ".gitattributes", ".editorconfig"}
UNFINISHED = re.compile(rf"\b({'TO' + 'DO'}|{'FIX' + 'ME'})\b")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CELL = re.compile(r"(?<!\\)\|")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")


def is_ours(name: str) -> bool:
    """Whether a folder holds files of the repository, not what programs left there."""
    return name not in MADE and not name.endswith(".egg-info") and (name == ".ci" or not name.startswith("."))


def files() -> list[Path]:
    """Every file of the repository."""
    found: list[Path] = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if is_ours(name)]
        found += [Path(folder) / name for name in names]
    return sorted(found)


def texts() -> list[Path]:
    """The files that people read and write here; what is bought stays as it came."""
    ours = (path for path in files() if "vendor" not in path.parts)
    return [path for path in ours if path.suffix in TEXT or path.name in TEXT_NAMES]


def read(name: str) -> str:
    """A text file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def where(path: Path, text: str, position: int) -> str:
    """File and line of a place in a text."""
    return f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, position) + 1}"


def test_texts_end_their_lines_as_unix_does() -> None:
    faults = []
    for path in texts():
        content = path.read_bytes()
        if b"\r" in content:
            faults.append(f"{path.relative_to(ROOT)}:{content[: content.index(13)].count(10) + 1}: carriage return")
        if content and not content.endswith(b"\n"):
            faults.append(f"{path.relative_to(ROOT)}:{content.count(10) + 1}: no newline at the end")
    assert not faults, "\n".join(faults)


def test_nothing_is_marked_as_unfinished() -> None:
    faults = []
    for path in texts():
        text = path.read_text(encoding="utf-8")
        faults += [f"{where(path, text, hit.start())}: {hit[0]}" for hit in UNFINISHED.finditer(text)]
    assert not faults, "\n".join(faults)


def test_json_files_parse() -> None:
    faults = []
    for path in (path for path in files() if path.suffix == ".json"):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            faults.append(f"{path.relative_to(ROOT)}:{getattr(error, 'lineno', 1)}: {error}")
    assert not faults, "\n".join(faults)


def prose(path: Path) -> str:
    """A Markdown text with its code blocks blanked, lines kept."""
    return FENCE.sub(lambda block: "\n" * block[0].count("\n"), path.read_text(encoding="utf-8"))


def test_links_of_the_documents_lead_somewhere() -> None:
    faults = []
    for path in (path for path in files() if path.suffix == ".md"):
        text = prose(path)
        for hit in LINK.finditer(text):
            target = hit[1].split("#")[0]
            if target and not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                faults.append(f"{where(path, text, hit.start())}: no file {target}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_commands_that_documents_name_exist(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "tools")
    text, commands = read(name), set(runpy.run_path(str(ROOT / "tools" / "dev.py"))["COMMANDS"])
    targets = set(re.findall(r"^COMMANDS := (.*)$", read("Makefile"), re.MULTILINE)[0].split())
    assert set(re.findall(r"(?:`|^|\s)make ([a-z][\w-]*)(?=`|\s|$)", text)) <= targets
    assert set(re.findall(r"tools/dev\.py ([a-z][\w-]*)", text)) <= commands
    assert targets == commands


def test_rows_of_tables_have_the_cells_of_their_heads() -> None:
    wrong, tables = [], 0
    for path in (each for each in texts() if each.suffix == ".md"):
        head = None
        for number, line in enumerate(FENCE.sub(blank, path.read_text(encoding="utf-8")).splitlines(), start=1):
            cells = len(CELL.split(line.strip())) if line.lstrip().startswith("|") else None
            tables += head is None and cells is not None
            if None not in (head, cells) and cells != head:
                wrong.append(f"{path.relative_to(ROOT)} line {number}: {cells} cells, head {head}")
            head = cells if head is None or cells is None else head
    assert tables > 20
    assert not wrong, "\n".join(wrong)


def blank(found: re.Match[str]) -> str:
    """As many empty lines as a block of code has."""
    return "\n" * found[0].count("\n")


def test_commands_to_copy_have_no_remarks_behind_them() -> None:
    """In cmd.exe, and in zsh where people type, # begins no remark: its words would be arguments."""
    found = []
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")):
        for language, block in re.findall(r"^```(\w*)\n(.*?)^```", path.read_text("utf-8"), re.DOTALL | re.MULTILINE):
            if language in ("", "bash", "sh", "console", "powershell"):
                found += [f"{path.name}: {line}" for line in block.splitlines() if re.search(r"(^|\s)#", line)]
    assert found == []


def test_the_readme_names_both_first_commands() -> None:
    assert {"make demo", "make test", "py tools/dev.py demo", "py tools/dev.py test"} <= set(
        re.findall(r"`([^`\n]+)`", read("README.md"))
    )


def test_there_is_one_version() -> None:
    version = lib_regiondiff.__version__
    assert 'version = { attr = "lib_regiondiff.__version__" }' in read("pyproject.toml")
    assert re.findall(r"^version: (.+)$", read("CITATION.cff"), re.MULTILINE) == [version]
    released = re.findall(r"^## \[(\d[^\]]*)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert released[:1] in ([], [version])


def test_the_citation_file_has_what_its_format_asks_for() -> None:
    lines = read("CITATION.cff").splitlines()
    plain = re.compile(r"([a-z-]+:)( \S.*)?|  +(- )?([a-z-]+:( \S.*)?|\".*\")")
    assert not [f"CITATION.cff:{number}" for number, line in enumerate(lines, 1) if not plain.fullmatch(line)]
    keys = [line.split(":")[0] for line in lines if not line.startswith(" ")]
    assert len(keys) == len(set(keys))
    assert {"cff-version", "message", "title", "authors", "type", "version", "license"} <= set(keys)


def test_decisions_are_numbered_and_short() -> None:
    paths = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:5] for path in paths] == [f"{number:04}-" for number in range(1, len(paths) + 1)]
    faults = [path.name for path in paths if len(path.read_text(encoding="utf-8").splitlines()) > 15]
    assert not faults
