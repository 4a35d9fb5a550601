"""The rules that the code keeps, as tests: each names the file and the line that breaks it."""

from __future__ import annotations

import ast
import functools
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from places import ROOT

LIBRARY = ROOT / "lib_regiondiff"
CODE = ("lib_regiondiff", "scripts", "tools", "tests", "benchmarks")
HOST_MODULES = ("gradio", "modules", "modules_forge", "backend", "ldm_patched", "diffusers", "transformers")
FRONT_DOORS = ("command", "extension", "server", "__main__.py")
PLAIN_BASES = {"Exception", "RegionDiffError", "Protocol", "Generic", "NamedTuple", "TypedDict"}
ENUM_BASES = {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"}
MUTABLE_CALLS = {"list", "dict", "set", "bytearray", "defaultdict", "OrderedDict", "Counter", "deque"}
CONSTANT_TYPES = re.compile(r"\b(Final|Mapping|Sequence|MappingProxyType)\b")
CONSTANT_NAME = re.compile(r"_?[A-Z][A-Z0-9_]*|__\w+__")
MOST_LINES, MOST_FILES, MOST_PARAMETERS, LONGEST_FUNCTION, MEDIAN_FUNCTION = 300, 16, 6, 40, 12

Function = ast.FunctionDef | ast.AsyncFunctionDef
Fault = tuple[int, str]
Rule = Callable[[ast.Module], Iterator[Fault]]


def python_files(*folders: str) -> list[Path]:
    """The modules below these folders of the repository."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def core_files() -> list[Path]:
    """The library without hosts and front doors."""
    outside = [LIBRARY / "hosts", *(LIBRARY / name for name in FRONT_DOORS)]
    return [path for path in python_files("lib_regiondiff") if not {path, *path.parents} & set(outside)]


def product_files() -> list[Path]:
    """What users run, and the tools: everything but tests and measurements."""
    return [*python_files("lib_regiondiff", "scripts", "tools"), ROOT / "install.py"]


def all_files() -> list[Path]:
    """Every module of ours."""
    return [*python_files(*CODE), ROOT / "install.py"]


def reading_files() -> list[Path]:
    """What users run, without the one door for JSON text."""
    return [path for path in python_files("lib_regiondiff", "scripts") if path.name != "json_text.py"]


def quiet_files() -> list[Path]:
    """The modules that never print."""
    loud = (LIBRARY / "command" / "cli.py", LIBRARY / "__main__.py")
    return [path for path in python_files("lib_regiondiff") if path not in loud]


def name_of(node: ast.AST) -> str:
    """The last name of `a`, `a.b`, `a.b[c]` and `a.b(c)`."""
    while isinstance(node, ast.Subscript | ast.Call):
        node = node.value if isinstance(node, ast.Subscript) else node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every function and method, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@functools.cache
def parsed(path: Path) -> ast.Module:
    """A file of the repository, read once."""
    return ast.parse(path.read_bytes())


def length(function: Function) -> int:
    """Lines from `def` to the end, the docstring left out."""
    total = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return total
    text = function.body[0]
    return total - ((text.end_lineno or text.lineno) - text.lineno + 1)


def no_docstring(tree: ast.Module) -> Iterator[Fault]:
    """A module begins with a docstring that says something in its first line."""
    text = ast.get_docstring(tree, clean=False) or ""
    if not text.split("\n")[0].strip():
        yield 1, "the first line of the module's docstring says what the file is"


def imported(node: ast.AST) -> list[str]:
    """The modules that a statement or a call to an import function loads."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""] if node.level == 0 else []
    if isinstance(node, ast.Call) and name_of(node.func) in ("import_module", "__import__") and node.args:
        return [str(node.args[0].value)] if isinstance(node.args[0], ast.Constant) else []
    return []


def host_import(tree: ast.Module) -> Iterator[Fault]:
    """The core imports no host, also not inside a function."""
    for node in ast.walk(tree):
        for module in imported(node):
            if module.split(".")[0] in HOST_MODULES:
                yield getattr(node, "lineno", 1), f"imports {module}; only hosts and front doors may"


def own_json(tree: ast.Module) -> Iterator[Fault]:
    """JSON text is read by `json_text` only, which has limits."""
    for node in ast.walk(tree):
        names = (
            [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) and node.module == "json" else []
        )
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "json":
            names = [node.attr]
        if set(names) & {"load", "loads", "JSONDecoder", "decoder"}:
            yield getattr(node, "lineno", 1), "reads JSON text; json_text.loads does it within limits"


def printing(tree: ast.Module) -> Iterator[Fault]:
    """Only the command line prints."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield node.lineno, "prints"


def careless(tree: ast.Module) -> Iterator[Fault]:
    """No star import, bare except or global statement."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield node.lineno, "star import"
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "bare except"
        if isinstance(node, ast.Global):
            yield node.lineno, "global statement"


def is_mutable(value: ast.AST | None) -> bool:
    """Whether an expression makes a list, a dict, a set or the like."""
    displays = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
    return isinstance(value, displays) or (isinstance(value, ast.Call) and name_of(value) in MUTABLE_CALLS)


def mutable_global(tree: ast.Module) -> Iterator[Fault]:
    """A collection at module level is a constant: by its name in capitals, or by its type."""
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not is_mutable(node.value):
            continue
        if isinstance(node, ast.AnnAssign) and CONSTANT_TYPES.search(ast.unparse(node.annotation)):
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if not CONSTANT_NAME.fullmatch(name_of(target)):
                yield node.lineno, f"{ast.unparse(target)} is a global that can change"


def many_parameters(tree: ast.Module) -> Iterator[Fault]:
    """More than six parameters (self and cls not counted) is a missing record."""
    for function in functions(tree):
        given = function.args
        names = [
            *given.posonlyargs,
            *given.args,
            *given.kwonlyargs,
            *filter(None, (given.vararg, given.kwarg)),
        ]
        count = sum(argument.arg not in ("self", "cls") for argument in names)
        if count > MOST_PARAMETERS:
            yield (
                function.lineno,
                f"{function.name} has {count} parameters, at most {MOST_PARAMETERS} are allowed",
            )


def long_function(tree: ast.Module) -> Iterator[Fault]:
    """No function is longer than forty lines."""
    for function in functions(tree):
        if length(function) > LONGEST_FUNCTION:
            yield function.lineno, f"{function.name} has {length(function)} lines, at most {LONGEST_FUNCTION}"


def inheritance(tree: ast.Module) -> Iterator[Fault]:
    """Classes of the core inherit from nothing but errors, protocols, tuples and enumerations."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            bases = {name_of(base) for base in node.bases}
            if "Protocol" in bases:
                continue  # one that asks for all that others ask for
            allowed = PLAIN_BASES | ENUM_BASES | ({"str", "int"} if bases & ENUM_BASES else set())
            for base in sorted(bases - allowed):
                yield node.lineno, f"{node.name} inherits from {base}"


SEVEN = "def f(a, b, c, d, e, g, *, h): pass"
LONG = "def f():\n" + "    pass\n" * LONGEST_FUNCTION

# A rule, the files it holds for, a source that breaks it and one that keeps it.
RULES: dict[str, tuple[Rule, Callable[[], list[Path]], str, str]] = {
    "docstring": (no_docstring, all_files, '"""\nLate."""', '"""Early."""'),
    "no host": (host_import, core_files, "def f():\n import modules.shared", "from .modules import x"),
    "no late host": (host_import, core_files, "importlib.import_module('diffusers')", "import numpy"),
    "one JSON door": (own_json, reading_files, "json.load(file)", "json.dumps(1)\nloads(text)"),
    "one JSON door, by name": (own_json, reading_files, "from json import loads", "from json import dumps"),
    "no print": (printing, quiet_files, "print(1)", "log.print(1)"),
    "no star import": (careless, all_files, "from a import *", "from a import b"),
    "no bare except": (careless, all_files, "try: f()\nexcept: pass", "try: f()\nexcept E: pass"),
    "no global": (careless, all_files, "def f():\n global a", "def f():\n a = 1"),
    "no mutable global": (mutable_global, product_files, "seen = {}", "A = {}\nb: Mapping = {}\nc = ()"),
    "few parameters": (many_parameters, all_files, SEVEN, "def f(self, a, b, c, d, e, g): pass"),
    "short functions": (long_function, all_files, LONG, LONG.replace("    pass\n", "", 1)),
    "no inheritance": (inheritance, core_files, "class A(B): pass", "class A(Protocol[T]): pass"),
}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_sees_what_it_forbids_and_nothing_else(name: str) -> None:
    rule, _, bad, good = RULES[name]
    assert list(rule(ast.parse(bad)))
    assert not list(rule(ast.parse(good)))


@pytest.mark.parametrize("name", RULES)
def test_rule(name: str) -> None:
    rule, files, *_ = RULES[name]
    faults = [f"{path.relative_to(ROOT)}:{line}: {text}" for path in files() for line, text in rule(parsed(path))]
    assert not faults, "\n".join(faults)


def test_files_are_short() -> None:
    paths = [path for folder in (*CODE, "javascript") for path in (ROOT / folder).rglob("*")]
    ours = [path for path in paths if path.suffix in (".py", ".mjs") and "vendor" not in path.parts]
    lengths = {path: len(path.read_bytes().splitlines()) for path in ours}
    faults = [
        f"{path.relative_to(ROOT)}:{MOST_LINES + 1}: {lines} lines, at most {MOST_LINES} are allowed"
        for path, lines in lengths.items()
        if lines > MOST_LINES
    ]
    assert not faults, "\n".join(faults)


def test_a_folder_of_the_library_is_seen_at_once() -> None:
    many = {folder: len(list(folder.glob("*.py"))) for folder in LIBRARY.rglob("*") if folder.is_dir()}
    assert not {str(folder): count for folder, count in many.items() if count > MOST_FILES}


def packages() -> list[Path]:
    """The folders that hold code users or developers run."""
    return sorted({path.parent for path in python_files("lib_regiondiff", "scripts", "tools", "benchmarks")})


@pytest.mark.parametrize("package", packages(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_functions_of_a_package_are_short_as_a_rule(package: Path) -> None:
    lengths = {
        f"{path.relative_to(ROOT)}:{function.lineno}: {function.name}": length(function)
        for path in package.glob("*.py")
        for function in functions(parsed(path))
    }
    longest = sorted(lengths, key=lambda where: -lengths[where])[:5]
    median = statistics.median(lengths.values() or [0])
    assert median <= MEDIAN_FUNCTION, f"median {median}, at most {MEDIAN_FUNCTION}; longest:\n" + "\n".join(longest)


@pytest.mark.parametrize("folder", ["scripts", "tests", "tools"])
def test_hosts_do_not_mistake_a_folder_for_a_package(folder: str) -> None:
    assert not [str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("__init__.py")]


def test_hosts_load_one_script_of_ours() -> None:
    """A WebUI loads every file that lies directly in javascript/."""
    present = {path.name for path in (ROOT / "javascript").glob("*") if path.is_file()}
    assert present <= {"regiondiff.mjs"}


def test_the_core_works_where_no_host_is_installed() -> None:
    names = [path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for path in core_files()]
    modules = [name.removesuffix(".__init__") for name in names]
    program = "\n".join(
        [
            "import importlib, sys",
            f"sys.modules.update(dict.fromkeys({HOST_MODULES!r}))",
            f"for name in {modules!r}: importlib.import_module(name)",
        ]
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
