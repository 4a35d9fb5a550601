"""Lock files and the bill of materials: everything has a version and hashes, and they are those of the inputs."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path

import bill
import lock
import pytest
from environments import CPU, CUDA, LOCKS
from packaging.requirements import Requirement

from places import ROOT

NAMES = sorted(lock.OLDEST)
HASHED = re.compile(r"[a-z0-9-]+==\S+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n")
SYSTEMS = ("manylinux_2_28_x86_64", "manylinux_2_28_aarch64", "macosx_14_0_arm64", "win_amd64")
PAGE = """
<a href="https://x.org/whl/cpu/torch-9.1.0%2Bcpu-cp312-cp312-manylinux_2_28_x86_64.whl#sha256={0}" rel="">a</a>
<a href="/whl/cpu/torch-9.1.0%2Bcpu-cp312-cp312-manylinux_2_28_aarch64.whl#sha256={1}">b</a>
<a href="/whl/cpu/torch-9.1.0%2Bcpu-cp312-cp312-linux_s390x.whl#sha256={2}">c</a>
<a href="/whl/cpu/torch-9.1.0%2Bcpu-cp314-cp314t-manylinux_2_28_x86_64.whl#sha256={2}">d</a>
<a href="/whl/cpu/torch-9.1.0%2Bcpu-cp312-cp312-win_amd64.whl#sha256={2}">e</a>
<a href="/whl/cpu/torch-9.0.0%2Bcpu-cp312-cp312-manylinux_2_28_x86_64.whl#sha256={2}">f</a>
<a href="/whl/cpu/torch-9.1.0%2Bcpu-cp313-cp313-manylinux_2_28_x86_64.whl">no hash</a>
"""


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def packages(path: Path) -> list[str]:
    return [name for name, _ in lock.split_blocks(text(path))]


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_is_that_of_its_inputs(name: str) -> None:
    assert f"# sha256 of {name}.in: {lock.digest_source(LOCKS / f'{name}.in')}\n" in text(LOCKS / f"{name}.txt")


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_pinned_and_locked_as_they_say(name: str) -> None:
    locked = bill.read_pins(LOCKS / f"{name}.txt")
    for line in text(LOCKS / f"{name}.in").splitlines():
        if line and not line.startswith(("#", "-r ")):
            match = re.fullmatch(r"([\w-]+)(?:\[\w+\])?==([\w.]+)(?: ; .*)?", line)
            assert match, f"{name}.in: {line} is no exact version"
            assert match[1] == "torch" or (match[1], match[2]) in locked, line


@pytest.mark.parametrize("path", sorted(LOCKS.glob("*.txt")), ids=lambda path: path.name)
def test_everything_locked_has_hashes(path: Path) -> None:
    entries = re.sub(r"^#.*\n", "", text(path), flags=re.MULTILINE)
    assert entries and HASHED.sub("", entries) == ""
    assert "torchvision" not in packages(path)


def test_torch_and_what_a_gpu_needs_are_kept_apart() -> None:
    for name in NAMES:
        assert not [each for each in packages(LOCKS / f"{name}.txt") if lock.GPU.fullmatch(each)]
    assert set(packages(CPU)) == {"torch"} < set(packages(CUDA))
    version = re.findall(r"^torch==(.*)$", text(LOCKS / "demo.in"), re.MULTILINE)
    assert version == re.findall(r"^torch==(.*)$", text(LOCKS / "floor.in"), re.MULTILINE)
    assert {each.removesuffix("+cpu") for _, each in bill.read_pins(CPU) | bill.read_pins(CUDA) if _ == "torch"} == set(
        version
    )


def test_the_cpus_torch_has_a_hash_for_every_system_and_python() -> None:
    table = lock.read_rows(text(CPU))
    for python in range(11, 15):
        for system in SYSTEMS:
            local = "+cpu" if "linux" in system else ""
            assert [
                name
                for name in table
                if re.search(rf"\d{re.escape(local)}-cp3{python}-cp3{python}-{system}\.whl", name)
            ]
    hashes = {}
    for _, block in lock.split_blocks(text(CPU)):
        hashes[block.partition("\n")[0]] = set(re.findall("sha256:(.{64})", block))
    linux, others = hashes.values()
    assert linux == {digest for name, digest in table.items() if "linux" in name}
    assert others == {digest for name, digest in table.items() if "linux" not in name}


@pytest.mark.diffusers
@pytest.mark.parametrize("name", ["demo", "dev"])
def test_nothing_that_a_locked_package_needs_is_missing(name: str) -> None:
    """Nothing is looked for when packages are installed, so what is not locked is not there."""
    locked = {*packages(LOCKS / f"{name}.txt"), "torch"}
    needs = [(package, need) for package in sorted(locked & installed()) for need in needed_by(package)]
    assert len(needs) > 50
    assert not [pair for pair in needs if pair[1] not in locked and not lock.GPU.fullmatch(pair[1])]


def needed_by(package: str) -> list[str]:
    """The names of what an installed package needs here."""
    needs = map(Requirement, metadata.requires(package) or [])
    return [normal(need.name) for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]


def installed() -> set[str]:
    return {normal(each.metadata["Name"]) for each in metadata.distributions()}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_an_indexs_page_gives_the_hashes_of_the_wheels_that_people_use() -> None:
    digests = [str(number) * 64 for number in (1, 2, 3)]
    found = lock.choose_wheels(lock.read_links(PAGE.format(*digests)), "9.1.0+cpu", ("linux", "manylinux"))
    stem = "torch-9.1.0+cpu-cp312-cp312-manylinux_2_28"
    assert found == {f"{stem}_x86_64.whl": digests[0], f"{stem}_aarch64.whl": digests[1]}
    written = lock.format_cpu_lock("9.1.0", found, {"torch-9.1.0-cp312-cp312-win_amd64.whl": "4" * 64})
    assert lock.read_rows(written) == {**found, "torch-9.1.0-cp312-cp312-win_amd64.whl": "4" * 64}
    assert [block.count("sha256:") for _, block in lock.split_blocks(written)] == [2, 1]


def test_the_bill_lists_what_is_locked_with_its_licences() -> None:
    told = json.loads(text(bill.BILL))
    licences = {each["name"]: each["licenses"] for each in told["components"] if "licenses" in each}
    assert told == bill.make_bill(licences)
    needed = {each["name"] for each in told["components"] if each["scope"] == "required"}
    assert needed - set(licences) <= {"colorama", "httpx2-jsfetch"}  # only other systems install them
    for each in licences.values():
        assert len(each) == 1 and set(each[0]) in ({"expression"}, {"license"})


def test_openais_merges_come_with_openais_licence() -> None:
    beside = ROOT / "lib_regiondiff" / "hosts" / "diffusers" / "checkpoints" / "sd15"
    assert (beside / "merges.txt.gz").exists()
    theirs, ours = text(beside / "LICENSE.txt"), text(ROOT / "LICENSE")
    assert theirs.splitlines()[2] == "Copyright (c) 2021 OpenAI"
    assert theirs.splitlines()[3:] == ours.splitlines()[3:]
