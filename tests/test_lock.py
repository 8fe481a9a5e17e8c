"""The lock: one run at a time, and a dead one is never in the way."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.errors import BusyError, StorageError
from pipeline.io.lock import LOCK, lock
from tests.conftest import PROJECT

HOLD = """
import sys
from pathlib import Path
from pipeline.io.lock import lock

with lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_run(output: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its standard input is closed."""
    command = [sys.executable, "-c", HOLD, str(output)]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_second_run_is_refused_at_once_and_told_who_holds_the_lock(tmp_path: Path) -> None:
    with other_run(tmp_path) as process:
        started = time.monotonic()
        with pytest.raises(BusyError, match=rf"process {process.pid}\b") as caught, lock(tmp_path):
            pass

    assert caught.value.exit_code == 75
    assert time.monotonic() - started < 2


def test_the_lock_is_free_after_its_run_has_ended(tmp_path: Path) -> None:
    with other_run(tmp_path):
        pass

    with lock(tmp_path):
        assert (tmp_path / LOCK).exists()


def test_a_lock_left_by_a_killed_process_does_not_block(tmp_path: Path) -> None:
    with other_run(tmp_path) as process:
        process.kill()
        process.wait()
        assert (tmp_path / LOCK).read_text() == f"{process.pid}\n"

        with lock(tmp_path), pytest.raises(BusyError), lock(tmp_path):
            pass


def test_the_lock_is_free_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), lock(tmp_path):
        _ = 1 / 0

    with lock(tmp_path):
        pass


def test_other_output_folders_are_not_locked(tmp_path: Path) -> None:
    with lock(tmp_path / "one"), lock(tmp_path / "two"):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_a_lock_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / LOCK).mkdir()

    with pytest.raises(StorageError, match="could not lock the output folder"), lock(tmp_path):
        pass
