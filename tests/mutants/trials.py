"""Trials: a mutant and tests come in; they run in a fork of this process, and what noticed it goes out."""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import importlib.util
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

from mutants.changes import Mutant, add_probes, make_mutants
from mutants.verdicts import ROOMS, ROOT

TESTS = tuple(f"tests/{room}" for room in ROOMS)
TIMES, MORE = 10, 5.0
"""How much longer than without a change a test may take: so many times, and so many CPU seconds more."""
MEMORY = 8 * 2**30
"""Bytes that a trial may take."""
SEEN = "__seen__"


@dataclass(frozen=True)
class Tests:
    """What is known of tests that all pass: CPU seconds of each, those that run each line of a file, modules."""

    seconds: Mapping[str, float]
    lines: Mapping[str, Mapping[str, Sequence[str]]]
    modules: Sequence[str]
    """What they import of installed packages, so that it need not be imported in each trial."""

    def of(self, mutant: Mutant) -> dict[str, float]:
        """The tests that can notice a mutant; all where it is made while its module is imported."""
        if not mutant.function:
            return dict(self.seconds)
        return {name: self.seconds[name] for name in self.lines.get(mutant.file, {}).get(str(mutant.line), ())}


class Trials:
    """A plugin of pytest: once all tests are collected it lets `work` run some of them, as often as it likes."""

    def __init__(self, work: Callable[[Trials], None]) -> None:
        self.work, self.failed = work, ""
        self.items: list[pytest.Item] = []
        self.functions: list[FunctionType] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running each test once."""
        self.items = session.items
        self.functions = [each for each in gc.get_objects() if type(each) is FunctionType]
        gc.freeze()  # so that no trial looks through all that there is
        self.work(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the name of the first test that fails."""
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def run(self, items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
        """Run tests until one fails; each that has run."""
        for item, after in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            yield item
            if self.failed:
                return

    def try_tests(self, seconds: Mapping[str, float]) -> None:
        """Run some tests, the quickest first, until one fails; one that takes too long ends the process."""
        chosen = [item for item in self.items if item.nodeid in seconds]
        chosen.sort(key=lambda item: seconds[item.nodeid])
        limits = [MORE + TIMES * seconds[item.nodeid] for item in chosen]
        signal.setitimer(signal.ITIMER_PROF, next(iter(limits), 0))
        for _, limit in zip(self.run(chosen), [*limits[1:], 0], strict=False):  # it may end early
            signal.setitimer(signal.ITIMER_PROF, limit)

    def change(self, file: str, code: CodeType) -> list[FunctionType]:
        """Give the loaded functions of a file the code that they have in another version of it."""
        made = {(each.co_name, each.co_firstlineno): each for each in _walk_codes(code)}
        path, found = str(ROOT / file), []
        for function in self.functions:
            old = function.__code__
            new = made.get((old.co_name, old.co_firstlineno)) if old.co_filename == path else None
            if new is not None and new.co_freevars == old.co_freevars:
                function.__code__ = new
                found.append(function)
        return found

    def watch(self) -> dict[str, Any]:
        """Run all tests as they are: the fields of Tests, or nothing where one fails."""
        files = [
            path.relative_to(ROOT).as_posix()
            for room in ROOMS
            for path in (ROOT / "lib_regiondiff" / room).rglob("*.py")
        ]
        seen: dict[str, set[int]] = {file: set() for file in files}
        for file in files:
            code = compile(add_probes(ROOT / file, SEEN), str(ROOT / file), "exec", dont_inherit=True)
            for function in self.change(file, code):
                function.__globals__[SEEN] = seen[file]
        seconds, lines, spent = dict[str, float](), {file: dict[int, list[str]]() for file in files}, _measure_time()
        for item in self.run(self.items):
            seconds[item.nodeid], spent = _measure_time() - spent, _measure_time()
            for file, found in seen.items():
                for line in found:
                    lines[file].setdefault(line, []).append(item.nodeid)
                found.clear()
        return {} if self.failed else {"seconds": seconds, "lines": lines, "modules": _list_installed()}


def _measure_time() -> float:
    return sum(os.times()[:2])


def _list_installed() -> list[str]:
    files = {name: getattr(module, "__file__", None) or "" for name, module in list(sys.modules.items())}
    return sorted(name for name, file in files.items() if "site-packages" in file)


def _walk_codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _walk_codes(each)


def compile_mutant(mutant: Mutant) -> CodeType:
    """The code of a module with a mutant's change."""
    tree: ast.Module = next(tree for each, tree in make_mutants(ROOT / mutant.file, ROOT) if each == mutant)
    return compile(tree, str(ROOT / mutant.file), "exec", dont_inherit=True)


class Changed(SourceFileLoader):
    """Loads a module with a mutant's change; the file stays as it is."""

    def __init__(self, mutant: Mutant) -> None:
        parts = Path(mutant.file).with_suffix("").parts
        super().__init__(".".join(parts).removesuffix(".__init__"), str(ROOT / mutant.file))
        self.mutant = mutant

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """As a finder of this one module."""
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        """The code of the changed tree."""
        return compile_mutant(self.mutant)


def fork(work: Callable[[], Any], result: Path) -> int:
    """Do something in a fork, which writes what it returns to a JSON file; returns the id of the process."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        quiet = os.open(result.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        result.write_text(json.dumps(work()), encoding="utf-8")
        code = 0
    finally:
        if code:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def import_modules(modules: Sequence[str]) -> None:
    """Import once what all trials need; what cannot be imported by itself is left to them."""
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    gc.freeze()


def serve(trials: Trials, cache: Path) -> int:
    """Collect the tests, and do with them what is to be done; pytest's exit code."""
    early = "ignore:Module already imported so cannot be rewritten"  # of plugins, which this process has imported
    quick = ["--assert=plain", "--capture=no", "-p", "no:xdist", "--hypothesis-profile=mutants"]
    return int(pytest.main([*TESTS, "-q", *quick, "-W", early, "-o", f"cache_dir={cache}"], plugins=[trials]))


def watch(cache: Path) -> dict[str, Any]:
    """The fields of Tests, or nothing where one of them fails."""
    found: dict[str, Any] = {}
    code = serve(Trials(lambda trials: found.update(trials.watch())), cache)
    return {} if code else found


def attempt(mutant: Mutant, tests: Mapping[str, float], trials: Trials) -> str:
    """The first test that fails where loaded functions are a mutant's; "" for none."""
    if tests:  # or no line of it is ever run
        _confine()
        found = trials.change(mutant.file, compile_mutant(mutant))
        assert found, f"{mutant.file} is not loaded"
        trials.try_tests(tests)
    return trials.failed


def attempt_import(mutant: Mutant, tests: Mapping[str, float], cache: Path) -> str:
    """The same for a change that is made while its module is imported."""
    assert not any(name.startswith("lib_regiondiff") for name in sys.modules), "every fork imports its own"
    _confine()
    sys.meta_path.insert(0, Changed(mutant))
    trials = Trials(lambda each: each.try_tests(tests))
    code = serve(trials, cache)
    return trials.failed or ("import" if code else "")


def _confine() -> None:
    """Neither memory nor time without end."""
    most = min([MEMORY, *(limit for limit in resource.getrlimit(resource.RLIMIT_DATA) if limit > 0)])
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    signal.setitimer(signal.ITIMER_PROF, 60)
