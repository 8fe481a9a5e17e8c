"""Full disks, folders that may only be read, little memory: one line, 74, the old run intact."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from write_docs import checksums

from tests.conftest import PROJECT
from tests.full_disk import MOUNT_FAILED, ROOMS
from tests.programs import (
    NEW_DAY,
    OLD_DAY,
    end,
    error_lines,
    latest_whole,
    new_shop,
    run_here,
    run_words,
    wide_shop,
)

pytestmark = pytest.mark.faults

Facts = Mapping[str, Any]


def on_a_small_disk(action: str, folder: Path) -> list[Facts]:
    """Return what tests/full_disk.py tells; skip where this system lets nobody mount."""
    namespace = (
        ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    )
    command = [*namespace, sys.executable, "-m", "tests.full_disk", action, str(folder)]
    path = f"{PROJECT}:{PROJECT / 'scripts'}"
    try:
        ended = subprocess.run(
            command,
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("needs unshare")
    if "unshare" in ended.stderr or ended.returncode == MOUNT_FAILED:
        pytest.skip(f"a small disk cannot be mounted here: {ended.stderr.strip()}")
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def without_privileges() -> tuple[str, ...]:
    """Words before a program that is not to be let past permissions, as root is."""
    dropped = ("--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")
    return ("setpriv", *dropped) if os.geteuid() == 0 else ()


def test_a_full_disk_ends_a_run_with_74_and_one_line_wherever_it_fills(tmp_path: Path) -> None:
    *tries, after = on_a_small_disk("output", tmp_path)

    full = [one for one in tries if one["code"] != 0]
    assert {74} == {one["code"] for one in full}
    assert [1] * len(full) == [len(one["told"]) for one in full]
    for one in full:
        assert "No space left on device" in one["told"][0]
        assert "free space there" in one["told"][0]
    assert all(one["is_old"] == (one["code"] == 74) for one in tries)
    assert len(tries) == len(ROOMS)
    assert len(full) > 3
    assert {"is_new": True, "left": []} == after


def test_a_full_disk_for_what_does_not_fit_in_memory_ends_a_run_with_74_and_one_line(
    tmp_path: Path,
) -> None:
    told, after = on_a_small_disk("spill", tmp_path)

    assert (told["code"], len(told["told"]), told["is_old"]) == (74, 1, True), told
    assert "engine.spill_path" in told["told"][0]
    assert {"left": []} == after


def test_150_megabytes_of_memory_give_the_same_bytes(tmp_path: Path) -> None:
    config = wide_shop(tmp_path / "shop", customers=3)
    for name, limit in (("little", "150MB"), ("enough", "4GB")):
        settings = (f'output.path="{tmp_path / name}"', f"engine.memory_limit={limit}")
        words = ["run", str(config), *(w for one in settings for w in ("--set", one))]
        ended = end([*words, "--set", "engine.pair_counts=sql"])
        assert ended.returncode == 0, ended.stderr

    assert checksums(tmp_path / "enough") == checksums(tmp_path / "little")


def test_too_little_memory_ends_a_run_with_74_and_one_line(tmp_path: Path) -> None:
    config, output = wide_shop(tmp_path / "shop", customers=3), tmp_path / "outputs"
    old = run_here(new_shop(tmp_path / "old"), output, OLD_DAY)

    ended = end(
        ["run", str(config), "--set", f'output.path="{output}"', "--set", "engine.memory_limit=5MB"]
    )

    (line,) = error_lines(ended.stderr)
    assert ended.returncode == 74
    assert "raise engine.memory_limit" in line
    assert latest_whole(output) == old


def test_an_output_folder_that_may_only_be_read_ends_a_run_with_74_and_one_line(
    tmp_path: Path,
) -> None:
    config, output = new_shop(tmp_path / "shop"), tmp_path / "outputs"
    old = run_here(config, output, OLD_DAY)
    folders = [output / "runs", output / ".staging", output]
    for folder in folders:
        folder.chmod(0o555)
        ended = end(run_words(config, output, NEW_DAY), *without_privileges())
        folder.chmod(0o755)

        (line,) = error_lines(ended.stderr)
        assert (ended.returncode, ended.stdout) == (74, "")
        assert "Permission denied" in line
        assert "give this user write permission" in line
        assert latest_whole(output) == old

    assert end(run_words(config, output, NEW_DAY), *without_privileges()).returncode == 0


def test_an_output_folder_that_cannot_be_made_ends_a_run_with_74_and_one_line(
    tmp_path: Path,
) -> None:
    config, parent = new_shop(tmp_path / "shop"), tmp_path / "parent"
    parent.mkdir(mode=0o555)

    ended = end(run_words(config, parent / "outputs", NEW_DAY), *without_privileges())

    (line,) = error_lines(ended.stderr)
    assert ended.returncode == 74
    assert f"Permission denied: {parent}/outputs; give this user write permission" in line
