"""The script that a WebUI loads: whether the library in memory is its own, and what it says and does if not."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import lib_regiondiff
from lib_regiondiff.extension import jobs, routes, xyz_plot
from lib_regiondiff.fingerprints import fingerprint
from lib_regiondiff.hosts.webui.program import settings
from places import ROOT
from script_host import Host


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(monkeypatch)


def test_with_its_own_library_the_script_is_at_work(host: Host) -> None:
    module, script = host.load()
    assert module.TROUBLE == "" and script.title() == jobs.TITLE == module.TITLE
    assert host.registered["on_before_ui"] == [xyz_plot.register, settings.register]
    assert host.registered["on_ui_settings"] == [settings.register]
    assert host.registered["on_app_started"] == [routes.add_routes]


OLD = {"another version": {"LOADED": "0123456789abcdef"}, "one before versions were told": {}}


@pytest.mark.parametrize("name", OLD)
@pytest.mark.parametrize("place", ["", "/webui/extensions/other/lib_regiondiff/__init__.py"])
def test_with_another_library_it_says_what_to_do_and_ends_jobs(
    host: Host, monkeypatch: pytest.MonkeyPatch, name: str, place: str
) -> None:
    monkeypatch.delattr(lib_regiondiff, "LOADED")
    for key, value in OLD[name].items():
        monkeypatch.setattr(lib_regiondiff, key, value, raising=False)
    if place:
        monkeypatch.setattr(lib_regiondiff, "__file__", place)
    module, script = host.load()
    said = str(Path(place).parent) if place else "was updated; restart the WebUI"
    assert said in module.TROUBLE and not any(host.registered.values())
    assert len(script.ui(False)) == 2 and host.texts == [f"**{module.TROUBLE}**"]
    for enabled, ends in ((False, False), ("false", False), (None, False), (True, True), ("True", True)):
        p = SimpleNamespace(init=lambda *given: "drawn")
        script.process(p, enabled, "{}")
        if not ends:
            assert p.init() == "drawn"
            continue
        with pytest.raises(RuntimeError, match="restart the WebUI"):
            p.init([], [], [])


def test_a_fingerprint_is_that_of_names_and_contents(tmp_path: Path) -> None:
    def of(**files: str) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        for name, content in files.items():
            (folder / f"{name}.py").write_text(content, "utf-8")
        (folder / "notes.txt").write_text(str(folder), "utf-8")
        return fingerprint(folder)

    assert of(a="1", b="2") == of(b="2", a="1")
    assert len({of(a="1", b="2"), of(a="2", b="1"), of(a="12"), of(a="1", c="2"), of()}) == 5
    assert fingerprint(ROOT / "lib_regiondiff") == lib_regiondiff.LOADED


@pytest.fixture(scope="module")
def install() -> Any:
    spec = importlib.util.spec_from_file_location("install", ROOT / "install.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_installer_sees_another_library_on_the_path_and_among_the_extensions(install: Any, tmp_path: Path) -> None:
    ours, twin, package = (tmp_path / name for name in ("extensions/ours", "extensions/twin", "site-packages"))
    for folder in (ours, twin, package):
        (folder / "lib_regiondiff").mkdir(parents=True)
        (folder / "lib_regiondiff" / "__init__.py").write_text("")
    entries = [str(ours), str(package), str(tmp_path / "absent")]
    assert install.other_libraries(ours, entries) == [twin / "lib_regiondiff", package / "lib_regiondiff"]
    assert install.other_libraries(tmp_path / "alone" / "ours", []) == []


def test_the_installer_is_silent_unless_something_is_wrong(
    install: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "other_libraries", lambda root, entries: [])
    install.main()
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(install, "NEEDED", ("numpy", "a_package_that_is_not_there"))
    monkeypatch.setattr(install, "other_libraries", lambda root, entries: [Path("/other")])
    install.main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and "a_package_that_is_not_there missing" in lines[0] and "/other may be loaded" in lines[1]
