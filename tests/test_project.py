"""The project as a whole: locks, layers, packaging, make targets, documents."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import PROJECT

LOCKS = ("run", "test", "uv")
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")


def lock_text(lock: str) -> str:
    return (PROJECT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")


def locked_versions(lock: str) -> dict[str, str]:
    pins = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;]+)", lock_text(lock), flags=re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def wanted(*requirements: str) -> list[Requirement]:
    return [Requirement(text) for text in requirements]


def wanted_in(lock: str) -> list[Requirement]:
    lines = (PROJECT / "requirements" / f"{lock}.in").read_text(encoding="utf-8").splitlines()
    return wanted(*(line for line in lines if line and not line.startswith(("#", "-"))))


def unmet(requirements: list[Requirement], versions: dict[str, str]) -> list[str]:
    return [
        str(requirement)
        for requirement in requirements
        if not requirement.specifier.contains(
            versions.get(canonicalize_name(requirement.name), "0"), prereleases=True
        )
        or canonicalize_name(requirement.name) not in versions
    ]


def make_targets() -> set[str]:
    line = re.search(r"^\.PHONY: (.*)$", MAKEFILE, flags=re.MULTILINE)
    assert line is not None
    return set(line.group(1).split())


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


def project_files() -> list[Path]:
    """Files that are committed, or would be."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed.returncode:
        pytest.skip("needs git and a clone")
    paths = (PROJECT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def documents() -> list[Path]:
    return [path for path in project_files() if path.suffix == ".md"]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place_to_install_from(lock: str) -> None:
    places = re.compile(r"://|^-|@ |(?:^|\s)[~.]*/", flags=re.MULTILINE)

    assert [] == places.findall(lock_text(lock))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_version_has_a_hash(lock: str) -> None:
    pins = re.findall(r"^\S+==.*(?:\n +.*)*", lock_text(lock), flags=re.MULTILINE)

    assert len(locked_versions(lock)) == len(pins) > 0
    assert [] == [pin for pin in pins if "--hash=sha256:" not in pin]


def test_locks_meet_the_ranges_of_the_project() -> None:
    dependencies = wanted(*PYPROJECT["project"]["dependencies"])

    assert [] == unmet(dependencies + wanted_in("run"), locked_versions("run"))
    assert [] == unmet(wanted_in("test"), locked_versions("test"))
    assert [] == unmet(wanted_in("uv"), locked_versions("uv"))


def test_the_build_backend_is_locked_so_that_installing_fetches_nothing_else() -> None:
    backend = wanted(*PYPROJECT["build-system"]["requires"])

    assert [] == unmet(backend, locked_versions("run"))


def test_tests_run_with_the_versions_that_runs_have() -> None:
    run_versions, test_versions = locked_versions("run"), locked_versions("test")

    assert run_versions == {name: test_versions.get(name) for name in run_versions}


def test_imports_go_down_the_house() -> None:
    result = run(str(Path(sys.executable).with_name("lint-imports")), "--no-cache")

    assert result.returncode == 0, result.stdout


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    package = PROJECT / "pipeline"
    expected = {
        path.relative_to(PROJECT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")

    assert expected == {name for name in ZipFile(wheel).namelist() if name.startswith("pipeline/")}


def test_make_help_lists_every_target() -> None:
    listed = re.findall(r"^  make (\S+)  +\S", run("make", "help").stdout, flags=re.MULTILINE)

    assert make_targets() == set(listed)


def test_setting_up_with_an_old_python_says_which_one_is_needed(tmp_path: Path) -> None:
    old = tmp_path / "python3.10"
    told = "import sys; sys.version_info = (3, 10, 14)"
    old.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{told}; $2"\n', encoding="utf-8")
    old.chmod(0o755)

    result = run("make", "setup", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}")

    assert result.returncode != 0
    assert "Python 3.11 or newer" in result.stderr
    assert [old] == list(tmp_path.iterdir())


def test_ci_calls_nothing_but_make_targets() -> None:
    lines = (PROJECT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]

    assert [
        "make check",
        "make test",
        "make test-deep",
        "make test-faults",
        "make test-fuzz",
        "make test-airflow",
    ] == commands
    assert {command.removeprefix("make ") for command in commands} <= make_targets()


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    # Spelled in pieces, so that this file does not name them either.
    names = ("pypi" + ".org", "python" + "hosted", "/" + "work/", "/" + "root/", "/" + "home/")
    forbidden = re.compile("|".join(map(re.escape, names)).encode())
    found = {
        path.relative_to(PROJECT).as_posix(): hit.group().decode()
        for path in project_files()
        if (hit := forbidden.search(path.read_bytes()))
    }

    assert {} == found


def test_documents_name_only_make_targets_that_exist() -> None:
    named = {
        (path.name, target)
        for path in documents()
        for target in re.findall(r"(?:`| {4})make ([a-z][a-z-]*)", path.read_text(encoding="utf-8"))
    }

    assert set() == {(name, target) for name, target in named if target not in make_targets()}
    assert ("CONTRIBUTING.md", "test-deep") in named


def test_links_between_documents_lead_somewhere() -> None:
    links = [
        (path, target)
        for path in documents()
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    ]

    assert [] == [f"{path.name}: {to}" for path, to in links if not (path.parent / to).exists()]
    assert links
